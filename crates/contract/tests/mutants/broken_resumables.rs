//! Stores that write blobs over many requests, with one fault.
//!
//! The honest one keeps numbered parts, and chunks that are too small for one in objects of their own, as S3 does.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use bytes::Bytes;
use fm_contract::ResumableHarness;
use fm_domain::blobs::{
    BlobHead, BlobKey, BlobLimits, BlobReader, BlobStore, ByteRange, GetBlob, PutBlob, PutHint, StoredBlob,
};
use fm_domain::body::{ByteSize, ByteStream, PartBytes};
use fm_domain::clock::Timestamp;
use fm_domain::error::{PortError, PortResult};
use fm_domain::files::MediaType;
use fm_domain::uploads::{
    AppendError, AppendHints, Chunk, CompleteError, Epoch, Position, ResumableStore, WriteState,
};
use fm_memory::{ManualClock, MemoryBlobStore};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use uuid::Uuid;

use crate::{mutants, passes_decorated};

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    ShowsWhatIsDurable,
    RangesAreOneByteShort,
    RefusesEmptyBlobs,
    AppendsAtTheEnd,
    KeepsTheFirstOfTwo,
    RewindsToWhatCounts,
    ForgetsTheChunkOnItsWay,
    IgnoresWhatWasReached,
    MergesWithTwoNumbers,
    StoresSmallChunksUnseen,
    CompletesOnce,
    CompletesAgainWithAnySize,
    DeletesWholeBlobsAlone,
    DeletesNoSmallChunks,
    BeginsWhatItDoesNotKnow,
    FillsUpWithZeros,
    StoresOnePieceAlone,
    LosesWhatWasCutOff,
    PrefersLessThanTheLeast,
    PrunesWhatIsNeeded,
    PrunesNothing,
    LeavesSmallChunksAtTheEnd,
    KeepsOtherWritesToTheKey,
    RemembersInItsProcess,
    TakesAHundredChunks,
    MakesNoPartBeforeTheLast,
    StatesGrow,
    CompletesWithAllThatCame,
}

const LEAST: usize = 1024;

/// How many small chunks wait before they become one object.
const MOST_PENDING: usize = 8;

/// What the caller saves.
#[derive(Clone, Default)]
struct State {
    id: String,
    next: u32,
    /// Number, size and tag.
    parts: Vec<(u32, usize, u64)>,
    /// Number and size.
    pending: Vec<(u32, usize)>,
}

impl State {
    fn pending_bytes(&self) -> usize {
        self.pending.iter().map(|(_, size)| size).sum()
    }

    fn bytes(&self) -> usize {
        self.parts.iter().map(|(_, size, _)| size).sum::<usize>() + self.pending_bytes()
    }

    fn write(&self) -> WriteState {
        let parts: Vec<_> =
            self.parts.iter().map(|(number, size, tag)| format!("{number}:{size}:{tag}")).collect();
        let pending: Vec<_> = self.pending.iter().map(|(number, size)| format!("{number}:{size}")).collect();
        let text = format!("{};{};{};{}", self.id, self.next, parts.join(","), pending.join(","));
        WriteState::new(text.into())
    }

    fn read(state: &WriteState) -> Option<Self> {
        let text = std::str::from_utf8(state.as_bytes()).ok()?;
        let mut fields = text.trim_end().split(';');
        let (id, next) = (fields.next()?.to_owned(), fields.next()?.parse().ok()?);
        let mut items = || fields.next().map(|items| items.split(',').filter(|item| !item.is_empty()));
        let parts = items()?.map(|item| {
            let mut numbers = item.split(':');
            Some((
                numbers.next()?.parse().ok()?,
                numbers.next()?.parse().ok()?,
                numbers.next()?.parse().ok()?,
            ))
        });
        let parts = parts.collect::<Option<_>>()?;
        let pending = items()?.map(|item| {
            let (number, size) = item.split_once(':')?;
            Some((number.parse().ok()?, size.parse().ok()?))
        });
        Some(Self { id, next, parts, pending: pending.collect::<Option<_>>()? })
    }
}

/// What was appended, by number: where it begins, and the bytes.
type Pieces = BTreeMap<u32, (u64, Bytes)>;

#[derive(Default)]
struct Objects {
    /// Unfinished writes: by name, with their key and their parts by number.
    open: BTreeMap<String, (BlobKey, Pieces)>,
    /// Small chunks, by key and number.
    pending: BTreeMap<(BlobKey, u32), Bytes>,
    tags: u64,
    /// Bytes that no key leads to.
    lost: usize,
    /// The latest state of each blob.
    latest: BTreeMap<BlobKey, State>,
}

