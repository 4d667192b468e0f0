//! `/redoc`

use fm_e2e::Page;

use super::{documented, is_self_contained};

const PARTS: [&str; 3] = ["/redoc", "/redoc/redoc.standalone.js", "/openapi.json"];

#[tokio::test]
async fn it_shows_the_title_and_the_operations_and_asks_no_other_server() {
    let api = documented();
    let page = Page::open(&format!("{}/redoc", api.server.base())).await;
    page.shows("h1", "File Manager API").await;
    page.shows("h2", "Register an account").await;
    page.shows("button", "/v1/auth/register").await;
    is_self_contained(&page, &api, &PARTS).await;
}

#[tokio::test]
async fn it_finds_what_is_searched_for() {
    let api = documented();
    let page = Page::open(&format!("{}/redoc", api.server.base())).await;
    page.enter(".search-input", "thumbnail").await;
    page.shows("[data-role='search:results']", "thumbnail").await;
    is_self_contained(&page, &api, &PARTS).await;
}
