//! What is dragged: files and folders from outside, entries within a page.

use std::path::PathBuf;

use fm_e2e::{Api, Lane, Page, User, eventually};

use super::{is_at, open_as, own_errors};

/// Has the page note what a screen reader is told from now on.
const LISTEN: &str = "window.heard = [];
    new MutationObserver(() => {
        const text = document.querySelector('.frame > [role=status]').innerText.trim();
        if (text && window.heard.at(-1) !== text) window.heard.push(text);
    }).observe(document.body, {childList: true, subtree: true, characterData: true});
    0";

/// A page of the root folder with these folders, which notes what is told.
async fn with_folders(user: &User, names: &[&str]) -> Page {
    for name in names {
        user.folder(name, None).await;
    }
    let page = open_as(user, "/files").await;
    for name in names {
        page.named("row", &format!("{name}, folder")).appears().await;
    }
    page.evaluate(LISTEN).await;
    page
}

/// Waits until a screen reader has been told this.
async fn is_told(page: &Page, text: &str) {
    eventually(&format!("{text:?} is told"), async || {
        let heard: Vec<String> = serde_json::from_value(page.evaluate("window.heard").await).unwrap();
        heard.iter().any(|said| said == text).then_some(())
    })
    .await;
}

/// Waits until nothing shows that it would take what is dragged.
async fn is_no_target(page: &Page) {
    eventually("nothing takes what is dragged", async || {
        page.texts(".target").await.is_empty().then_some(())
    })
    .await;
}

/// How often the page has asked for entries to be moved or copied.
fn batches(page: &Page, user: &User) -> usize {
    let batch = format!("{}/v1/batch", user.server.base());
    page.requests().iter().filter(|url| **url == batch).count()
}

/// Whether there is something at this path.
async fn is_there(user: &User, path: &str) {
    user.get("/v1/items/lookup").query(&[("path", path)]).send().await.expect(200);
}

/// Files of these names in a folder of their own.
fn files(names: &[&str]) -> (tempfile::TempDir, Vec<PathBuf>) {
    let folder = tempfile::tempdir().unwrap();
    let paths = names.iter().map(|name| folder.path().join(name)).collect::<Vec<_>>();
    for path in &paths {
        std::fs::write(path, path.to_str().unwrap()).unwrap();
    }
    (folder, paths)
}

#[tokio::test]
async fn files_from_outside_fall_into_the_folder_that_is_shown_or_into_one_of_its_folders() {
    let user = Api::on(Lane::Embedded).user().await;
    let page = with_folders(&user, &["Archive"]).await;
    let (_folder, paths) = files(&["Letter.txt", "Notes.txt"]);
    let paths: Vec<_> = paths.iter().map(PathBuf::as_path).collect();
    let (list, archive) = (page.named("grid", "Files"), page.named("row", "Archive, folder"));

    let mut drag = page.drag_files(&paths);
    drag.over(&list).await;
    page.shows(".drop-hint", "Upload to Files").await;
    // A folder takes them itself, and is seen to.
    drag.over(&archive).await;
    page.shows(".target", "Archive").await;
    assert_eq!(page.texts(".drop-hint").await, Vec::<String>::new());
    drag.drop_on(&archive).await;
    is_told(&page, "Uploading 2 files.").await;
    page.named("heading", "2 of 2 uploaded").appears().await;
    is_told(&page, "2 files uploaded.").await;
    is_no_target(&page).await;
    for path in ["/Archive/Letter.txt", "/Archive/Notes.txt"] {
        is_there(&user, path).await;
    }

    page.drag_files(&paths[..1]).drop_on(&list).await;
    page.named("row", "Letter.txt").appears().await;
    assert_eq!(page.texts(".drop-hint").await, Vec::<String>::new());
    is_there(&user, "/Letter.txt").await;
    assert_eq!(own_errors(&page), Vec::<String>::new());
}

#[tokio::test]
async fn a_folder_from_outside_arrives_with_all_that_is_in_it() {
    let user = Api::on(Lane::Embedded).user().await;
    let folder = tempfile::tempdir().unwrap();
    let photos = folder.path().join("Photos");
    for inner in ["2026/May", "Empty"] {
        std::fs::create_dir_all(photos.join(inner)).unwrap();
    }
    let paths = ["a.txt", "2026/b.txt", "2026/May/c.txt"];
    for path in paths {
        std::fs::write(photos.join(path), path).unwrap();
    }
    let notes = folder.path().join("Notes.txt");
    std::fs::write(&notes, "A few words.").unwrap();

    let page = open_as(&user, "/files").await;
    page.shows(".state", "This folder is empty").await;
    // Where nothing is yet, all of the page takes it.
    let dragged = page.drag_files(&[photos.as_path(), notes.as_path()]);
    dragged.drop_on(&page.named("heading", "Files")).await;
    page.named("heading", "4 of 4 uploaded").appears().await;
    page.named("row", "Photos, folder").appears().await;
    page.named("row", "Notes.txt").appears().await;
    for path in paths {
        is_there(&user, &format!("/Photos/{path}")).await;
    }
    is_there(&user, "/Photos/Empty").await;
    assert_eq!(own_errors(&page), Vec::<String>::new());
}

