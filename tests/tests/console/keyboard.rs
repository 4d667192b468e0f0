//! What is done with the keyboard alone: the focus is never lost meanwhile.

mod shown_files;

use std::path::PathBuf;
use std::time::Duration;

use fm_e2e::{Api, Lane, Page, User, eventually, unique};
use serde_json::json;

use super::{is_signed_in, open_as};

/// Waits until something has the focus that keys go on from.
async fn keeps_focus(page: &Page) {
    let kept = "document.activeElement !== null && document.activeElement !== document.body";
    eventually("something has the focus", async || page.evaluate(kept).await.as_bool().filter(|kept| *kept))
        .await;
}

/// Goes to a button by Tab, and presses it.
async fn press(page: &Page, button: &str) {
    page.named("button", button).reach_by_tab().await;
    page.press("Enter").await;
}

/// Chooses something, by its first letter, in the menu that opens.
async fn choose(page: &Page, letter: &str, action: &str) {
    page.named("menuitem", action).appears().await;
    page.press(letter).await;
    page.named("menuitem", action).has_focus().await;
    page.press("Enter").await;
}

/// Waits until the dialog is gone: as long as it is there, there is nothing but it.
async fn closes(page: &Page, dialog: &str) {
    page.named("dialog", dialog).disappears().await;
}

/// A page that shows a folder and a file, with the focus on the file.
async fn at_a_file(user: &User) -> Page {
    user.folder("Archive", None).await;
    user.file("Notes.txt", "A few words.").await;
    let page = open_as(user, "/files").await;
    page.named("row", "Notes.txt").appears().await;
    page.named("row", "Archive, folder").reach_by_tab().await;
    page.press("n").await;
    page.named("row", "Notes.txt").has_focus().await;
    page
}

#[tokio::test]
async fn entries_are_copied_and_moved_to_a_folder_that_is_chosen() {
    let user = Api::on(Lane::Embedded).user().await;
    let page = at_a_file(&user).await;
    page.press("ContextMenu").await;
    choose(&page, "c", "Copy to…").await;
    page.named("heading", "Copy one entry").has_focus().await;
    press(&page, "New folder").await;
    page.named("textbox", "Name").has_focus().await;
    page.write("Backups").await;
    page.press("Enter").await;
    page.named("group", "Folders in Backups").has_focus().await;
    press(&page, "Copy here").await;
    closes(&page, "Copy one entry").await;
    page.named("row", "Notes.txt").has_focus().await;
    user.get("/v1/items/lookup?path=/Backups/Notes.txt").send().await.expect(200);

    page.press("ContextMenu").await;
    choose(&page, "m", "Move to…").await;
    page.named("heading", "Move one entry").has_focus().await;
    press(&page, "Archive").await;
    page.named("group", "Folders in Archive").has_focus().await;
    press(&page, "Move here").await;
    closes(&page, "Move one entry").await;
    page.named("row", "Notes.txt").disappears().await;
    user.get("/v1/items/lookup?path=/Archive/Notes.txt").send().await.expect(200);

    press(&page, "Undo").await;
    page.named("row", "Notes.txt").appears().await;
    // The button is gone; keys work in the list.
    keeps_focus(&page).await;
    page.press("n").await;
    page.named("row", "Notes.txt").has_focus().await;
}

/// What browsers do on Windows when the key that has opened a menu is let go; false where they then open no menu of their own.
const LET_GO: &str = "document.activeElement.dispatchEvent(
    new MouseEvent('contextmenu', {bubbles: true, cancelable: true}))";

#[tokio::test]
async fn the_browser_opens_no_menu_over_that_of_an_entry() {
    let user = Api::on(Lane::Embedded).user().await;
    let page = at_a_file(&user).await;
    page.press("ContextMenu").await;
    page.named("menuitem", "Open").has_focus().await;
    assert_eq!(page.evaluate(LET_GO).await, false);
    page.named("menuitem", "Open").has_focus().await;
}

