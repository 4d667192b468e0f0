//! What is done with several entries, and undone.

use std::time::Duration;

use fm_e2e::{Api, Lane, Page, User, eventually};

use super::{is_at, open_as};

const FOLDERS: [&str; 3] = ["Archive", "Letters", "Music"];

/// A page that shows these folders.
async fn with_folders(user: &User) -> Page {
    for name in FOLDERS {
        user.folder(name, None).await;
    }
    let page = open_as(user, "/files").await;
    page.named("row", "Archive, folder").appears().await;
    page
}

#[tokio::test]
async fn all_are_selected_by_keys_thrown_away_and_brought_back() {
    let user = Api::on(Lane::Embedded).user().await;
    let page = with_folders(&user).await;
    page.named("row", "Archive, folder").reach_by_tab().await;
    page.press_with_control("a").await;
    page.shows(".selection-count", "3 selected").await;
    page.shows("[role=status]", "3 selected").await;
    page.press("Delete").await;
    for name in FOLDERS {
        page.named("row", &format!("{name}, folder")).disappears().await;
    }
    page.named("button", "Undo").click().await;
    for name in FOLDERS {
        page.named("row", &format!("{name}, folder")).appears().await;
    }
    let selected = page.texts("[role=row][aria-selected=true]").await;
    assert_eq!(selected, Vec::<String>::new(), "what is back is not selected");
}

#[tokio::test]
async fn what_a_dialog_moved_is_put_back() {
    let user = Api::on(Lane::Embedded).user().await;
    user.file("Notes.txt", "A few words.").await;
    let page = with_folders(&user).await;
    page.named("button", "Actions for Notes.txt").click().await;
    page.named("menuitem", "Move to…").click().await;
    page.named("button", "Archive").click().await;
    page.named("button", "Move here").click().await;
    // As long as the dialog is open there is nothing but it.
    page.named("button", "Undo").appears().await;
    page.named("row", "Notes.txt").disappears().await;
    user.get("/v1/items/lookup?path=/Archive/Notes.txt").send().await.expect(200);
    page.named("button", "Undo").click().await;
    page.named("row", "Notes.txt").appears().await;
    user.get("/v1/items/lookup?path=/Notes.txt").send().await.expect(200);
}

#[tokio::test]
async fn what_one_folder_refused_is_not_told_of_another_one() {
    let user = Api::on(Lane::Embedded).user().await;
    let page = with_folders(&user).await;
    page.named("button", "Actions for Music").click().await;
    page.named("menuitem", "Copy to…").click().await;
    page.named("button", "New folder").click().await;
    page.named("textbox", "Name").has_focus().await;
    page.write("Letters").await;
    page.press("Enter").await;
    page.shows("dialog [role=alert]", "There is an entry of this name already.").await;
    page.named("button", "Archive").click().await;
    page.shows(".picker", "No folders in here").await;
    assert_eq!(page.texts("dialog [role=alert]").await, Vec::<String>::new());
}

#[tokio::test]
async fn what_is_cut_is_pasted_into_another_folder() {
    let user = Api::on(Lane::Embedded).user().await;
    user.file("Notes.txt", "A few words.").await;
    let page = with_folders(&user).await;
    page.named("row", "Archive, folder").reach_by_tab().await;
    page.press("n").await;
    page.named("row", "Notes.txt").has_focus().await;
    page.press_with_control("x").await;
    page.named("link", "Letters").click().await;
    page.named("heading", "Letters").appears().await;
    page.named("button", "Paste one entry").click().await;
    page.named("row", "Notes.txt").appears().await;
    user.get("/v1/items/lookup?path=/Letters/Notes.txt").send().await.expect(200);
}

#[tokio::test]
async fn what_is_cut_can_be_pasted_again_where_the_service_was_away() {
    let port = fm_testkit::ports::free_port().unwrap().to_string();
    let api = Api::with(Lane::Embedded, &[("PORT", port.as_str())]);
    let user = api.user().await;
    let page = with_folders(&user).await;
    page.named("row", "Archive, folder").reach_by_tab().await;
    page.press_with_control("x").await;
    page.named("link", "Letters").click().await;
    page.shows(".state", "This folder is empty").await;
    api.server.kill();
    page.named("button", "Paste one entry").click().await;
    page.shows(".toast", "The service is out of reach.").await;
    api.server.resume();
    page.named("button", "Paste one entry").click().await;
    page.named("row", "Archive, folder").appears().await;
    user.get("/v1/items/lookup?path=/Letters/Archive").send().await.expect(200);
}

