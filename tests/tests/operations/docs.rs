//! `/docs`, `/redoc`, `/openapi.json`

use fm_e2e::{Answer, Api, Lane, on_every_lane};

const PAGES: [&str; 3] = ["/docs", "/redoc", "/openapi.json"];

/// Follows redirects within the server, as `/docs` to `/docs/`.
async fn page(api: &Api, path: &str) -> (String, Answer) {
    let mut path = path.to_owned();
    for _ in 0..5 {
        let answer = api.get(&path).send().await;
        if !(300..400).contains(&answer.status) {
            return (path, answer);
        }
        let here = reqwest::Url::parse(&api.server.base()).unwrap().join(&path).unwrap();
        here.join(&answer.field("location")).unwrap().path().clone_into(&mut path);
    }
    panic!("{path} redirects for ever");
}

/// The addresses that a page loads scripts, styles and pictures from.
fn assets(html: &str) -> Vec<String> {
    let mut found = Vec::new();
    for marker in ["src=\"", "href=\"", "src='", "href='", "url(", "spec-url=\"", "@import \""] {
        for (index, _) in html.match_indices(marker) {
            let rest = &html[index + marker.len()..];
            let end = rest.find(['"', '\'', ')', '>', ' ']).unwrap_or(rest.len());
            found.push(rest[..end].to_owned());
        }
    }
    found
}

async fn without_debug_there_are_no_docs(lane: Lane) {
    let api = Api::on(lane);
    for path in PAGES.into_iter().chain(["/docs/", "/docs/index.html"]) {
        api.get(path).send().await.not_found();
    }
}

async fn with_debug_they_need_nothing_from_other_hosts(lane: Lane) {
    let api = Api::with(lane, &[("IS_DEBUG", "1")]);
    for path in ["/docs", "/redoc"] {
        let (path, answer) = page(&api, path).await;
        let answer = answer.expect(200);
        assert!(answer.field("content-type").starts_with("text/html"), "{path}");
        let html = answer.text();
        let assets = assets(&html);
        assert!(assets.iter().any(|asset| asset.contains(".js")), "{path} has a script: {html}");
        for asset in assets {
            assert!(
                !asset.starts_with("http:") && !asset.starts_with("https:") && !asset.starts_with("//"),
                "{asset}"
            );
            if asset.starts_with("data:") || asset.starts_with('#') || asset.is_empty() {
                continue;
            }
            let base = reqwest::Url::parse(&api.server.base()).unwrap().join(&path).unwrap();
            let url = base.join(&asset).unwrap();
            let answer = api.get(url.path()).send().await.expect(200);
            assert!(!answer.body.is_empty(), "{asset}");
        }
    }
    let document = api.get("/openapi.json").send().await.expect(200);
    assert!(document.field("content-type").starts_with("application/json"));
    assert!(document.json()["openapi"].as_str().unwrap().starts_with("3."));
}

on_every_lane![without_debug_there_are_no_docs, with_debug_they_need_nothing_from_other_hosts];
