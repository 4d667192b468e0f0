//! Blobs that grow by many requests: which files there are, and how processes keep out of each other's way.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use fm_disk::{DiskBlobStore, DiskSettings};
use fm_domain::blobs::{BlobKey, BlobStore as _, Bucket, ListBlobs as _};
use fm_domain::body::ByteSize;
use fm_domain::clock::Timestamp;
use fm_domain::files::MediaType;
use fm_domain::uploads::{
    AppendError, Chunk, CompleteError, Epoch, Position, ResumableStore as _, WriteState,
};
use futures_util::TryStreamExt as _;

use crate::bodies::{file_of, key, pattern, read};
use crate::fixture::Fixture;

/// The file of an unfinished blob, and that of its fence.
pub(crate) fn files_of(fixture: &Fixture, key: &BlobKey) -> (PathBuf, PathBuf) {
    let whole = file_of(fixture, key);
    let (folder, id) = (whole.parent().unwrap(), key.id);
    (folder.join(format!(".{id}.upload")), folder.join(format!(".{id}.fence")))
}

async fn begun(store: &DiskBlobStore) -> BlobKey {
    let key = key();
    let state = store.begin(&key, &MediaType::octet_stream()).await.unwrap();
    assert_eq!(state, WriteState::default());
    key
}

/// Where a blob of so many bytes goes on, for a writer with this fence.
fn at(offset: u64, fence: u64) -> Position {
    Position { state: WriteState::default(), offset: ByteSize::new(offset), fence: Epoch::new(fence) }
}

/// Appends at the beginning.
async fn send(store: &DiskBlobStore, key: &BlobKey, fence: u64, bytes: Bytes) -> Result<(), AppendError> {
    let chunk = Chunk { bytes: bytes.into(), is_last: true };
    assert_eq!(store.append(key, &at(0, fence), chunk).await?, WriteState::default());
    Ok(())
}

/// How many bytes of the disk a file takes.
#[cfg(target_os = "linux")]
pub(crate) fn taken(file: &std::path::Path) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata(file).unwrap().blocks() * 512
}

/// Whether the file system of this folder reserves blocks.
#[cfg(target_os = "linux")]
pub(crate) fn reserves(folder: &std::path::Path) -> bool {
    let probe = folder.join("probe");
    let reserved = rustix::fs::fallocate(
        fs::File::create(&probe).unwrap(),
        rustix::fs::FallocateFlags::KEEP_SIZE,
        0,
        1 << 20,
    );
    let is_there = reserved.is_ok() && taken(&probe) >= 1 << 20;
    fs::remove_file(probe).unwrap();
    is_there
}

/// The store of another process.
pub(crate) async fn neighbour(fixture: &Fixture) -> DiskBlobStore {
    let settings = DiskSettings { root: fixture.root(), budget: fixture.budget.clone() };
    DiskBlobStore::open(settings).await.unwrap()
}

