//! Pages at 400 %: of a window of 1,280 by 1,024 pixels 320 by 256 are left, and all is to be reached (WCAG 1.4.10).

use fm_e2e::{Api, Lane, Page, User, eventually};

use super::axe::is_accessible_now;
use super::{open_as, own_errors};

const ZOOMED: (u32, u32) = (320, 256);

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