/// A node with such a store.
struct FakeStore {
    blobs: MemoryBlobStore,
    objects: Arc<Mutex<Objects>>,
    /// What a node remembers that should not.
    states: Mutex<Vec<WriteState>>,
    fault: Fault,
}

impl FakeStore {
    fn is(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    fn objects(&self) -> MutexGuard<'_, Objects> {
        self.objects.lock().unwrap()
    }

    async fn put(&self, key: &BlobKey, pieces: Vec<Bytes>) {
        let body = stream::iter(pieces.into_iter().map(Ok)).boxed();
        let hint = PutHint { length: None, content_type: "text/plain".parse().unwrap() };
        self.blobs.put(key, body, &hint).await.unwrap();
    }

    /// The state as the caller gets it.
    fn out(&self, state: &State) -> WriteState {
        let text = state.write();
        if self.is(Fault::RemembersInItsProcess) {
            let mut states = self.states.lock().unwrap();
            states.push(text);
            return WriteState::new((states.len() - 1).to_string().into());
        }
        if self.is(Fault::StatesGrow) {
            let padding = " ".repeat(usize::try_from(state.next).unwrap() * 200);
            return WriteState::new([text.as_bytes(), padding.as_bytes()].concat().into());
        }
        text
    }

    /// The state that the caller brings.
    fn back(&self, state: &WriteState) -> PortResult<State> {
        let corrupt = || PortError::Corrupt {
            what: "the state of an unfinished blob",
            source: "it has another form".into(),
        };
        if self.is(Fault::RemembersInItsProcess) {
            let index =
                std::str::from_utf8(state.as_bytes()).ok().and_then(|text| text.parse::<usize>().ok());
            let states = self.states.lock().unwrap();
            let state = index.and_then(|index| states.get(index)).ok_or_else(corrupt)?;
            return State::read(state).ok_or_else(corrupt);
        }
        State::read(state).ok_or_else(corrupt)
    }

    /// The small chunks of the state, if they are there.
    fn gather(objects: &Objects, key: &BlobKey, state: &State) -> Option<Vec<Bytes>> {
        let found = state.pending.iter().map(|(number, size)| {
            let object = objects.pending.get(&(*key, *number));
            object.filter(|bytes| bytes.len() == *size).cloned()
        });
        found.collect()
    }

    /// Stores a chunk by itself, or with those that wait.
    fn store_small(
        &self,
        objects: &mut Objects,
        key: &BlobKey,
        state: &mut State,
        bytes: Bytes,
    ) -> Option<()> {
        let (mut number, mut bytes) = (state.next, bytes);
        if state.pending.len() >= MOST_PENDING {
            let mut merged = Self::gather(objects, key, state)?;
            state.pending.clear();
            if self.is(Fault::MergesWithTwoNumbers) {
                let merged: Bytes = merged.concat().into();
                state.pending.push((number, merged.len()));
                objects.pending.insert((*key, number), merged);
                number += 1;
            } else {
                merged.push(bytes);
                bytes = merged.concat().into();
            }
        }
        let first = objects.pending.get(&(*key, number)).filter(|_| self.is(Fault::KeepsTheFirstOfTwo));
        let bytes = first.cloned().unwrap_or(bytes);
        state.pending.push((number, bytes.len()));
        objects.pending.insert((*key, number), bytes);
        state.next = number + 1;
        Some(())
    }

    /// Makes a part of the chunks that wait and this one.
    fn make_part(&self, objects: &mut Objects, key: &BlobKey, state: &mut State, bytes: Bytes) -> Option<()> {
        let mut pieces = Self::gather(objects, key, state)?;
        pieces.push(bytes);
        let bytes: Bytes = pieces.concat().into();
        objects.tags += 1;
        let tag = objects.tags;
        let (_, parts) = objects.open.get_mut(&state.id)?;
        let first = parts.get(&state.next).filter(|_| self.is(Fault::KeepsTheFirstOfTwo));
        let (tag, bytes) = first.cloned().unwrap_or((tag, bytes));
        state.parts.push((state.next, bytes.len(), tag));
        state.pending.clear();
        parts.insert(state.next, (tag, bytes));
        state.next += 1;
        Some(())
    }
}

