//! Stores of blobs with one fault.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use fm_contract::BlobStoreHarness;
use fm_domain::blobs::{
    BlobHead, BlobKey, BlobLimits, BlobReader, BlobStore, Bucket, ByteRange, GetBlob, ListBlobs, ListedBlob,
    PutBlob, PutHint, StoredBlob,
};
use fm_domain::body::{ByteSize, ByteStream};
use fm_domain::clock::Timestamp;
use fm_domain::error::{PortError, PortResult};
use fm_memory::{ManualClock, MemoryBlobStore};
use fm_streaming::BufferBudget;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::bites;

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    TakesAnAbortForTheEnd,
    KeepsWhatCameBeforeAnAbort,
    ShowsBlobsBeforeTheyAreWhole,
    KeepsWhatADroppedPutWrote,
    RangesAreOneByteShort,
    AnswersRangesBeyondTheEnd,
    DiscardsOnlyOnce,
    DiscardsNothing,
    MixesTheBuckets,
    ListsHalf,
    TakesWithoutMemory,
    LosesMemory,
    DropsTheLastChunk,
}

/// The size of its buffers, and the memory for them.
const PART: usize = 64 * 1024;

struct Broken {
    inner: MemoryBlobStore,
    budget: BufferBudget,
    fault: Fault,
}

impl Broken {
    fn new(fault: Fault) -> Self {
        let inner =
            MemoryBlobStore::new(Arc::new(ManualClock::new(Timestamp::from_unix_seconds(1_750_000_000))));
        Self { inner, budget: BufferBudget::new(ByteSize::new(4 * PART as u64)), fault }
    }

    fn is(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    fn place(&self, key: &BlobKey) -> BlobKey {
        if self.is(Fault::MixesTheBuckets) { BlobKey::file(key.id) } else { *key }
    }

    /// Keeps the bytes as if they were all.
    async fn keep(&self, key: &BlobKey, chunks: Vec<Bytes>, hint: &PutHint) {
        let body = stream::iter(chunks.into_iter().map(Ok)).boxed();
        self.inner.put(key, body, hint).await.unwrap();
    }

    /// Takes the body chunk by chunk, as the fault has it.
    async fn take(&self, key: &BlobKey, mut body: ByteStream, hint: &PutHint) -> Result<Vec<Bytes>, PutBlob> {
        let mut chunks = Vec::new();
        loop {
            match body.try_next().await {
                Ok(Some(chunk)) => chunks.push(chunk),
                Err(_error) if self.is(Fault::TakesAnAbortForTheEnd) => return Ok(chunks),
                Ok(None) => {
                    if self.is(Fault::DropsTheLastChunk) && hint.length.is_none() && chunks.len() > 1 {
                        chunks.pop();
                    }
                    return Ok(chunks);
                }
                Err(error) => {
                    if self.is(Fault::KeepsWhatCameBeforeAnAbort) {
                        self.keep(key, chunks.clone(), hint).await;
                    } else if self.is(Fault::ShowsBlobsBeforeTheyAreWhole) {
                        self.inner.discard(key).await?;
                    }
                    return Err(error.into());
                }
            }
            if self.is(Fault::ShowsBlobsBeforeTheyAreWhole) || self.is(Fault::KeepsWhatADroppedPutWrote) {
                self.keep(key, chunks.clone(), hint).await;
            }
        }
    }
}

#[async_trait]
impl BlobStore for Broken {
    async fn put(&self, key: &BlobKey, body: ByteStream, hint: &PutHint) -> Result<StoredBlob, PutBlob> {
        let key = self.place(key);
        let body = if self.is(Fault::TakesWithoutMemory) {
            let taken: Vec<_> = body.collect().await;
            stream::iter(taken).boxed()
        } else {
            body
        };
        let permit = self.budget.acquire(ByteSize::new(PART as u64)).await;
        let taken = self.take(&key, body, hint).await;
        if self.is(Fault::LosesMemory) && taken.is_err() {
            std::mem::forget(permit);
        }
        let chunks = taken?;
        let size = ByteSize::new(chunks.iter().map(|chunk| chunk.len() as u64).sum());
        self.keep(&key, chunks, hint).await;
        Ok(StoredBlob { size })
    }

