//! Writes in parts: which files there are, and how processes keep out of each other's way.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use fm_disk::{DiskBlobStore, DiskSettings};
use fm_domain::blobs::{
    BlobKey, BlobStore as _, Bucket, CompleteParts, ListBlobs as _, PartPlace, PartTag, PartUpload as _,
    PartWrite, WritePart, WrittenPart,
};
use fm_domain::body::ByteSize;
use fm_domain::clock::Timestamp;
use fm_domain::files::MediaType;
use futures_util::TryStreamExt as _;

use crate::bodies::{file_of, key, pattern, read};
use crate::fixture::Fixture;

/// The file of a write, and that of its fence.
fn files_of(fixture: &Fixture, key: &BlobKey) -> (PathBuf, PathBuf) {
    let whole = file_of(fixture, key);
    let (folder, id) = (whole.parent().unwrap(), key.id);
    (folder.join(format!(".{id}.upload")), folder.join(format!(".{id}.fence")))
}

async fn begun(store: &DiskBlobStore) -> PartWrite {
    let key = key();
    PartWrite { key, id: store.begin(&key, &MediaType::octet_stream()).await.unwrap() }
}

/// Writes as the first part; what is named of it at the end.
async fn send(
    store: &DiskBlobStore,
    write: &PartWrite,
    fence: u64,
    bytes: Bytes,
) -> Result<Vec<WrittenPart>, WritePart> {
    let size = ByteSize::new(bytes.len() as u64);
    let place = PartPlace { number: 1, offset: ByteSize::ZERO, fence, in_order: true };
    store.write(write, place, bytes.into()).await?;
    Ok(vec![WrittenPart { number: 1, size, tag: PartTag::new(String::new()) }])
}

/// How many bytes of the disk a file takes.
#[cfg(target_os = "linux")]
fn taken(file: &std::path::Path) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata(file).unwrap().blocks() * 512
}