#[async_trait]
impl ResumableStore for FakeStore {
    fn append_hints(&self) -> AppendHints {
        let preferred = if self.is(Fault::PrefersLessThanTheLeast) { LEAST / 2 } else { LEAST };
        AppendHints {
            least: ByteSize::new(LEAST as u64),
            preferred: ByteSize::new(preferred as u64),
            pipelined: false,
        }
    }

    async fn begin(&self, key: &BlobKey, _content_type: &MediaType) -> PortResult<WriteState> {
        let id = Uuid::now_v7().to_string();
        self.objects().open.insert(id.clone(), (*key, BTreeMap::new()));
        Ok(self.out(&State { id, next: 1, ..State::default() }))
    }

    fn read_back(&self, state: &WriteState) -> ByteSize {
        let bytes = self.back(state).map_or(0, |state| state.pending_bytes());
        ByteSize::new(bytes as u64)
    }

    async fn append(
        &self,
        key: &BlobKey,
        position: &Position,
        chunk: Chunk,
    ) -> Result<WriteState, AppendError> {
        if self.is(Fault::LosesWhatWasCutOff) {
            self.objects().lost += 1;
        }
        tokio::task::yield_now().await;
        if self.is(Fault::LosesWhatWasCutOff) {
            self.objects().lost -= 1;
        }
        let mut state = self.back(&position.state)?;
        let mut objects = self.objects();
        if let Some(latest) = objects.latest.get(key).filter(|_| self.is(Fault::AppendsAtTheEnd)) {
            state = latest.clone();
        }
        if self.is(Fault::TakesAHundredChunks) && state.next > 100 {
            return Err(PortError::Unexpected("there are too many chunks".into()).into());
        }
        let bytes: Bytes = chunk.bytes.pieces().concat().into();
        let whole = state.pending_bytes() + bytes.len();
        let is_part = whole >= LEAST && !self.is(Fault::MakesNoPartBeforeTheLast);
        let is_small = !chunk.is_last && !is_part;
        if self.is(Fault::BeginsWhatItDoesNotKnow) {
            let id = state.id.clone();
            objects.open.entry(id).or_insert_with(|| (*key, BTreeMap::new())).0 = *key;
        }
        let known = objects.open.get(&state.id).is_some_and(|(of, _)| of == key);
        if !(known || is_small && self.is(Fault::StoresSmallChunksUnseen)) {
            return Err(AppendError::Gone);
        }
        let done = if is_small {
            self.store_small(&mut objects, key, &mut state, bytes)
        } else {
            self.make_part(&mut objects, key, &mut state, bytes)
        };
        done.ok_or(AppendError::Gone)?;
        objects.latest.insert(*key, state.clone());
        drop(objects);
        Ok(self.out(&state))
    }

    async fn sync(&self, key: &BlobKey) -> PortResult<()> {
        if self.is(Fault::ShowsWhatIsDurable) {
            let pieces: Vec<Bytes> = {
                let objects = self.objects();
                let parts =
                    objects.open.values().filter(|(of, _)| of == key).flat_map(|(_, parts)| parts.values());
                let pending = objects.pending.iter().filter(|((of, _), _)| of == key).map(|(_, bytes)| bytes);
                parts.map(|(_, bytes)| bytes).chain(pending).cloned().collect()
            };
            if !pieces.is_empty() {
                self.put(key, pieces).await;
            }
        }
        Ok(())
    }

    fn rewind(&self, counted: &WriteState, reached: &WriteState) -> WriteState {
        let (Ok(mut state), Ok(reached)) = (self.back(counted), self.back(reached)) else {
            return counted.clone();
        };
        state.next = match self.fault {
            Fault::RewindsToWhatCounts => state.next,
            Fault::ForgetsTheChunkOnItsWay => state.next.max(reached.next),
            Fault::IgnoresWhatWasReached => state.next + 1,
            _ => state.next.max(reached.next) + 1,
        };
        self.out(&state)
    }

    async fn prune(&self, key: &BlobKey, before: &WriteState, after: &WriteState) -> PortResult<()> {
        let (before, after) = (self.back(before)?, self.back(after)?);
        if self.is(Fault::PrunesNothing) {
            return Ok(());
        }
        let needed = |number: &u32| {
            let needed = after.pending.iter().any(|(other, _)| other == number);
            needed && !self.is(Fault::PrunesWhatIsNeeded)
        };
        let mut objects = self.objects();
        for (number, _) in before.pending.iter().filter(|(number, _)| !needed(number)) {
            objects.pending.remove(&(*key, *number));
        }
        Ok(())
    }

