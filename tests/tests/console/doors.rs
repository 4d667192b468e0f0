//! Registering, signing in, signing out.

use std::time::Duration;

use fm_e2e::{Api, Lane, Page, unique};
use serde_json::Value;

use super::{is_at, is_signed_in, open, own_errors, sign_in};

/// An address and a password that nothing has seen yet.
fn newcomer(api: &Api) -> (String, String) {
    let password = unique("password-");
    api.secret(&password);
    (format!("{}@example.com", unique("user-")), password)
}

/// What the service says to the browser about its session.
async fn session_status(page: &Page) -> Value {
    page.evaluate("fetch('/v1/auth/me').then(answer => answer.status)").await
}

#[tokio::test]
async fn with_a_mouse_one_registers_signs_out_and_signs_in() {
    let api = Api::on(Lane::Ephemeral);
    let (email, password) = newcomer(&api);
    let page = open(&api, "/login").await;
    page.named("link", "Create an account").click().await;
    page.named("heading", "Create an account").appears().await;
    for (field, text) in [("Name (optional)", "Ada"), ("Email address", &email), ("Password", &password)] {
        page.named("textbox", field).click().await;
        page.write(text).await;
    }
    page.named("button", "Create account").click().await;
    is_signed_in(&page, "Ada").await;
    is_at(&page, "/files").await;
    assert_eq!(session_status(&page).await, 200);

    page.named("button", "Account: Ada").click().await;
    page.named("menuitem", "Sign out").click().await;
    page.named("heading", "Sign in").appears().await;
    is_at(&page, "/login").await;
    assert_eq!(session_status(&page).await, 401);
    assert_eq!(page.cookies().await, Vec::<String>::new());

    for (field, text) in [("Email address", &email), ("Password", &password)] {
        page.named("textbox", field).click().await;
        page.write(text).await;
    }
    page.named("button", "Sign in").click().await;
    is_signed_in(&page, "Ada").await;
    assert_eq!(own_errors(&page), Vec::<String>::new());
}

#[tokio::test]
async fn with_the_keyboard_alone_one_registers_signs_out_and_signs_in() {
    let api = Api::on(Lane::Ephemeral);
    let (email, password) = newcomer(&api);
    let page = open(&api, "/login").await;
    page.named("textbox", "Email address").has_focus().await;
    page.named("link", "Create an account").reach_by_tab().await;
    page.press("Enter").await;
    page.named("textbox", "Name (optional)").has_focus().await;
    page.write("Ada").await;
    page.press("Tab").await;
    sign_in(&page, &email, &password).await;
    is_signed_in(&page, "Ada").await;

    page.named("button", "Account: Ada").reach_by_tab().await;
    page.press("Enter").await;
    page.named("menuitem", "Settings").has_focus().await;
    page.press("End").await;
    page.named("menuitem", "Sign out").has_focus().await;
    page.press("Enter").await;

    sign_in(&page, &email, &password).await;
    is_signed_in(&page, "Ada").await;
    assert_eq!(own_errors(&page), Vec::<String>::new());
}

#[tokio::test]
async fn a_refusal_is_told_and_the_focus_is_where_it_is_mended() {
    let api = Api::on(Lane::Ephemeral);
    let user = api.user().await;
    let page = open(&api, "/login").await;
    sign_in(&page, &user.email, "another-password").await;
    page.shows("[role=alert]", "The email address or the password is wrong.").await;
    page.named("textbox", "Email address").has_focus().await;
    page.named("button", "Sign in").appears().await;

    page.visit(&format!("{}/register", api.server.base())).await;
    page.named("textbox", "Name (optional)").has_focus().await;
    page.press("Tab").await;
    sign_in(&page, &user.email, &user.password).await;
    page.shows("[role=alert]", "There is an account with this email address already.").await;
    assert_eq!(session_status(&page).await, 401);
}

#[tokio::test]
async fn a_password_that_is_too_long_is_refused_and_not_cut_off() {
    let api = Api::on(Lane::Ephemeral);
    let (email, password) = newcomer(&api);
    let page = open(&api, "/register").await;
    page.named("textbox", "Name (optional)").has_focus().await;
    page.press("Tab").await;
    sign_in(&page, &email, &format!("{password}{}", "x".repeat(128))).await;
    page.shows(".field-error", "must be 8 to 128 characters").await;
    page.named("textbox", "Password").has_focus().await;
    assert_eq!(session_status(&page).await, 401);
}