#[tokio::test]
async fn what_is_cut_is_pasted() {
    let user = Api::on(Lane::Embedded).user().await;
    let page = at_a_file(&user).await;
    page.press_with_control("x").await;
    page.press("ArrowUp").await;
    page.named("row", "Archive, folder").has_focus().await;
    page.press("Enter").await;
    page.named("heading", "Archive").has_focus().await;
    press(&page, "Paste one entry").await;
    page.named("row", "Notes.txt").appears().await;
    page.named("button", "Paste one entry").disappears().await;
    keeps_focus(&page).await;
}

#[tokio::test]
async fn the_last_entry_goes_for_good() {
    let user = Api::on(Lane::Embedded).user().await;
    user.folder("Letters", None).await;
    let page = open_as(&user, "/files").await;
    page.named("row", "Letters, folder").appears().await;
    page.named("row", "Letters, folder").reach_by_tab().await;
    page.press("Delete").await;
    page.shows(".state", "This folder is empty").await;
    page.named("heading", "Files").has_focus().await;

    page.named("link", "Trash").reach_by_tab().await;
    page.press("Enter").await;
    page.named("row", "Letters, folder").has_focus().await;
    press(&page, "Empty the trash").await;
    page.named("heading", "Empty the trash?").has_focus().await;
    press(&page, "Empty the trash").await;
    closes(&page, "Empty the trash?").await;
    page.shows(".state", "The trash is empty").await;
    page.named("heading", "Trash").has_focus().await;
}

#[tokio::test]
async fn files_are_uploaded() {
    let user = Api::on(Lane::Embedded).user().await;
    let folder = tempfile::tempdir().unwrap();
    let paths = ["Letter.txt", "Notes.txt"].map(|name| {
        let path = folder.path().join(name);
        std::fs::write(&path, name).unwrap();
        path
    });
    let [letter, notes] = paths.each_ref().map(PathBuf::as_path);
    let page = open_as(&user, "/files").await;
    page.named("button", "Upload files").appears().await;
    page.named("button", "Upload files").reach_by_tab().await;
    page.choose_when_asked(page.press("Enter"), &[letter]).await;
    page.named("heading", "1 of 1 uploaded").appears().await;
    // The button is gone with the emptiness of the folder.
    page.named("row", "Letter.txt").has_focus().await;

    press(&page, "Upload").await;
    page.named("menuitem", "Upload files").has_focus().await;
    page.choose_when_asked(page.press("Enter"), &[notes]).await;
    page.named("row", "Notes.txt").appears().await;
    page.named("button", "Upload").has_focus().await;
    page.named("heading", "2 of 2 uploaded").appears().await;
    press(&page, "Close the list of uploads").await;
    page.named("heading", "2 of 2 uploaded").disappears().await;
    page.named("row", "Letter.txt").has_focus().await;
}

/// A page that shows the details of a file whose content was replaced, with the focus on the file.
async fn at_a_file_with_an_old_version(user: &User) -> Page {
    let page = at_a_file(user).await;
    let newer = user.upload("Notes.txt", "Some more words.").query(&[("on_conflict", "replace")]);
    newer.send().await.expect(200);
    page.press("ContextMenu").await;
    page.named("menuitem", "Open").has_focus().await;
    page.press("d").await;
    page.named("menuitem", "Download").has_focus().await;
    choose(&page, "d", "Details").await;
    page.named("row", "Notes.txt").has_focus().await;
    page.shows(".versions", "Version 2").await;
    page
}