#[tokio::test]
async fn what_was_moved_before_the_service_was_away_can_be_put_back() {
    let port = fm_testkit::ports::free_port().unwrap().to_string();
    let api = Api::with(Lane::Embedded, &[("PORT", port.as_str())]);
    let user = api.user().await;
    let letters = user.folder("Letters", None).await;
    user.file_in(&letters, "Notes.txt", "Other words.").await;
    for name in ["Minutes.txt", "Notes.txt"] {
        user.file(name, "A few words.").await;
    }
    let page = open_as(&user, "/files").await;
    for name in ["Minutes.txt", "Notes.txt"] {
        page.named("checkbox", &format!("Select {name}")).click().await;
    }
    page.press_with_control("x").await;
    page.named("link", "Letters").click().await;
    page.named("button", "Paste 2 entries").click().await;
    page.named("dialog", "This name is taken").appears().await;
    api.server.kill();
    page.named("button", "Keep both").click().await;
    page.shows(".toast", "The service is out of reach.").await;
    api.server.resume();
    page.named("button", "Undo").click().await;
    eventually("what was moved is back", async || {
        (user.names_in("root").await == ["Letters", "Minutes.txt", "Notes.txt"]).then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_is_found_is_told_selected_and_thrown_away() {
    let user = Api::on(Lane::Embedded).user().await;
    for name in ["Draft one.txt", "Draft two.txt", "Minutes.txt"] {
        user.file(name, "A few words.").await;
    }
    let page = open_as(&user, "/search?q=draft").await;
    page.shows(".toolbar", "2 files found").await;
    page.shows("[role=status]", "2 files found").await;
    for name in ["Draft one.txt", "Draft two.txt"] {
        page.named("checkbox", &format!("Select {name}")).click().await;
    }
    page.shows(".selection-count", "2 selected").await;
    page.named("button", "Move to trash").click().await;
    page.shows(".state", "Nothing found for “draft”").await;
    let left = user.all(&[]).await;
    assert_eq!(left.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(), ["Minutes.txt"]);
}

/// Presses Delete, and holds it until it has repeated itself three times.
const HOLD_DELETE: &str = "[false, true, true, true].forEach((repeat) => {
    const press = new KeyboardEvent('keydown', {key: 'Delete', repeat, bubbles: true, cancelable: true});
    document.activeElement.dispatchEvent(press);
})";

#[tokio::test]
async fn a_key_that_repeats_itself_throws_away_one_entry() {
    let user = Api::on(Lane::Embedded).user().await;
    let page = with_folders(&user).await;
    page.named("row", "Archive, folder").reach_by_tab().await;
    page.evaluate(HOLD_DELETE).await;
    page.named("row", "Archive, folder").disappears().await;
    page.named("row", "Letters, folder").has_focus().await;
    page.rests().await;
    let batches = format!("{}/v1/batch", user.server.base());
    assert_eq!(page.statuses(&batches), [200]);
    assert_eq!(user.names_in("root").await, ["Letters", "Music"]);
}

/// Has pages find that they are used by touch.
const TOUCH: &str = "const ask = window.matchMedia;
    window.matchMedia = (query) => query === '(pointer: coarse)' ? {matches: true} : ask.call(window, query);";

#[tokio::test]
async fn by_touch_several_are_selected_one_after_another() {
    let user = Api::on(Lane::Embedded).user().await;
    let page = with_folders(&user).await;
    page.run_first(TOUCH).await;
    page.visit(&format!("{}/files", user.server.base())).await;
    page.named("checkbox", "Select Archive").click().await;
    page.named("row", "Letters, folder").click().await;
    page.shows(".selection-count", "2 selected").await;
    // Names lead to their folders no more.
    page.named("link", "Music").click().await;
    page.shows(".selection-count", "3 selected").await;
    page.named("row", "Letters, folder").click().await;
    page.shows(".selection-count", "2 selected").await;
    page.named("checkbox", "Select Archive").click().await;
    page.named("checkbox", "Select Music").click().await;
    page.named("row", "Music, folder").click().await;
    page.named("heading", "Music").appears().await;
}

/// Presses Ctrl and the key of `A` on a keyboard with Russian letters.
const CONTROL_A_IN_RUSSIAN: &str = "document.activeElement.dispatchEvent(new KeyboardEvent('keydown',
    {key: 'ф', code: 'KeyA', ctrlKey: true, bubbles: true, cancelable: true}))";

#[tokio::test]
async fn keys_work_with_letters_that_are_not_latin() {
    let user = Api::on(Lane::Embedded).user().await;
    let page = with_folders(&user).await;
    page.named("row", "Archive, folder").reach_by_tab().await;
    page.evaluate(CONTROL_A_IN_RUSSIAN).await;
    page.shows(".selection-count", "3 selected").await;
}

/// Has the page count the files that it fetches from now on, in place of fetching them.
const COUNT_DOWNLOADS: &str = "window.fetched = 0;
    document.addEventListener('click', (event) => {
        if (!event.target.matches('body > a[download]')) return;
        event.preventDefault();
        window.fetched += 1;
    }, true);
    0";

#[tokio::test]
async fn who_signs_out_fetches_no_more_of_many_files() {
    let user = Api::on(Lane::Embedded).user().await;
    // One after another, they take thirty seconds.
    for number in 0..100 {
        user.file(&format!("Scan {number:02}.txt"), "A few words.").await;
    }
    let page = open_as(&user, "/files").await;
    page.named("row", "Scan 00.txt").appears().await;
    page.evaluate(COUNT_DOWNLOADS).await;
    page.named("row", "Scan 00.txt").reach_by_tab().await;
    page.press_with_control("a").await;
    page.shows(".selection-count", "100 selected").await;
    page.named("button", "Download").click().await;
    let fetched = async || page.evaluate("window.fetched").await.as_u64().unwrap();
    eventually("some are fetched", async || (fetched().await > 1).then_some(())).await;
    page.named("button", &format!("Account: {}", user.email)).click().await;
    page.named("menuitem", "Sign out").click().await;
    is_at(&page, "/login").await;
    let before = fetched().await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(before < 100 && fetched().await == before, "{before} of 100 files");
}