    async fn get(&self, key: &BlobKey, range: Option<ByteRange>) -> Result<BlobReader, GetBlob> {
        let key = self.place(key);
        let read = self.inner.get(&key, range).await;
        if self.is(Fault::AnswersRangesBeyondTheEnd) && matches!(read, Err(GetBlob::Range(_))) {
            return self.inner.get(&key, None).await;
        }
        let mut reader = read?;
        if let (Some(range), true) = (reader.range, self.is(Fault::RangesAreOneByteShort)) {
            let mut bytes: Vec<u8> = reader.bytes.try_collect::<Vec<Bytes>>().await.unwrap().concat();
            bytes.truncate(usize::try_from(range.length() - 1).unwrap());
            reader.bytes = stream::iter([Ok(Bytes::from(bytes))]).boxed();
        }
        Ok(reader)
    }

    async fn head(&self, key: &BlobKey) -> PortResult<Option<BlobHead>> {
        self.inner.head(&self.place(key)).await
    }

    async fn discard(&self, key: &BlobKey) -> PortResult<()> {
        let key = self.place(key);
        if self.is(Fault::DiscardsNothing) {
            return Ok(());
        }
        if self.is(Fault::DiscardsOnlyOnce) && self.inner.head(&key).await?.is_none() {
            return Err(PortError::Unexpected("there is no such blob".into()));
        }
        self.inner.discard(&key).await
    }

    fn limits(&self) -> BlobLimits {
        self.inner.limits()
    }

    async fn ping(&self) -> PortResult<()> {
        self.inner.ping().await
    }
}

#[async_trait]
impl ListBlobs for Broken {
    async fn list(&self, bucket: Bucket) -> PortResult<BoxStream<'static, PortResult<ListedBlob>>> {
        let all = self.inner.list(bucket).await?;
        Ok(if self.is(Fault::ListsHalf) { all.take(10).boxed() } else { all })
    }
}

macro_rules! broken {
    ($name:ident, $fault:expr) => {
        struct $name(Arc<Broken>);

        #[async_trait]
        impl BlobStoreHarness for $name {
            async fn fresh() -> Self {
                Self(Arc::new(Broken::new($fault)))
            }

            fn blobs(&self) -> Arc<dyn BlobStore> {
                self.0.clone()
            }

            fn lister(&self) -> Option<Arc<dyn ListBlobs>> {
                Some(self.0.clone())
            }

            fn budget(&self) -> Option<BufferBudget> {
                Some(self.0.budget.clone())
            }

            fn part_size(&self) -> usize {
                PART
            }

            async fn debris(&self) -> usize {
                self.0.inner.count()
            }
        }
    };
}

bites! {
    a_store_without_a_fault_breaks_no_rule: broken(Fault::None) => blob_store, [];
    a_store_that_takes_an_abort_for_the_end: broken(Fault::TakesAnAbortForTheEnd) => blob_store,
        ["BLOB-04", "BLOB-10"];
    a_store_that_keeps_what_came_before_an_abort: broken(Fault::KeepsWhatCameBeforeAnAbort) => blob_store,
        ["BLOB-04"];
    a_store_that_shows_blobs_before_they_are_whole: broken(Fault::ShowsBlobsBeforeTheyAreWhole) => blob_store,
        ["BLOB-05", "BLOB-08"];
    a_store_that_keeps_what_a_dropped_put_wrote: broken(Fault::KeepsWhatADroppedPutWrote) => blob_store,
        ["BLOB-04", "BLOB-05", "BLOB-08"];
    a_store_whose_ranges_are_one_byte_short: broken(Fault::RangesAreOneByteShort) => blob_store, ["BLOB-03"];
    a_store_that_answers_ranges_beyond_the_end: broken(Fault::AnswersRangesBeyondTheEnd) => blob_store,
        ["BLOB-06"];
    a_store_that_discards_only_once: broken(Fault::DiscardsOnlyOnce) => blob_store,
        ["BLOB-07", "BLOB-04", "BLOB-08"];
    a_store_that_discards_nothing: broken(Fault::DiscardsNothing) => blob_store,
        ["BLOB-07", "BLOB-11", "BLOB-13"];
    a_store_that_mixes_the_buckets: broken(Fault::MixesTheBuckets) => blob_store, ["BLOB-11", "BLOB-13"];
    a_store_that_lists_half: broken(Fault::ListsHalf) => blob_store, ["BLOB-13"];
    a_store_that_takes_bodies_without_memory: broken(Fault::TakesWithoutMemory) => blob_store, ["BLOB-09"];
    a_store_that_loses_memory: broken(Fault::LosesMemory) => blob_store, ["BLOB-10"];
    a_store_that_drops_the_last_chunk: broken(Fault::DropsTheLastChunk) => blob_store,
        ["BLOB-02", "BLOB-05", "BLOB-09", "BLOB-12"];
}
