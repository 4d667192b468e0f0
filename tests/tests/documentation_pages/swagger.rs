//! `/docs`

use fm_e2e::Page;

use super::{documented, is_self_contained};

const PARTS: [&str; 4] = ["/docs/", "/docs/swagger-ui.css", "/docs/swagger-ui-bundle.js", "/openapi.json"];

#[tokio::test]
async fn it_lists_the_operations_and_asks_no_other_server() {
    let api = documented();
    let page = Page::open(&format!("{}/docs", api.server.base())).await;
    page.shows(".title", "File Manager API").await;
    page.shows(".opblock-post .opblock-summary-path", "/v1/auth/register").await;
    is_self_contained(&page, &api, &PARTS).await;
}

#[tokio::test]
async fn with_a_token_it_calls_the_api() {
    let api = documented();
    let user = api.user().await;
    let page = Page::open(&format!("{}/docs", api.server.base())).await;

    page.click(".auth-wrapper > .authorize").await;
    page.enter("#auth-bearer-value", user.access()).await;
    page.click(".auth-container:has(#auth-bearer-value) button[type=submit]").await;
    page.shows(".auth-container h6", "Authorized").await;
    page.click(".dialog-ux .close-modal").await;

    try_it_out(&page).await;
    page.shows(STATUS, "200").await;
    page.shows(CONTENT, &user.email).await;
    is_self_contained(&page, &api, &PARTS).await;
}

#[tokio::test]
async fn without_a_token_it_shows_the_refusal() {
    let api = documented();
    let page = Page::open(&format!("{}/docs", api.server.base())).await;
    try_it_out(&page).await;
    page.shows(STATUS, "401").await;
    page.shows(CONTENT, "unauthenticated").await;
}

const STATUS: &str = "#operations-auth-get_account .live-responses-table td.response-col_status";
const CONTENT: &str = "#operations-auth-get_account .live-responses-table td.response-col_description";

/// Calls `GET /v1/auth/me`.
async fn try_it_out(page: &Page) {
    for button in [".opblock-summary-control", ".try-out__btn", ".execute"] {
        page.click(&format!("#operations-auth-get_account {button}")).await;
    }
}
