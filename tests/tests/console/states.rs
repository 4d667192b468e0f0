//! What axe-core finds in what pages come to while they are used: dialogs, menus, the list of uploads, failures; and in
//! another language and direction.

use std::path::PathBuf;

use fm_e2e::{Api, Lane, Page, User, eventually, noise, pictures};
use serde_json::json;

use super::axe::{is_accessible, is_accessible_now};
use super::open_as;

/// The id of nothing.
const UNKNOWN: &str = "0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a10";

/// A page of the root folder of someone who has a folder and a file.
async fn with_a_folder_and_a_file(user: &User) -> Page {
    user.folder("Archive", None).await;
    user.file("Notes.txt", "A few words.").await;
    let page = open_as(user, "/files").await;
    page.named("row", "Notes.txt").appears().await;
    page
}

/// Chooses something in the menu of an entry.
async fn choose(page: &Page, entry: &str, action: &str) {
    page.named("button", &format!("Actions for {entry}")).click().await;
    page.named("menuitem", action).click().await;
}

/// Checks the dialog that is open now, and closes it.
async fn is_accessible_dialog(page: &Page, title: &str) {
    page.named("dialog", title).appears().await;
    is_accessible(page, &format!("the dialog “{title}”")).await;
    page.named("button", "Close").click().await;
    page.named("dialog", title).disappears().await;
}

#[tokio::test]
async fn dialogs_about_entries() {
    let user = Api::on(Lane::Embedded).user().await;
    let page = with_a_folder_and_a_file(&user).await;
    page.press("?").await;
    is_accessible_dialog(&page, "Keyboard").await;
    page.named("button", "New folder").click().await;
    is_accessible_dialog(&page, "New folder").await;
    choose(&page, "Notes.txt", "Rename").await;
    is_accessible_dialog(&page, "Rename").await;

    choose(&page, "Notes.txt", "Move to…").await;
    page.named("button", "Archive").appears().await;
    is_accessible(&page, "folders to choose from").await;
    page.named("button", "Archive").click().await;
    page.shows(".picker", "No folders in here").await;
    is_accessible(&page, "no folder to choose from").await;
    page.named("button", "New folder").click().await;
    page.named("textbox", "Name").has_focus().await;
    is_accessible_dialog(&page, "Move one entry").await;

    choose(&page, "Notes.txt", "Move to trash").await;
    page.named("row", "Notes.txt").disappears().await;
    page.named("link", "Trash").click().await;
    choose(&page, "Notes.txt", "Delete for good").await;
    page.named("dialog", "Delete “Notes.txt” for good?").appears().await;
    // It is told with the title.
    let described = "document.getElementById(document.querySelector('dialog').getAttribute('aria-describedby'))?.innerText";
    assert_eq!(page.evaluate(described).await, "This can't be undone.");
    is_accessible_dialog(&page, "Delete “Notes.txt” for good?").await;
}

#[tokio::test]
async fn dialogs_about_accounts() {
    let api = Api::with(Lane::Embedded, &[]);
    let admin = api.user().await;
    let promoted = api.server.run(&["user", "promote", &admin.id]);
    assert_eq!(promoted.code, Some(0), "{}", promoted.output);
    let user = api.user().await;
    let page = open_as(&admin, "/admin/users").await;
    choose(&page, &user.email, "Change the quota").await;
    is_accessible_dialog(&page, &format!("Quota of {}", user.email)).await;
    choose(&page, &user.email, "Suspend").await;
    is_accessible_dialog(&page, "Suspend").await;

    page.named("link", "Settings").click().await;
    page.named("button", "Sign out Unknown device").click().await;
    is_accessible_dialog(&page, "Sign out").await;
    page.named("button", "Delete account").click().await;
    page.named("textbox", "Password").click().await;
    // Refused: the password is wrong.
    page.write("another-password").await;
    page.press("Enter").await;
    page.shows("dialog [role=alert]", "The password is wrong.").await;
    is_accessible_dialog(&page, "Delete account").await;
}

#[tokio::test]
async fn menus() {
    let user = Api::on(Lane::Embedded).user().await;
    let page = with_a_folder_and_a_file(&user).await;
    let account = format!("Account: {}", user.email);
    for width in [320, 1440] {
        page.resize(width, 900).await;
        for menu in ["Upload", "Sort", "Actions for Notes.txt", account.as_str()] {
            page.named("button", menu).click().await;
            page.named("menu", menu).appears().await;
            is_accessible_now(&page, &format!("the menu “{menu}”")).await;
            page.press("Escape").await;
            page.named("menu", menu).disappears().await;
        }
    }
}

