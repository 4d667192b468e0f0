#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _};

use super::{MoveBlobs, MoveBlobsCommand, MoveBlobsError, MoveEvent, MovedBlobs};
use crate::fixture::{sha256, unavailable};
use crate::operations::fixture::{Deployment, State, blob};
use crate::operations::verify::{FileBlob, Finding, Wrong};
use crate::ports::{MovePorts, Ports};
use fm_domain::blobs::{
    BlobHead, BlobKey, BlobLimits, BlobReader, BlobState, BlobStore, ByteRange, GetBlob, PutBlob, PutHint,
    StoredBlob,
};
use fm_domain::body::{ByteSize, ByteStream};
use fm_domain::error::PortResult;
use fm_domain::files::{File, ThumbnailState};
use fm_domain::ids::IdSource as _;
use fm_domain::testing::CountingIds;

/// The store that blobs are moved to.
#[derive(Clone, Default)]
struct Target(Arc<Mutex<TargetState>>);

/// What happens behind the back of a run.
type Change = Box<dyn FnOnce(&mut TargetState) + Send>;

#[derive(Default)]
struct TargetState {
    blobs: BTreeMap<BlobKey, Vec<u8>>,
    types: Vec<String>,
    /// How often it will not answer to a `put`.
    outages: u32,
    after_put: Option<Change>,
    /// How many blobs were being put at most at one time.
    most_at_once: usize,
    now: usize,
}

impl Target {
    fn state(&self) -> MutexGuard<'_, TargetState> {
        self.0.lock().unwrap()
    }
}

#[async_trait]
impl BlobStore for Target {
    async fn put(&self, key: &BlobKey, body: ByteStream, hint: &PutHint) -> Result<StoredBlob, PutBlob> {
        {
            let mut state = self.state();
            state.now += 1;
            state.most_at_once = state.most_at_once.max(state.now);
        }
        tokio::task::yield_now().await;
        let body: Result<Vec<Bytes>, _> = body.try_collect().await;
        let mut state = self.state();
        state.now -= 1;
        if state.outages > 0 {
            state.outages -= 1;
            return Err(unavailable().into());
        }
        let bytes = body?.concat();
        let size = ByteSize::new(bytes.len() as u64);
        assert_eq!(hint.length, Some(size));
        state.types.push(hint.content_type.as_str().to_owned());
        state.blobs.insert(*key, bytes);
        if let Some(change) = state.after_put.take() {
            change(&mut state);
        }
        Ok(StoredBlob { size })
    }
    async fn get(&self, _: &BlobKey, _: Option<ByteRange>) -> Result<BlobReader, GetBlob> {
        panic!("no copy is read from the target");
    }
    async fn head(&self, key: &BlobKey) -> PortResult<Option<BlobHead>> {
        let state = self.state();
        Ok(state.blobs.get(key).map(|bytes| BlobHead { size: ByteSize::new(bytes.len() as u64) }))
    }
    async fn delete(&self, key: &BlobKey) -> PortResult<()> {
        self.state().blobs.remove(key);
        Ok(())
    }
    fn limits(&self) -> BlobLimits {
        BlobLimits { max_blob: ByteSize::new(u64::MAX) }
    }
    async fn ping(&self) -> PortResult<()> {
        Ok(())
    }
}

const COPY: MoveBlobsCommand = MoveBlobsCommand { parallel: 2, dry_run: false, empty_source: false };
const EMPTY: MoveBlobsCommand = MoveBlobsCommand { empty_source: true, ..COPY };

fn ports(deployment: &Deployment, current: Arc<dyn BlobStore>) -> Ports {
    let moving = Some(MovePorts { current, previous: Arc::new(deployment.clone()) });
    let ids = CountingIds::default();
    // Those of the blobs that there are.
    for _ in 0..100 {
        ids.uuid();
    }
    Ports { moving, ids: Arc::new(ids), ..deployment.ports() }
}

async fn move_blobs(
    deployment: &Deployment,
    target: &Target,
    command: MoveBlobsCommand,
) -> (MovedBlobs, Vec<Finding>) {
    let mut found = Vec::new();
    let mut told = MovedBlobs::default();
    let use_case = MoveBlobs::new(&ports(deployment, Arc::new(target.clone())));
    let moved = use_case
        .run(command, &mut |event| match event {
            MoveEvent::Found(finding) => found.push(finding.clone()),
            MoveEvent::Progress(moved) => told = *moved,
        })
        .await
        .unwrap();
    let counted = found.iter().filter(|finding| !matches!(finding, Finding::Preview { .. }));
    assert_eq!(moved.findings.total(), counted.count() as u64);
    assert_eq!((told.blobs, told.emptied), (moved.blobs, moved.emptied), "progress is told");
    (moved, found)
}