#[tokio::test]
async fn a_blob_that_grows_rests_in_two_private_files_that_no_list_shows() {
    let fixture = Fixture::fresh().await;
    let key = begun(&fixture.store).await;
    send(&fixture.store, &key, 1, pattern(1000)).await.unwrap();
    let (upload, fence) = files_of(&fixture, &key);
    let mut files = fixture.files();
    files.sort();
    assert_eq!(files, [fence, upload]);
    for file in &files {
        assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let listed: Vec<_> = fixture.store.list(Bucket::Files).await.unwrap().try_collect().await.unwrap();
    assert!(listed.is_empty());
    let tomorrow = Timestamp::from_unix_seconds(i64::from(u32::MAX));
    assert_eq!(fixture.store.remove_unfinished(tomorrow).await.unwrap(), 0);
    fixture.store.complete(&key, &at(1000, 1)).await.unwrap();
    assert_eq!(fixture.files(), [file_of(&fixture, &key)]);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn blocks_are_reserved_for_no_more_than_has_come_and_given_back_in_the_end() {
    const MOST: u64 = 16 << 20;
    // The rest of the last block, and where the blocks are.
    const SLACK: u64 = 64 * 1024;
    let fixture = Fixture::fresh().await;
    let bytes = pattern(16 << 20);
    let key = begun(&fixture.store).await;
    let (upload, _fence) = files_of(&fixture, &key);
    let (mut came, mut ahead) = (0, 0);
    for length in [1, 300_000, 700_000, 1 << 20, 5 << 20, 12 << 20, 14 << 20, 16 << 20, 16 << 20, 17] {
        let chunk = Chunk { bytes: bytes.slice(..length).into(), is_last: false };
        fixture.store.append(&key, &at(came, 1), chunk).await.unwrap();
        came += length as u64;
        assert_eq!(fs::metadata(&upload).unwrap().len(), came, "only the received bytes can be read");
        let more = taken(&upload).saturating_sub(came);
        assert!(more <= came.min(MOST) + SLACK, "{more} bytes ahead of {came}");
        ahead = more.max(ahead);
    }
    assert_eq!(ahead > 8 << 20, reserves(&fixture.root()), "{ahead} bytes ahead");
    fixture.store.complete(&key, &at(came, 1)).await.unwrap();
    let more = taken(&file_of(&fixture, &key)).saturating_sub(came);
    assert!(more <= SLACK, "{more} bytes too many");
}

#[tokio::test]
async fn a_process_that_was_shut_out_by_another_neither_writes_nor_completes() {
    let fixture = Fixture::fresh().await;
    let (old, new) = (&fixture.store, &neighbour(&fixture).await);
    let key = begun(old).await;
    send(old, &key, 1, pattern(1000)).await.unwrap();
    send(new, &key, 2, Bytes::from(vec![7; 1000])).await.unwrap();
    assert!(matches!(send(old, &key, 1, pattern(1000)).await, Err(AppendError::Gone)));
    assert!(matches!(old.complete(&key, &at(1000, 1)).await, Err(CompleteError::Gone)));
    new.complete(&key, &at(1000, 2)).await.unwrap();
    assert!(read(old.get(&key, None).await.unwrap()).await.unwrap() == vec![7; 1000]);
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the test waits for its task")]
async fn a_writer_that_waited_while_the_blob_was_completed_changes_nothing() {
    let fixture = Fixture::fresh().await;
    let key = begun(&fixture.store).await;
    send(&fixture.store, &key, 1, pattern(1000)).await.unwrap();
    let (upload, fence) = files_of(&fixture, &key);
    // Another process holds the lock and completes.
    let held = fs::File::options().write(true).open(&fence).unwrap();
    held.lock().unwrap();
    let store = fixture.store.clone();
    let waiting = tokio::spawn(async move { send(&store, &key, 9, Bytes::from(vec![7; 1000])).await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!waiting.is_finished(), "it did not wait for the lock");
    fs::rename(upload, file_of(&fixture, &key)).unwrap();
    fs::remove_file(fence).unwrap();
    drop(held);
    let late = waiting.await.unwrap();
    assert!(matches!(late, Err(AppendError::Gone)), "{late:?}");
    assert!(read(fixture.store.get(&key, None).await.unwrap()).await.unwrap() == pattern(1000));
}

#[tokio::test]
async fn what_a_process_that_died_while_it_completed_left_is_put_in_order_by_the_next() {
    let fixture = Fixture::fresh().await;
    let key = begun(&fixture.store).await;
    send(&fixture.store, &key, 1, pattern(1000)).await.unwrap();
    let (upload, _fence) = files_of(&fixture, &key);
    fs::rename(upload, file_of(&fixture, &key)).unwrap();
    assert!(matches!(send(&fixture.store, &key, 1, pattern(10)).await, Err(AppendError::Gone)));
    assert_eq!(fixture.files().len(), 2);
    fixture.store.complete(&key, &at(1000, 1)).await.unwrap();
    assert_eq!(fixture.files(), [file_of(&fixture, &key)]);
}

#[tokio::test]
async fn beginning_again_finds_the_same_write_and_after_the_end_leaves_nothing() {
    let fixture = Fixture::fresh().await;
    let key = begun(&fixture.store).await;
    send(&fixture.store, &key, 3, pattern(1000)).await.unwrap();
    neighbour(&fixture).await.begin(&key, &MediaType::octet_stream()).await.unwrap();
    assert!(matches!(send(&fixture.store, &key, 2, pattern(10)).await, Err(AppendError::Gone)));
    fixture.store.complete(&key, &at(1000, 3)).await.unwrap();
    fixture.store.begin(&key, &MediaType::octet_stream()).await.unwrap();
    assert_eq!(fixture.files(), [file_of(&fixture, &key)]);
    assert!(read(fixture.store.get(&key, None).await.unwrap()).await.unwrap() == pattern(1000));
}

#[tokio::test]
async fn a_rewound_writer_writes_over_what_does_not_count_and_the_rest_of_it_is_cut_off() {
    let fixture = Fixture::fresh().await;
    let key = begun(&fixture.store).await;
    send(&fixture.store, &key, 1, pattern(1000)).await.unwrap();
    let counted = WriteState::default();
    assert_eq!(fixture.store.read_back(&counted), ByteSize::ZERO);
    let rewound = fixture.store.rewind(&counted, &counted);
    let position = Position { state: rewound, ..at(100, 2) };
    let chunk = Chunk { bytes: Bytes::from(vec![7; 50]).into(), is_last: false };
    let after = fixture.store.append(&key, &position, chunk).await.unwrap();
    fixture.store.prune(&key, &position.state, &after).await.unwrap();
    fixture.store.sync(&key).await.unwrap();
    assert!(matches!(fixture.store.complete(&key, &at(1001, 2)).await, Err(CompleteError::Incomplete)));
    fixture.store.complete(&key, &at(150, 2)).await.unwrap();
    let whole = [&pattern(100)[..], &[7; 50]].concat();
    assert!(read(fixture.store.get(&key, None).await.unwrap()).await.unwrap() == whole);
    assert!(matches!(fixture.store.complete(&key, &at(149, 2)).await, Err(CompleteError::Incomplete)));
    assert_eq!(fixture.files(), [file_of(&fixture, &key)]);
}
