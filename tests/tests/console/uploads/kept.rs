//! What the browser keeps of uploads beyond the life of a page, and for whom.

use std::path::Path;

use fm_e2e::{Api, Lane, Page, eventually};

use super::super::{is_at, is_signed_in, open_as, own_errors, sign_in};
use super::{BYTES_A_SECOND, SIZE, film, is_sent, tells, upload};

/// How many files the browser has copied and not yet sent. Where the console has made no database, none is made.
const COPIES: &str = "new Promise((resolve) => {
    const opening = indexedDB.open('uploads');
    opening.onupgradeneeded = () => opening.transaction.abort();
    opening.onerror = () => resolve(0);
    opening.onsuccess = () => {
        const found = opening.result.transaction('uploads').objectStore('uploads').getAll();
        found.onsuccess = () => resolve(found.result.filter(({file}) => file).length);
        opening.result.close();
    };
})";

/// How many uploads the browser would go on with at their addresses.
const ADDRESSES: &str = "new Promise((resolve) => {
    const opening = indexedDB.open('uploads');
    opening.onsuccess = () => {
        const found = opening.result.transaction('uploads').objectStore('uploads').getAll();
        found.onsuccess = () => resolve(found.result.filter(({url}) => url).length);
        opening.result.close();
    };
})";

/// At this pace all of a file takes longer than whatever is waited for: what is done meanwhile never comes too late.
const SLOW: u64 = SIZE / 240;

/// A pace at which nothing is waited for.
const QUICK: u64 = BYTES_A_SECOND * 4;

/// Chooses a file, which is sent slowly, and waits until the browser has copied it and knows where to go on with it.
async fn upload_and_copy(page: &Page, path: &Path) {
    page.slow_down(SLOW).await;
    upload(page, &[path.to_owned()]).await;
    eventually("the file is copied", async || (page.evaluate(COPIES).await == 1).then_some(())).await;
    eventually("its address is kept", async || (page.evaluate(ADDRESSES).await == 1).then_some(())).await;
}

#[tokio::test]
async fn an_upload_goes_on_when_the_page_is_loaded_anew() {
    let api = Api::on(Lane::Embedded);
    let user = api.user().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Film.bin");
    let digest = film(&path, SIZE);

    let page = open_as(&user, "/files").await;
    upload_and_copy(&page, &path).await;
    is_sent(&page, 3).await;
    page.visit(&format!("{}/files", api.server.base())).await;
    page.slow_down(QUICK).await;
    tells(&page, "1 of 1 uploaded").await;

    let files = user.all(&[]).await;
    assert_eq!(files.len(), 1, "{files:?}");
    assert_eq!(files[0].sha256, Some(digest));
    let creation = format!("{}/v1/uploads", api.server.base());
    let begun = page.requests().iter().filter(|url| **url == creation).count();
    assert_eq!(begun, 1, "what was sent before is not sent again");
}

/// Has the browser lose its copies, as it keeps none of large files.
const LOSE_COPIES: &str = "new Promise((resolve) => {
    const opening = indexedDB.open('uploads');
    opening.onsuccess = () => {
        const store = opening.result.transaction('uploads', 'readwrite').objectStore('uploads');
        const found = store.getAll();
        found.onsuccess = () => found.result.forEach(({file, ...others}) => store.put(others));
        store.transaction.oncomplete = () => resolve(opening.result.close());
    };
})";

#[tokio::test]
async fn a_file_that_is_chosen_again_goes_on_where_it_was() {
    let api = Api::on(Lane::Embedded);
    let user = api.user().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Film.bin");
    let digest = film(&path, SIZE);

    let page = open_as(&user, "/files").await;
    upload_and_copy(&page, &path).await;
    is_sent(&page, 3).await;
    page.evaluate(LOSE_COPIES).await;
    page.visit(&format!("{}/files", api.server.base())).await;
    page.shows(".upload.missing", "Choose the file again").await;
    page.slow_down(QUICK).await;
    upload(&page, &[path]).await;
    tells(&page, "1 of 1 uploaded").await;

    assert_eq!(user.all(&[]).await[0].sha256, Some(digest));
    let creation = format!("{}/v1/uploads", api.server.base());
    let begun = page.requests().iter().filter(|url| **url == creation).count();
    assert_eq!(begun, 1, "what was sent before is not sent again");
}