    async fn abort(&self, _key: &BlobKey, _begun: &WriteState) -> PortResult<()> {
        Ok(())
    }

    async fn complete(&self, key: &BlobKey, position: &Position) -> Result<StoredBlob, CompleteError> {
        let (size, state) = (position.offset, self.back(&position.state)?);
        tokio::task::yield_now().await;
        let open = self.objects().open.get(&state.id).filter(|(of, _)| of == key).cloned();
        let Some((_, came)) = open else {
            return match self.blobs.head(key).await? {
                Some(_) if self.is(Fault::CompletesOnce) => Err(CompleteError::Gone),
                Some(head) if head.size == size || self.is(Fault::CompletesAgainWithAnySize) => {
                    Ok(StoredBlob { size })
                }
                Some(_) => Err(CompleteError::Incomplete),
                None => Err(CompleteError::Gone),
            };
        };
        let pending = Self::gather(&self.objects(), key, &state).ok_or(CompleteError::Incomplete)?;
        let mut pieces = Vec::new();
        for (number, _, tag) in &state.parts {
            let part = came.get(number).filter(|(found, _)| found == tag);
            pieces.push(part.ok_or(CompleteError::Incomplete)?.1.clone());
        }
        if self.is(Fault::CompletesWithAllThatCame) {
            pieces = came.values().map(|(_, bytes)| bytes.clone()).collect();
        }
        pieces.extend(pending);
        let missing = usize::try_from(size.bytes()).unwrap().saturating_sub(state.bytes());
        if missing > 0 && self.is(Fault::FillsUpWithZeros) {
            pieces.push(vec![0; missing].into());
        } else if state.bytes() as u64 != size.bytes()
            || (pieces.is_empty() && self.is(Fault::RefusesEmptyBlobs))
        {
            return Err(CompleteError::Incomplete);
        }
        self.put(key, pieces).await;
        let mut objects = self.objects();
        let others = self.is(Fault::KeepsOtherWritesToTheKey);
        objects.open.retain(|id, (of, _)| if others { *id != state.id } else { of != key });
        if !self.is(Fault::LeavesSmallChunksAtTheEnd) {
            objects.pending.retain(|(of, _), _| of != key);
        }
        Ok(StoredBlob { size })
    }

    async fn put_bytes(
        &self,
        key: &BlobKey,
        bytes: PartBytes,
        _content_type: &MediaType,
    ) -> PortResult<StoredBlob> {
        let size = ByteSize::new(bytes.len() as u64);
        let mut pieces = bytes.into_pieces();
        if self.is(Fault::StoresOnePieceAlone) {
            pieces.truncate(1);
        }
        self.put(key, pieces).await;
        Ok(StoredBlob { size })
    }
}

#[async_trait]
impl BlobStore for FakeStore {
    async fn put(&self, key: &BlobKey, body: ByteStream, hint: &PutHint) -> Result<StoredBlob, PutBlob> {
        self.blobs.put(key, body, hint).await
    }

    async fn get(&self, key: &BlobKey, range: Option<ByteRange>) -> Result<BlobReader, GetBlob> {
        let mut reader = self.blobs.get(key, range).await?;
        if let (Some(range), true) = (reader.range, self.is(Fault::RangesAreOneByteShort)) {
            let mut bytes: Vec<u8> = reader.bytes.try_collect::<Vec<Bytes>>().await.unwrap().concat();
            bytes.truncate(usize::try_from(range.length() - 1).unwrap());
            reader.bytes = stream::iter([Ok(Bytes::from(bytes))]).boxed();
        }
        Ok(reader)
    }

    async fn head(&self, key: &BlobKey) -> PortResult<Option<BlobHead>> {
        self.blobs.head(key).await
    }

    async fn delete(&self, key: &BlobKey) -> PortResult<()> {
        if !self.is(Fault::DeletesWholeBlobsAlone) {
            let mut objects = self.objects();
            objects.open.retain(|_, (of, _)| of != key);
            if !self.is(Fault::DeletesNoSmallChunks) {
                objects.pending.retain(|(of, _), _| of != key);
            }
        }
        self.blobs.delete(key).await
    }

    fn limits(&self) -> BlobLimits {
        self.blobs.limits()
    }

    async fn ping(&self) -> PortResult<()> {
        self.blobs.ping().await
    }
}

/// A store that writes at offsets and does not look at fences.
struct Unfenced(MemoryBlobStore);