fn key(file: &File) -> BlobKey {
    BlobKey::file(file.blob)
}

fn finding(file: &File, wrong: Wrong) -> Finding {
    Finding::File { of: FileBlob { file: file.id, version: None, owner: file.owner, key: key(file) }, wrong }
}

/// Two files, one with a thumbnail.
fn with_two_files() -> (Deployment, [File; 2], BlobKey) {
    let deployment = Deployment::default();
    let files = [deployment.file(1, "hello"), deployment.file(2, "")];
    let thumbnail = BlobKey::thumbnail(blob(3));
    let mut state = deployment.state();
    state.mark_stored(thumbnail, "a thumbnail");
    state.files[0].thumbnail =
        ThumbnailState::Ready { blob: thumbnail.id, width: 1, height: 1, placeholder: None };
    drop(state);
    (deployment, files, thumbnail)
}

/// The user deletes the file, and its bytes are purged from both stores.
fn purge(state: &mut State, key: BlobKey) {
    state.files.retain(|file| file.blob != key.id);
    state.records.remove(&key);
    state.store.remove(&key);
}

#[tokio::test]
async fn every_blob_that_a_file_needs_is_copied_and_stays_where_it_was() {
    let (deployment, files, thumbnail) = with_two_files();
    deployment.state().put(BlobKey::file(blob(9)), "an orphan");
    let target = Target::default();
    let (moved, _) = move_blobs(&deployment, &target, COPY).await;
    let expected = MovedBlobs { files: 2, blobs: 3, moved: 3, bytes: 16, ..MovedBlobs::default() };
    assert_eq!(moved, expected);
    let state = target.state();
    let there: Vec<(BlobKey, &[u8])> = state.blobs.iter().map(|(key, bytes)| (*key, &bytes[..])).collect();
    assert_eq!(there, [(key(&files[0]), &b"hello"[..]), (key(&files[1]), b""), (thumbnail, b"a thumbnail")]);
    assert!(state.types.contains(&"image/png".to_owned()), "{:?}", state.types);
    assert_eq!(deployment.state().store.len(), 4, "nothing is deleted");
}

#[tokio::test]
async fn previews_are_copied_too() {
    let deployment = Deployment::default();
    let file = deployment.file(1, "hello");
    deployment.preview(&file, 21, "a preview");
    let target = Target::default();
    let (moved, _) = move_blobs(&deployment, &target, COPY).await;
    assert_eq!((moved.files, moved.blobs, moved.moved), (1, 2, 2));
    let state = target.state();
    assert_eq!(state.blobs[&BlobKey::thumbnail(blob(21))], b"a preview");
    assert!(state.types.contains(&"image/jpeg".to_owned()), "{:?}", state.types);
}

#[tokio::test]
async fn a_lost_preview_is_told_and_does_not_keep_the_previous_store_from_being_emptied() {
    let deployment = Deployment::default();
    let file = deployment.file(1, "hello");
    let (lost, torn) = (deployment.preview(&file, 21, "lost"), deployment.preview(&file, 22, "torn"));
    let torn_key = BlobKey::thumbnail(blob(22));
    {
        let mut state = deployment.state();
        state.store.remove(&BlobKey::thumbnail(blob(21)));
        state.torn.push(torn_key);
    }
    let (moved, found) = move_blobs(&deployment, &Target::default(), EMPTY).await;
    let unreadable = Wrong::Unreadable("a bad sector".to_owned());
    let expected = [
        Finding::Preview { of: lost, wrong: Wrong::Missing },
        Finding::Preview { of: torn, wrong: unreadable },
    ];
    assert!(found.len() == 2 && expected.iter().all(|expected| found.contains(expected)), "{found:?}");
    assert_eq!((moved.moved, moved.emptied, moved.is_complete()), (1, 1, true));
    let left: Vec<BlobKey> = deployment.state().store.keys().copied().collect();
    assert_eq!(left, [torn_key], "what was not copied stays");
}

