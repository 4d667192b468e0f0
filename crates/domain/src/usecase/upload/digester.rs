//! What is made of the bytes of a piece in their order: the hash of the whole upload, and the checksum of the piece.
//!
//! Both are work for a processor, done on a thread of its own while the same bytes are written and the next ones come. Where
//! as many pieces come at once as there are processors none is idle, and the bytes are hashed where they came in: they are
//! still in that processor's cache, and nobody has to be woken.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::yield_now;

use super::finish::defect;
use super::hashers::{Member, all_processors_are_taken, hash};
use crate::body::PartBytes;
use crate::store::{StoreError, Stored};
use crate::upload::{ChecksumHasher, HashState};

/// Fewer bytes are hashed at once: handing them to another thread costs more.
const WORTH_A_THREAD: usize = 128 * 1024;

/// How far both are.
pub(super) struct Digests {
    pub(super) whole: HashState,
    /// As long as it was not compared.
    pub(super) checksum: Option<ChecksumHasher>,
}

impl Digests {
    fn take(&mut self, piece: &[u8]) {
        self.whole.update(piece);
        if let Some(checksum) = &mut self.checksum {
            checksum.update(piece);
        }
    }
}

/// How many parts wait for their turn or have it: with one in stock a thread that is done with one goes on.
const AT_ONCE: usize = 2;

/// Takes bytes, and knows after a while what they come to.
pub(super) struct Digester {
    state: State,
    queue: Arc<Queue>,
    room: Arc<Semaphore>,
    _member: Member,
}

enum State {
    Idle(Box<Digests>),
    Busy(oneshot::Receiver<Box<Digests>>),
    /// The thread panicked.
    Lost,
}

/// Bytes that are to be hashed, and then make room for others.
struct Turn {
    bytes: PartBytes,
    _room: OwnedSemaphorePermit,
}

/// What a thread hashes next; `None` when none is at it.
#[derive(Default)]
struct Queue(Mutex<Option<VecDeque<Turn>>>);

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Option<VecDeque<Turn>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives bytes to the thread that is at it, or gives them back.
    fn join(&self, turn: Turn) -> Option<Turn> {
        match &mut *self.lock() {
            Some(turns) => {
                turns.push_back(turn);
                None
            }
            None => Some(turn),
        }
    }

    /// Hashes what is there, and whatever comes meanwhile.
    fn work(&self, mut digests: Box<Digests>) -> Box<Digests> {
        while let Some(turn) = self.next() {
            turn.bytes.pieces().iter().for_each(|piece| digests.take(piece));
        }
        digests
    }

    fn next(&self) -> Option<Turn> {
        let mut turns = self.lock();
        let turn = turns.as_mut().and_then(VecDeque::pop_front);
        if turn.is_none() {
            *turns = None;
        }
        turn
    }
}

impl Digester {
    pub(super) fn new(whole: HashState, checksum: Option<ChecksumHasher>) -> Self {
        Self {
            state: State::Idle(Box::new(Digests { whole, checksum })),
            queue: Arc::default(),
            room: Arc::new(Semaphore::new(AT_ONCE)),
            _member: Member::join(),
        }
    }

    /// Begins with more bytes, once there are few enough that it is not done with.
    pub(super) async fn take(&mut self, bytes: &PartBytes) -> Stored<()> {
        if bytes.len() < WORTH_A_THREAD || all_processors_are_taken() {
            let digests = self.settled().await?;
            for piece in bytes.pieces() {
                digests.take(piece);
                // Others on this thread have their turn after each.
                yield_now().await;
            }
            return Ok(());
        }
        let Ok(room) = Arc::clone(&self.room).acquire_owned().await else { return Err(lost()) };
        let Some(turn) = self.queue.join(Turn { bytes: bytes.clone(), _room: room }) else { return Ok(()) };
        self.settled().await?;
        if let State::Idle(digests) = std::mem::replace(&mut self.state, State::Lost) {
            *self.queue.lock() = Some(VecDeque::from([turn]));
            let queue = Arc::clone(&self.queue);
            let (done, result) = oneshot::channel();
            hash(move || drop(done.send(queue.work(digests))));
            self.state = State::Busy(result);
        }
        Ok(())
    }

    /// What all bytes come to that were taken.
    pub(super) async fn settled(&mut self) -> Stored<&mut Digests> {
        if let State::Busy(result) = &mut self.state {
            self.state = result.await.map_or(State::Lost, State::Idle);
        }
        match &mut self.state {
            State::Idle(digests) => Ok(digests),
            State::Busy(_) | State::Lost => Err(lost()),
        }
    }
}

fn lost() -> StoreError {
    defect("the bytes of an upload could not be hashed")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use bytes::Bytes;

    use super::*;

    fn digester() -> Digester {
        Digester::new(HashState::new(), None)
    }

    #[tokio::test]
    async fn among_as_many_as_processors_it_hashes_where_it_is_to_the_same_end() {
        let bytes = Bytes::from(vec![7; 3 * WORTH_A_THREAD]);
        let mut crowd: Vec<Digester> =
            (0..available_parallelism().map_or(1, NonZero::get)).map(|_| digester()).collect();
        let mut expected = HashState::new();
        expected.update(&bytes);
        for digester in &mut crowd {
            digester.take(&PartBytes::from(bytes.clone())).await.unwrap();
            assert!(matches!(digester.state, State::Idle(_)), "no thread was asked");
            let digests = digester.settled().await.unwrap();
            assert_eq!(digests.whole.finish(), expected.finish());
        }
    }
}
