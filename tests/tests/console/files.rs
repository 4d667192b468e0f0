//! Folders and files.

use fm_e2e::{Api, Lane, Page, User, eventually, on_every_lane, pictures};
use serde_json::json;

use super::{asked_elsewhere, open_as, own_errors};

/// A PDF of one empty page.
pub(super) const PDF: &str = "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n\
                   3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n";

async fn makes_folder(user: &User, name: &str) {
    user.post("/v1/folders").json(&json!({"name": name})).send().await.expect(201);
}

/// Checks that nothing went wrong, requests included.
async fn is_clean(page: &Page) {
    page.rests().await;
    assert_eq!(page.errors(), Vec::<String>::new(), "errors in the console");
}

#[tokio::test]
async fn with_a_mouse_a_folder_is_made_renamed_thrown_away_and_brought_back() {
    let user = Api::on(Lane::Embedded).user().await;
    let page = open_as(&user, "/files").await;
    page.named("button", "New folder").click().await;
    page.named("textbox", "Name").has_focus().await;
    page.write("Letters").await;
    page.named("button", "Create").click().await;
    page.named("row", "Letters, folder").appears().await;

    page.named("button", "Actions for Letters").click().await;
    page.named("menuitem", "Rename").click().await;
    page.named("textbox", "Name").has_focus().await;
    page.write("Old letters").await;
    page.named("button", "Rename").click().await;
    page.named("row", "Old letters, folder").appears().await;
    page.named("row", "Letters, folder").disappears().await;

    page.named("link", "Old letters").click().await;
    page.named("heading", "Old letters").appears().await;
    page.named("link", "File Manager, to your files").click().await;

    page.named("button", "Actions for Old letters").click().await;
    page.named("menuitem", "Move to trash").click().await;
    page.named("row", "Old letters, folder").disappears().await;
    page.named("link", "Trash").click().await;
    page.named("button", "Actions for Old letters").click().await;
    page.named("menuitem", "Restore").click().await;
    page.named("row", "Old letters, folder").disappears().await;
    page.named("link", "File Manager, to your files").click().await;
    page.named("row", "Old letters, folder").appears().await;
    is_clean(&page).await;
}

#[tokio::test]
async fn a_new_name_of_a_folder_takes_the_place_of_all_of_the_old_one() {
    let user = Api::on(Lane::Embedded).user().await;
    makes_folder(&user, "Photos 2026.05").await;
    let page = open_as(&user, "/files").await;
    page.named("button", "Actions for Photos 2026.05").click().await;
    page.named("menuitem", "Rename").click().await;
    page.named("textbox", "Name").has_focus().await;
    page.write("Holidays").await;
    page.press("Enter").await;
    page.named("row", "Holidays, folder").appears().await;
}

#[tokio::test]
async fn with_the_keyboard_alone_the_same() {
    let user = Api::on(Lane::Embedded).user().await;
    makes_folder(&user, "Archive").await;
    let page = open_as(&user, "/files").await;
    page.named("row", "Archive, folder").appears().await;
    page.named("button", "New folder").reach_by_tab().await;
    page.press("Enter").await;
    page.named("textbox", "Name").has_focus().await;
    page.write("Letters").await;
    page.press("Enter").await;
    page.named("row", "Letters, folder").appears().await;

    // In the list the first letter of a name leads to it.
    page.named("row", "Archive, folder").reach_by_tab().await;
    page.press("l").await;
    page.named("row", "Letters, folder").has_focus().await;
    page.press("F2").await;
    page.named("textbox", "Name").has_focus().await;
    page.write("Old letters").await;
    page.press("Enter").await;
    page.named("row", "Old letters, folder").has_focus().await;
    page.press("Enter").await;
    page.named("heading", "Old letters").appears().await;
    page.named("link", "File Manager, to your files").reach_by_tab().await;
    page.press("Enter").await;
    // The keyboard is where it was.
    page.named("row", "Old letters, folder").has_focus().await;
    page.press("Delete").await;
    page.named("row", "Old letters, folder").disappears().await;
    // The focus is not lost with the entry.
    page.named("row", "Archive, folder").has_focus().await;

    page.named("link", "Trash").reach_by_tab().await;
    page.press("Enter").await;
    page.named("row", "Old letters, folder").has_focus().await;
    page.press("ContextMenu").await;
    page.named("menuitem", "Restore").has_focus().await;
    page.press("Enter").await;
    page.named("row", "Old letters, folder").disappears().await;
    is_clean(&page).await;
}

