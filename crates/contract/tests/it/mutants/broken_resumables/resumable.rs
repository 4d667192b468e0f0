//! The store as one that writes blobs over many requests.

use std::collections::BTreeMap;

use async_trait::async_trait;
use bytes::Bytes;
use fm_domain::blobs::{BlobKey, BlobStore as _, PutBlob, StoredBlob};
use fm_domain::body::{ByteSize, PartBytes};
use fm_domain::error::{PortError, PortResult};
use fm_domain::files::MediaType;
use fm_domain::uploads::{
    AppendError, AppendHints, Chunk, CompleteError, Position, ResumableStore, WriteState,
};
use uuid::Uuid;

use super::Fault;
use super::state::State;
use super::store::FakeStore;
use crate::mutants::in_memory::keep;

const LEAST: usize = 1024;

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
        let one = if self.is(Fault::AppendsOnePieceAlone) { 1 } else { usize::MAX };
        let pieces: Vec<Bytes> = chunk.bytes.into_pieces().into_iter().take(one).collect();
        let bytes: Bytes = pieces.concat().into();
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
                keep(&self.blobs, key, pieces).await;
            }
        }
        Ok(())
    }

    fn rewind(&self, counted: &WriteState, reached: &WriteState) -> WriteState {
        let (Ok(mut state), Ok(reached)) = (self.back(counted), self.back(reached)) else {
            return counted.clone();
        };
        if self.is(Fault::RewindsWithoutSmallChunks) {
            state.pending.clear();
        }
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

    async fn abort(&self, key: &BlobKey, begun: &WriteState) -> PortResult<()> {
        let (begun, every) = (self.back(begun)?, self.is(Fault::AbortsEveryWriteToTheKey));
        self.objects().open.retain(|id, (of, _)| if every { of != key } else { *id != begun.id });
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
        if self.is(Fault::CompletesInTwoSteps) {
            self.objects().open.remove(&state.id);
            tokio::task::yield_now().await;
        }
        keep(&self.blobs, key, pieces).await;
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
    ) -> Result<StoredBlob, PutBlob> {
        let size = ByteSize::new(bytes.len() as u64);
        let mut pieces = bytes.into_pieces();
        if self.is(Fault::StoresOnePieceAlone) {
            pieces.truncate(1);
        }
        keep(&self.blobs, key, pieces).await;
        Ok(StoredBlob { size })
    }
}
