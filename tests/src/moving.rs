//! The move of blobs from a folder to an S3 server while users go on: it is killed and run again, and nothing is lost or
//! comes back.

mod nodes;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use fm_api_types::File;
use fm_testkit::random::filled;
use futures_util::{StreamExt as _, stream};
use serde_json::Value;
use tokio::task::JoinHandle;

use crate::{Api, Lane, NewStore, Server, User, eventually, pictures, sha256_hex};

pub use nodes::move_between_servers;

/// How long a run of the command may take.
const RUN_TIMEOUT: Duration = Duration::from_mins(30);
/// How many files are sent or read at once.
const AT_ONCE: usize = 8;
/// The largest of the files is smaller than this.
const MOST_BYTES: usize = 32 * 1024;

/// How a move goes.
#[derive(Debug, Clone, Copy)]
pub struct MovePlan {
    /// How many files there are at first.
    pub files: usize,
    /// How often the command is killed.
    pub kills: usize,
}

/// What was seen of it.
#[derive(Debug, Clone, Copy, Default)]
pub struct MoveCounts {
    /// Blobs that the last run found in the new store.
    pub moved_before: u64,
    /// Blobs that it moved.
    pub moved_last: u64,
    /// How long all runs together took until everything was moved.
    pub duration: Duration,
    /// Files that came meanwhile.
    pub added: usize,
    /// Files that went meanwhile.
    pub removed: usize,
    /// Files that were read meanwhile.
    pub read: usize,
}

impl fmt::Display for MoveCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { moved_before, moved_last, duration, added, removed, read } = self;
        write!(
            f,
            "moved in {:.1} s, {moved_before} blobs by runs that were killed and {moved_last} by the last one; meanwhile {added} files \
             came, {removed} went and {read} were read; every file is whole, and nothing that went came back",
            duration.as_secs_f64()
        )
    }
}

/// The files that a user has, and what they must read as.
#[derive(Default)]
struct Files(Mutex<BTreeMap<String, File>>);

impl Files {
    fn add(&self, file: File) {
        self.0.lock().unwrap().insert(file.id.to_string(), file);
    }

    fn all(&self) -> Vec<File> {
        self.0.lock().unwrap().values().cloned().collect()
    }

    /// Takes one away: no one else reads or removes it then.
    fn take(&self, random: &mut fastrand::Rng) -> Option<File> {
        let mut files = self.0.lock().unwrap();
        let id = files.keys().nth(random.usize(..files.len().max(1)))?.clone();
        files.remove(&id)
    }
}

/// The summary that a command ended with, as JSON.
pub fn summary(output: &str) -> Value {
    let lines = output.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut summaries = lines.filter(|line| line["summary"].is_object());
    summaries.next().unwrap_or_else(|| panic!("no summary: {output}"))["summary"].clone()
}

/// Runs the command to its end, at which everything must have been moved.
fn moved(server: &Server, arguments: &[&str]) -> Value {
    let command = server.begin(&[&["move-blobs", "--to", "s3", "--json"], arguments].concat());
    let finished = command.finish(RUN_TIMEOUT);
    assert_eq!(finished.code, Some(0), "{}", finished.output);
    summary(&finished.output)
}

/// Runs one move. It fails at the first promise that was not kept.
pub async fn move_blobs(plan: MovePlan) -> MoveCounts {
    let first = Server::prepare(Lane::Embedded, &[("ACCESS_TOKEN_TTL_SECONDS", "86400")], &[]);
    let first = Arc::new(first);
    first.resume();
    let user = Api::of(Arc::clone(&first)).user().await;
    let files = Arc::new(filled_account(&user, plan.files).await);
    let before: Vec<(String, String)> = files.all().iter().take(20).map(old_link).collect();
    let old_base = first.base();
    first.stop();

    let store = NewStore::start();
    let switched = first.reconfigured(&store.variables(&[("BLOB_STORE_FALLBACK", "disk")]));
    let switched = Arc::new(switched);
    switched.resume();
    let counts = {
        let there = at(&switched, &user);
        read_links(&there, &old_base, &before).await;
        let traffic = Traffic::at([&there, &there], &files);
        let mut counts = move_all(&switched, &store, plan).await;
        traffic.stop(&mut counts).await;
        empty(&switched, &files);
        first.stores_exactly(0).await;
        read_links(&there, &old_base, &before_that_live(&before, &files)).await;
        read_all(&there, &files).await;
        counts
    };
    switched.stop();

    let last = Arc::new(first.reconfigured(&store.variables(&[])));
    last.resume();
    let there = at(&last, &user);
    read_all(&there, &files).await;
    has_what_files_need(&last, &store).await;
    counts
}

/// The new store has every blob that a file needs, whole, and nothing else.
async fn has_what_files_need(server: &Server, store: &NewStore) {
    let verified = server.begin(&["verify", "--rehash", "--json", "--min-age", "0"]).finish(RUN_TIMEOUT);
    assert_eq!(verified.code, Some(0), "{}", verified.output);
    let needed = usize::try_from(summary(&verified.output)["blobs"].as_u64().unwrap()).unwrap();
    eventually("the new store has what files need, and nothing else", async || {
        (store.count().await == needed).then_some(())
    })
    .await;
}

/// The same user at another process.
fn at(server: &Arc<Server>, user: &User) -> Api {
    Api::of(Arc::clone(server)).bearing(user.access())
}

async fn filled_account(user: &User, count: usize) -> Files {
    let files = Files::default();
    let sent = stream::iter(0..count).map(|number| async move {
        let mut random = fastrand::Rng::with_seed(number as u64);
        let size = random.usize(..MOST_BYTES);
        user.file("first.bin", filled(&mut random, size)).await
    });
    sent.buffer_unordered(AT_ONCE).for_each(async |file| files.add(file)).await;
    let picture = user.file_of("image/png", "a.png", pictures::png(300, 200)).await;
    files.add(user.with_thumbnail(&picture).await);
    files
}

