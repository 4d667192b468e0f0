//! Documents that the browser shows itself.

use fm_e2e::{Api, Lane, Page, eventually};
use serde_json::{Value, json};

use super::files::PDF;
use super::{open_as, own_errors};

/// Asks for what the link below the document leads to, and tells what that is.
const FOLLOW: &str = "(async () => {
    const answer = await fetch(document.querySelector('.document a').href);
    const isInline = answer.headers.get('content-disposition')?.startsWith('inline');
    return {status: answer.status, type: answer.headers.get('content-type'), isInline, url: answer.url};
})()";

/// What the link leads to, once that is the document.
async fn follow(page: &Page) -> Value {
    eventually("the link leads to the document", async || {
        let found = page.evaluate(FOLLOW).await;
        (found["status"] == 200).then_some(found)
    })
    .await
}

/// The addresses of the links that the viewer has.
const LINKS: &str = "[...document.querySelectorAll('.viewer a')].map(({href}) => href).sort()";

#[tokio::test]
async fn a_document_is_opened_from_a_page_whose_signed_urls_have_expired() {
    let api = Api::with(Lane::Embedded, &[("SIGNED_URL_TTL_SECONDS", "4")]);
    let user = api.user().await;
    let pdf = user.file_of("application/pdf", "Contract.pdf", PDF).await;
    let page = open_as(&user, &format!("/files/{}/view", pdf.id)).await;
    page.named("link", "Open in a new tab").appears().await;
    let address = format!("{}/v1/files/{}/content", api.server.base(), pdf.id);
    let links = ["attachment", "inline"].map(|disposition| format!("{address}?disposition={disposition}"));
    assert_eq!(page.evaluate(LINKS).await, json!(links));

    let mut first = follow(&page).await;
    let url = first["url"].take();
    assert_eq!(first, json!({"status": 200, "type": "application/pdf", "isInline": true, "url": null}));
    let status = format!("fetch({url}, {{cache: 'no-store'}}).then(({{status}}) => status)");
    eventually("its URL has expired", async || (page.evaluate(&status).await == 403).then_some(())).await;
    let mut second = follow(&page).await;
    assert_ne!(second["url"].take(), url);
    assert_eq!(second, first);
    assert_eq!(own_errors(&page), Vec::<String>::new());
}