#[tokio::test]
async fn what_is_there_already_is_passed_over() {
    let (deployment, files, _) = with_two_files();
    let target = Target::default();
    target.state().blobs.insert(key(&files[0]), b"HELLO".to_vec());
    let (moved, _) = move_blobs(&deployment, &target, COPY).await;
    assert_eq!((moved.skipped, moved.moved), (1, 2));
    assert_eq!(target.state().blobs[&key(&files[0])], b"HELLO", "it was not written again");
    let (again, _) = move_blobs(&deployment, &target, COPY).await;
    assert_eq!((again.skipped, again.moved, again.bytes), (3, 0, 0));
}

#[tokio::test]
async fn a_dry_run_changes_nothing() {
    let (deployment, ..) = with_two_files();
    let target = Target::default();
    let command = MoveBlobsCommand { dry_run: true, ..EMPTY };
    let (moved, _) = move_blobs(&deployment, &target, command).await;
    assert_eq!((moved.moved, moved.bytes, moved.emptied), (3, 16, 3));
    assert!(target.state().blobs.is_empty());
    assert_eq!(deployment.state().store.len(), 3);
}

#[tokio::test]
async fn other_bytes_than_those_recorded_are_reported_and_not_copied() {
    let deployment = Deployment::default();
    let [flipped, short, torn, gone, good] = [1, 2, 3, 4, 5].map(|n| deployment.file(n, "hello"));
    {
        let mut state = deployment.state();
        state.put(key(&flipped), "hallo");
        state.put(key(&short), "hell");
        state.torn.push(key(&torn));
        state.store.remove(&key(&gone));
    }
    let target = Target::default();
    let (moved, mut found) = move_blobs(&deployment, &target, EMPTY).await;
    found.sort_by_key(|finding| match finding {
        Finding::File { of, .. } => of.file,
        _ => panic!("{finding:?}"),
    });
    let hash = Wrong::Hash { recorded: sha256(b"hello"), stored: sha256(b"hallo") };
    let size = Wrong::Size { recorded: ByteSize::new(5), stored: ByteSize::new(4) };
    let expected = [
        finding(&flipped, hash),
        finding(&short, size),
        finding(&torn, Wrong::Unreadable("a bad sector".to_owned())),
        finding(&gone, Wrong::Missing),
    ];
    assert_eq!(found, expected);
    assert_eq!((moved.moved, moved.is_complete()), (1, false));
    assert_eq!(target.state().blobs.keys().copied().collect::<Vec<_>>(), [key(&good)]);
    assert_eq!((moved.emptied, deployment.state().store.len()), (0, 4), "nothing is deleted after a finding");
}

#[tokio::test]
async fn a_blob_of_another_size_in_the_target_is_reported_and_stays() {
    let deployment = Deployment::default();
    let file = deployment.file(1, "hello");
    let target = Target::default();
    target.state().blobs.insert(key(&file), b"hell".to_vec());
    let (_, found) = move_blobs(&deployment, &target, EMPTY).await;
    let size = Wrong::Size { recorded: ByteSize::new(5), stored: ByteSize::new(4) };
    assert_eq!(found, [finding(&file, size)]);
    assert_eq!(deployment.state().store.len(), 1);
}

#[tokio::test]
async fn a_blob_that_is_deleted_while_it_is_copied_does_not_come_back() {
    for is_purged in [true, false] {
        let deployment = Deployment::default();
        let file = deployment.file(1, "hello");
        let target = Target::default();
        let (behind, deleted) = (deployment.clone(), key(&file));
        target.state().after_put = Some(Box::new(move |_| {
            let mut state = behind.state();
            if is_purged {
                purge(&mut state, deleted);
            } else {
                // The purge comes later, and deletes from both.
                state.records.insert(deleted, BlobState::Deleted);
            }
        }));
        let (moved, found) = move_blobs(&deployment, &target, COPY).await;
        assert_eq!((moved.deleted, moved.moved, found.len()), (1, 0, 0));
        assert!(target.state().blobs.is_empty(), "the copy is deleted");
    }
}

#[tokio::test]
async fn a_blob_that_is_deleted_before_it_is_copied_is_not_missing() {
    let deployment = Deployment::default();
    let [read, unread] = [1, 2].map(|n| deployment.file(n, "hello"));
    let target = Target::default();
    // Behind the back of the first copy the second file goes.
    let behind = deployment.clone();
    let deleted = key(&unread);
    target.state().after_put = Some(Box::new(move |_| purge(&mut behind.state(), deleted)));
    let (moved, found) = move_blobs(&deployment, &target, MoveBlobsCommand { parallel: 1, ..COPY }).await;
    assert_eq!((moved.deleted, moved.moved, found.len()), (1, 1, 0), "{found:?}");
    assert_eq!(target.state().blobs.keys().copied().collect::<Vec<_>>(), [key(&read)]);
}