/// Whether the file system of this folder reserves blocks.
#[cfg(target_os = "linux")]
fn reserves(folder: &std::path::Path) -> bool {
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
async fn neighbour(fixture: &Fixture) -> DiskBlobStore {
    let settings = DiskSettings { root: fixture.root(), budget: fixture.budget.clone() };
    DiskBlobStore::open(settings).await.unwrap()
}

#[tokio::test]
async fn a_write_in_parts_rests_in_two_private_files_that_no_list_shows() {
    let fixture = Fixture::fresh().await;
    let write = begun(&fixture.store).await;
    let parts = send(&fixture.store, &write, 1, pattern(1000)).await.unwrap();
    let (upload, fence) = files_of(&fixture, &write.key);
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
    fixture.store.complete(&write, 1, &parts, ByteSize::new(1000)).await.unwrap();
    assert_eq!(fixture.files(), [file_of(&fixture, &write.key)]);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn blocks_are_reserved_for_no_more_than_has_come_and_given_back_in_the_end() {
    const MOST: u64 = 16 << 20;
    // The rest of the last block, and where the blocks are.
    const SLACK: u64 = 64 * 1024;
    let fixture = Fixture::fresh().await;
    let bytes = pattern(16 << 20);
    for in_order in [true, false] {
        let write = begun(&fixture.store).await;
        let (upload, _fence) = files_of(&fixture, &write.key);
        let (mut came, mut ahead, mut parts) = (0, 0, Vec::new());
        let lengths = [1, 300_000, 700_000, 1 << 20, 5 << 20, 12 << 20, 14 << 20, 16 << 20, 16 << 20, 17];
        for (length, number) in lengths.into_iter().zip(1..) {
            let place = PartPlace { number, offset: ByteSize::new(came), fence: 1, in_order };
            fixture.store.write(&write, place, bytes.slice(..length).into()).await.unwrap();
            let size = ByteSize::new(length as u64);
            parts.push(WrittenPart { number, size, tag: PartTag::new(String::new()) });
            came += length as u64;
            assert_eq!(fs::metadata(&upload).unwrap().len(), came, "only what came can be read");
            let more = taken(&upload).saturating_sub(came);
            assert!(more <= came.min(MOST) + SLACK, "{more} bytes ahead of {came}");
            ahead = more.max(ahead);
        }
        assert_eq!(ahead > 8 << 20, in_order && reserves(&fixture.root()), "{ahead} bytes ahead");
        fixture.store.complete(&write, 1, &parts, ByteSize::new(came)).await.unwrap();
        let more = taken(&file_of(&fixture, &write.key)).saturating_sub(came);
        assert!(more <= SLACK, "{more} bytes too many");
    }
}

#[tokio::test]
async fn a_process_that_was_shut_out_by_another_neither_writes_nor_completes() {
    let fixture = Fixture::fresh().await;
    let (old, new) = (&fixture.store, &neighbour(&fixture).await);
    let write = begun(old).await;
    let parts = send(old, &write, 1, pattern(1000)).await.unwrap();
    send(new, &write, 2, Bytes::from(vec![7; 1000])).await.unwrap();
    assert!(matches!(send(old, &write, 1, pattern(1000)).await, Err(WritePart::Gone)));
    let size = ByteSize::new(1000);
    assert!(matches!(old.complete(&write, 1, &parts, size).await, Err(CompleteParts::Gone)));
    new.complete(&write, 2, &parts, size).await.unwrap();
    assert!(read(old.get(&write.key, None).await.unwrap()).await.unwrap() == vec![7; 1000]);
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the test waits for its task")]
async fn a_writer_that_waited_while_the_blob_was_completed_changes_nothing() {
    let fixture = Fixture::fresh().await;
    let write = begun(&fixture.store).await;
    send(&fixture.store, &write, 1, pattern(1000)).await.unwrap();
    let (upload, fence) = files_of(&fixture, &write.key);
    // Another process holds the lock and completes.
    let held = fs::File::options().write(true).open(&fence).unwrap();
    held.lock().unwrap();
    let (store, late) = (fixture.store.clone(), write.clone());
    let waiting = tokio::spawn(async move { send(&store, &late, 9, Bytes::from(vec![7; 1000])).await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!waiting.is_finished(), "it did not wait for the lock");
    fs::rename(upload, file_of(&fixture, &write.key)).unwrap();
    fs::remove_file(fence).unwrap();
    drop(held);
    let late = waiting.await.unwrap();
    assert!(matches!(late, Err(WritePart::Gone)), "{late:?}");
    assert!(read(fixture.store.get(&write.key, None).await.unwrap()).await.unwrap() == pattern(1000));
}

#[tokio::test]
async fn what_a_process_that_died_while_it_completed_left_is_put_in_order_by_the_next() {
    let fixture = Fixture::fresh().await;
    let write = begun(&fixture.store).await;
    let parts = send(&fixture.store, &write, 1, pattern(1000)).await.unwrap();
    let (upload, _fence) = files_of(&fixture, &write.key);
    fs::rename(upload, file_of(&fixture, &write.key)).unwrap();
    assert!(matches!(send(&fixture.store, &write, 1, pattern(10)).await, Err(WritePart::Gone)));
    assert_eq!(fixture.files().len(), 2);
    fixture.store.complete(&write, 1, &parts, ByteSize::new(1000)).await.unwrap();
    assert_eq!(fixture.files(), [file_of(&fixture, &write.key)]);
}

#[tokio::test]
async fn beginning_again_finds_the_same_write_and_after_the_end_leaves_nothing() {
    let fixture = Fixture::fresh().await;
    let write = begun(&fixture.store).await;
    let parts = send(&fixture.store, &write, 3, pattern(1000)).await.unwrap();
    let again = neighbour(&fixture).await.begin(&write.key, &MediaType::octet_stream()).await.unwrap();
    assert_eq!(again, write.id);
    assert!(matches!(send(&fixture.store, &write, 2, pattern(10)).await, Err(WritePart::Gone)));
    fixture.store.complete(&write, 3, &parts, ByteSize::new(1000)).await.unwrap();
    fixture.store.begin(&write.key, &MediaType::octet_stream()).await.unwrap();
    assert_eq!(fixture.files(), [file_of(&fixture, &write.key)]);
    assert!(read(fixture.store.get(&write.key, None).await.unwrap()).await.unwrap() == pattern(1000));
}