#[tokio::test]
async fn a_folder_of_the_trash_is_looked_into_and_what_lies_there_brought_back() {
    let user = Api::on(Lane::Embedded).user().await;
    let letters = user.folder("Letters", None).await;
    let year = user.folder("2026", Some(&letters)).await;
    user.file_in(&year, "Notes.txt", "A few words.").await;
    user.post(&format!("/v1/items/{}/trash", letters.id)).send().await.expect(200);

    let page = open_as(&user, "/trash").await;
    page.named("row", "Letters, folder").appears().await;
    page.named("row", "Letters, folder").reach_by_tab().await;
    page.press("Enter").await;
    page.named("row", "2026, folder").has_focus().await;
    page.press("Enter").await;
    page.named("heading", "2026").appears().await;
    page.named("row", "Notes.txt").has_focus().await;
    // Up again, where the keyboard was.
    page.press("Backspace").await;
    page.named("heading", "Letters").appears().await;
    page.named("row", "2026, folder").has_focus().await;
    page.press("Enter").await;
    page.named("row", "Notes.txt").has_focus().await;
    page.named("link", "Letters").appears().await;
    page.press("ContextMenu").await;
    page.named("menuitem", "Restore").has_focus().await;
    page.press("Enter").await;
    page.shows(".state", "This folder is empty").await;
    user.get("/v1/items/lookup?path=/Letters/2026/Notes.txt").send().await.expect(200);
    is_clean(&page).await;
}

#[tokio::test]
async fn the_trash_is_sorted_by_the_heads_of_its_columns() {
    let user = Api::on(Lane::Embedded).user().await;
    for (name, bytes) in [("A.txt", "of all three"), ("C.txt", "the"), ("B.txt", "longest")] {
        let file = user.file(name, bytes).await;
        user.post(&format!("/v1/items/{}/trash", file.id)).send().await.expect(200);
    }
    let page = open_as(&user, "/trash").await;
    page.resize(1440, 900).await;
    let are = async |wanted: [&str; 3]| {
        let shown = async || (page.texts(".cell-name .name").await == wanted).then_some(());
        eventually(&format!("the order is {wanted:?}"), shown).await;
    };
    are(["B.txt", "C.txt", "A.txt"]).await;
    page.named("button", "Name").click().await;
    are(["A.txt", "B.txt", "C.txt"]).await;
    page.named("button", "Size").click().await;
    are(["C.txt", "B.txt", "A.txt"]).await;
    page.named("button", "Size").click().await;
    are(["A.txt", "B.txt", "C.txt"]).await;
}

#[tokio::test]
async fn the_menu_tells_what_a_list_is_sorted_by() {
    let user = Api::on(Lane::Embedded).user().await;
    let page = open_as(&user, "/files").await;
    let chosen = async || page.texts("[role=menuitemradio][aria-checked=true]").await;
    page.named("button", "Sort").click().await;
    page.named("menuitemradio", "Name").has_focus().await;
    assert_eq!(chosen().await, ["Name"]);
    page.press("s").await;
    page.named("menuitemradio", "Size").has_focus().await;
    page.press("Enter").await;
    page.named("menuitemradio", "Size").disappears().await;
    page.named("button", "Sort").click().await;
    page.named("menuitemradio", "Size").appears().await;
    assert_eq!(chosen().await, ["Size"]);
}

