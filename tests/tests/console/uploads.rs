//! Uploads that outlive what happens to them.

mod kept;
mod names;

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use fm_e2e::{Api, Lane, Page, Server, User, eventually, noise, sha256_hex, within};
use sha2::Digest as _;

use super::axe::{is_accessible, is_accessible_now};
use super::{asked_elsewhere, open_as, own_errors};

/// Many bytes, which take some seconds at this pace.
const SIZE: u64 = 48 << 20;
const BYTES_A_SECOND: u64 = 8_000_000;

/// How many bytes the upload has that outlives the deaths of the server: `TEST_CONSOLE_UPLOAD_BYTES=2147483648` is one of 2 GiB.
fn size() -> u64 {
    number("TEST_CONSOLE_UPLOAD_BYTES", SIZE)
}

/// How many files are chosen at once: `TEST_CONSOLE_FILES=2000`.
fn count() -> usize {
    number("TEST_CONSOLE_FILES", 500)
}

/// The number in this variable, or else `usual`.
fn number<T: FromStr<Err: Debug>>(variable: &str, usual: T) -> T {
    std::env::var(variable).map_or(usual, |given| given.parse().expect("it is a number"))
}

/// As many bytes as pages send to the store itself, where it takes them.
const LARGE: usize = 64 << 20;

/// How long the slowest of these uploads may take, but for those whose size or number is chosen.
const ARRIVAL: Duration = Duration::from_mins(3);

/// Writes a file of so many bytes, a whole number of MiB of which no two are the same, and gives the SHA-256 of it.
fn film(path: &Path, size: u64) -> String {
    let mut file = File::create(path).unwrap();
    let mut digest = sha2::Sha256::new();
    let mut piece = noise(1 << 20);
    for number in 0..size >> 20 {
        piece[..8].copy_from_slice(format!("{number:08}").as_bytes());
        digest.update(&piece);
        file.write_all(&piece).unwrap();
    }
    hex::encode(digest.finalize())
}

/// Chooses these files in a page that shows the root folder.
async fn upload(page: &Page, files: &[PathBuf]) {
    page.named("button", "Upload").appears().await;
    let files: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
    page.choose("main input[type=file][multiple]", &files).await;
}

/// Waits until the list of uploads says this.
async fn tells(page: &Page, text: &str) {
    tells_within(ARRIVAL, page, text).await;
}

