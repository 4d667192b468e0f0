//! What axe-core finds, in both themes, from a small phone to a large screen.

use fm_e2e::{Api, Lane, User, pictures};

use super::axe::is_accessible;
use super::{open, open_as};

/// Checks these pages, of which each has a heading, for someone who is signed in.
async fn are_accessible(user: &User, pages: &[(&str, &str)]) {
    let page = open_as(user, pages[0].0).await;
    for (path, heading) in pages {
        page.visit(&format!("{}{path}", user.server.base())).await;
        page.named("heading", heading).appears().await;
        is_accessible(&page, path).await;
    }
}

#[tokio::test]
async fn the_doors() {
    let api = Api::on(Lane::Ephemeral);
    for (path, heading) in [("/login", "Sign in"), ("/register", "Create an account")] {
        let page = open(&api, path).await;
        page.named("heading", heading).appears().await;
        is_accessible(&page, path).await;
    }
}

#[tokio::test]
async fn settings_and_a_page_that_is_not_there() {
    let api = Api::on(Lane::Ephemeral);
    let user = api.user().await;
    are_accessible(&user, &[("/settings", "Settings"), ("/nowhere", "There is no such page")]).await;
}

#[tokio::test]
async fn the_administration() {
    let api = Api::on(Lane::Embedded);
    let admin = api.user().await;
    let promoted = api.server.run(&["user", "promote", &admin.id]);
    assert_eq!(promoted.code, Some(0), "{}", promoted.output);
    let pages = ["users", "jobs", "storage", "audit"].map(|section| format!("/admin/{section}"));
    let pages: Vec<(&str, &str)> = pages.iter().map(|path| (path.as_str(), "Administration")).collect();
    are_accessible(&admin, &pages).await;
}

#[tokio::test]
async fn files_and_what_is_in_them() {
    let api = Api::on(Lane::Embedded);
    let user = api.user().await;
    let picture = user.file("Meadow.png", pictures::png(640, 480)).await;
    user.with_thumbnail(&picture).await;
    user.file("Notes.txt", "A text of a few words.").await;
    let folder = serde_json::json!({"name": "Invoices"});
    user.post("/v1/folders").json(&folder).send().await.expect(201);
    let view = format!("/files/{}/view", picture.id);
    let old = user.file("Old notes.txt", "Away with them.").await;
    user.post(&format!("/v1/items/{}/trash", old.id)).send().await.expect(200);
    let letters = user.folder("Old letters", None).await;
    user.file_in(&letters, "Draft.txt", "Dear all.").await;
    user.post(&format!("/v1/items/{}/trash", letters.id)).send().await.expect(200);
    let thrown_away = format!("/trash/{}", letters.id);
    let found = ("/search?q=e", "Results for “e”");
    are_accessible(&user, &[("/files", "Files"), (&view, "Meadow.png"), found]).await;
    are_accessible(&user, &[("/trash", "Trash"), (&thrown_away, "Old letters")]).await;
}
