//! The console as people meet it in a browser: with a mouse, with the keyboard alone, by roles and accessible names as a
//! screen reader tells them. Its pages are the same on every lane; where files come from is not.

mod accessibility;
mod administration;
mod axe;
mod devices;
mod documents;
mod doors;
mod dragging;
mod files;
mod keyboard;
mod many;
mod media;
mod pages;
mod pointers;
mod previews;
mod states;
mod texts;
mod tokens;
mod uploads;
mod zoom;

use fm_e2e::{Api, Page, User, eventually};
use serde_json::Value;

/// Opens this path of the console.
async fn open(api: &Api, path: &str) -> Page {
    Page::open(&format!("{}{path}", api.server.base())).await
}

/// Opens this path of the console for someone who signs in first, by the keyboard.
async fn open_as(user: &User, path: &str) -> Page {
    let page = open(user, "/login").await;
    sign_in(&page, &user.email, &user.password).await;
    is_signed_in(&page, &user.email).await;
    page.visit(&format!("{}{path}", user.server.base())).await;
    page
}

/// Fills in the form for signing in, where the focus is in its first field at once.
async fn sign_in(page: &Page, email: &str, password: &str) {
    page.named("textbox", "Email address").has_focus().await;
    page.write(email).await;
    page.press("Tab").await;
    page.write(password).await;
    page.press("Enter").await;
}

/// Waits until the page shows who is signed in.
async fn is_signed_in(page: &Page, name: &str) {
    page.named("button", &format!("Account: {name}")).appears().await;
}

/// Waits until the page is at this path.
async fn is_at(page: &Page, path: &str) {
    eventually(&format!("the page is at {path}"), async || {
        (page.evaluate("location.pathname").await == path).then_some(())
    })
    .await;
}

/// The errors in the console but for requests that were refused, which browsers report too.
fn own_errors(page: &Page) -> Vec<String> {
    let is_own = |error: &String| {
        let entry: Value = serde_json::from_str(error).unwrap_or_default();
        entry["source"] != "network"
    };
    page.errors().into_iter().filter(is_own).collect()
}

/// The URLs that the page asked for of other hosts than its own.
fn asked_elsewhere(page: &Page, api: &Api) -> Vec<String> {
    let own = format!("{}/", api.server.base());
    let is_elsewhere = |url: &String| !url.starts_with(&own) && !url.starts_with("blob:");
    page.requests().into_iter().filter(is_elsewhere).collect()
}