/// A link of before the switch, and the hash that its bytes must have.
fn old_link(file: &File) -> (String, String) {
    (file.download.url.expose().to_owned(), file.sha256.clone().unwrap())
}

/// Those whose files were not removed meanwhile.
fn before_that_live(before: &[(String, String)], files: &Files) -> Vec<(String, String)> {
    let live: Vec<String> = files.all().into_iter().filter_map(|file| file.sha256).collect();
    before.iter().filter(|(_, hash)| live.contains(hash)).cloned().collect()
}

/// The links lead to the process that runs now: each listens on a port of its own.
async fn read_links(there: &Api, old_base: &str, links: &[(String, String)]) {
    for (url, hash) in links {
        let target = url.strip_prefix(old_base).expect("a link of the program's own");
        let body = there.anonymous().get(target).send().await.expect(200).body;
        assert_eq!(sha256_hex(&body), *hash);
    }
}

/// Each file reads as it was sent, and its thumbnail is there.
async fn read_all(there: &Api, files: &Files) {
    let expected: BTreeMap<String, Option<String>> =
        files.all().into_iter().map(|file| (file.id.to_string(), file.sha256)).collect();
    let listed = there.all(&[]).await;
    let kept: BTreeMap<String, Option<String>> =
        listed.iter().map(|file| (file.id.to_string(), file.sha256.clone())).collect();
    assert!(kept == expected, "{} files are listed instead of {}", kept.len(), expected.len());
    let reads = stream::iter(listed).map(|file| async move {
        assert_eq!(Some(sha256_hex(&there.content(&file).await)), file.sha256, "{file:#?}");
        if let Some(url) = &file.thumbnail.url {
            there.get(url.expose()).send().await.expect(200);
        }
    });
    reads.buffer_unordered(AT_ONCE).collect::<()>().await;
}

/// Users who go on meanwhile.
struct Traffic {
    stop: Arc<AtomicBool>,
    users: Vec<JoinHandle<(usize, usize, usize)>>,
}

impl Traffic {
    /// One user at each of these servers.
    fn at(servers: [&Api; 2], files: &Arc<Files>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let users = servers.iter().zip(0..).map(|(there, seed)| traffic(there, files, &stop, seed)).collect();
        Self { stop, users }
    }

    /// Stops it, and counts what was done.
    async fn stop(self, counts: &mut MoveCounts) {
        self.stop.store(true, Ordering::Relaxed);
        for user in self.users {
            let (added, removed, read) = user.await.unwrap();
            assert!(added > 0, "there was traffic");
            counts.added += added;
            counts.removed += removed;
            counts.read += read;
        }
    }
}

/// Uploads, removals and downloads until it is told to stop; how many of each.
fn traffic(
    there: &Api,
    files: &Arc<Files>,
    stop: &Arc<AtomicBool>,
    seed: u64,
) -> JoinHandle<(usize, usize, usize)> {
    let (there, files, stop) = (there.clone(), Arc::clone(files), Arc::clone(stop));
    tokio::spawn(async move {
        let mut random = fastrand::Rng::with_seed(1_000_000 + seed);
        let (mut added, mut removed, mut read) = (0, 0, 0);
        while !stop.load(Ordering::Relaxed) {
            let size = random.usize(1..MOST_BYTES);
            let file = there.file("meanwhile.bin", filled(&mut random, size)).await;
            files.add(file);
            added += 1;
            let Some(file) = files.take(&mut random) else { continue };
            let file = there.current(&file).await;
            assert_eq!(Some(sha256_hex(&there.content(&file).await)), file.sha256, "{file:#?}");
            read += 1;
            if random.bool() {
                there.delete(&User::path(&file)).send().await.expect(204);
                removed += 1;
            } else {
                files.add(file);
            }
        }
        (added, removed, read)
    })
}

/// Kills the command as often as it shall be, each time further on, and lets the last run end.
async fn move_all(server: &Arc<Server>, store: &NewStore, plan: MovePlan) -> MoveCounts {
    let started = Instant::now();
    for kill in 1..=plan.kills {
        let command = server.begin(&["move-blobs", "--to", "s3"]);
        let enough = plan.files * kill / (plan.kills + 1);
        while store.count().await < enough {
            assert!(started.elapsed() < RUN_TIMEOUT, "the move goes on");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert!(command.kill(), "it is killed before its end");
    }
    let running = Arc::clone(server);
    let last = tokio::task::spawn_blocking(move || moved(&running, &[])).await.unwrap();
    let duration = started.elapsed();
    assert_eq!((&last["missing"], &last["mismatched"]), (&0.into(), &0.into()));
    let number = |name: &str| last[name].as_u64().unwrap();
    assert!(plan.kills == 0 || number("skipped") > 0, "what was moved before is passed over: {last}");
    MoveCounts {
        moved_before: number("skipped"),
        moved_last: number("moved"),
        duration,
        ..MoveCounts::default()
    }
}

/// The old store is emptied, once a run had nothing to do any more.
fn empty(server: &Server, files: &Files) {
    let again = moved(server, &["--dry-run"]);
    assert_eq!((&again["moved"], &again["missing"]), (&0.into(), &0.into()), "{again}");
    let emptied = moved(server, &["--empty-source"]);
    assert!(emptied["emptied"].as_u64().unwrap() > 0, "{emptied}");
    assert_eq!(emptied["files"].as_u64().unwrap(), files.all().len() as u64);
    assert_eq!(moved(server, &["--empty-source"])["emptied"], 0);
}
