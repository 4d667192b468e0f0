//! A store that is not there while the program runs: not mounted, or something else in its place.

#![expect(clippy::panic, reason = "a test that meets something else shall fail")]

use std::fs;
use std::path::Path;

use fm_domain::blobs::{BlobStore as _, DirectStore, GetBlob, ListBlobs as _, PutBlob};
use fm_domain::body::ByteSize;
use fm_domain::error::PortError;
use fm_domain::files::MediaType;
use fm_domain::uploads::{AppendError, Chunk, CompleteError, Epoch, Position, ResumableStore, WriteState};
use futures_util::StreamExt as _;

use super::bodies::{body, hint, key, pattern};
use super::fixture::Fixture;

fn start() -> Position {
    Position { state: WriteState::default(), offset: ByteSize::ZERO, fence: Epoch::new(1) }
}

/// Every call finds that the store is out of reach; none takes its blobs for absent.
async fn every_call_is_refused(fixture: &Fixture, what: &str) {
    let store = &fixture.store;
    let out_of_reach =
        |error: &PortError| assert!(matches!(error, PortError::Unavailable(_)), "{what}: {error:?}");
    let key = key();
    for length in [0, 10, 600_000] {
        match store.put(&key, body(pattern(length), 60_000, None), &hint(None)).await.unwrap_err() {
            PutBlob::Store(error) => out_of_reach(&error),
            error @ (PutBlob::Body(_) | PutBlob::TooLarge) => panic!("{what}: {error:?}"),
        }
    }
    match store.get(&key, None).await {
        Err(GetBlob::Store(error)) => out_of_reach(&error),
        Err(other) => panic!("{what}: {other:?}"),
        Ok(_reader) => panic!("{what}: there is a blob"),
    }
    out_of_reach(&store.head(&key).await.unwrap_err());
    out_of_reach(&store.delete(&key).await.unwrap_err());
    out_of_reach(&store.ping().await.unwrap_err());
    let text: MediaType = "text/plain".parse().unwrap();
    out_of_reach(&ResumableStore::begin(store, &key, &text).await.unwrap_err());
    out_of_reach(&DirectStore::begin(store, &key, &text).await.unwrap_err());
    // An upload that was begun before is out of reach, not gone.
    let chunk = Chunk { bytes: pattern(10).into(), is_last: true };
    match store.append(&key, &start(), chunk).await.unwrap_err() {
        AppendError::Store(error) => out_of_reach(&error),
        other @ (AppendError::Gone | AppendError::TooLarge) => panic!("{what}: {other:?}"),
    }
    match ResumableStore::complete(store, &key, &start()).await.unwrap_err() {
        CompleteError::Store(error) => out_of_reach(&error),
        other => panic!("{what}: {other:?}"),
    }
    out_of_reach(&ResumableStore::sync(store, &key).await.unwrap_err());
    let listed = store.list(fm_domain::blobs::Bucket::Files).await.unwrap().next().await;
    out_of_reach(&listed.unwrap().unwrap_err());
}

/// Takes `path` away, checks the store with nothing, a file and a link that leads nowhere in its place, and brings it
/// back.
async fn without(fixture: &Fixture, path: &Path) {
    let away = path.with_extension("away");
    fs::rename(path, &away).unwrap();
    every_call_is_refused(fixture, &format!("no {}", path.display())).await;
    fs::write(path, "a file").unwrap();
    every_call_is_refused(fixture, &format!("a file as {}", path.display())).await;
    fs::remove_file(path).unwrap();
    std::os::unix::fs::symlink("nowhere", path).unwrap();
    every_call_is_refused(fixture, &format!("a dangling {}", path.display())).await;
    fs::remove_file(path).unwrap();
    fs::rename(&away, path).unwrap();
    let key = key();
    fixture.store.put(&key, body(pattern(10), 10, None), &hint(None)).await.unwrap();
    assert!(fixture.store.head(&key).await.unwrap().is_some(), "it is back");
    fixture.store.ping().await.unwrap();
}

#[tokio::test]
async fn a_root_that_is_not_there_is_out_of_reach_until_it_is_back() {
    let fixture = Fixture::fresh().await;
    without(&fixture, &fixture.root()).await;
    without(&fixture, fixture.root().parent().unwrap()).await;
}

#[tokio::test]
async fn a_bucket_that_is_not_there_is_out_of_reach_until_it_is_back() {
    let fixture = Fixture::fresh().await;
    without(&fixture, &fixture.root().join("files")).await;
}