#[tokio::test]
async fn an_old_version_is_labelled_and_pinned() {
    let user = Api::on(Lane::Embedded).user().await;
    let page = at_a_file_with_an_old_version(&user).await;
    page.shows(".version", "Kept until").await;
    press(&page, "Actions for version 1").await;
    choose(&page, "l", "Label…").await;
    page.named("textbox", "Label").has_focus().await;
    page.write("as sent to the printer").await;
    page.press("Enter").await;
    closes(&page, "Label version 1").await;
    page.named("button", "Actions for version 1").has_focus().await;
    page.shows(".version", "as sent to the printer").await;

    page.press("Enter").await;
    choose(&page, "p", "Pin").await;
    page.shows(".version .badge", "Pinned").await;
    page.named("button", "Actions for version 1").has_focus().await;
    let expires = page.texts(".version").await.iter().any(|version| version.contains("Kept until"));
    assert!(!expires, "it is kept");
    page.press("Enter").await;
    choose(&page, "u", "Unpin").await;
    page.shows(".version", "Kept until").await;
    page.named("button", "Actions for version 1").has_focus().await;
}

#[tokio::test]
async fn an_old_version_is_deleted() {
    let user = Api::on(Lane::Embedded).user().await;
    let page = at_a_file_with_an_old_version(&user).await;
    press(&page, "Actions for version 1").await;
    choose(&page, "d", "Delete version").await;
    page.named("heading", "Delete version 1?").has_focus().await;
    press(&page, "Delete version").await;
    closes(&page, "Delete version 1?").await;
    page.shows(".versions", "There are no earlier versions.").await;
    page.named("region", "Versions").has_focus().await;
}

#[tokio::test]
async fn settings_are_changed() {
    let api = Api::on(Lane::Embedded);
    let user = api.user().await;
    let page = open_as(&user, "/settings").await;
    page.named("textbox", "Name").appears().await;
    page.named("textbox", "Name").reach_by_tab().await;
    page.write("Ada").await;
    page.press("Enter").await;
    is_signed_in(&page, "Ada").await;
    page.named("textbox", "Name").has_focus().await;

    // The only other session is that of this client.
    press(&page, "Sign out Unknown device").await;
    page.named("heading", "Sign out").has_focus().await;
    press(&page, "Sign out").await;
    closes(&page, "Sign out").await;
    page.named("button", "Sign out Unknown device").disappears().await;
    page.named("region", "Devices").has_focus().await;
    user.me().await.unauthenticated();

    // A new password signs out all other devices.
    let other = user.again().await;
    page.visit(&format!("{}/settings", api.server.base())).await;
    page.named("button", "Sign out Unknown device").appears().await;
    let password = unique("password-");
    api.secret(&password);
    page.named("textbox", "Current password").reach_by_tab().await;
    page.write(&user.password).await;
    page.press("Tab").await;
    page.named("textbox", "New password").has_focus().await;
    page.write(&password).await;
    page.press("Enter").await;
    page.shows(".toast", "Your password is changed.").await;
    page.named("textbox", "New password").has_focus().await;
    page.named("button", "Sign out Unknown device").disappears().await;
    other.me().await.unauthenticated();
    let login = json!({"email": user.email, "password": password});
    api.post("/v1/auth/login").json(&login).send().await.expect(200);
}