/// The same for what may take longer; fails with what the page shows instead.
async fn tells_within(limit: Duration, page: &Page, text: &str) {
    let started = Instant::now();
    while !page.texts("#tray-title").await.iter().any(|shown| shown == text) {
        if started.elapsed() >= limit {
            let (tray, main) = (page.texts(".tray").await, page.texts("main").await);
            panic!(
                "the list of uploads does not say {text:?} after {limit:?}, but {tray:?}, beside {main:?}"
            );
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Waits until so much of all uploads is sent, in percent.
async fn is_sent(page: &Page, percent: u64) {
    is_sent_within(ARRIVAL, page, percent).await;
}

/// The same for what may take longer.
async fn is_sent_within(limit: Duration, page: &Page, percent: u64) {
    let shown = "parseInt(document.querySelector('.tray-speed span')?.innerText)";
    within(limit, &format!("{percent} % are sent"), async || {
        page.evaluate(shown).await.as_u64().filter(|sent| *sent >= percent)
    })
    .await;
}

#[tokio::test]
async fn an_upload_outlives_two_deaths_of_the_server_and_many_renewals_of_the_session() {
    let port = fm_testkit::ports::free_port().unwrap().to_string();
    let variables = [("PORT", port.as_str()), ("ACCESS_TOKEN_TTL_SECONDS", "4")];
    let api = Api::with(Lane::Embedded, &variables);
    let user = api.user().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Film.bin");
    let size = size();
    let digest = film(&path, size);

    let page = open_as(&user, "/files").await;
    // However large it is, it takes no more than a minute where the machine is quick enough.
    page.slow_down(BYTES_A_SECOND.max(size / 60)).await;
    let limit = ARRIVAL + Duration::from_secs(size / 4_000_000);
    upload(&page, &[path]).await;
    for percent in [20, 60] {
        is_sent_within(limit, &page, percent).await;
        api.server.kill();
        api.server.resume();
    }
    tells_within(limit, &page, "1 of 1 uploaded").await;
    page.named("row", "Film.bin").appears().await;
    assert_eq!(own_errors(&page), Vec::<String>::new());
    let begun = format!("{}/v1/uploads/", user.server.base());
    let addresses: BTreeSet<String> =
        page.requests().into_iter().filter(|url| url.starts_with(&begun)).collect();
    assert_eq!(addresses.len(), 1, "what was sent before a death is not sent again: {addresses:?}");

    let files = user.again().await.all(&[]).await;
    assert_eq!(files.len(), 1, "{files:?}");
    assert_eq!((files[0].size, &files[0].sha256), (size, &Some(digest)));
}

/// How many bytes the service has of the only upload that the page has begun, once these do not grow any more.
async fn standing_offset(page: &Page, user: &User) -> u64 {
    let base = user.server.base();
    let begun = format!("{base}/v1/uploads/");
    let url = page.requests().into_iter().find(|url| url.starts_with(&begun)).expect("an upload was begun");
    let path = url.strip_prefix(&base).unwrap();
    let mut before = None;
    within(ARRIVAL, "nothing is sent any more", async || {
        let answer = user.head(path).header("tus-resumable", "1.0.0").send().await;
        let now: Option<u64> = answer.header("upload-offset").and_then(|offset| offset.parse().ok());
        let stands = now == before;
        before = now;
        tokio::time::sleep(Duration::from_secs(1)).await;
        now.filter(|_| stands)
    })
    .await
}

#[tokio::test]
async fn an_upload_is_paused_and_goes_on_also_while_the_service_is_away() {
    let port = fm_testkit::ports::free_port().unwrap().to_string();
    let api = Api::with(Lane::Embedded, &[("PORT", port.as_str())]);
    let user = api.user().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Film.bin");
    let digest = film(&path, SIZE);

    let page = open_as(&user, "/files").await;
    // So that there is time to pause it twice.
    page.slow_down(BYTES_A_SECOND / 2).await;
    upload(&page, &[path]).await;
    is_sent(&page, 20).await;
    page.named("button", "Pause Film.bin").click().await;
    page.shows(".upload.paused", "Paused").await;
    let first = standing_offset(&page, &user).await;
    assert!(first > 0 && first < SIZE, "{first} bytes of {SIZE} are there");

    api.server.kill();
    page.named("button", "Go on with Film.bin").click().await;
    page.shows(".upload.sending", "Film.bin").await;
    eventually("no speed is told, for nothing comes through", async || {
        page.texts(".tray-speed").await.iter().all(|told| !told.contains("/s")).then_some(())
    })
    .await;
    api.server.resume();
    is_sent(&page, 60).await;
    page.named("button", "Pause all uploads").click().await;
    page.shows(".upload.paused", "Paused").await;
    let second = standing_offset(&page, &user).await;
    assert!(second > first && second < SIZE, "{second} bytes of {SIZE} are there after {first}");
    page.named("button", "Go on with all uploads").click().await;
    tells(&page, "1 of 1 uploaded").await;

    let files = user.all(&[]).await;
    assert_eq!(files.len(), 1, "{files:?}");
    assert_eq!(files[0].sha256, Some(digest));
    let creation = format!("{}/v1/uploads", api.server.base());
    assert_eq!(page.statuses(&creation), [201], "what was sent before is not sent again");
    assert_eq!(own_errors(&page), Vec::<String>::new());
}

#[tokio::test]
async fn a_paused_upload_is_not_dropped_unasked() {
    let user = Api::on(Lane::Embedded).user().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Film.bin");
    film(&path, SIZE);
    let page = open_as(&user, "/files").await;
    page.slow_down(BYTES_A_SECOND).await;
    upload(&page, &[path]).await;
    page.named("button", "Pause Film.bin").click().await;
    page.shows(".upload.paused", "Paused").await;
    page.named("button", "Cancel all uploads").click().await;
    page.named("dialog", "Cancel all uploads").appears().await;
    page.named("button", "Cancel").click().await;
    page.shows(".upload.paused", "Paused").await;
}

#[tokio::test]
async fn an_upload_that_was_refused_is_tried_again() {
    let api = Api::with(Lane::Embedded, &[("USER_QUOTA_BYTES", "1000000")]);
    let user = api.user().await;
    let large = user.file("Old film.bin", noise(900_000)).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Film.bin");
    std::fs::write(&path, noise(500_000)).unwrap();
    let page = open_as(&user, "/files").await;
    upload(&page, &[path]).await;
    page.shows(".upload.failed", "Your storage is full.").await;
    tells(&page, "0 of 1 uploaded").await;
    user.delete(&User::path(&large)).send().await.expect(204);
    page.named("button", "Try Film.bin again").click().await;
    tells(&page, "1 of 1 uploaded").await;
    page.named("row", "Film.bin").appears().await;
}

#[tokio::test]
async fn that_there_are_as_many_entries_as_may_be_is_told_at_once() {
    let api = Api::with(Lane::Embedded, &[("MAX_ITEMS_PER_USER", "1")]);
    let user = api.user().await;
    user.file("First.txt", "A few words.").await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Second.txt");
    std::fs::write(&path, "A few words.").unwrap();
    let page = open_as(&user, "/files").await;
    upload(&page, &[path]).await;
    page.shows(".upload.failed", "No more entries fit").await;
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
async fn the_trash_is_emptied_for_what_finds_no_room() {
    let api = Api::with(Lane::Embedded, &[("USER_QUOTA_BYTES", "1000000")]);
    let user = api.user().await;
    let old = user.file("Old.bin", noise(800_000)).await;
    user.post(&format!("/v1/items/{}/trash", old.id)).send().await.expect(200);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("New.bin");
    std::fs::write(&path, noise(600_000)).unwrap();

    let page = open_as(&user, "/files").await;
    upload(&page, &[path]).await;
    page.shows(".upload.failed", "Your storage is full").await;
    page.named("button", "Empty the trash (800 kB)").appears().await;
    is_accessible_now(&page, "a list of uploads without room").await;
    page.named("button", "Empty the trash (800 kB)").reach_by_tab().await;
    page.press("Enter").await;
    page.named("heading", "Empty the trash?").has_focus().await;
    page.named("button", "Empty the trash").reach_by_tab().await;
    page.press("Enter").await;
    tells(&page, "1 of 1 uploaded").await;
    page.named("button", "Empty the trash (800 kB)").disappears().await;
    assert_eq!(user.all(&[]).await.iter().map(|file| file.size).collect::<Vec<_>>(), [600_000]);
}

#[tokio::test]
async fn where_little_is_left_of_the_quota_emptying_the_trash_is_offered() {
    let api = Api::with(Lane::Embedded, &[("USER_QUOTA_BYTES", "1000000")]);
    let user = api.user().await;
    let old = user.file("Old.bin", noise(950_000)).await;
    user.post(&format!("/v1/items/{}/trash", old.id)).send().await.expect(200);
    let page = open_as(&user, "/files").await;
    page.named("button", "Empty the trash (950 kB)").appears().await;
    is_accessible(&page, "the pages of someone with a full storage").await;
    page.named("button", "Empty the trash (950 kB)").click().await;
    page.named("button", "Empty the trash").click().await;
    // The page behind the question has no names, so that the counter alone tells that the answer was carried out.
    eventually("the trash is empty", async || (user.counters().await.used_bytes == 0).then_some(())).await;
    page.named("button", "Empty the trash (950 kB)").disappears().await;
}

/// Has the page note how many rows its lists have at most from now on.
const COUNT_ROWS: &str = "window.rows = 0;
    new MutationObserver(() => {
        window.rows = Math.max(window.rows, document.querySelectorAll('[role=row], .tray li').length);
    }).observe(document, {childList: true, subtree: true});
    0";

#[tokio::test]
async fn many_files_arrive_each_once() {
    let count = count();
    let user = Api::on(Lane::Embedded).user().await;
    let folder = tempfile::tempdir().unwrap();
    let paths: Vec<PathBuf> =
        (0..count).map(|number| folder.path().join(format!("Scan {number:05}.txt"))).collect();
    for path in &paths {
        std::fs::write(path, path.to_str().unwrap()).unwrap();
    }
    let page = open_as(&user, "/files").await;
    page.evaluate(COUNT_ROWS).await;
    upload(&page, &paths).await;
    let limit = ARRIVAL + Duration::from_millis(100) * u32::try_from(count).unwrap();
    let shown = page.evaluate(&format!("({count}).toLocaleString('en')")).await;
    let shown = shown.as_str().unwrap();
    tells_within(limit, &page, &format!("{shown} of {shown} uploaded")).await;
    assert_eq!(page.errors(), Vec::<String>::new(), "errors in the console");
    let rows = page.evaluate("window.rows").await.as_u64().unwrap();
    assert!(rows > 0 && rows < 200, "{rows} rows");
    let mut names: Vec<String> = user.all(&[]).await.into_iter().map(|file| file.name).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), count);
}

/// Uploads a large file to this server, and waits until its content is known to be the right one.
async fn a_large_file_arrives(server: Server) -> (User, Page) {
    let user = Api::of(Arc::new(server)).user().await;
    let folder = tempfile::tempdir().unwrap();
    let content = noise(LARGE);
    let path = folder.path().join("Film.bin");
    std::fs::write(&path, &content).unwrap();
    let page = open_as(&user, "/files").await;
    upload(&page, &[path]).await;
    tells(&page, "1 of 1 uploaded").await;
    page.named("row", "Film.bin").appears().await;
    let digest = Some(sha256_hex(&content));
    within(ARRIVAL, "the content is the right one", async || {
        let files = user.all(&[]).await;
        (files.len() == 1 && files[0].sha256 == digest).then_some(())
    })
    .await;
    (user, page)
}

#[tokio::test]
async fn a_large_file_goes_to_the_store_without_the_service_between() {
    let (user, page) = a_large_file_arrives(Server::with_a_store_for_pages()).await;
    let part = user.capabilities().await.part_size_bytes.expect("there are direct uploads");
    // The browser asks the store about each part before it sends that.
    let sent: BTreeSet<String> = asked_elsewhere(&page, &user).into_iter().collect();
    assert_eq!(sent.len() as u64, (LARGE as u64).div_ceil(part), "{sent:?}");
    let creation = format!("{}/v1/uploads", user.server.base());
    assert!(!page.requests().contains(&creation), "nothing goes through the service");
    assert_eq!(page.errors(), Vec::<String>::new(), "errors in the console");
}

#[tokio::test]
async fn a_large_file_arrives_where_the_store_takes_nothing_from_pages() {
    let (user, page) = a_large_file_arrives(Server::on_shaky_ground()).await;
    let creation = format!("{}/v1/uploads", user.server.base());
    assert!(page.requests().contains(&creation), "it goes through the service");
    assert_eq!(user.all(&[]).await.len(), 1);
}

#[tokio::test]
async fn a_folder_that_is_chosen_while_the_service_is_away_arrives_when_it_is_back() {
    let port = fm_testkit::ports::free_port().unwrap().to_string();
    let api = Api::with(Lane::Embedded, &[("PORT", port.as_str())]);
    let user = api.user().await;
    let folder = tempfile::tempdir().unwrap();
    let first = folder.path().join("First.txt");
    std::fs::write(&first, "A few words.").unwrap();
    let photos = folder.path().join("Photos");
    std::fs::create_dir_all(&photos).unwrap();
    std::fs::write(photos.join("a.txt"), "A few words.").unwrap();
    let page = open_as(&user, "/files").await;
    // The script that sends files is there afterwards.
    upload(&page, &[first]).await;
    tells(&page, "1 of 1 uploaded").await;

    let folders = format!("{}/v1/folders", api.server.base());
    api.server.kill();
    page.choose("main input[webkitdirectory]", &[photos.as_path()]).await;
    eventually("the folder is asked for in vain", async || page.requests().contains(&folders).then_some(()))
        .await;
    api.server.resume();
    tells(&page, "2 of 2 uploaded").await;
    user.get("/v1/items/lookup?path=/Photos/a.txt").send().await.expect(200);
    assert_eq!(own_errors(&page), Vec::<String>::new());
}

#[tokio::test]
async fn a_question_about_a_name_is_asked_again_on_the_page_that_back_leads_to() {
    let user = Api::on(Lane::Embedded).user().await;
    user.file("Plan.txt", "first").await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Plan.txt");
    std::fs::write(&path, "the second").unwrap();
    let page = open_as(&user, "/files").await;
    page.named("link", "Trash").click().await;
    page.named("heading", "Trash").appears().await;
    page.named("link", "File Manager, to your files").click().await;
    page.named("row", "Plan.txt").appears().await;
    upload(&page, &[path]).await;
    page.named("heading", "This name is taken").appears().await;
    page.evaluate("history.back()").await;
    page.shows("h1", "Trash").await;
    page.named("heading", "This name is taken").appears().await;
    page.named("button", "Replace").click().await;
    tells(&page, "1 of 1 uploaded").await;
    assert_eq!(user.all(&[]).await.iter().map(|file| file.size).collect::<Vec<_>>(), [10]);
}