#[tokio::test]
async fn a_file_is_found_by_its_name_and_deleted_for_good() {
    let user = Api::on(Lane::Embedded).user().await;
    user.file("Draft of the draft.txt", "A few words.").await;
    user.file("Minutes.txt", "Present: all.").await;
    let page = open_as(&user, "/files").await;
    page.named("row", "Minutes.txt").appears().await;
    page.press("/").await;
    page.named("searchbox", "Search files").has_focus().await;
    page.write("draft").await;
    page.press("Enter").await;
    page.named("row", "Draft of the draft.txt").appears().await;
    page.named("row", "Minutes.txt").disappears().await;

    page.named("button", "Actions for Draft of the draft.txt").click().await;
    page.named("menuitem", "Move to trash").click().await;
    page.named("row", "Draft of the draft.txt").disappears().await;
    page.named("link", "Trash").click().await;
    page.named("button", "Actions for Draft of the draft.txt").click().await;
    page.named("menuitem", "Delete for good").click().await;
    page.named("button", "Delete for good").click().await;
    page.named("row", "Draft of the draft.txt").disappears().await;
    is_clean(&page).await;
    assert_eq!(user.all(&[]).await.len(), 1);
}

async fn a_chosen_file_is_uploaded_and_shown(lane: Lane) {
    let api = Api::on(lane);
    let user = api.user().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Meadow.png");
    std::fs::write(&path, pictures::png(640, 480)).unwrap();
    let page = open_as(&user, "/files").await;
    page.named("button", "Upload").appears().await;
    page.choose("main input[type=file][multiple]", &[path.as_path()]).await;
    page.named("row", "Meadow.png").appears().await;
    page.named("heading", "1 of 1 uploaded").appears().await;

    page.named("link", "Meadow.png").click().await;
    page.named("heading", "Meadow.png").appears().await;
    let seen = "[...document.querySelectorAll('main img')].some(image => image.naturalWidth > 0)";
    eventually("the picture is shown", async || page.evaluate(seen).await.as_bool().filter(|shown| *shown))
        .await;
    page.rests().await;
    // But for the preview: it is not there when it is asked for first.
    assert_eq!(own_errors(&page), Vec::<String>::new());
    // The policy lets it ask its own host and the store, and no other.
    let file = user.get("/v1/files").send().await.expect(200).json();
    let url = file["items"][0]["download"]["url"].as_str().unwrap().to_owned();
    let store = url.split('/').take(3).collect::<Vec<_>>().join("/");
    let elsewhere = asked_elsewhere(&page, &api);
    assert!(elsewhere.iter().all(|url| url.starts_with(&store)), "{elsewhere:?}");
}

async fn texts_and_pdfs_are_shown(lane: Lane) {
    let api = Api::on(lane);
    let user = api.user().await;
    let pdf = user.file_of("application/pdf", "Contract.pdf", PDF).await;
    let page = open_as(&user, &format!("/files/{}/view", pdf.id)).await;
    page.named("heading", "Contract.pdf").appears().await;
    eventually("the document was asked for", async || {
        let frame = page.evaluate("document.querySelector('main iframe')?.src").await;
        page.statuses(frame.as_str()?).contains(&200).then_some(())
    })
    .await;
    page.rests().await;
    assert_eq!(own_errors(&page), Vec::<String>::new());
    if lane.serves_links_itself() {
        let text = user.file_of("text/plain", "Notes.txt", "A few words <b>of text</b>").await;
        page.visit(&format!("{}/files/{}/view", api.server.base(), text.id)).await;
        page.shows("main pre", "A few words <b>of text</b>").await;
    }
}

on_every_lane![a_chosen_file_is_uploaded_and_shown, texts_and_pdfs_are_shown];

#[tokio::test]
async fn what_changes_elsewhere_is_seen_here() {
    let user = Api::on(Lane::Embedded).user().await;
    let page = open_as(&user, "/files").await;
    page.named("button", "New folder").appears().await;
    page.rests().await;
    makes_folder(&user, "From elsewhere").await;
    page.named("row", "From elsewhere, folder").appears().await;
    is_clean(&page).await;
}