#[tokio::test]
async fn a_user_is_given_a_quota_and_suspended() {
    let api = Api::on(Lane::Embedded);
    let (admin, user) = (api.user().await, api.user().await);
    let promoted = api.server.run(&["user", "promote", &admin.id]);
    assert_eq!(promoted.code, Some(0), "{}", promoted.output);
    let actions = format!("Actions for {}", user.email);
    let page = open_as(&admin, "/admin/users").await;
    page.named("searchbox", "Part of an email address").appears().await;
    page.named("searchbox", "Part of an email address").reach_by_tab().await;
    page.write(&user.email).await;
    page.press("Enter").await;
    eventually("one is found", async || (page.texts(".table tbody tr").await.len() == 1).then_some(())).await;
    page.named("searchbox", "Part of an email address").has_focus().await;

    press(&page, &actions).await;
    page.named("menuitem", "Change the quota").has_focus().await;
    page.press("Enter").await;
    page.named("spinbutton", "Gigabytes").has_focus().await;
    page.write("2").await;
    page.press("Enter").await;
    closes(&page, &format!("Quota of {}", user.email)).await;
    page.named("button", &actions).has_focus().await;
    page.shows(".table", "of 2 GB").await;
    assert_eq!(user.counters().await.quota_bytes, Some(2_000_000_000));

    page.press("Enter").await;
    choose(&page, "s", "Suspend").await;
    page.named("heading", "Suspend").has_focus().await;
    press(&page, "Suspend").await;
    closes(&page, "Suspend").await;
    page.shows(".table .badge", "Suspended").await;
    page.named("button", &actions).has_focus().await;
    user.again_or_not().await.problem(403, "account_suspended");

    page.press("Enter").await;
    choose(&page, "l", "Lift the suspension").await;
    eventually("it is lifted", async || page.texts(".table .badge").await.is_empty().then_some(())).await;
    page.named("button", &actions).has_focus().await;
    user.again_or_not().await.expect(200);
}

#[tokio::test]
async fn single_keys_are_turned_off_and_on() {
    let user = Api::on(Lane::Embedded).user().await;
    let page = open_as(&user, "/settings").await;
    let (single, save) =
        (page.named("checkbox", "Single keys on every page: / and ?"), page.named("button", "Save"));
    single.appears().await;
    single.reach_by_tab().await;
    page.press(" ").await;
    save.reach_by_tab().await;
    for key in ["?", "/"] {
        page.press(key).await;
        save.has_focus().await;
    }
    // It is remembered.
    page.visit(&format!("{}/settings", user.server.base())).await;
    single.appears().await;
    page.press("/").await;
    page.rests().await;
    assert_ne!(page.focused().await.0, "searchbox");
    single.reach_by_tab().await;
    page.press(" ").await;
    save.reach_by_tab().await;
    page.press("/").await;
    page.named("searchbox", "Search files").has_focus().await;
}

/// Holds back every list that the page asks for, until `window.release()`.
const HELD_LISTS: &str = "const ask = window.fetch;
    const released = new Promise((release) => { window.release = release; });
    window.fetch = async (target, options) => {
        if (String(target).includes('/children')) await released;
        return ask(target, options);
    };
    0";

/// For longer than the page looks ten times a second, ten times, for what takes the focus.
const LATE: Duration = Duration::from_secs(2);

#[tokio::test]
async fn a_list_that_comes_late_takes_the_focus() {
    let user = Api::on(Lane::Embedded).user().await;
    let page = at_a_file(&user).await;
    page.evaluate(HELD_LISTS).await;
    page.press("Enter").await;
    page.named("group", "Notes.txt").has_focus().await;
    page.press("Escape").await;
    page.named("heading", "Files").has_focus().await;
    tokio::time::sleep(LATE).await;
    page.named("heading", "Files").has_focus().await;
    page.evaluate("window.release()").await;
    page.named("row", "Notes.txt").has_focus().await;
}

#[tokio::test]
async fn dialogs_and_menus_go_with_the_page_that_is_left() {
    let user = Api::on(Lane::Embedded).user().await;
    let page = at_a_file(&user).await;
    page.named("link", "Trash").click().await;
    page.shows(".state", "The trash is empty").await;
    page.named("link", "File Manager, to your files").click().await;
    page.named("row", "Notes.txt").appears().await;
    for (opener, role, name) in [("New folder", "dialog", "New folder"), ("Sort", "menu", "Sort")] {
        page.named("button", opener).click().await;
        page.named(role, name).appears().await;
        page.evaluate("history.back()").await;
        page.shows(".state", "The trash is empty").await;
        page.named(role, name).disappears().await;
        keeps_focus(&page).await;
        page.evaluate("history.forward()").await;
        page.named("row", "Notes.txt").appears().await;
    }
}