#[async_trait]
impl ResumableStore for Unfenced {
    fn append_hints(&self) -> AppendHints {
        self.0.append_hints()
    }

    async fn begin(&self, key: &BlobKey, content_type: &MediaType) -> PortResult<WriteState> {
        ResumableStore::begin(&self.0, key, content_type).await
    }

    fn read_back(&self, state: &WriteState) -> ByteSize {
        self.0.read_back(state)
    }

    async fn append(
        &self,
        key: &BlobKey,
        position: &Position,
        chunk: Chunk,
    ) -> Result<WriteState, AppendError> {
        let position = Position { fence: Epoch::FIRST, ..position.clone() };
        self.0.append(key, &position, chunk).await
    }

    async fn sync(&self, key: &BlobKey) -> PortResult<()> {
        ResumableStore::sync(&self.0, key).await
    }

    fn rewind(&self, counted: &WriteState, reached: &WriteState) -> WriteState {
        self.0.rewind(counted, reached)
    }

    async fn prune(&self, key: &BlobKey, before: &WriteState, after: &WriteState) -> PortResult<()> {
        self.0.prune(key, before, after).await
    }

    async fn abort(&self, _key: &BlobKey, _begun: &WriteState) -> PortResult<()> {
        Ok(())
    }

    async fn complete(&self, key: &BlobKey, position: &Position) -> Result<StoredBlob, CompleteError> {
        ResumableStore::complete(&self.0, key, position).await
    }

    async fn put_bytes(
        &self,
        key: &BlobKey,
        bytes: PartBytes,
        content_type: &MediaType,
    ) -> PortResult<StoredBlob> {
        self.0.put_bytes(key, bytes, content_type).await
    }
}

fn memory() -> MemoryBlobStore {
    let clock = ManualClock::new(Timestamp::from_unix_seconds(1_750_000_000));
    MemoryBlobStore::new(Arc::new(clock))
}

macro_rules! broken {
    ($name:ident, $fault:expr) => {
        struct $name(Arc<FakeStore>);

        #[async_trait]
        impl ResumableHarness for $name {
            async fn fresh() -> Self {
                let (objects, states) = (Arc::default(), Mutex::default());
                Self(Arc::new(FakeStore { blobs: memory(), objects, states, fault: $fault }))
            }

            fn blobs(&self) -> Arc<dyn BlobStore> {
                self.0.clone()
            }

            fn store(&self) -> Arc<dyn ResumableStore> {
                self.0.clone()
            }

            fn another_node(&self) -> Arc<dyn ResumableStore> {
                let (blobs, objects) = (self.0.blobs.clone(), Arc::clone(&self.0.objects));
                Arc::new(FakeStore { blobs, objects, states: Mutex::default(), fault: $fault })
            }

            async fn debris(&self) -> usize {
                let objects = self.0.objects();
                self.0.blobs.count() + objects.open.len() + objects.pending.len() + objects.lost
            }
        }
    };
}

macro_rules! unfenced {
    ($name:ident, $fault:expr) => {
        struct $name(MemoryBlobStore);

        #[async_trait]
        impl ResumableHarness for $name {
            async fn fresh() -> Self {
                Self(memory())
            }

            fn blobs(&self) -> Arc<dyn BlobStore> {
                Arc::new(self.0.clone())
            }

            fn store(&self) -> Arc<dyn ResumableStore> {
                Arc::new($fault(self.0.clone()))
            }

            async fn debris(&self) -> usize {
                self.0.count()
            }
        }
    };
}