#[tokio::test]
async fn the_grid_and_what_is_selected() {
    let user = Api::on(Lane::Embedded).user().await;
    let picture = user.file("Meadow.png", pictures::png(640, 480)).await;
    user.with_thumbnail(&picture).await;
    let page = with_a_folder_and_a_file(&user).await;
    page.named("button", "Grid").click().await;
    page.shows(".tile", "Meadow.png").await;
    is_accessible(&page, "the grid").await;
    page.named("checkbox", "Select Notes.txt").click().await;
    page.shows(".selection-count", "1 selected").await;
    is_accessible(&page, "the grid with a selection").await;
    page.named("button", "List").click().await;
    page.named("row", "Notes.txt").appears().await;
    is_accessible(&page, "the list with a selection").await;
}

#[tokio::test]
async fn details_with_versions() {
    let user = Api::on(Lane::Embedded).user().await;
    let page = with_a_folder_and_a_file(&user).await;
    let newer = user.upload("Notes.txt", "Some more words.").query(&[("on_conflict", "replace")]);
    newer.send().await.expect(200);
    choose(&page, "Notes.txt", "Details").await;
    page.shows(".versions", "Version 2").await;
    is_accessible(&page, "details with versions").await;
    page.named("button", "Actions for version 1").click().await;
    page.named("menuitem", "Restore version").appears().await;
    is_accessible_now(&page, "the menu of a version").await;
    page.named("menuitem", "Restore version").click().await;
    is_accessible_dialog(&page, "Restore version 1?").await;
    page.named("button", "Actions for version 1").click().await;
    page.named("menuitem", "Label…").click().await;
    is_accessible_dialog(&page, "Label version 1").await;
}

#[tokio::test]
async fn the_list_of_uploads() {
    let api = Api::with(Lane::Embedded, &[("USER_QUOTA_BYTES", "20000000")]);
    let user = api.user().await;
    let page = with_a_folder_and_a_file(&user).await;
    let folder = tempfile::tempdir().unwrap();
    let sizes = [
        ("Notes.txt", 1_000),
        ("Letter.txt", 1_000),
        ("Film.bin", 8_000_000),
        ("Longer film.bin", 24_000_000),
    ];
    let paths = sizes.map(|(name, size)| {
        let path = folder.path().join(name);
        std::fs::write(&path, noise(size)).unwrap();
        path
    });
    // The film takes longer than the checks until it is paused.
    page.slow_down(200_000).await;
    page.choose("main input[type=file][multiple]", &paths.each_ref().map(PathBuf::as_path)).await;
    // One of the names is taken: it is asked about, and left out.
    page.named("dialog", "This name is taken").appears().await;
    is_accessible_now(&page, "the question about a name").await;
    page.named("button", "Skip").click().await;
    page.named("dialog", "This name is taken").disappears().await;
    page.shows(".upload.failed", "Your storage is full").await;
    page.shows(".upload.done", "Letter.txt").await;
    page.shows(".upload.sending", "Film.bin").await;
    is_accessible_now(&page, "the list of uploads at work").await;
    page.named("button", "Pause Film.bin").click().await;
    page.shows(".upload.paused", "Paused").await;
    is_accessible(&page, "the list of uploads").await;
    // One of thousands that failed is found.
    let filter = page.named("button", "Only what needs you (1)");
    for shown in [1, 3] {
        filter.click().await;
        eventually("the list is filtered", async || {
            (page.texts(".upload .name").await.len() == shown).then_some(())
        })
        .await;
    }
    page.shows(".upload.failed .name", "Longer film.bin").await;
    page.named("button", "Hide the list").click().await;
    is_accessible(&page, "the list of uploads, closed").await;
}

#[tokio::test]
async fn what_is_empty() {
    let user = Api::on(Lane::Embedded).user().await;
    let page = open_as(&user, "/files").await;
    for (path, text) in [
        ("/files", "This folder is empty"),
        ("/trash", "The trash is empty"),
        ("/search", "Search in all your folders"),
        ("/search?q=nothing", "Nothing found for “nothing”"),
    ] {
        page.visit(&format!("{}{path}", user.server.base())).await;
        page.shows(".state", text).await;
        is_accessible(&page, text).await;
    }
}

#[tokio::test]
async fn what_went_wrong() {
    let port = fm_testkit::ports::free_port().unwrap().to_string();
    let api = Api::with(Lane::Embedded, &[("PORT", port.as_str())]);
    let user = api.user().await;
    let page = open_as(&user, "/files").await;
    for path in [format!("/files/{UNKNOWN}"), format!("/files/{UNKNOWN}/view")] {
        page.visit(&format!("{}{path}", api.server.base())).await;
        page.shows(".state", "It is not there any more.").await;
        is_accessible(&page, &path).await;
    }
    page.visit(&format!("{}/files", api.server.base())).await;
    page.named("button", "New folder").click().await;
    page.named("textbox", "Name").has_focus().await;
    page.write("Letters").await;
    api.server.kill();
    page.press("Enter").await;
    page.shows("dialog [role=alert]", "The service is out of reach.").await;
    is_accessible_dialog(&page, "New folder").await;
    page.named("link", "Trash").click().await;
    page.shows(".state", "The service is out of reach.").await;
    is_accessible(&page, "a list without the service").await;
}

