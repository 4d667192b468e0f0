//! `/docs` and `/redoc` as a person with a browser meets them. The pages are the same on every lane: one is enough.

mod browser;
mod redoc;
mod swagger;

use fm_e2e::{Api, Lane, Page};

/// A server that documents itself.
fn documented() -> Api {
    Api::with(Lane::Ephemeral, &[("IS_DEBUG", "1")])
}

/// Checks that the console is clean, and that the page asked its own server for these paths and no other server at all.
async fn is_self_contained(page: &Page, api: &Api, paths: &[&str]) {
    page.rests().await;
    assert_eq!(page.errors(), Vec::<String>::new(), "errors in the console");
    let base = api.server.base();
    let (own, others): (Vec<_>, Vec<_>) = page
        .requests()
        .into_iter()
        .filter(|url| !url.starts_with("data:") && !url.starts_with("blob:"))
        .partition(|url| url.starts_with(&format!("{base}/")));
    assert_eq!(others, Vec::<String>::new(), "requests to other hosts");
    for path in paths {
        assert!(own.contains(&format!("{base}{path}")), "{path} is none of {own:#?}");
    }
}
