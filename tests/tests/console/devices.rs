//! What is done on one device is seen on another one.

use std::time::Duration;

use fm_e2e::{Api, Lane, Page, User, eventually};
use serde_json::json;

use super::{open_as, own_errors};

/// How long a hidden page is watched: longer than a visible one would wait twice.
const HIDDEN: Duration = Duration::from_secs(7);

/// What a page that shows the root folder asks for again and again.
fn look(user: &User) -> String {
    format!("{}/v1/folders/root/children?kind=folder&limit=1", user.server.base())
}

/// Waits until the list of the page has an entry whose row begins so, or has none. A visible page asks every 3 s whether its list has
/// changed, which `console/src/app/poll.test.ts` holds it to.
async fn shows(page: &Page, entry: &str, wanted: bool) {
    eventually(&format!("{entry:?} is shown: {wanted}"), async || {
        let rows = page.texts("[role=row]").await;
        (rows.iter().any(|row| row.starts_with(entry)) == wanted).then_some(())
    })
    .await;
}

#[tokio::test]
async fn each_shows_what_is_done_on_the_other() {
    let user = Api::on(Lane::Embedded).user().await;
    user.file("Notes.txt", "A few words.").await;
    // Each page has a browser, and hence a session, of its own.
    let (desk, phone) = (open_as(&user, "/files").await, open_as(&user, "/files").await);
    for page in [&desk, &phone] {
        page.named("row", "Notes.txt").appears().await;
    }
    desk.named("button", "New folder").click().await;
    desk.named("textbox", "Name").has_focus().await;
    desk.write("Letters").await;
    desk.press("Enter").await;
    desk.named("row", "Letters, folder").appears().await;
    shows(&phone, "Letters", true).await;

    phone.named("button", "Actions for Notes.txt").click().await;
    phone.named("menuitem", "Rename").click().await;
    phone.named("textbox", "Name").has_focus().await;
    phone.write("Minutes").await;
    phone.press("Enter").await;
    phone.named("row", "Minutes.txt").appears().await;
    shows(&desk, "Minutes.txt", true).await;
    shows(&desk, "Notes.txt", false).await;

    desk.named("button", "Actions for Minutes.txt").click().await;
    desk.named("menuitem", "Move to trash").click().await;
    desk.named("row", "Minutes.txt").disappears().await;
    shows(&phone, "Minutes.txt", false).await;
    for page in [&desk, &phone] {
        assert_eq!(own_errors(page), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_folder_that_is_shown_has_the_name_that_it_was_given_elsewhere() {
    let user = Api::on(Lane::Embedded).user().await;
    let letters = user.folder("Letters", None).await;
    user.file_in(&letters, "Notes.txt", "A few words.").await;
    let page = open_as(&user, &format!("/files/{}", letters.id)).await;
    page.named("heading", "Letters").appears().await;
    page.named("row", "Notes.txt").appears().await;
    let renamed = user.patch(&format!("/v1/folders/{}", letters.id)).json(&json!({"name": "Post"}));
    renamed.send().await.expect(200);
    eventually("the heading has the new name", async || (page.texts("h1").await == ["Post"]).then_some(()))
        .await;
    assert_eq!(own_errors(&page), Vec::<String>::new());
}

#[tokio::test]
async fn a_file_that_is_shown_is_followed_when_it_is_renamed_and_thrown_away_elsewhere() {
    let user = Api::on(Lane::Embedded).user().await;
    let notes = user.file("Notes.txt", "A few words.").await;
    let page = open_as(&user, &format!("/files/{}/view", notes.id)).await;
    page.named("heading", "Notes.txt").appears().await;
    let renamed = user.patch(&User::path(&notes)).json(&json!({"name": "Minutes.txt"}));
    renamed.send().await.expect(200);
    eventually("the heading has the new name", async || {
        (page.texts("h1").await == ["Minutes.txt"]).then_some(())
    })
    .await;
    user.post(&format!("/v1/items/{}/trash", notes.id)).send().await.expect(200);
    eventually("the file is not shown any more", async || {
        page.texts(".state").await.iter().any(|text| text.contains("It is not there any more.")).then_some(())
    })
    .await;
    page.named("heading", "File").has_focus().await;
    user.post(&format!("/v1/items/{}/restore", notes.id)).send().await.expect(200);
    eventually("the file is back", async || (page.texts("h1").await == ["Minutes.txt"]).then_some(())).await;
    assert_eq!(own_errors(&page), Vec::<String>::new());
}

#[tokio::test]
async fn a_list_that_stays_the_same_costs_answers_without_a_body_and_none_while_it_is_hidden() {
    let user = Api::on(Lane::Embedded).user().await;
    user.folder("Letters", None).await;
    let page = open_as(&user, "/files").await;
    page.named("row", "Letters, folder").appears().await;
    let base = user.server.base();
    let look = look(&user);
    let seen = page.statuses(&look).len();
    let looks = eventually("the page looks again", async || {
        page.statuses(&look).get(seen..).filter(|looks| looks.len() > 2).map(<[u64]>::to_vec)
    })
    .await;
    // The first one tells the state that the list is of.
    assert!(looks.iter().skip(1).all(|status| *status == 304), "{looks:?}");
    let list = format!("{base}/v1/folders/root/children?limit=200&sort=name&order=asc");
    assert_eq!(page.statuses(&list).last(), Some(&304));

    // Both tabs have one browser, which tells of all requests; there is no list in the one before.
    let before = page.open_beside(&format!("{base}/settings")).await;
    before.named("heading", "Settings").appears().await;
    before.rests().await;
    let asked = page.statuses(&look).len();
    tokio::time::sleep(HIDDEN).await;
    assert_eq!(page.statuses(&look).len(), asked, "a hidden page asks nothing");
    assert_eq!(own_errors(&page), Vec::<String>::new());
}

/// How long a list is watched of which some URL changes every three seconds.
const IDLE: Duration = Duration::from_secs(10);

#[tokio::test]
async fn a_long_list_whose_urls_change_is_not_read_again_and_still_shows_what_is_done_elsewhere() {
    // Each file's URLs change every ten minutes, those of one file at another second than those of another.
    let user = Api::with(Lane::Embedded, &[("SIGNED_URL_TTL_SECONDS", "1200")]).user().await;
    // A page has 200.
    for number in 0..210 {
        user.file(&format!("Scan {number:03}.txt"), "A few words.").await;
    }
    let page = open_as(&user, "/files").await;
    page.named("row", "Scan 000.txt").appears().await;
    page.named("row", "Scan 000.txt").reach_by_tab().await;
    page.press("End").await;
    page.named("row", "Scan 209.txt").has_focus().await;
    let look = look(&user);
    let seen = page.statuses(&look).len();
    eventually("the list is known to be the same", async || {
        let looks = page.statuses(&look);
        (looks.len() > seen + 1 && looks.last() == Some(&304)).then_some(())
    })
    .await;
    let pages = || page.requests().iter().filter(|url| url.contains("/children?limit=200")).count();
    let read = pages();
    tokio::time::sleep(IDLE).await;
    assert_eq!(pages(), read, "it is not read again");
    user.file("Scan 210.txt", "A few words.").await;
    shows(&page, "Scan 210.txt", true).await;
    assert_eq!(own_errors(&page), Vec::<String>::new());
}
