#![expect(clippy::unwrap_used, reason = "a test that fails here has failed")]

use std::sync::Arc;

use async_trait::async_trait;
use fm_domain::blobs::{
    BlobHead, BlobKey, BlobLimits, BlobReader, BlobStore, ByteRange, GetBlob, PutBlob, PutHint, StoredBlob,
};
use fm_domain::body::ByteStream;
use fm_domain::clock::Timestamp;
use fm_domain::error::{PortError, PortResult};
use fm_domain::testing::FixedClock;
use fm_memory::{MemoryBlobStore, SequentialIds};

use super::super::recorder::Recorder;
use super::super::report::Outcome;
use super::{Links, Scratch, check_open};
use crate::Program;
use crate::adapters::OpenBlobStore;
use crate::config::{Config, Sources};

fn config() -> Config {
    Program::new().read(&Sources::default()).unwrap()
}

fn memory() -> Arc<MemoryBlobStore> {
    Arc::new(MemoryBlobStore::new(Arc::new(FixedClock::NEW_YEAR)))
}

async fn tried(opened: &OpenBlobStore) -> Vec<(&'static str, Outcome, String)> {
    let (config, ids) = (config(), SequentialIds::default());
    let mut recorder = Recorder::new("blob store", "");
    let links = Links { config: &config, now: Timestamp::from_unix_seconds(0), ids: &ids };
    check_open(&mut recorder, opened, true, &links, &Scratch::new(&ids)).await;
    recorder.into_steps().into_iter().map(|step| (step.name, step.outcome, step.detail)).collect()
}

#[tokio::test]
async fn a_store_that_is_well_passes_each_step_and_keeps_nothing() {
    let store = memory();
    let opened = OpenBlobStore {
        resumable: Some(store.clone()),
        lister: Some(store.clone()),
        ..OpenBlobStore::new(store.clone())
    };
    let steps = tried(&opened).await;
    assert!(steps.iter().all(|(_, outcome, _)| *outcome == Outcome::Ok), "{steps:?}");
    let names: Vec<_> = steps.iter().map(|(name, ..)| *name).collect();
    assert_eq!(names, ["write", "read", "range", "list", "signed download", "resumable upload", "delete"]);
    let scratch = Scratch::new(&SequentialIds::default());
    for key in scratch.keys() {
        assert_eq!(store.head(&key).await.unwrap(), None);
    }
}

/// A store that answers with the whole blob to whatever range, or takes nothing at all.
struct Faulty {
    store: Arc<MemoryBlobStore>,
    is_read_only: bool,
}

#[async_trait]
impl BlobStore for Faulty {
    async fn put(&self, key: &BlobKey, body: ByteStream, hint: &PutHint) -> Result<StoredBlob, PutBlob> {
        if self.is_read_only {
            return Err(PortError::Unexpected("it is read-only".into()).into());
        }
        self.store.put(key, body, hint).await
    }

    async fn get(&self, key: &BlobKey, _: Option<ByteRange>) -> Result<BlobReader, GetBlob> {
        self.store.get(key, None).await
    }

    async fn head(&self, key: &BlobKey) -> PortResult<Option<BlobHead>> {
        self.store.head(key).await
    }

    async fn delete(&self, key: &BlobKey) -> PortResult<()> {
        self.store.delete(key).await
    }

    fn limits(&self) -> BlobLimits {
        self.store.limits()
    }

    async fn ping(&self) -> PortResult<()> {
        self.store.ping().await
    }
}

#[tokio::test]
async fn a_step_that_fails_hides_none_that_needs_it_not() {
    let store = memory();
    let faulty = Faulty { store: store.clone(), is_read_only: false };
    let opened = OpenBlobStore { lister: Some(store), ..OpenBlobStore::new(Arc::new(faulty)) };
    let steps = tried(&opened).await;
    let outcomes: Vec<_> = steps.iter().map(|(name, outcome, _)| (*name, *outcome)).collect();
    let expected = [
        ("write", Outcome::Ok),
        ("read", Outcome::Ok),
        ("range", Outcome::Fail),
        ("list", Outcome::Ok),
        ("signed download", Outcome::Ok),
        ("delete", Outcome::Ok),
    ];
    assert_eq!(outcomes, expected);
}

#[tokio::test]
async fn where_nothing_can_be_written_the_rest_is_left_out_and_it_is_cleaned_up_all_the_same() {
    let opened = OpenBlobStore::new(Arc::new(Faulty { store: memory(), is_read_only: true }));
    let steps = tried(&opened).await;
    assert_eq!((steps[0].0, steps[0].1), ("write", Outcome::Fail));
    assert!(steps[0].2.ends_with("it is read-only"), "{steps:?}");
    let (last, between) = steps[1..].split_last().unwrap();
    assert!(between.iter().all(|(_, outcome, _)| *outcome == Outcome::Skip), "{steps:?}");
    assert_eq!((last.0, last.1), ("delete", Outcome::Ok));
}
