//! Uploads that outlive what happens to them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use fm_e2e::{Api, Lane, Page, noise, sha256_hex, within};

use super::{open_as, own_errors};

/// Many bytes, which take some seconds at this pace.
const SIZE: usize = 48 << 20;
const BYTES_A_SECOND: u64 = 8_000_000;

/// How long the slowest of these uploads may take.
const ARRIVAL: Duration = Duration::from_mins(3);

/// Chooses these files in a page that shows the root folder.
async fn upload(page: &Page, files: &[PathBuf]) {
    page.named("button", "Upload").appears().await;
    let files: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
    page.choose("main input[type=file][multiple]", &files).await;
}

/// Waits until the list of uploads says this.
async fn tells(page: &Page, text: &str) {
    within(ARRIVAL, &format!("the list of uploads says {text:?}"), async || {
        page.texts("#tray-title").await.iter().any(|shown| shown == text).then_some(())
    })
    .await;
}

/// Waits until so much of all uploads is sent, in percent.
async fn is_sent(page: &Page, percent: u64) {
    let shown = "parseInt(document.querySelector('.tray-speed span')?.innerText)";
    within(ARRIVAL, &format!("{percent} % are sent"), async || {
        page.evaluate(shown).await.as_u64().filter(|sent| *sent >= percent)
    })
    .await;
}

#[tokio::test]
async fn an_upload_outlives_two_deaths_of_the_server_and_many_renewals_of_the_session() {
    let port = fm_testkit::ports::free_port().unwrap().to_string();
    let variables = [("PORT", port.as_str()), ("ACCESS_TOKEN_TTL_SECONDS", "2")];
    let api = Api::with(Lane::Embedded, &variables);
    let user = api.user().await;
    let folder = tempfile::tempdir().unwrap();
    let content = noise(SIZE);
    let path = folder.path().join("Film.bin");
    std::fs::write(&path, &content).unwrap();

    let page = open_as(&user, "/files").await;
    page.slow_down(BYTES_A_SECOND).await;
    upload(&page, &[path]).await;
    for percent in [20, 60] {
        is_sent(&page, percent).await;
        api.server.kill();
        api.server.resume();
    }
    tells(&page, "1 of 1 uploaded").await;
    page.named("row", "Film.bin").appears().await;
    assert_eq!(own_errors(&page), Vec::<String>::new());

    let files = user.again().await.all(&[]).await;
    assert_eq!(files.len(), 1, "{files:?}");
    assert_eq!((files[0].size, &files[0].sha256), (SIZE as u64, &Some(sha256_hex(&content))));
}

#[tokio::test]
async fn an_upload_goes_on_when_the_page_is_loaded_anew() {
    let api = Api::on(Lane::Embedded);
    let user = api.user().await;
    let folder = tempfile::tempdir().unwrap();
    let content = noise(SIZE);
    let path = folder.path().join("Film.bin");
    std::fs::write(&path, &content).unwrap();

    let page = open_as(&user, "/files").await;
    page.slow_down(BYTES_A_SECOND).await;
    upload(&page, &[path]).await;
    is_sent(&page, 40).await;
    page.visit(&format!("{}/files", api.server.base())).await;
    tells(&page, "1 of 1 uploaded").await;

    let files = user.all(&[]).await;
    assert_eq!(files.len(), 1, "{files:?}");
    assert_eq!(files[0].sha256, Some(sha256_hex(&content)));
    let creation = format!("{}/v1/uploads", api.server.base());
    let begun = page.requests().iter().filter(|url| **url == creation).count();
    assert_eq!(begun, 1, "what was sent before is not sent again");
}

#[tokio::test]
async fn a_folder_arrives_with_what_is_in_it() {
    let user = Api::on(Lane::Embedded).user().await;
    let folder = tempfile::tempdir().unwrap();
    let photos = folder.path().join("Photos");
    std::fs::create_dir_all(photos.join("2026/May")).unwrap();
    let paths = ["a.txt", "2026/b.txt", "2026/May/c.txt"];
    for path in paths {
        std::fs::write(photos.join(path), path).unwrap();
    }
    let page = open_as(&user, "/files").await;
    page.named("button", "Upload").appears().await;
    page.choose("main input[webkitdirectory]", &[photos.as_path()]).await;
    tells(&page, "3 of 3 uploaded").await;
    for path in paths {
        user.get(&format!("/v1/items/lookup?path=/Photos/{path}")).send().await.expect(200);
    }
    page.named("link", "Photos").click().await;
    page.named("row", "2026, folder").appears().await;
    page.named("row", "a.txt").appears().await;
}

#[tokio::test]
async fn a_taken_name_is_asked_about_and_what_was_replaced_comes_back() {
    let user = Api::on(Lane::Embedded).user().await;
    user.file("Plan.txt", "first").await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Plan.txt");
    std::fs::write(&path, "the second").unwrap();

    let page = open_as(&user, "/files").await;
    upload(&page, &[path]).await;
    page.named("heading", "This name is taken").appears().await;
    page.named("button", "Replace").click().await;
    tells(&page, "1 of 1 uploaded").await;
    let size = async || user.all(&[]).await.iter().map(|file| file.size).collect::<Vec<_>>();
    assert_eq!(size().await, [10]);

    page.named("button", "Actions for Plan.txt").click().await;
    page.named("menuitem", "Details").click().await;
    page.named("button", "Actions for version 1").click().await;
    page.named("menuitem", "Restore version").click().await;
    page.named("button", "Restore version").click().await;
    page.shows(".versions", "Version 3").await;
    assert_eq!(size().await, [5]);
}

#[tokio::test]
async fn hundreds_of_files_arrive_each_once() {
    const COUNT: usize = 300;
    let user = Api::on(Lane::Embedded).user().await;
    let folder = tempfile::tempdir().unwrap();
    let paths: Vec<PathBuf> =
        (0..COUNT).map(|number| folder.path().join(format!("Scan {number:03}.txt"))).collect();
    for path in &paths {
        std::fs::write(path, path.to_str().unwrap()).unwrap();
    }
    let page = open_as(&user, "/files").await;
    upload(&page, &paths).await;
    tells(&page, &format!("{COUNT} of {COUNT} uploaded")).await;
    assert_eq!(page.errors(), Vec::<String>::new(), "errors in the console");
    let rows = page.evaluate("document.querySelectorAll('[role=row], .tray li').length").await;
    assert!(rows.as_u64().unwrap() < 200, "{rows} rows");
    let mut names: Vec<String> = user.all(&[]).await.into_iter().map(|file| file.name).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), COUNT);
}
