//! Texts in the viewer.

use fm_e2e::{Api, Lane};

use super::{open_as, own_errors};

/// What is told where a file is not shown.
const NO_PREVIEW: &str = "There is no preview for this kind of file";

#[tokio::test]
async fn a_text_from_before_unicode_is_shown() {
    let user = Api::on(Lane::Embedded).user().await;
    let text = user.file_of("text/plain", "Obst.txt", b"\xc4pfel".to_vec()).await;
    let page = open_as(&user, &format!("/files/{}/view", text.id)).await;
    page.shows("main pre", "Äpfel").await;
    assert_eq!(own_errors(&page), Vec::<String>::new());
}

#[tokio::test]
async fn bytes_that_are_called_a_text_are_not_shown_as_one() {
    let user = Api::on(Lane::Embedded).user().await;
    let bytes = user.file_of("text/plain", "Data.txt", b"\x01\x00\x02\x00\x03 and so on".to_vec()).await;
    let page = open_as(&user, &format!("/files/{}/view", bytes.id)).await;
    page.shows("main .state", NO_PREVIEW).await;
    assert_eq!(own_errors(&page), Vec::<String>::new());
}

#[tokio::test]
async fn a_text_is_printed_whole_and_dark_on_light() {
    let user = Api::on(Lane::Embedded).user().await;
    let text = user.file_of("text/plain", "Book.txt", "A line of some words.\n".repeat(500)).await;
    let page = open_as(&user, &format!("/files/{}/view", text.id)).await;
    page.shows("main pre", "A line of some words.").await;
    page.evaluate("document.documentElement.dataset.theme = 'dark'").await;
    page.look_printed().await;
    let height = page.evaluate("document.documentElement.scrollHeight").await.as_u64().unwrap();
    assert!(height > 5_000, "{height} pixels");
    // As in the light theme.
    let style = async |selector: &str, property: &str| {
        page.evaluate(&format!("getComputedStyle(document.querySelector('{selector}')).{property}")).await
    };
    assert_eq!(style("pre", "color").await, "rgb(25, 29, 36)");
    assert_eq!(style(".side", "display").await, "none");
}

/// Answers what the page asks for of contents as browsers do where the store does not answer pages of another origin.
const OUT_OF_REACH: &str = "const ask = window.fetch;
    window.fetch = async (target, options) => {
        if (!String(target).includes('/v1/blobs/')) return ask(target, options);
        throw new TypeError('Failed to fetch');
    };";

#[tokio::test]
async fn a_text_that_the_page_may_not_read_can_be_fetched() {
    let user = Api::on(Lane::Embedded).user().await;
    let text = user.file_of("text/plain", "Notes.txt", "A few words.").await;
    let page = open_as(&user, "/files").await;
    page.run_first(OUT_OF_REACH).await;
    page.visit(&format!("{}/files/{}/view", user.server.base(), text.id)).await;
    page.shows("main .state", NO_PREVIEW).await;
    page.shows("main .state a", "Download").await;
    assert_eq!(own_errors(&page), Vec::<String>::new());
}