#[tokio::test]
async fn who_has_to_sign_in_comes_to_the_page_that_was_opened() {
    let api = Api::on(Lane::Ephemeral);
    let user = api.user().await;
    let page = open(&api, "/settings").await;
    page.named("heading", "Sign in").appears().await;
    sign_in(&page, &user.email, &user.password).await;
    page.named("heading", "Settings").appears().await;
    is_at(&page, "/settings").await;
}

/// Has the page look as it does by touch, and tells how large the letters are in its first field.
const LETTERS_BY_TOUCH: &str =
    "for (const sheet of document.styleSheets) for (const rule of sheet.cssRules) {
        if (rule.media?.mediaText === '(pointer: coarse)') rule.media.mediaText = 'all';
    }
    parseFloat(getComputedStyle(document.querySelector('input')).fontSize)";

#[tokio::test]
async fn a_phone_does_not_zoom_into_the_fields() {
    let api = Api::on(Lane::Ephemeral);
    let page = open(&api, "/login").await;
    page.named("textbox", "Email address").has_focus().await;
    // Safari zooms into those with less than 16 pixels.
    assert_eq!(page.evaluate(LETTERS_BY_TOUCH).await, 16);
}

/// How long the page is watched for what it asks by itself: longer than it waits until it asks again for an account
/// that it could not read (`ACCOUNT_AGAIN` in `console/src/app/shell.tsx`).
const WATCHED: Duration = Duration::from_secs(5);

#[tokio::test]
async fn at_the_door_nothing_is_asked_until_one_signs_in() {
    let api = Api::on(Lane::Ephemeral);
    let page = open(&api, "/settings").await;
    page.named("heading", "Sign in").appears().await;
    page.rests().await;
    let asked = page.requests();
    tokio::time::sleep(WATCHED).await;
    assert_eq!(page.requests(), asked);
}

#[tokio::test]
async fn a_session_that_was_ended_elsewhere_leads_back_to_the_door() {
    let api = Api::on(Lane::Ephemeral);
    let user = api.user().await;
    let page = super::open_as(&user, "/settings").await;
    page.named("heading", "Settings").appears().await;
    // This client has the only other session.
    user.delete("/v1/auth/sessions").send().await.expect(204);
    page.visit(&format!("{}/settings", api.server.base())).await;
    page.named("heading", "Sign in").appears().await;
}

#[tokio::test]
async fn who_signs_out_in_one_tab_has_signed_out_in_all() {
    let user = Api::on(Lane::Ephemeral).user().await;
    let behind = super::open_as(&user, "/files").await;
    is_signed_in(&behind, &user.email).await;
    let page = behind.open_beside(&format!("{}/settings", user.server.base())).await;
    page.named("button", &format!("Account: {}", user.email)).click().await;
    page.named("menuitem", "Sign out").click().await;
    is_at(&page, "/login").await;
    is_at(&behind, "/login").await;
    behind.shows("[role=alert]", "Your session has ended.").await;
    assert_eq!(page.texts("[role=alert]").await, Vec::<String>::new(), "who has ended it knows");
}

#[tokio::test]
async fn a_page_of_one_user_is_left_when_another_one_signs_in_beside_it() {
    let api = Api::on(Lane::Ephemeral);
    let (user, other) = (api.user().await, api.user().await);
    let behind = super::open_as(&user, "/files").await;
    is_signed_in(&behind, &user.email).await;
    let page = behind.open_beside(&format!("{}/settings", api.server.base())).await;
    is_signed_in(&page, &user.email).await;
    // A page that is hidden asks nothing, and so does not find out.
    user.delete("/v1/auth/sessions").send().await.expect(204);
    page.visit(&format!("{}/settings", api.server.base())).await;
    is_at(&page, "/login").await;
    sign_in(&page, &other.email, &other.password).await;
    is_signed_in(&page, &other.email).await;
    is_at(&behind, "/login").await;
    behind.shows("[role=alert]", "Your session has ended.").await;
}

#[tokio::test]
async fn the_door_tells_nothing_of_who_has_left() {
    let user = Api::on(Lane::Ephemeral).user().await;
    let page = super::open_as(&user, "/files").await;
    page.named("button", "New folder").click().await;
    page.named("textbox", "Name").has_focus().await;
    page.write("Secret plans").await;
    page.press("Enter").await;
    page.shows(".toast", "Secret plans").await;
    page.named("button", &format!("Account: {}", user.email)).click().await;
    page.named("menuitem", "Sign out").click().await;
    is_at(&page, "/login").await;
    page.named("heading", "Sign in").appears().await;
    let told = page.evaluate("document.documentElement.outerHTML").await;
    assert!(!told.to_string().contains("Secret plans"), "{told}");
}
