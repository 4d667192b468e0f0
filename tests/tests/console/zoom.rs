//! Pages at 400 %: of a window of 1,280 by 1,024 pixels 320 by 256 are left, and all is to be reached (WCAG 1.4.10). There and on
//! phones nothing hides what has the focus (WCAG 2.4.11).

use fm_e2e::{Api, Lane, Page, User, eventually};

use super::axe::is_accessible_now;
use super::{open_as, own_errors};

const ZOOMED: (u32, u32) = (320, 256);
const PHONE: (u32, u32) = (390, 844);

/// How often Tab is pressed where it leads around the page at least once.
const AROUND: usize = 20;

/// Whether what has the focus is in the window, and its middle uncovered.
const IS_SEEN: &str = "(() => {
    const box = document.activeElement.getBoundingClientRect();
    const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    return box.top >= 0 && box.bottom <= innerHeight && document.activeElement.contains(top);
})()";

/// Waits until what has the focus is seen.
async fn is_seen(page: &Page, what: &str) {
    eventually(&format!("{what} is seen"), async || {
        page.evaluate(IS_SEEN).await.as_bool().filter(|seen| *seen)
    })
    .await;
}

/// Has this many files, half of which are in the trash.
async fn with_files(user: &User, count: usize) {
    for number in 0..count {
        let file = user.file(&format!("Scan {number:02}.txt"), "A few words.").await;
        if number % 2 == 1 {
            user.post(&format!("/v1/items/{}/trash", file.id)).send().await.expect(200);
        }
    }
}

#[tokio::test]
async fn every_list_is_reached_and_walked_through() {
    let user = Api::on(Lane::Embedded).user().await;
    with_files(&user, 24).await;
    let page = open_as(&user, "/files").await;
    for (path, first) in
        [("/files", "Scan 00.txt"), ("/trash", "Scan 23.txt"), ("/search?q=scan", "Scan 00.txt")]
    {
        page.visit(&format!("{}{path}", user.server.base())).await;
        page.named("row", first).appears().await;
        page.resize(ZOOMED.0, ZOOMED.1).await;
        is_accessible_now(&page, &format!("{path} at 400 %")).await;
        page.named("row", first).reach_by_tab().await;
        is_seen(&page, first).await;
        for step in 1..6 {
            page.press("ArrowDown").await;
            is_seen(&page, &format!("{step} below {first} at {path}")).await;
        }
    }
    assert_eq!(own_errors(&page), Vec::<String>::new());
}

#[tokio::test]
async fn menus_and_dialogs_are_seen_to_their_end() {
    let user = Api::on(Lane::Embedded).user().await;
    user.folder("Archive", None).await;
    let page = open_as(&user, "/files").await;
    page.named("row", "Archive, folder").appears().await;
    page.resize(ZOOMED.0, ZOOMED.1).await;
    page.named("row", "Archive, folder").reach_by_tab().await;
    page.press("ContextMenu").await;
    page.named("menuitem", "Open").has_focus().await;
    page.press("End").await;
    page.named("menuitem", "Move to trash").has_focus().await;
    is_seen(&page, "the end of the menu").await;
    page.press("Escape").await;

    page.named("row", "Archive, folder").has_focus().await;
    page.press("F2").await;
    page.named("textbox", "Name").has_focus().await;
    is_seen(&page, "the field").await;
    is_accessible_now(&page, "a dialog at 400 %").await;
    page.named("button", "Rename").reach_by_tab().await;
    is_seen(&page, "the button of the dialog").await;
}

/// Opens the details of the entry that has the focus, from its menu.
async fn open_details(page: &Page) {
    page.press("ContextMenu").await;
    page.named("menuitem", "Open").has_focus().await;
    page.press("End").await;
    page.press("ArrowUp").await;
    page.named("menuitem", "Details").has_focus().await;
    page.press("Enter").await;
    page.named("complementary", "Details").has_focus().await;
}

#[tokio::test]
async fn what_the_details_cover_is_out_of_reach_until_they_are_closed() {
    let user = Api::on(Lane::Embedded).user().await;
    with_files(&user, 24).await;
    let page = open_as(&user, "/files").await;
    for (width, height) in [PHONE, ZOOMED] {
        page.visit(&format!("{}/files", user.server.base())).await;
        page.named("row", "Scan 00.txt").appears().await;
        page.resize(width, height).await;
        page.named("row", "Scan 00.txt").reach_by_tab().await;
        open_details(&page).await;
        page.named("row", "Scan 00.txt").disappears().await;
        is_accessible_now(&page, "details that cover their list").await;
        for step in 0..AROUND {
            page.press("Tab").await;
            is_seen(&page, &format!("what Tab leads to {step} steps after the details")).await;
        }
        page.named("button", "Close details").reach_by_tab().await;
        page.press("Enter").await;
        page.named("complementary", "Details").disappears().await;
        page.named("row", "Scan 00.txt").has_focus().await;
    }
    // Where there is room for both, both are reached.
    open_details_beside(&page).await;
    assert_eq!(own_errors(&page), Vec::<String>::new());
}

/// Opens the details beside the list of a wide window, and makes that narrow and wide again.
async fn open_details_beside(page: &Page) {
    page.resize(1280, 1024).await;
    page.named("button", "Actions for Scan 00.txt").click().await;
    page.named("menuitem", "Details").click().await;
    page.named("button", "Close details").appears().await;
    page.named("row", "Scan 02.txt").appears().await;
    page.resize(PHONE.0, PHONE.1).await;
    page.named("row", "Scan 02.txt").disappears().await;
    page.named("complementary", "Details").has_focus().await;
    page.resize(1280, 1024).await;
    page.named("row", "Scan 02.txt").appears().await;
}

#[tokio::test]
async fn messages_and_the_list_of_uploads_hide_nothing_that_has_the_focus() {
    let user = Api::on(Lane::Embedded).user().await;
    with_files(&user, 40).await;
    let folder = tempfile::tempdir().unwrap();
    let letter = folder.path().join("Letter.txt");
    std::fs::write(&letter, "A few words.").unwrap();
    let page = open_as(&user, "/files").await;
    page.named("row", "Scan 00.txt").appears().await;
    page.resize(PHONE.0, PHONE.1).await;
    page.named("row", "Scan 00.txt").reach_by_tab().await;
    page.press("End").await;
    page.named("row", "Scan 38.txt").has_focus().await;
    page.press("Delete").await;
    page.shows(".toast", "One entry moved to the trash.").await;
    page.named("row", "Scan 36.txt").has_focus().await;
    is_seen(&page, "the last entry beside a message").await;

    page.choose("main input[type=file][multiple]", &[letter.as_path()]).await;
    page.shows("#tray-title", "1 of 1 uploaded").await;
    page.named("row", "Scan 36.txt").has_focus().await;
    is_seen(&page, "the last entry beside the list of uploads").await;
    page.press("Delete").await;
    page.named("row", "Scan 34.txt").has_focus().await;
    is_seen(&page, "the last entry beside both").await;
    for step in 0..AROUND {
        page.press("Tab").await;
        is_seen(&page, &format!("what Tab leads to {step} steps after the last entry")).await;
    }
    assert_eq!(own_errors(&page), Vec::<String>::new());
}