#[tokio::test]
async fn an_empty_folder_from_outside_is_no_upload() {
    let user = Api::on(Lane::Embedded).user().await;
    let page = with_folders(&user, &["Archive"]).await;
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("Empty");
    std::fs::create_dir(&empty).unwrap();
    page.drag_files(&[empty.as_path()]).drop_on(&page.named("grid", "Files")).await;
    page.named("row", "Empty, folder").appears().await;
    page.rests().await;
    let heard: Vec<String> = serde_json::from_value(page.evaluate("window.heard").await).unwrap();
    assert!(!heard.iter().any(|said| said.contains("Uploading")), "{heard:?}");
}

#[tokio::test]
async fn an_entry_is_moved_onto_a_folder_and_put_back() {
    let user = Api::on(Lane::Embedded).user().await;
    user.file("Notes.txt", "A few words.").await;
    let page = with_folders(&user, &["Archive"]).await;
    let (notes, archive) = (page.named("row", "Notes.txt"), page.named("row", "Archive, folder"));
    let mut drag = notes.drag().await;
    drag.over(&archive).await;
    page.shows(".target", "Archive").await;
    drag.drop_on(&archive).await;
    notes.disappears().await;
    is_told(&page, "One entry moved to Archive.").await;
    is_there(&user, "/Archive/Notes.txt").await;
    // The focus is not lost with the entry.
    archive.has_focus().await;

    page.named("button", "Undo").click().await;
    notes.appears().await;
    is_there(&user, "/Notes.txt").await;
    assert_eq!(own_errors(&page), Vec::<String>::new());
}

#[tokio::test]
async fn an_entry_is_copied_and_moved_onto_the_way_to_its_folder() {
    let user = Api::on(Lane::Embedded).user().await;
    let archive = user.folder("Archive", None).await;
    let year = user.folder("2026", Some(&archive)).await;
    user.file_in(&year, "Notes.txt", "A few words.").await;
    let page = open_as(&user, &format!("/files/{}", year.id)).await;
    let (notes, above) = (page.named("row", "Notes.txt"), page.named("link", "Archive"));
    above.appears().await;
    notes.drag().await.with_control().drop_on(&above).await;
    page.shows(".toast", "One entry copied to Archive.").await;
    is_there(&user, "/Archive/Notes.txt").await;
    is_there(&user, "/Archive/2026/Notes.txt").await;

    notes.drag().await.drop_on(&above).await;
    // Its copy is there already.
    page.named("heading", "This name is taken").appears().await;
    page.named("button", "Keep both").click().await;
    page.shows("main", "This folder is empty").await;
    is_there(&user, "/Archive/Notes (2).txt").await;
    is_at(&page, &format!("/files/{}", year.id)).await;
    assert_eq!(own_errors(&page), Vec::<String>::new());
}

#[tokio::test]
async fn a_folder_is_not_dropped_into_itself() {
    let user = Api::on(Lane::Embedded).user().await;
    let page = with_folders(&user, &["Archive", "Letters"]).await;
    let (archive, letters) = (page.named("row", "Archive, folder"), page.named("row", "Letters, folder"));
    let mut drag = archive.drag().await;
    drag.over(&letters).await;
    page.shows(".target", "Letters").await;
    drag.over(&archive).await;
    is_no_target(&page).await;
    drag.drop_on(&archive).await;

    // Nor are several, of which it is one.
    page.named("checkbox", "Select Letters").click().await;
    page.shows(".selection-count", "2 selected").await;
    letters.drag().await.drop_on(&archive).await;
    page.rests().await;
    assert_eq!(batches(&page, &user), 0, "nothing was asked for");
    assert_eq!(user.names_in("root").await, ["Archive", "Letters"]);
    assert_eq!(page.errors(), Vec::<String>::new());
}

#[tokio::test]
async fn files_that_miss_the_list_are_not_opened_in_its_place() {
    let user = Api::on(Lane::Embedded).user().await;
    let page = with_folders(&user, &["Archive"]).await;
    let (_folder, paths) = files(&["Letter.txt"]);
    page.drag_files(&[paths[0].as_path()]).drop_on(&page.named("navigation", "Pages")).await;
    page.rests().await;
    is_at(&page, "/files").await;
    assert_eq!(user.names_in("root").await, ["Archive"]);
    page.named("row", "Archive, folder").appears().await;
}