#[tokio::test]
async fn what_is_done_in_one_tab_is_seen_in_those_behind_it() {
    let user = Api::on(Lane::Embedded).user().await;
    makes_folder(&user, "Archive").await;
    let behind = open_as(&user, "/files").await;
    behind.named("row", "Archive, folder").appears().await;
    let page = behind.open_beside(&format!("{}/files", user.server.base())).await;
    // A hidden page does not ask by itself whether something has changed: the other one tells it.
    assert_eq!(behind.evaluate("document.visibilityState").await, "hidden");
    page.named("button", "New folder").click().await;
    page.named("textbox", "Name").has_focus().await;
    page.write("Letters").await;
    page.press("Enter").await;
    page.named("row", "Letters, folder").appears().await;
    behind.shows("[role=row]", "Letters").await;
    is_clean(&page).await;
}

#[tokio::test]
async fn a_folder_that_is_opened_while_the_service_is_away_is_shown_when_it_is_back() {
    let port = fm_testkit::ports::free_port().unwrap().to_string();
    let api = Api::with(Lane::Embedded, &[("PORT", port.as_str())]);
    let user = api.user().await;
    makes_folder(&user, "Letters").await;
    let page = open_as(&user, "/files").await;
    page.named("row", "Letters, folder").appears().await;
    api.server.kill();
    page.named("link", "Letters").click().await;
    page.named("button", "Try again").reach_by_tab().await;
    page.press("Enter").await;
    api.server.resume();
    // The focus is not lost with the button.
    page.named("heading", "Letters").has_focus().await;
    page.shows("main", "This folder is empty").await;
    assert_eq!(own_errors(&page), Vec::<String>::new());
}

#[tokio::test]
async fn ten_thousand_entries_are_fewer_than_200_rows() {
    let user = Api::on(Lane::Embedded).user().await;
    let paths: Vec<String> = (0..1000).map(|number| format!("Folder {number:04}")).collect();
    for part in 0..10 {
        let paths: Vec<String> = paths.iter().map(|path| format!("{path} of {part}")).collect();
        user.post("/v1/folders").json(&json!({"paths": paths})).send().await.expect(200);
    }
    let page = open_as(&user, "/files").await;
    let (first, last) = ("Folder 0000 of 0, folder", "Folder 0999 of 9, folder");
    page.named("row", first).appears().await;
    page.named("row", first).reach_by_tab().await;
    for (key, reached) in [("End", last), ("Home", first), ("End", last)] {
        page.press(key).await;
        page.named("row", reached).has_focus().await;
        let rows = page.evaluate("document.querySelectorAll('[role=row]').length").await;
        assert!(rows.as_u64().unwrap() < 200, "{rows} rows after {key}");
    }
    is_clean(&page).await;
}

/// Presses End in the list and follows the link to the trash, both before the page has done anything else.
const LEAVE_WHILE_READING: &str = "(() => {
    const end = new KeyboardEvent('keydown', {key: 'End', bubbles: true, cancelable: true});
    document.activeElement.dispatchEvent(end);
    document.querySelector('.side a[href$=\"/trash\"]').click();
})()";

/// Presses End in the list, and then the key that leads to the second entry, before the page has done anything else.
const GO_ON_WHILE_READING: &str = "(() => {
    for (const key of ['End', 'ArrowDown']) {
        document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true}));
    }
})()";

/// A page with the focus on the first of a thousand folders, most of which are on pages that it has not read.
async fn at_the_first_of_a_thousand(user: &User) -> Page {
    let paths: Vec<String> = (0..1000).map(|number| format!("Folder {number:04}")).collect();
    user.post("/v1/folders").json(&json!({"paths": paths})).send().await.expect(200);
    let page = open_as(user, "/files").await;
    let first = page.named("row", "Folder 0000, folder");
    first.appears().await;
    first.reach_by_tab().await;
    page
}

