//! Stores of blobs with one fault.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use fm_contract::fakes::present;
use fm_domain::blobs::{
    BlobHead, BlobKey, BlobLimits, BlobReader, BlobStore, Bucket, ByteRange, GetBlob, ListBlobs, ListedBlob,
    PutBlob, PutHint, StoredBlob,
};
use fm_domain::body::{BodyError, ByteSize, ByteStream};
use fm_domain::clock::Timestamp;
use fm_domain::error::{PortError, PortResult};
use fm_memory::{ManualClock, MemoryBlobStore};
use fm_streaming::BufferBudget;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

mod connection;
mod mutant;

use self::connection::{CONNECTIONS, until_its_end};
use self::mutant::Mutant;
use crate::mutants::in_memory::one_byte_short;
use crate::mutants::mutants;

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
    DeletesOnlyOnce,
    DeletesNothing,
    MixesTheBuckets,
    ListsHalf,
    TakesWithoutMemory,
    LosesMemory,
    DropsTheLastChunk,
    GoesOnWithADroppedPut,
    EndsABrokenReadAsIfItWereWhole,
    SaysAllWasWrittenIn1970,
    ListsAThousand,
    HoldsTheBody,
    CollectsTheBody,
    HoardsAfterItsFirstChunk,
    HoldsWhatItReads,
    HoldsItsList,
    BlocksInPut,
    BlocksInGet,
    BlocksOnceInPut,
    BlocksOnceInGet,
    RemembersHeads,
    CallsEveryErrorUnavailable,
    TakesEveryErrorForAbsence,
    GetTakesEveryErrorForAbsence,
    PingsWithoutAStore,
    DeletesWithoutAStore,
    ListsNothingWithoutAStore,
    TakesAnEmptyChunkForTheEnd,
    CountsPlacesIn32Bits,
    CutsChunksAtAPart,
    TellsTheSizeOfTheRange,
    DeletesInTheBackground,
    LosesConnectionsOfDroppedReads,
    ListsNoEmptyBlobs,
    HidesTheErrorOfTheBody,
    EndsABrokenListAsIfItWereWhole,
}

/// The size of its buffers, and the memory for them.
const PART: usize = 64 * 1024;

/// How long it blocks where it blocks once.
const BLOCKED: Duration = Duration::from_millis(600);

/// What comes over the network at a time.
const PIECE: usize = 32 * 1024;

/// The adapter of one node.
struct Broken {
    inner: MemoryBlobStore,
    state: Arc<State>,
    budget: BufferBudget,
    heads: Mutex<HashMap<BlobKey, Option<BlobHead>>>,
    is_refused: bool,
    fault: Fault,
}

/// What all nodes share beside the blobs.
#[derive(Default)]
struct State {
    is_gone: AtomicBool,
    /// Blobs that were cut to a half.
    cut: Mutex<HashSet<BlobKey>>,
    /// How many bytes of bodies are in the store.
    stored: AtomicU64,
    /// How many puts are writing.
    drafts: AtomicUsize,
    /// Connections that dropped reads did not give back.
    lost: AtomicUsize,
}

/// Something that is being written, until it is dropped.
struct Draft(Arc<State>);

