#![expect(clippy::unwrap_used, reason = "a test that fails here has failed")]

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use fm_domain::blobs::{BlobKey, BlobStore as _, Bucket, ListBlobs, ListedBlob, PutHint};
use fm_domain::error::{PortError, PortResult};
use fm_domain::files::MediaType;
use fm_domain::ids::BlobId;
use fm_domain::testing::FixedClock;
use fm_memory::{MemoryBlobStore, SequentialIds};
use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, stream};

use super::super::recorder::Recorder;
use super::super::report::Outcome;
use super::check_open;
use crate::adapters::OpenBlobStore;

fn memory() -> Arc<MemoryBlobStore> {
    Arc::new(MemoryBlobStore::new(Arc::new(FixedClock::NEW_YEAR)))
}

async fn tried(opened: &OpenBlobStore) -> Vec<(&'static str, Outcome, String)> {
    let mut recorder = Recorder::new("fallback", "");
    check_open(&mut recorder, opened, &SequentialIds::default()).await;
    recorder.into_steps().into_iter().map(|step| (step.name, step.outcome, step.detail)).collect()
}

fn outcomes(steps: &[(&'static str, Outcome, String)]) -> Vec<(&'static str, Outcome)> {
    steps.iter().map(|(name, outcome, _)| (*name, *outcome)).collect()
}

const WELL: [(&str, Outcome); 3] = [("list", Outcome::Ok), ("read", Outcome::Ok), ("delete", Outcome::Ok)];

#[tokio::test]
async fn a_store_that_is_well_passes_each_step_and_keeps_what_it_has() {
    let store = memory();
    let opened = OpenBlobStore { lister: Some(store.clone()), ..OpenBlobStore::new(store.clone()) };
    let empty = tried(&opened).await;
    assert_eq!(outcomes(&empty), WELL);
    assert!(empty[0].2.ends_with("nothing is left to move"), "{empty:?}");

    let id = BlobId::new(uuid::Uuid::max());
    let keys = [BlobKey::file(id), BlobKey::thumbnail(id)];
    let hint = PutHint { owner: None, length: None, content_type: MediaType::octet_stream() };
    for key in keys {
        let body = stream::once(std::future::ready(Ok(Bytes::from_static(b"text")))).boxed();
        store.put(&key, body, &hint).await.unwrap();
    }
    let steps = tried(&opened).await;
    assert_eq!(outcomes(&steps), WELL);
    assert_eq!(steps[0].2, "both buckets can be listed");
    for key in keys {
        assert!(store.head(&key).await.unwrap().is_some());
    }
}

/// A store that may not be listed.
struct Unlisted;

#[async_trait]
impl ListBlobs for Unlisted {
    async fn list(&self, _: Bucket) -> PortResult<BoxStream<'static, PortResult<ListedBlob>>> {
        Err(PortError::Unexpected("AccessDenied".into()))
    }
}

#[tokio::test]
async fn where_it_can_not_be_listed_nothing_is_read_and_deletions_are_tried_all_the_same() {
    let opened = OpenBlobStore { lister: Some(Arc::new(Unlisted)), ..OpenBlobStore::new(memory()) };
    let steps = tried(&opened).await;
    let expected = [("list", Outcome::Fail), ("read", Outcome::Skip), ("delete", Outcome::Ok)];
    assert_eq!(outcomes(&steps), expected);
    assert!(steps[0].2.contains("AccessDenied"), "{steps:?}");

    let steps = tried(&OpenBlobStore::new(memory())).await;
    let expected = [("list", Outcome::Skip), ("read", Outcome::Skip), ("delete", Outcome::Ok)];
    assert_eq!(outcomes(&steps), expected);
}
