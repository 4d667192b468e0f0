//! Numbered parts, as S3 has them, in front of any store of bytes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use fm_domain::blobs::{
    BlobHead, BlobKey, BlobLimits, BlobReader, BlobStore, ByteRange, GetBlob, PutBlob, PutHint, StoredBlob,
};
use fm_domain::body::{ByteSize, ByteStream, PartBytes};
use fm_domain::error::{PortError, PortResult};
use fm_domain::files::MediaType;
use fm_domain::uploads::{
    AppendError, AppendHints, Chunk, CompleteError, Position, ResumableStore, WriteState,
};
use futures_util::{StreamExt as _, stream};

use super::small_chunks::CHUNK;

#[cfg(test)]
mod tests;

/// How many small chunks wait before they become one.
const MOST_PENDING: usize = 3;

/// Resumes uploads in numbered parts. They are kept in memory until the blob is completed; what has a number is replaced
/// by the next append with that number, of any writer.
pub(super) struct NumberedParts {
    blobs: Arc<dyn BlobStore>,
    writes: Mutex<Writes>,
}

#[derive(Default)]
struct Writes {
    begun: u64,
    /// The unfinished writes, and the bytes of each by number.
    open: BTreeMap<(BlobKey, u64), Unfinished>,
}

struct Unfinished {
    content_type: MediaType,
    bytes: BTreeMap<u32, Bytes>,
}

/// A number and how many bytes it has.
type Numbered = (u32, usize);

/// What is saved with the upload.
#[derive(Default)]
struct State {
    write: u64,
    /// The number of the next append.
    next: u32,
    parts: Vec<Numbered>,
    /// Chunks that are too small for a part. The next append reads them back.
    pending: Vec<Numbered>,
}

impl State {
    fn read(state: &WriteState) -> PortResult<Self> {
        let parse = || {
            let text = std::str::from_utf8(state.as_bytes()).ok()?;
            let mut fields = text.split(';');
            let (write, next) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
            let (parts, pending) = (numbered(fields.next()?)?, numbered(fields.next()?)?);
            Some(Self { write, next, parts, pending })
        };
        parse().ok_or_else(|| PortError::Corrupt {
            what: "the state of an unfinished blob",
            source: "it has another form".into(),
        })
    }

    fn write(&self) -> WriteState {
        let list = |numbered: &[Numbered]| {
            let items: Vec<_> = numbered.iter().map(|(number, size)| format!("{number}:{size}")).collect();
            items.join(",")
        };
        let (parts, pending) = (list(&self.parts), list(&self.pending));
        WriteState::new(format!("{};{};{parts};{pending}", self.write, self.next).into())
    }

    fn pending_bytes(&self) -> usize {
        self.pending.iter().map(|(_, size)| size).sum()
    }
}

fn numbered(list: &str) -> Option<Vec<Numbered>> {
    let items = list.split(',').filter(|item| !item.is_empty());
    let parsed = items.map(|item| {
        let (number, size) = item.split_once(':')?;
        Some((number.parse().ok()?, size.parse().ok()?))
    });
    parsed.collect()
}

impl Unfinished {
    /// The bytes of these numbers, if they are there.
    fn find(&self, numbered: &[Numbered]) -> Option<PartBytes> {
        let mut found = PartBytes::new();
        for (number, size) in numbered {
            found.push(self.bytes.get(number).filter(|bytes| bytes.len() == *size)?.clone());
        }
        Some(found)
    }
}

impl NumberedParts {
    pub(super) fn new(blobs: Arc<dyn BlobStore>) -> Self {
        Self { blobs, writes: Mutex::default() }
    }

    /// How many writes were begun and neither completed nor deleted.
    pub(super) fn unfinished(&self) -> usize {
        self.writes().open.len()
    }

    fn writes(&self) -> MutexGuard<'_, Writes> {
        self.writes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn put(&self, key: &BlobKey, bytes: PartBytes, content_type: &MediaType) -> PortResult<StoredBlob> {
        let size = ByteSize::new(bytes.len() as u64);
        let hint = PutHint { owner: None, length: Some(size), content_type: content_type.clone() };
        let body = stream::iter(bytes.into_pieces().into_iter().map(Ok)).boxed();
        self.blobs.put(key, body, &hint).await.map_err(|error| match error {
            PutBlob::Store(error) => error,
            other @ (PutBlob::Body(_) | PutBlob::TooLarge) => PortError::Unexpected(other.into()),
        })
    }
}

#[async_trait]
impl ResumableStore for NumberedParts {
    fn append_hints(&self) -> AppendHints {
        AppendHints { least: CHUNK, preferred: CHUNK, pipelined: false }
    }

