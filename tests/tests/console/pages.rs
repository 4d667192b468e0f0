//! How the pages are served.

use fm_e2e::{Api, Lane, eventually, on_every_lane};

use super::{asked_elsewhere, is_signed_in, open, open_as};

#[tokio::test]
async fn a_page_loads_without_an_error_and_asks_no_other_host() {
    let api = Api::on(Lane::Ephemeral);
    let page = open(&api, "/login").await;
    page.named("button", "Sign in").appears().await;
    page.rests().await;
    assert_eq!(page.errors(), Vec::<String>::new(), "errors in the console");
    assert_eq!(asked_elsewhere(&page, &api), Vec::<String>::new(), "requests to other hosts");
    assert!(page.requests().iter().any(|url| url.contains("/assets/")), "{:?}", page.requests());
}

#[tokio::test]
async fn the_policy_holds_in_the_page() {
    let api = Api::on(Lane::Ephemeral);
    let page = open(&api, "/login").await;
    page.named("button", "Sign in").appears().await;
    let forbidden = [
        "document.body.innerHTML = '<p>'",
        "document.createElement('script').src = 'data:text/javascript,1'",
        "document.body.append(Object.assign(document.createElement('style'), {textContent: 'p {}'}))",
        "new Image().src = 'http://other.example/logo.svg'",
    ];
    for attempt in forbidden {
        page.evaluate(&format!("(() => {{ try {{ {attempt} }} catch (refused) {{ }} }})()")).await;
    }
    page.rests().await;
    let errors = page.errors();
    let refused = errors.iter().filter(|error| error.contains("\"source\":\"security\""));
    assert_eq!(refused.count(), forbidden.len(), "{errors:#?}");
}

#[tokio::test]
async fn without_the_console_the_api_is_alone() {
    let api = Api::with(Lane::Ephemeral, &[("CONSOLE", "0")]);
    for path in ["/", "/login", "/favicon.svg"] {
        api.get(path).header("accept", "text/html").send().await.not_found();
    }
    api.get("/v1/capabilities").send().await.expect(200);
}

#[tokio::test]
async fn behind_a_path_the_page_links_below_it() {
    let api = Api::with(Lane::Ephemeral, &[("PUBLIC_URL", "https://files.example.com/drive")]);
    let page = api.get("/login").header("accept", "text/html").send().await.expect(200).text();
    assert!(page.contains("src=\"/drive/assets/") && !page.contains("\"/assets/"), "{page}");
}

async fn files_come_from_where_signed_urls_lead_and_from_nowhere_else(lane: Lane) {
    let api = Api::on(lane);
    let user = api.user().await;
    let file = user.file("a.txt", "text").await;
    let store = file.download.url.expose().split('/').take(3).collect::<Vec<_>>().join("/");
    let policy = api.get("/").send().await.expect(200).field("content-security-policy");
    let sources = |directive: &str| -> Vec<String> {
        let found = policy.split("; ").find_map(|one| one.strip_prefix(directive)?.strip_prefix(' '));
        found.expect("it is there").split(' ').map(str::to_owned).collect()
    };
    let own = if lane.serves_links_itself() { vec!["'self'"] } else { Vec::new() };
    let with_store = |first: &[&str]| -> Vec<String> {
        first.iter().map(|&one| one.to_owned()).chain([store.clone()]).collect()
    };
    assert_eq!(sources("media-src"), with_store(&own));
    assert_eq!(sources("frame-src"), with_store(&own));
    assert_eq!(sources("img-src"), with_store(&["'self'", "blob:"]));
    assert_eq!(sources("connect-src"), with_store(&["'self'"]));
    assert_eq!(
        (sources("script-src"), sources("style-src")),
        (vec!["'self'".to_owned()], vec!["'self'".to_owned()])
    );
}

on_every_lane![files_come_from_where_signed_urls_lead_and_from_nowhere_else];

#[tokio::test]
async fn a_link_to_the_page_that_is_shown_is_no_step_back() {
    let user = Api::on(Lane::Ephemeral).user().await;
    let page = open_as(&user, "/files").await;
    page.named("link", "Trash").click().await;
    page.named("heading", "Trash").appears().await;
    for _ in 0..2 {
        page.named("link", "Settings").click().await;
        page.named("heading", "Settings").appears().await;
    }
    page.evaluate("history.back()").await;
    page.named("heading", "Trash").appears().await;
}

/// Holds back for ever what the page asks about a folder itself: its name and the way to it.
const HELD_FOLDERS: &str = "const ask = window.fetch;
    window.fetch = (target, options) => {
        const isOfFolder = String(target).includes('/v1/folders/') && String(target).includes('?include=');
        return isOfFolder ? new Promise(() => {}) : ask(target, options);
    };
    0";

#[tokio::test]
async fn a_folder_is_named_by_the_page_that_led_to_it_until_it_is_read() {
    let user = Api::on(Lane::Embedded).user().await;
    let letters = user.folder("Letters", None).await;
    user.folder("Drafts", Some(&letters)).await;
    let page = open_as(&user, "/files").await;
    page.named("row", "Letters, folder").appears().await;
    is_signed_in(&page, &user.email).await;
    page.evaluate(HELD_FOLDERS).await;
    // From a list into a folder twice, and by the way to it back.
    for name in ["Letters", "Drafts", "Letters"] {
        page.named("link", name).click().await;
        page.named("heading", name).appears().await;
        let title = format!("{name} · File Manager");
        eventually("the title names it", async || {
            (page.evaluate("document.title").await == title).then_some(())
        })
        .await;
    }
}