/// Whether what is in an element is no wider than that.
const FITS: &str = "(box => box.scrollWidth <= box.clientWidth)";

#[tokio::test]
async fn texts_without_a_place_to_break() {
    let user = Api::on(Lane::Embedded).user().await;
    let page = with_a_folder_and_a_file(&user).await;
    let newer = user.upload("Notes.txt", "Some more words.").query(&[("on_conflict", "replace")]);
    let notes = newer.send().await.expect(200).json();
    let version = format!("/v1/files/{}/versions/1", notes["id"].as_str().unwrap());
    user.patch(&version).json(&json!({"label": "x".repeat(255)})).send().await.expect(200);
    let fits = async |selector: &str| {
        eventually(&format!("{selector} fits"), async || {
            let fits = page.evaluate(&format!("{FITS}(document.querySelector('{selector}'))")).await;
            fits.as_bool().filter(|fits| *fits)
        })
        .await;
    };
    choose(&page, "Notes.txt", "Details").await;
    page.shows(".version", "xxx").await;
    fits(".details").await;
    page.visit(&format!("{}/search?q={}", user.server.base(), "x".repeat(200))).await;
    page.shows("h1", "xxx").await;
    page.resize(320, 900).await;
    fits("h1").await;
}

#[tokio::test]
async fn a_list_that_is_shown_while_the_service_is_away() {
    let port = fm_testkit::ports::free_port().unwrap().to_string();
    let api = Api::with(Lane::Embedded, &[("PORT", port.as_str())]);
    let user = api.user().await;
    let page = with_a_folder_and_a_file(&user).await;
    api.server.kill();
    page.shows(".banner", "What is shown may be out of date.").await;
    page.shows(".frame > [role=status]", "What is shown may be out of date.").await;
    page.named("row", "Notes.txt").appears().await;
    is_accessible(&page, "a list that may be out of date").await;
    api.server.resume();
    eventually("the service is found again", async || page.texts(".banner").await.is_empty().then_some(()))
        .await;
    page.named("row", "Notes.txt").appears().await;
}

/// Answers what the page asks for of folders as a proxy does in front of a service that is away, until `window.isBack`.
const BAD_GATEWAY: &str = "const ask = window.fetch;
    window.fetch = async (target, options) => {
        if (window.isBack || !String(target).includes('/v1/folders/')) return ask(target, options);
        return new Response('', {status: 502});
    };";

#[tokio::test]
async fn a_folder_is_shown_once_the_service_is_back_behind_its_proxy() {
    let user = Api::on(Lane::Embedded).user().await;
    let letters = user.folder("Letters", None).await;
    user.file_in(&letters, "Notes.txt", "A few words.").await;
    let page = open_as(&user, "/files").await;
    page.run_first(BAD_GATEWAY).await;
    page.visit(&format!("{}/files/{}", user.server.base(), letters.id)).await;
    page.shows(".banner", "What is shown may be out of date.").await;
    page.evaluate("window.isBack = true").await;
    page.named("row", "Notes.txt").appears().await;
    page.named("heading", "Letters").appears().await;
}

/// Answers what the page asks for of the console's scripts as a service does that has a newer version of them.
const NEWER_VERSION: &str = "const ask = window.fetch;
    window.fetch = async (target, options) => {
        if (!String(target).includes('/assets/')) return ask(target, options);
        return new Response('', {status: 404});
    };";

#[tokio::test]
async fn a_page_that_is_older_than_the_service_offers_to_be_loaded_anew() {
    let port = fm_testkit::ports::free_port().unwrap().to_string();
    let api = Api::with(Lane::Embedded, &[("PORT", port.as_str())]);
    let user = api.user().await;
    let page = with_a_folder_and_a_file(&user).await;
    page.run_first(NEWER_VERSION).await;
    page.visit(&format!("{}/files", api.server.base())).await;
    page.named("row", "Notes.txt").appears().await;
    // The script of the settings is as little there as after an upgrade.
    api.server.kill();
    page.named("link", "Settings").click().await;
    page.shows("main .state", "There is a new version of this page.").await;
    api.server.resume();
    let address = format!("{}/settings", api.server.base());
    let loaded = || page.requests().iter().filter(|url| **url == address).count();
    assert_eq!(loaded(), 0);
    page.named("button", "Reload").click().await;
    eventually("the page is loaded anew", async || (loaded() == 1).then_some(())).await;
}