#[tokio::test]
async fn what_someone_has_begun_is_not_sent_by_the_next_one_who_signs_in() {
    let api = Api::on(Lane::Embedded);
    let (user, other) = (api.user().await, api.user().await);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Film.bin");
    let digest = film(&path, SIZE);
    let page = open_as(&user, "/files").await;
    upload_and_copy(&page, &path).await;
    is_sent(&page, 3).await;

    // Signed out from another device.
    user.delete("/v1/auth/sessions").send().await.expect(204);
    is_at(&page, "/login").await;
    page.slow_down(QUICK).await;
    sign_in(&page, &other.email, &other.password).await;
    is_signed_in(&page, &other.email).await;
    page.shows(".state", "This folder is empty").await;
    page.rests().await;
    assert_eq!(page.texts(".tray").await, Vec::<String>::new());
    assert_eq!(other.all(&[]).await.len(), 0);

    page.named("button", &format!("Account: {}", other.email)).click().await;
    page.named("menuitem", "Sign out").click().await;
    is_at(&page, "/login").await;
    sign_in(&page, &user.email, &user.password).await;
    tells(&page, "1 of 1 uploaded").await;
    let files = user.all(&[]).await;
    assert_eq!(files.len(), 1, "{files:?}");
    assert_eq!(files[0].sha256, Some(digest));
    assert_eq!(own_errors(&page), Vec::<String>::new());
}

#[tokio::test]
async fn a_file_that_goes_away_while_it_is_sent_goes_on_from_its_copy() {
    let user = Api::on(Lane::Embedded).user().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Film.bin");
    let digest = film(&path, SIZE);
    let page = open_as(&user, "/files").await;
    upload_and_copy(&page, &path).await;
    is_sent(&page, 3).await;
    std::fs::remove_file(&path).unwrap();
    page.slow_down(QUICK).await;
    page.shows(".upload.missing", "Choose the file again").await;
    page.named("button", "Choose file: Film.bin").click().await;
    tells(&page, "1 of 1 uploaded").await;
    assert_eq!(user.all(&[]).await[0].sha256, Some(digest));
    assert_eq!(own_errors(&page), Vec::<String>::new());
}

#[tokio::test]
async fn who_signs_out_while_files_are_sent_is_asked() {
    let user = Api::on(Lane::Embedded).user().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Film.bin");
    film(&path, SIZE);
    let page = open_as(&user, "/files").await;
    upload_and_copy(&page, &path).await;
    for answer in ["Cancel", "Sign out"] {
        page.shows(".upload.sending", "Film.bin").await;
        page.named("button", &format!("Account: {}", user.email)).click().await;
        page.named("menuitem", "Sign out").click().await;
        page.named("dialog", "Cancel all uploads").appears().await;
        page.named("button", answer).click().await;
        page.named("dialog", "Cancel all uploads").disappears().await;
    }
    is_at(&page, "/login").await;
    assert_eq!(page.evaluate(COPIES).await, 0);
}

#[tokio::test]
async fn who_signs_out_while_the_service_is_away_loses_no_upload() {
    let port = fm_testkit::ports::free_port().unwrap().to_string();
    let api = Api::with(Lane::Embedded, &[("PORT", port.as_str())]);
    let user = api.user().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Film.bin");
    let digest = film(&path, SIZE);
    let page = open_as(&user, "/files").await;
    upload_and_copy(&page, &path).await;
    is_sent(&page, 3).await;
    api.server.kill();
    page.named("button", &format!("Account: {}", user.email)).click().await;
    page.named("menuitem", "Sign out").click().await;
    page.named("dialog", "Cancel all uploads").appears().await;
    page.named("button", "Sign out").click().await;
    page.shows("dialog [role=alert]", "The service is out of reach.").await;
    page.named("button", "Cancel").click().await;
    page.named("dialog", "Cancel all uploads").disappears().await;
    page.shows(".upload.sending", "Film.bin").await;
    assert_eq!(page.evaluate(COPIES).await, 1);

    api.server.resume();
    page.slow_down(QUICK).await;
    tells(&page, "1 of 1 uploaded").await;
    assert_eq!(user.all(&[]).await[0].sha256, Some(digest));
    assert_eq!(own_errors(&page), Vec::<String>::new());
}

#[tokio::test]
async fn who_signs_out_while_an_upload_is_paused_is_asked() {
    let user = Api::on(Lane::Embedded).user().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Film.bin");
    film(&path, SIZE);
    let page = open_as(&user, "/files").await;
    page.slow_down(SLOW).await;
    upload(&page, &[path]).await;
    page.named("button", "Pause Film.bin").click().await;
    page.shows(".upload.paused", "Paused").await;
    page.named("button", &format!("Account: {}", user.email)).click().await;
    page.named("menuitem", "Sign out").click().await;
    page.named("dialog", "Cancel all uploads").appears().await;
    page.named("button", "Cancel").click().await;
    page.shows(".upload.paused", "Paused").await;
}

#[tokio::test]
async fn who_signs_out_leaves_no_file_in_the_browser() {
    let user = Api::on(Lane::Embedded).user().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Film.bin");
    film(&path, SIZE);
    let behind = open_as(&user, "/files").await;
    upload_and_copy(&behind, &path).await;

    // Signing out in one tab counts for what another one sends.
    let page = behind.open_beside(&format!("{}/settings", user.server.base())).await;
    page.named("button", &format!("Account: {}", user.email)).click().await;
    page.named("menuitem", "Sign out").click().await;
    is_at(&page, "/login").await;
    is_at(&behind, "/login").await;
    assert_eq!(page.evaluate(COPIES).await, 0);
}