impl Draft {
    fn begin(state: &Arc<State>) -> Self {
        state.drafts.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(state))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        self.0.drafts.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Broken {
    fn new(fault: Fault) -> Self {
        let inner = MemoryBlobStore::new(Arc::new(ManualClock::new(present())));
        let budget = BufferBudget::new(ByteSize::new(4 * PART as u64));
        let (state, heads) = (Arc::default(), Mutex::default());
        Self { inner, state, budget, heads, is_refused: false, fault }
    }

    fn another(&self, is_refused: bool) -> Self {
        let (inner, state, budget) = (self.inner.clone(), Arc::clone(&self.state), self.budget.clone());
        Self { inner, state, budget, heads: Mutex::default(), is_refused, fault: self.fault }
    }

    /// The store, if it can be reached and takes us.
    fn reach(&self) -> PortResult<&MemoryBlobStore> {
        if self.state.is_gone.load(Ordering::SeqCst) {
            return Err(PortError::Unavailable("no route to the store".into()));
        }
        if self.is_refused && self.is(Fault::CallsEveryErrorUnavailable) {
            return Err(PortError::Unavailable("403".into()));
        }
        if self.is_refused {
            return Err(PortError::Unexpected("403".into()));
        }
        Ok(&self.inner)
    }

    /// The bytes as they come over a network: piece by piece, and with an error where the blob was cut.
    fn pieces(&self, key: BlobKey, reader: BlobReader) -> BlobReader {
        let BlobReader { size, range, bytes } = reader;
        let (state, fault) = (Arc::clone(&self.state), self.fault);
        let first = range.map_or(0, |range| range.first);
        let pieces = stream::unfold((bytes, Bytes::new(), first), move |(mut bytes, mut rest, place)| {
            let state = Arc::clone(&state);
            async move {
                while rest.is_empty() {
                    rest = bytes.next().await?.unwrap();
                }
                if fault != Fault::BlocksInGet {
                    tokio::task::yield_now().await;
                }
                let piece = rest.split_to(rest.len().min(PIECE));
                let beyond = place + piece.len() as u64 > size.bytes() / 2;
                if beyond && state.cut.lock().unwrap().contains(&key) {
                    let broken = Err(BodyError::Source("the connection broke".into()));
                    let ends = fault == Fault::EndsABrokenReadAsIfItWereWhole;
                    return (!ends).then(|| (broken, (stream::empty().boxed(), Bytes::new(), place)));
                }
                let next = place + piece.len() as u64;
                Some((Ok(piece), (bytes, rest, next)))
            }
        });
        BlobReader { size, range, bytes: pieces.boxed() }
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
            if !self.is(Fault::BlocksInPut) {
                tokio::task::yield_now().await;
            }
            match body.try_next().await {
                Ok(Some(chunk)) if chunk.is_empty() && self.is(Fault::TakesAnEmptyChunkForTheEnd) => {
                    return Ok(chunks);
                }
                Ok(Some(chunk)) if self.is(Fault::HoldsTheBody) => chunks.push(chunk),
                Ok(Some(chunk)) if self.is(Fault::CutsChunksAtAPart) => {
                    self.state.stored.fetch_add(chunk.len() as u64, Ordering::SeqCst);
                    chunks.push(Bytes::copy_from_slice(&chunk[..chunk.len().min(2 * PART)]));
                }
                // It is written: what was sent need not be held any more.
                Ok(Some(chunk)) => {
                    // Not in the many small puts of other rules.
                    if chunks.len() == 50 && self.is(Fault::BlocksOnceInPut) {
                        std::thread::sleep(BLOCKED);
                    }
                    if chunks.is_empty() || !self.is(Fault::HoardsAfterItsFirstChunk) {
                        self.state.stored.fetch_add(chunk.len() as u64, Ordering::SeqCst);
                    }
                    chunks.push(Bytes::copy_from_slice(&chunk));
                }
                Err(_error) if self.is(Fault::TakesAnAbortForTheEnd) => return Ok(chunks),
                Ok(None) => {
                    if self.is(Fault::DropsTheLastChunk) && hint.length.is_none() && chunks.len() > 1 {
                        chunks.pop();
                    }
                    return Ok(chunks);
                }
                Err(error) if self.is(Fault::HidesTheErrorOfTheBody) => {
                    return Err(PortError::Unexpected(error.into()).into());
                }
                Err(error) => {
                    if self.is(Fault::KeepsWhatCameBeforeAnAbort) {
                        self.keep(key, chunks.clone(), hint).await;
                    } else if self.is(Fault::ShowsBlobsBeforeTheyAreWhole) {
                        self.inner.delete(key).await?;
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
        self.reach()?;
        self.heads.lock().unwrap().remove(key);
        let key = self.place(key);
        if self.is(Fault::GoesOnWithADroppedPut) {
            let (inner, hint, budget) = (self.inner.clone(), hint.clone(), self.budget.clone());
            let put = async move {
                let _permit = budget.acquire(hint.owner, ByteSize::new(PART as u64)).await.unwrap();
                inner.put(&key, body, &hint).await
            };
            return tokio::spawn(put).await.unwrap();
        }
        let body = if self.is(Fault::TakesWithoutMemory) {
            let taken: Vec<_> = body.collect().await;
            stream::iter(taken).boxed()
        } else {
            body
        };
        let permit = self.budget.acquire(hint.owner, ByteSize::new(PART as u64)).await?;
        let draft = (!self.is(Fault::CollectsTheBody)).then(|| Draft::begin(&self.state));
        let taken = self.take(&key, body, hint).await;
        if self.is(Fault::LosesMemory) && taken.is_err() {
            std::mem::forget(permit);
        }
        let chunks = taken?;
        let size = ByteSize::new(chunks.iter().map(|chunk| chunk.len() as u64).sum());
        self.keep(&key, chunks, hint).await;
        drop(draft);
        Ok(StoredBlob { size })
    }

    async fn get(&self, key: &BlobKey, range: Option<ByteRange>) -> Result<BlobReader, GetBlob> {
        let key = self.place(key);
        let inner = match self.reach() {
            Err(_) if self.is(Fault::GetTakesEveryErrorForAbsence) => return Err(GetBlob::NotFound),
            reached => reached?,
        };
        let range = range.map(|range| match range {
            _ if !self.is(Fault::CountsPlacesIn32Bits) => range,
            ByteRange::From { first } => ByteRange::From { first: first & u64::from(u32::MAX) },
            other => other,
        });
        let read = inner.get(&key, range).await;
        if self.is(Fault::AnswersRangesBeyondTheEnd) && matches!(read, Err(GetBlob::Range(_))) {
            return inner.get(&key, None).await;
        }
        let mut reader = read?;
        // Not in the many small reads of other rules.
        if self.is(Fault::BlocksOnceInGet) && reader.size.bytes() > 4 << 20 {
            std::thread::sleep(BLOCKED);
        }
        if let Some(range) = reader.range.filter(|_| self.is(Fault::TellsTheSizeOfTheRange)) {
            reader.size = ByteSize::new(range.length());
        }
        if self.is(Fault::LosesConnectionsOfDroppedReads) {
            while self.state.lost.load(Ordering::SeqCst) >= CONNECTIONS {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            reader = until_its_end(reader, &self.state);
        }
        if self.is(Fault::RangesAreOneByteShort) {
            reader = one_byte_short(reader).await;
        }
        Ok(if self.is(Fault::HoldsWhatItReads) { reader } else { self.pieces(key, reader) })
    }

    async fn head(&self, key: &BlobKey) -> PortResult<Option<BlobHead>> {
        if self.is(Fault::RemembersHeads)
            && let Some(head) = self.heads.lock().unwrap().get(key)
        {
            return Ok(*head);
        }
        let head = match self.reach() {
            Err(_) if self.is(Fault::TakesEveryErrorForAbsence) => None,
            reached => reached?.head(&self.place(key)).await?,
        };
        self.heads.lock().unwrap().insert(*key, head);
        Ok(head)
    }

    async fn delete(&self, key: &BlobKey) -> PortResult<()> {
        self.heads.lock().unwrap().remove(key);
        let key = self.place(key);
        if self.is(Fault::DeletesNothing) {
            return Ok(());
        }
        if self.is(Fault::DeletesWithoutAStore) && self.state.is_gone.load(Ordering::SeqCst) {
            return Ok(());
        }
        if self.is(Fault::DeletesOnlyOnce) && self.inner.head(&key).await?.is_none() {
            return Err(PortError::Unexpected("there is no such blob".into()));
        }
        if self.is(Fault::DeletesInTheBackground) {
            let inner = self.reach()?.clone();
            tokio::spawn(async move {
                tokio::task::yield_now().await;
                inner.delete(&key).await
            });
            return Ok(());
        }
        self.reach()?.delete(&key).await
    }

    fn limits(&self) -> BlobLimits {
        self.inner.limits()
    }

    async fn ping(&self) -> PortResult<()> {
        if self.is(Fault::PingsWithoutAStore) {
            return Ok(());
        }
        self.reach()?.ping().await
    }
}

#[async_trait]
impl ListBlobs for Broken {
    async fn list(&self, bucket: Bucket) -> PortResult<BoxStream<'static, PortResult<ListedBlob>>> {
        if self.is(Fault::ListsNothingWithoutAStore) && self.state.is_gone.load(Ordering::SeqCst) {
            return Ok(stream::empty().boxed());
        }
        let all = self.reach()?.list(bucket).await?;
        Ok(match self.fault {
            Fault::ListsHalf => all.take(10).boxed(),
            Fault::ListsNoEmptyBlobs => {
                let some = |blob: &ListedBlob| std::future::ready(blob.size > ByteSize::ZERO);
                all.try_filter(some).boxed()
            }
            Fault::ListsAThousand => all.take(1_000).boxed(),
            Fault::HoldsItsList => stream::iter(all.collect::<Vec<_>>().await).boxed(),
            Fault::SaysAllWasWrittenIn1970 => {
                let written_at = Timestamp::from_unix_seconds(0);
                all.map_ok(move |blob| ListedBlob { written_at, ..blob }).boxed()
            }
            Fault::EndsABrokenListAsIfItWereWhole => {
                let state = Arc::clone(&self.state);
                let is_there = move |_: &_| std::future::ready(!state.is_gone.load(Ordering::SeqCst));
                all.take_while(is_there).boxed()
            }
            _ => {
                let state = Arc::clone(&self.state);
                let broken = || Err(PortError::Unavailable("no route to the store".into()));
                all.map(move |blob| if state.is_gone.load(Ordering::SeqCst) { broken() } else { blob })
                    .boxed()
            }
        })
    }
}

macro_rules! broken {
    ($name:ident, $fault:expr) => {
        type $name = crate::mutants::broken_blob_store::Mutant;
        crate::mutants::plan(&$fault);
    };
}

mod more;

mutants! {
    a_store_without_a_fault_breaks_no_rule: broken(Fault::None) => blob_store, [];
    a_store_that_takes_an_abort_for_the_end: broken(Fault::TakesAnAbortForTheEnd) => blob_store,
        ["BLOB-04", "BLOB-10"];
    a_store_that_keeps_what_came_before_an_abort: broken(Fault::KeepsWhatCameBeforeAnAbort) => blob_store,
        ["BLOB-04"];
    a_store_that_shows_blobs_before_they_are_whole: broken(Fault::ShowsBlobsBeforeTheyAreWhole) => blob_store,
        ["BLOB-05", "BLOB-08", "BLOB-16"];
    a_store_that_keeps_what_a_dropped_put_wrote: broken(Fault::KeepsWhatADroppedPutWrote) => blob_store,
        ["BLOB-04", "BLOB-05", "BLOB-08", "BLOB-16"];
    a_store_whose_ranges_are_one_byte_short: broken(Fault::RangesAreOneByteShort) => blob_store, ["BLOB-03", "BLOB-27"];
    a_store_that_answers_ranges_beyond_the_end: broken(Fault::AnswersRangesBeyondTheEnd) => blob_store,
        ["BLOB-06", "BLOB-27"];
    a_store_that_deletes_only_once: broken(Fault::DeletesOnlyOnce) => blob_store,
        ["BLOB-07", "BLOB-04", "BLOB-08", "BLOB-16", "BLOB-24", "BLOB-20"];
    a_store_that_deletes_nothing: broken(Fault::DeletesNothing) => blob_store,
        ["BLOB-07", "BLOB-11", "BLOB-13", "BLOB-23", "BLOB-24", "BLOB-25", "BLOB-19", "BLOB-28"];
    a_store_that_mixes_the_buckets: broken(Fault::MixesTheBuckets) => blob_store, ["BLOB-11", "BLOB-13"];
    a_store_that_lists_half: broken(Fault::ListsHalf) => blob_store, ["BLOB-13", "BLOB-19", "BLOB-29"];
    a_store_that_takes_bodies_without_memory: broken(Fault::TakesWithoutMemory) => blob_store, ["BLOB-09", "BLOB-20"];
    a_store_that_loses_memory: broken(Fault::LosesMemory) => blob_store, ["BLOB-04", "BLOB-10"];
    a_store_that_drops_the_last_chunk: broken(Fault::DropsTheLastChunk) => blob_store,
        ["BLOB-02", "BLOB-05", "BLOB-09", "BLOB-12", "BLOB-23", "BLOB-26", "BLOB-22"];
    a_store_that_goes_on_with_a_dropped_put: broken(Fault::GoesOnWithADroppedPut) => blob_store, ["BLOB-08", "BLOB-16", "BLOB-20", "BLOB-22"];
    a_store_that_ends_a_broken_read_as_if_it_were_whole: broken(Fault::EndsABrokenReadAsIfItWereWhole) =>
        blob_store, ["BLOB-17"];
    a_store_that_says_all_was_written_in_1970: broken(Fault::SaysAllWasWrittenIn1970) => blob_store,
        ["BLOB-18"];
    a_store_that_lists_a_thousand: broken(Fault::ListsAThousand) => blob_store, ["BLOB-19", "BLOB-29"];
    a_store_that_holds_its_list: broken(Fault::HoldsItsList) => blob_store, ["BLOB-19"];
    a_store_that_holds_the_body: broken(Fault::HoldsTheBody) => blob_store, ["BLOB-20"];
    a_store_that_collects_the_body: broken(Fault::CollectsTheBody) => blob_store, ["BLOB-20"];
    a_store_that_hoards_after_its_first_chunk: broken(Fault::HoardsAfterItsFirstChunk) => blob_store, ["BLOB-20"];
    a_store_that_holds_what_it_reads: broken(Fault::HoldsWhatItReads) => blob_store, ["BLOB-21", "BLOB-22"];
    a_store_that_blocks_in_put: broken(Fault::BlocksInPut) => blob_store, ["BLOB-22"];
    a_store_that_blocks_in_get: broken(Fault::BlocksInGet) => blob_store, ["BLOB-22"];
    a_store_that_blocks_once_in_put: broken(Fault::BlocksOnceInPut) => blob_store, ["BLOB-22"];
    a_store_that_blocks_once_in_get: broken(Fault::BlocksOnceInGet) => blob_store, ["BLOB-22"];
    a_store_that_remembers_heads: broken(Fault::RemembersHeads) => blob_store, ["BLOB-05", "BLOB-23"];
}