/// Drags the scroll bar of the list through the entries that are there, and tells how many rows were sketched at most.
const DRAG_SCROLL_BAR: &str = "(async () => {
    const list = document.querySelector('.items');
    let sketched = 0;
    for (let top = 0; top < 8000; top += 1600) {
        list.scrollTop = top;
        await new Promise(requestAnimationFrame);
        sketched = Math.max(sketched, document.querySelectorAll('.sketch').length);
    }
    return sketched;
})()";

/// Whether every row of the list is drawn in full.
const ARE_DRAWN: &str = "document.querySelectorAll('.sketch').length === 0
    && [...document.querySelectorAll('[role=row][data-id]')].every(row => row.querySelector('.check') !== null)";

#[tokio::test]
async fn rows_are_sketched_while_the_scroll_bar_is_dragged_and_drawn_in_full_when_it_rests() {
    let user = Api::on(Lane::Embedded).user().await;
    let page = at_the_first_of_a_thousand(&user).await;
    // Where frames take very long, a drag is none.
    eventually("rows are sketched", async || {
        page.evaluate(DRAG_SCROLL_BAR).await.as_u64().filter(|sketched| *sketched > 0)
    })
    .await;
    eventually("rows are drawn", async || page.evaluate(ARE_DRAWN).await.as_bool().filter(|are| *are)).await;
    // The keyboard is where it was.
    page.named("row", "Folder 0000, folder").has_focus().await;
    is_clean(&page).await;
}

#[tokio::test]
async fn a_key_that_waits_for_all_entries_does_not_take_back_what_was_pressed_after_it() {
    let user = Api::on(Lane::Embedded).user().await;
    let page = at_the_first_of_a_thousand(&user).await;
    page.evaluate(GO_ON_WHILE_READING).await;
    eventually("all entries are read", async || {
        let rows = page.evaluate("document.querySelector('[role=grid]').ariaRowCount").await;
        (rows != "-1").then_some(())
    })
    .await;
    page.named("row", "Folder 0001, folder").has_focus().await;
    is_clean(&page).await;
}

#[tokio::test]
async fn a_folder_is_left_while_all_of_its_entries_are_read() {
    let user = Api::on(Lane::Embedded).user().await;
    let page = at_the_first_of_a_thousand(&user).await;
    page.evaluate(LEAVE_WHILE_READING).await;
    // Reading on for ever, the page would draw nothing any more.
    page.shows(".state", "The trash is empty").await;
    assert_eq!(own_errors(&page), Vec::<String>::new());
}

#[tokio::test]
async fn what_is_found_on_a_page_that_could_not_be_read_is_shown_when_the_service_is_back() {
    let port = fm_testkit::ports::free_port().unwrap().to_string();
    let api = Api::with(Lane::Embedded, &[("PORT", port.as_str())]);
    let user = api.user().await;
    // More than the first pages have, which are read at once.
    for number in 0..150 {
        user.file(&format!("Scan {number:03}.txt"), "A few words.").await;
    }
    let page = open_as(&user, "/search?q=scan").await;
    page.named("row", "Scan 000.txt").appears().await;
    page.named("row", "Scan 000.txt").reach_by_tab().await;
    page.rests().await;
    api.server.kill();
    page.press("End").await;
    page.shows("main .state", "The service is out of reach.").await;
    api.server.resume();
    page.named("button", "Try again").reach_by_tab().await;
    page.press("Enter").await;
    page.named("button", "Try again").disappears().await;
    // The focus is not lost with the button.
    let in_list = "document.activeElement.matches('[role=row][data-id]')";
    eventually("the list has the focus", async || page.evaluate(in_list).await.as_bool().filter(|has| *has))
        .await;
    page.press("End").await;
    page.named("row", "Scan 149.txt").has_focus().await;
    assert_eq!(own_errors(&page), Vec::<String>::new());
}