mutants! {
    a_store_without_a_fault_breaks_no_rule: broken(Fault::None) => resumable_store, [];
    a_store_that_shows_what_is_durable: broken(Fault::ShowsWhatIsDurable) => resumable_store, ["RESUME-01"];
    a_store_whose_ranges_are_one_byte_short: broken(Fault::RangesAreOneByteShort) => resumable_store,
        ["RESUME-01", "RESUME-02", "RESUME-03", "RESUME-04", "RESUME-05", "RESUME-06", "RESUME-07", "RESUME-08",
            "RESUME-17", "RESUME-18", "RESUME-21", "RESUME-10", "RESUME-12", "RESUME-13", "RESUME-15", "RESUME-16"];
    a_store_that_refuses_empty_blobs: broken(Fault::RefusesEmptyBlobs) => resumable_store, ["RESUME-02"];
    a_store_that_appends_at_the_end: broken(Fault::AppendsAtTheEnd) => resumable_store,
        ["RESUME-03", "RESUME-04", "RESUME-05", "RESUME-06", "RESUME-17", "RESUME-21", "RESUME-16"];
    a_store_that_keeps_the_first_of_two: broken(Fault::KeepsTheFirstOfTwo) => resumable_store, ["RESUME-04"];
    a_store_that_rewinds_to_what_counts: broken(Fault::RewindsToWhatCounts) => resumable_store,
        ["RESUME-05", "RESUME-06"];
    a_store_that_forgets_the_chunk_on_its_way: broken(Fault::ForgetsTheChunkOnItsWay) => resumable_store,
        ["RESUME-05", "RESUME-06"];
    a_store_that_ignores_what_was_reached: broken(Fault::IgnoresWhatWasReached) => resumable_store,
        ["RESUME-06"];
    a_store_that_merges_with_two_numbers: broken(Fault::MergesWithTwoNumbers) => resumable_store, ["RESUME-06"];
    a_store_that_writes_at_offsets_without_fences: unfenced(Unfenced) => resumable_store,
        ["RESUME-05", "RESUME-06"];
    a_store_that_stores_small_chunks_unseen: broken(Fault::StoresSmallChunksUnseen) => resumable_store,
        ["RESUME-07", "RESUME-09", "RESUME-10"];
    a_store_that_completes_once: broken(Fault::CompletesOnce) => resumable_store, ["RESUME-08", "RESUME-17"];
    a_store_that_completes_again_with_any_size: broken(Fault::CompletesAgainWithAnySize) => resumable_store,
        ["RESUME-05", "RESUME-08", "RESUME-16"];
    a_store_that_discards_whole_blobs_alone: broken(Fault::DeletesWholeBlobsAlone) => resumable_store,
        ["RESUME-09", "RESUME-11", "RESUME-13", "RESUME-15"];
    a_store_that_discards_no_small_chunks: broken(Fault::DeletesNoSmallChunks) => resumable_store,
        ["RESUME-09", "RESUME-11", "RESUME-13"];
    a_store_that_begins_what_it_does_not_know: broken(Fault::BeginsWhatItDoesNotKnow) => resumable_store,
        ["RESUME-07", "RESUME-21", "RESUME-09", "RESUME-10"];
    a_store_that_fills_up_with_zeros: broken(Fault::FillsUpWithZeros) => resumable_store, ["RESUME-11"];
    a_store_that_stores_one_piece_alone: broken(Fault::StoresOnePieceAlone) => resumable_store, ["RESUME-12"];
    a_store_that_loses_what_was_cut_off: broken(Fault::LosesWhatWasCutOff) => resumable_store, ["RESUME-13"];
    a_store_that_prefers_less_than_the_least: broken(Fault::PrefersLessThanTheLeast) => resumable_store,
        ["RESUME-14"];
    a_store_that_prunes_what_is_needed: broken(Fault::PrunesWhatIsNeeded) => resumable_store,
        ["RESUME-17", "RESUME-15"];
    a_store_that_prunes_nothing: broken(Fault::PrunesNothing) => resumable_store, ["RESUME-15"];
    a_store_that_leaves_small_chunks_at_the_end: broken(Fault::LeavesSmallChunksAtTheEnd) => resumable_store,
        ["RESUME-16"];
    a_store_that_keeps_other_writes_to_the_key: broken(Fault::KeepsOtherWritesToTheKey) => resumable_store,
        ["RESUME-21", "RESUME-16"];
    a_store_that_remembers_in_its_process: broken(Fault::RemembersInItsProcess) => resumable_store,
        ["RESUME-17", "RESUME-19"];
    a_store_that_takes_a_hundred_chunks: broken(Fault::TakesAHundredChunks) => resumable_store,
        ["RESUME-18", "RESUME-20"];
    a_store_that_makes_no_part_before_the_last: broken(Fault::MakesNoPartBeforeTheLast) => resumable_store,
        ["RESUME-19"];
    a_store_whose_states_grow: broken(Fault::StatesGrow) => resumable_store, ["RESUME-20"];
    a_store_that_completes_with_all_that_came: broken(Fault::CompletesWithAllThatCame) => resumable_store,
        ["RESUME-03", "RESUME-04", "RESUME-05", "RESUME-06", "RESUME-21"];
}

passes_decorated! {
    a_decorated_store_breaks_no_rule: broken(Fault::None) => resumable_store
}