    async fn begin(&self, key: &BlobKey, content_type: &MediaType) -> PortResult<WriteState> {
        let mut writes = self.writes();
        writes.begun += 1;
        let write = writes.begun;
        let unfinished = Unfinished { content_type: content_type.clone(), bytes: BTreeMap::new() };
        writes.open.insert((*key, write), unfinished);
        Ok(State { write, next: 1, ..State::default() }.write())
    }

    fn read_back(&self, state: &WriteState) -> ByteSize {
        let pending = State::read(state).map_or(0, |state| state.pending_bytes());
        ByteSize::new(pending as u64)
    }

    async fn append(
        &self,
        key: &BlobKey,
        position: &Position,
        chunk: Chunk,
    ) -> Result<WriteState, AppendError> {
        let mut state = State::read(&position.state)?;
        let mut writes = self.writes();
        let unfinished = writes.open.get_mut(&(*key, state.write)).ok_or(AppendError::Gone)?;
        let whole = ByteSize::new((state.pending_bytes() + chunk.bytes.len()) as u64);
        let is_part = chunk.is_last || whole >= CHUNK;
        let mut bytes = PartBytes::new();
        if is_part || state.pending.len() == MOST_PENDING {
            // Of a writer that was shut out they may have been pruned.
            bytes = unfinished.find(&state.pending).ok_or(AppendError::Gone)?;
            state.pending.clear();
        }
        bytes.append(chunk.bytes);
        let place = if is_part { &mut state.parts } else { &mut state.pending };
        place.push((state.next, bytes.len()));
        unfinished.bytes.insert(state.next, bytes.pieces().concat().into());
        state.next += 1;
        Ok(state.write())
    }

    async fn sync(&self, _key: &BlobKey) -> PortResult<()> {
        Ok(())
    }

    fn rewind(&self, counted: &WriteState, reached: &WriteState) -> WriteState {
        let (Ok(mut state), Ok(reached)) = (State::read(counted), State::read(reached)) else {
            return counted.clone();
        };
        state.next = state.next.max(reached.next) + 1;
        state.write()
    }

    async fn prune(&self, key: &BlobKey, before: &WriteState, after: &WriteState) -> PortResult<()> {
        let (before, after) = (State::read(before)?, State::read(after)?);
        if let Some(unfinished) = self.writes().open.get_mut(&(*key, before.write)) {
            for (number, _) in before.pending.iter().filter(|numbered| !after.pending.contains(numbered)) {
                unfinished.bytes.remove(number);
            }
        }
        Ok(())
    }

    async fn abort(&self, key: &BlobKey, begun: &WriteState) -> PortResult<()> {
        let write = State::read(begun)?.write;
        self.writes().open.remove(&(*key, write));
        Ok(())
    }

    async fn complete(&self, key: &BlobKey, position: &Position) -> Result<StoredBlob, CompleteError> {
        let (size, state) = (position.offset, State::read(&position.state)?);
        let found = self.writes().open.get(&(*key, state.write)).map(|unfinished| {
            let numbered = [&state.parts[..], &state.pending[..]].concat();
            (unfinished.find(&numbered), unfinished.content_type.clone())
        });
        let Some((bytes, content_type)) = found else {
            return match self.blobs.head(key).await? {
                Some(head) if head.size == size => Ok(StoredBlob { size }),
                Some(_) => Err(CompleteError::Incomplete),
                None => Err(CompleteError::Gone),
            };
        };
        let bytes = bytes.filter(|bytes| bytes.len() as u64 == size.bytes());
        let stored = self.put(key, bytes.ok_or(CompleteError::Incomplete)?, &content_type).await?;
        self.writes().open.retain(|(of, _), _| of != key);
        Ok(stored)
    }

    async fn put_bytes(
        &self,
        key: &BlobKey,
        bytes: PartBytes,
        content_type: &MediaType,
    ) -> Result<StoredBlob, PutBlob> {
        Ok(self.put(key, bytes, content_type).await?)
    }
}

/// Completed blobs are those of the other store; `delete` also removes the unfinished writes that are kept here.
#[async_trait]
impl BlobStore for NumberedParts {
    async fn put(&self, key: &BlobKey, body: ByteStream, hint: &PutHint) -> Result<StoredBlob, PutBlob> {
        self.blobs.put(key, body, hint).await
    }

    async fn get(&self, key: &BlobKey, range: Option<ByteRange>) -> Result<BlobReader, GetBlob> {
        self.blobs.get(key, range).await
    }

    async fn head(&self, key: &BlobKey) -> PortResult<Option<BlobHead>> {
        self.blobs.head(key).await
    }

    async fn delete(&self, key: &BlobKey) -> PortResult<()> {
        self.writes().open.retain(|(of, _), _| of != key);
        self.blobs.delete(key).await
    }

    fn limits(&self) -> BlobLimits {
        self.blobs.limits()
    }

    async fn ping(&self) -> PortResult<()> {
        self.blobs.ping().await
    }
}
