//! The digests of an upload's bytes in their order: the hash of the whole, the checksum of one request's body, and the
//! charset of a text.
//!
//! They are work for a processor, done on a thread of its own while the same bytes are written and the next ones are
//! received. Where all those threads have work no processor is idle, and the bytes are hashed where they were received:
//! they are still in that processor's cache, and no thread has to be woken.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fm_domain::body::PartBytes;
use fm_domain::error::{PortError, PortResult};
use fm_domain::files::CharsetCheck;
use fm_domain::uploads::{ChecksumHasher, HashState};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::yield_now;

use super::threads::{HashPermit, HashThreads};

/// Fewer bytes are hashed in place: handing them to another thread costs more.
const MIN_OFFLOADED_BYTES: usize = 128 * 1024;

/// How many parts a thread is given at a time: done with one it goes on with the next.
pub const CONCURRENT_PARTS: usize = 2;

/// The digests.
#[derive(Default)]
pub struct Digests {
    /// The hash of the whole upload.
    pub whole: HashState,
    /// The checksum of this request's body, until it was compared.
    pub checksum: Option<ChecksumHasher>,
    /// Of a text whose charset is not known: what is known of it.
    pub charset: Option<CharsetCheck>,
}

impl Digests {
    fn update(&mut self, bytes: &[u8]) {
        self.whole.update(bytes);
        if let Some(checksum) = &mut self.checksum {
            checksum.update(bytes);
        }
        if let Some(charset) = &mut self.charset {
            charset.update(bytes);
        }
    }
}

/// A thread panicked while it hashed: the digests are lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the bytes of an upload could not be hashed")]
struct HashLost;

impl From<HashLost> for PortError {
    fn from(lost: HashLost) -> Self {
        Self::Unexpected(lost.into())
    }
}

/// Hashes bytes in the order in which it is given them, beside its caller where a thread is free.
pub struct OffloadedHasher {
    threads: HashThreads,
    state: State,
    queue: Arc<Queue>,
    /// Permits for the parts that a thread was given.
    room: Arc<Semaphore>,
}

enum State {
    Idle(Box<Digests>),
    /// A thread has them.
    Busy(oneshot::Receiver<Box<Digests>>),
    /// It panicked.
    Lost,
}

/// A part that a thread was given. Hashed, it makes room for another.
struct QueuedPart {
    bytes: PartBytes,
    _room: OwnedSemaphorePermit,
}

/// What a thread is to hash next; `None` when no thread serves this hasher.
#[derive(Default)]
struct Queue(Mutex<Option<VecDeque<QueuedPart>>>);

/// Closes the queue when its thread ends, by a panic too.
struct CloseOnDrop<'a>(&'a Queue);

impl Drop for CloseOnDrop<'_> {
    fn drop(&mut self) {
        *self.0.lock() = None;
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Option<VecDeque<QueuedPart>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives a part to the thread that serves the queue, or gives it back where there is none.
    fn push(&self, part: QueuedPart) -> Option<QueuedPart> {
        match &mut *self.lock() {
            Some(parts) => {
                parts.push_back(part);
                None
            }
            None => Some(part),
        }
    }

    /// Hashes all parts that are there or are added meanwhile.
    fn serve(&self, mut digests: Box<Digests>) -> Box<Digests> {
        let _close = CloseOnDrop(self);
        while let Some(part) = self.next() {
            part.bytes.pieces().iter().for_each(|bytes| digests.update(bytes));
        }
        digests
    }

    /// The next part. Where there is none the queue is closed under the same lock, so that none is added in vain.
    fn next(&self) -> Option<QueuedPart> {
        let mut parts = self.lock();
        let part = parts.as_mut().and_then(VecDeque::pop_front);
        if part.is_none() {
            *parts = None;
        }
        part
    }
}

impl OffloadedHasher {
    /// Goes on from these digests, on `threads`.
    #[must_use]
    pub fn new(threads: &HashThreads, digests: Digests) -> Self {
        Self {
            threads: threads.clone(),
            state: State::Idle(Box::new(digests)),
            queue: Arc::default(),
            room: Arc::new(Semaphore::new(CONCURRENT_PARTS)),
        }
    }

    /// Begins to hash more bytes, once there is room for them.
    pub async fn update(&mut self, bytes: &PartBytes) -> PortResult<()> {
        if bytes.len() < MIN_OFFLOADED_BYTES {
            return self.update_here(bytes).await;
        }
        let Ok(room) = Arc::clone(&self.room).acquire_owned().await else { return Err(HashLost.into()) };
        let part = QueuedPart { bytes: bytes.clone(), _room: room };
        let Some(part) = self.queue.push(part) else { return Ok(()) };
        self.digests().await?;
        match self.threads.try_acquire() {
            Some(thread) => self.begin(part, thread),
            None => self.update_here(bytes).await?,
        }
        Ok(())
    }

    async fn update_here(&mut self, bytes: &PartBytes) -> PortResult<()> {
        let digests = self.digests().await?;
        for bytes in bytes.pieces() {
            digests.update(bytes);
            // Other tasks of this thread have their turn after each.
            yield_now().await;
        }
        Ok(())
    }

    fn begin(&mut self, part: QueuedPart, thread: HashPermit) {
        if let State::Idle(digests) = std::mem::replace(&mut self.state, State::Lost) {
            *self.queue.lock() = Some(VecDeque::from([part]));
            let queue = Arc::clone(&self.queue);
            let (done, result) = oneshot::channel();
            thread.run(move || queue.serve(digests), move |digests| drop(done.send(digests)));
            self.state = State::Busy(result);
        }
    }

    /// The digests of all bytes given so far.
    pub async fn digests(&mut self) -> PortResult<&mut Digests> {
        if let State::Busy(result) = &mut self.state {
            self.state = result.await.map_or(State::Lost, State::Idle);
        }
        match &mut self.state {
            State::Idle(digests) => Ok(digests),
            State::Busy(_) | State::Lost => Err(HashLost.into()),
        }
    }
}

#[cfg(test)]
mod tests;
