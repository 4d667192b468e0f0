//! What axe-core finds, in both themes, from a small phone to a large screen.

use fm_e2e::{Api, Lane, Page, User, pictures, tool};

use super::{open, open_as};

/// Small phones, tablets, screens; in CSS pixels.
const WIDTHS: [u32; 3] = [320, 768, 1440];

/// What is wrong with the page as it is: the rule, and the elements that break it.
const VIOLATIONS: &str = "axe.run({resultTypes: ['violations']}).then(({violations}) =>
    violations.map(({id, nodes}) => `${id}: ${nodes.map(node => node.html).join(' ')}`))";

/// Checks the page in every theme and width: nothing is violated, and nothing makes it wider than its window.
async fn is_accessible(page: &Page) {
    page.rests().await;
    let axe = tool("TEST_CLIENTS").join("node_modules/axe-core/axe.min.js");
    let axe = std::fs::read_to_string(&axe).unwrap_or_else(|error| panic!("{}: {error}", axe.display()));
    page.evaluate(&format!("{axe}; 0")).await;
    for scheme in ["light", "dark"] {
        page.prefer(scheme).await;
        for width in WIDTHS {
            page.resize(width, 900).await;
            let at = page.evaluate("location.pathname").await;
            let violations: Vec<String> = serde_json::from_value(page.evaluate(VIOLATIONS).await).unwrap();
            assert_eq!(violations, Vec::<String>::new(), "{at}, {scheme}, {width} pixels");
            let shown = page.evaluate("document.documentElement.scrollWidth").await;
            assert!(shown.as_u64().unwrap() <= width.into(), "{at} is {shown} pixels wide of {width}");
        }
    }
}

/// Checks these pages, of which each has a heading, for someone who is signed in.
async fn are_accessible(user: &User, pages: &[(&str, &str)]) {
    let page = open_as(user, pages[0].0).await;
    for (path, heading) in pages {
        page.visit(&format!("{}{path}", user.server.base())).await;
        page.named("heading", heading).appears().await;
        is_accessible(&page).await;
    }
}

#[tokio::test]
async fn the_doors() {
    let api = Api::on(Lane::Ephemeral);
    for (path, heading) in [("/login", "Sign in"), ("/register", "Create an account")] {
        let page = open(&api, path).await;
        page.named("heading", heading).appears().await;
        is_accessible(&page).await;
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
    let found = ("/search?q=e", "Results for “e”");
    are_accessible(&user, &[("/files", "Files"), (&view, "Meadow.png"), found, ("/trash", "Trash")]).await;
}