#[tokio::test]
async fn in_german() {
    let api = Api::with(Lane::Embedded, &[]);
    let user = api.user().await;
    let promoted = api.server.run(&["user", "promote", &user.id]);
    assert_eq!(promoted.code, Some(0), "{}", promoted.output);
    let page = with_a_folder_and_a_file(&user).await;
    page.evaluate("localStorage.setItem('language', 'de')").await;
    for (path, heading) in [
        ("/files", "Dateien"),
        ("/trash", "Papierkorb"),
        ("/search?q=e", "Ergebnisse zu „e“"),
        ("/settings", "Einstellungen"),
        ("/admin/users", "Verwaltung"),
        ("/admin/storage", "Verwaltung"),
    ] {
        page.visit(&format!("{}{path}", api.server.base())).await;
        page.named("heading", heading).appears().await;
        assert_eq!(page.evaluate("document.documentElement.lang").await, "de");
        is_accessible(&page, path).await;
    }
    page.visit(&format!("{}/files", api.server.base())).await;
    page.named("button", "Aktionen für Notes.txt").click().await;
    is_accessible_now(&page, "the menu of an entry in German").await;
    page.named("menuitem", "Verschieben nach…").click().await;
    page.named("dialog", "Einen Eintrag verschieben").appears().await;
    is_accessible(&page, "the dialog for folders in German").await;
}

/// Has the page find a defect of the service wherever it makes folders.
const DEFECT: &str = "const ask = window.fetch;
    window.fetch = async (target, options) => {
        if (!String(target).endsWith('/v1/folders') || options.method !== 'POST') return ask(target, options);
        const problem = {type: 'about:blank', title: 'Internal Server Error', status: 500, code: 'internal'};
        const body = {...problem, detail: 'a defect on our side', request_id: 'r'};
        return new Response(JSON.stringify(body), {status: 500});
    };";

#[tokio::test]
async fn a_defect_of_the_service_is_told_in_german() {
    let user = Api::on(Lane::Embedded).user().await;
    let page = with_a_folder_and_a_file(&user).await;
    page.evaluate("localStorage.setItem('language', 'de')").await;
    page.run_first(DEFECT).await;
    page.visit(&format!("{}/files", user.server.base())).await;
    page.named("button", "Neuer Ordner").click().await;
    page.named("textbox", "Name").has_focus().await;
    page.write("Briefe").await;
    page.press("Enter").await;
    page.shows("dialog [role=alert]", "Im Dienst ist etwas kaputt.").await;
}

#[tokio::test]
async fn a_browser_whose_language_is_not_there_has_its_own_numbers() {
    let user = Api::on(Lane::Embedded).user().await;
    user.file("Notes.txt", vec![b'x'; 1_500]).await;
    let page = open_as(&user, "/files").await;
    page.shows("main", "1.5 kB").await;
    page.run_first(
        "for (const [key, value] of Object.entries({language: 'fr-FR', languages: ['fr-FR', 'fr']}))
            Object.defineProperty(navigator, key, {get: () => value});",
    )
    .await;
    page.visit(&format!("{}/files", user.server.base())).await;
    page.shows("main", "1,5").await;
    assert_eq!(page.evaluate("document.documentElement.lang").await, "en");
}

#[tokio::test]
async fn from_right_to_left() {
    let user = Api::on(Lane::Embedded).user().await;
    let page = with_a_folder_and_a_file(&user).await;
    user.file("Other notes.txt", "Five!").await;
    for (path, heading) in [("/settings", "Settings"), ("/files", "Files")] {
        page.visit(&format!("{}{path}", user.server.base())).await;
        page.named("heading", heading).appears().await;
        // No language of the console is written so yet: the page is turned as one would do it.
        page.evaluate("document.documentElement.dir = 'rtl'").await;
        is_accessible(&page, path).await;
    }
    let is_right = "document.querySelector('.side').getBoundingClientRect().left > innerWidth / 2";
    assert!(page.evaluate(is_right).await.as_bool().unwrap(), "the navigation is where lines begin");
    page.named("button", "Actions for Notes.txt").click().await;
    page.named("menu", "Actions for Notes.txt").appears().await;
    is_accessible_now(&page, "a menu from right to left").await;
    page.press("Escape").await;

    // Keys lead where they point to.
    page.named("button", "Grid").click().await;
    page.named("gridcell", "Notes.txt 12 bytes").appears().await;
    is_accessible(&page, "the grid from right to left").await;
    page.named("checkbox", "Select Notes.txt").click().await;
    page.named("gridcell", "Notes.txt 12 bytes").has_focus().await;
    page.press("ArrowLeft").await;
    page.named("gridcell", "Other notes.txt 5 bytes").has_focus().await;
    page.press("ArrowRight").await;
    page.named("gridcell", "Notes.txt 12 bytes").has_focus().await;
}