#[tokio::test]
async fn a_copy_that_vanishes_is_made_again() {
    let deployment = Deployment::default();
    let file = deployment.file(1, "hello");
    let target = Target::default();
    target.state().after_put = Some(Box::new(|state| state.blobs.clear()));
    // The second look copies it again.
    let (moved, found) = move_blobs(&deployment, &target, COPY).await;
    assert_eq!((moved.moved, found.len()), (1, 0));
    assert!(target.state().blobs.contains_key(&key(&file)));
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_waited_for_and_a_long_one_ends_the_run() {
    let deployment = Deployment::default();
    deployment.file(1, "hello");
    let target = Target::default();
    target.state().outages = 3;
    assert_eq!(move_blobs(&deployment, &target, COPY).await.0.moved, 1);
    target.state().blobs.clear();
    target.state().outages = 100;
    let use_case = MoveBlobs::new(&ports(&deployment, Arc::new(target.clone())));
    let ended = use_case.run(COPY, &mut |_| {}).await;
    assert!(matches!(ended, Err(MoveBlobsError::Store(_))), "{ended:?}");
}

#[tokio::test]
async fn the_previous_store_is_emptied_of_what_the_current_one_has() {
    let (deployment, files, _) = with_two_files();
    deployment.state().put(BlobKey::file(blob(9)), "an orphan");
    let target = Target::default();
    let (moved, _) = move_blobs(&deployment, &target, EMPTY).await;
    assert_eq!((moved.moved, moved.emptied), (3, 3));
    let left: Vec<BlobKey> = deployment.state().store.keys().copied().collect();
    assert_eq!(left, [BlobKey::file(blob(9))], "what no row knows is not touched");
    assert!(target.state().blobs.contains_key(&key(&files[0])));
    assert_eq!(target.state().blobs.len(), 3, "the question whether both are one place left nothing");
    assert_eq!(move_blobs(&deployment, &target, EMPTY).await.0.emptied, 0);
}

/// A store whose previous place is seen through it too.
struct Alias(Deployment);

#[async_trait]
impl BlobStore for Alias {
    async fn put(&self, key: &BlobKey, mut body: ByteStream, _: &PutHint) -> Result<StoredBlob, PutBlob> {
        assert!(body.next().await.is_none(), "nothing is copied");
        self.0.state().put(*key, "");
        Ok(StoredBlob { size: ByteSize::ZERO })
    }
    async fn get(&self, key: &BlobKey, range: Option<ByteRange>) -> Result<BlobReader, GetBlob> {
        self.0.get(key, range).await
    }
    async fn head(&self, key: &BlobKey) -> PortResult<Option<BlobHead>> {
        self.0.head(key).await
    }
    async fn delete(&self, key: &BlobKey) -> PortResult<()> {
        self.0.delete(key).await
    }
    fn limits(&self) -> BlobLimits {
        self.0.limits()
    }
    async fn ping(&self) -> PortResult<()> {
        Ok(())
    }
}

#[tokio::test]
async fn one_place_under_two_names_is_not_emptied() {
    let (deployment, ..) = with_two_files();
    let use_case = MoveBlobs::new(&ports(&deployment, Arc::new(Alias(deployment.clone()))));
    let refused = use_case.run(EMPTY, &mut |_| {}).await;
    assert!(matches!(refused, Err(MoveBlobsError::SamePlace)), "{refused:?}");
    assert_eq!(deployment.state().store.len(), 3);
}

#[tokio::test]
async fn without_a_previous_store_there_is_nothing_to_move() {
    let refused = MoveBlobs::new(&Deployment::default().ports()).run(COPY, &mut |_| {}).await;
    assert!(matches!(refused, Err(MoveBlobsError::NotMoving)), "{refused:?}");
}

#[tokio::test]
async fn no_more_blobs_are_copied_at_once_than_asked_for() {
    let deployment = Deployment::default();
    for n in 1..=20 {
        deployment.file(n, "hello");
    }
    let target = Target::default();
    let command = MoveBlobsCommand { parallel: 4, ..COPY };
    assert_eq!(move_blobs(&deployment, &target, command).await.0.moved, 20);
    assert_eq!(target.state().most_at_once, 4);
}
