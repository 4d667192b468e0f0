//! The console beside the API.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::sync::Arc;

use fm_console::{Console, ContentSources};
use fm_http::{CorsOrigins, HttpSettings};

use crate::common::Server;
use crate::common::client::{Answer, Client};

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

fn server() -> Server {
    Server::with(show_console)
}

fn show_console(settings: &mut HttpSettings) {
    let sources = ContentSources { is_program: true, origins: Vec::new() };
    settings.console = Some(Arc::new(Console::new("", &sources)));
}

/// The path of the script that the page loads.
async fn script(client: &Client) -> String {
    let page = client.get("/").await.text();
    let from = page.split("src=\"").nth(1).unwrap();
    from.split('"').next().unwrap().to_owned()
}

fn is_page(answer: &Answer) {
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(answer.text().contains("<div id=\"app\"></div>"), "{}", answer.text());
}

#[actix_web::test]
async fn every_path_that_a_browser_opens_shows_the_page() {
    let server = server();
    is_page(&server.client().get("/").await);
    let browser = server.client().with("Accept", BROWSER);
    for path in
        ["/", "/login", "/files/root", "/files/0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a10/view", "/admin/users"]
    {
        is_page(&browser.get(path).await);
        let head = browser.send("HEAD", path, b"").await;
        assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
        assert!(head.header("content-length").is_some_and(|length| length != "0"), "{path}");
    }
}

#[actix_web::test]
async fn what_is_no_page_stays_a_problem() {
    let server = server();
    let (client, browser) = (server.client(), server.client().with("Accept", BROWSER));
    for (client, method, path) in [
        (&client, "GET", "/login"),
        (&client, "GET", "/files/root"),
        (&browser, "POST", "/login"),
        (&browser, "GET", "/v1/nothing"),
        (&browser, "GET", "/v1"),
        (&browser, "GET", "/assets/other.js"),
        (&browser, "GET", "/assets/a/b"),
    ] {
        let answer = client.send(method, path, b"").await;
        assert_eq!(answer.problem(), (404, "not_found".into()), "{method} {path}");
    }
    let refused = browser.send("POST", "/", b"").await;
    assert_eq!(refused.problem(), (405, "method_not_allowed".into()));
    assert_eq!(refused.header("allow"), Some("GET, HEAD"));
}

#[actix_web::test]
async fn without_the_console_there_is_no_page() {
    let server = Server::start();
    let browser = server.client().with("Accept", BROWSER);
    for path in ["/", "/login", "/favicon.svg", "/licenses.txt"] {
        assert_eq!(browser.get(path).await.problem(), (404, "not_found".into()), "{path}");
    }
}

#[actix_web::test]
async fn the_page_is_revalidated_and_runs_nothing_but_our_own_scripts() {
    let server = server();
    let page = server.client().get("/").await;
    assert_eq!(page.header("cache-control"), Some("no-cache"));
    assert_eq!(page.header("vary"), Some("Accept, Accept-Encoding"));
    assert_eq!(
        page.header("content-security-policy"),
        Some(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self'; \
             connect-src 'self'; frame-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; \
             require-trusted-types-for 'script'"
        )
    );
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(page.header(name), Some(value), "{name}");
    }
    let tag = page.header("etag").unwrap();
    let current = server.client().with("If-None-Match", tag).get("/").await;
    assert_eq!((current.status, current.body.len()), (304, 0));
    assert_eq!((current.header("etag"), current.header("vary")), (Some(tag), page.header("vary")));
    assert!(current.header("content-security-policy").is_some());
}

#[actix_web::test]
async fn files_are_stored_for_ever_and_sent_in_the_coding_that_is_accepted() {
    let server = server();
    let client = server.client();
    let path = script(&client).await;
    let plain = client.get(&path).await;
    assert_eq!(plain.header("content-type"), Some("text/javascript; charset=utf-8"));
    assert_eq!(plain.header("cache-control"), Some("public, max-age=31536000, immutable"));
    assert_eq!((plain.header("vary"), plain.header("content-encoding")), (Some("Accept-Encoding"), None));
    let tag = plain.header("etag").unwrap().trim_matches('"').to_owned();
    for (accepted, coding) in
        [("gzip, deflate, br, zstd", "br"), ("gzip", "gzip"), ("br;q=0.1, gzip", "gzip")]
    {
        let client = client.with("Accept-Encoding", accepted);
        let answer = client.get(&path).await;
        assert_eq!(answer.header("content-encoding"), Some(coding), "{accepted}");
        assert_eq!(answer.header("etag"), Some(format!("\"{tag}-{coding}\"").as_str()));
        assert!(answer.body.len() < plain.body.len() / 2, "{accepted}");
        // Whichever of them a client has, it has the file.
        for known in [tag.clone(), format!("{tag}-gzip"), format!("{tag}-br")] {
            let client = client.with("If-None-Match", &format!("\"{known}\""));
            assert_eq!(client.get(&path).await.status, 304, "{known}");
        }
        let head = client.send("HEAD", &path, b"").await;
        assert_eq!(head.header("content-length"), Some(answer.body.len().to_string().as_str()));
    }
    assert_eq!(client.with("If-None-Match", "\"other\"").get(&path).await.status, 200);
    assert_eq!(client.send("POST", &path, b"").await.problem(), (405, "method_not_allowed".into()));
    let icon = client.get("/favicon.svg").await;
    assert_eq!((icon.status, icon.header("cache-control")), (200, Some("no-cache")));
    assert!(client.get("/licenses.txt").await.text().contains("preact"));
}

#[actix_web::test]
async fn where_origins_are_listed_a_file_depends_on_them_too() {
    let server = Server::with(|settings| {
        show_console(settings);
        settings.cors = CorsOrigins::List(vec!["https://app.example".to_owned()]);
    });
    let icon = server.client().get("/favicon.svg").await;
    let varies: Vec<&str> =
        icon.headers.iter().filter(|(name, _)| name == "vary").map(|(_, value)| value.as_str()).collect();
    assert_eq!(varies, ["Accept-Encoding", "Origin"]);
}
