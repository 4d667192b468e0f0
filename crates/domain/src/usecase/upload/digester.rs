//! What is made of the bytes of a piece in their order: the hash of the whole upload, and the checksum of the piece.
//!
//! Both are work for a processor, done on a thread of its own while the same bytes are written and the next ones come.
//! Where all those threads have work no processor is idle, and the bytes are hashed where they came in: they are still in
//! that processor's cache, and nobody has to be woken.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::yield_now;

use super::finish::defect;
use super::hashers::{are_busy, hash};
use crate::body::PartBytes;
use crate::store::{StoreError, Stored};
use crate::upload::{ChecksumHasher, HashState};

/// Fewer bytes are hashed at once: handing them to another thread costs more.
const WORTH_A_THREAD: usize = 128 * 1024;

/// How many parts a thread is given at once: done with one it goes on with the next.
const AT_ONCE: usize = 2;

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

/// Takes bytes, and knows after a while what they come to.
pub(super) struct Digester {
    state: State,
    queue: Arc<Queue>,
    /// For the parts that a thread was given.
    room: Arc<Semaphore>,
}

enum State {
    Idle(Box<Digests>),
    /// A thread has them.
    Busy(oneshot::Receiver<Box<Digests>>),
    /// It panicked.
    Lost,
}

/// A part that a thread was given. Done with, it makes room for another.
struct Turn {
    bytes: PartBytes,
    _room: OwnedSemaphorePermit,
}

/// What a thread is to hash next; `None` when none is at it.
#[derive(Default)]
struct Queue(Mutex<Option<VecDeque<Turn>>>);

/// Leaves the queue to others when a thread ends, in whatever way.
struct AtIt<'a>(&'a Queue);

impl Drop for AtIt<'_> {
    fn drop(&mut self) {
        *self.0.lock() = None;
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Option<VecDeque<Turn>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_served(&self) -> bool {
        self.lock().is_some()
    }

    /// Gives a part to the thread that is at it, or gives it back.
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
    fn serve(&self, mut digests: Box<Digests>) -> Box<Digests> {
        let _at_it = AtIt(self);
        while let Some(turn) = self.next() {
            turn.bytes.pieces().iter().for_each(|piece| digests.take(piece));
        }
        digests
    }

    /// Nobody joins after the last.
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
        }
    }

    /// Begins with more bytes, once there is room for them.
    pub(super) async fn take(&mut self, bytes: &PartBytes) -> Stored<()> {
        if bytes.len() < WORTH_A_THREAD || (are_busy() && !self.queue.is_served()) {
            return self.take_here(bytes).await;
        }
        let Ok(room) = Arc::clone(&self.room).acquire_owned().await else { return Err(lost()) };
        if let Some(turn) = self.queue.join(Turn { bytes: bytes.clone(), _room: room }) {
            self.settled().await?;
            self.begin(turn);
        }
        Ok(())
    }

    async fn take_here(&mut self, bytes: &PartBytes) -> Stored<()> {
        let digests = self.settled().await?;
        for piece in bytes.pieces() {
            digests.take(piece);
            // Others on this thread have their turn after each.
            yield_now().await;
        }
        Ok(())
    }

    fn begin(&mut self, turn: Turn) {
        if let State::Idle(digests) = std::mem::replace(&mut self.state, State::Lost) {
            *self.queue.lock() = Some(VecDeque::from([turn]));
            let queue = Arc::clone(&self.queue);
            let (done, result) = oneshot::channel();
            hash(move || drop(done.send(queue.serve(digests))));
            self.state = State::Busy(result);
        }
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

    use std::sync::mpsc;

    use bytes::Bytes;
    use futures_util::FutureExt as _;

    use super::super::hashers::COUNT;
    use super::*;

    fn digester() -> Digester {
        Digester::new(HashState::new(), None)
    }

    fn part(fill: u8) -> PartBytes {
        PartBytes::from(Bytes::from(vec![fill; 3 * WORTH_A_THREAD]))
    }

    /// Takes them all, and what they come to must be what they come to in one go.
    async fn takes(digester: &mut Digester, fills: std::ops::Range<u8>) {
        let mut expected = HashState::new();
        for fill in fills {
            expected.update(&part(fill).pieces().concat());
            digester.take(&part(fill)).await.unwrap();
        }
        assert_eq!(digester.settled().await.unwrap().whole.finish(), expected.finish());
    }

    #[tokio::test]
    async fn parts_are_hashed_in_the_order_they_came_in() {
        takes(&mut digester(), 0..20).await;
    }

    #[tokio::test]
    async fn while_all_threads_have_work_it_hashes_where_it_is_to_the_same_end() {
        let (end, wait) = mpsc::channel::<()>();
        let wait = Arc::new(Mutex::new(wait));
        for _ in 0..*COUNT {
            let wait = Arc::clone(&wait);
            hash(move || assert!(wait.lock().unwrap().recv().is_err(), "it waits for the end"));
        }
        let mut digester = digester();
        takes(&mut digester, 0..3).await;
        assert!(matches!(digester.state, State::Idle(_)), "no thread was asked");
        drop(end);
    }

    #[tokio::test]
    async fn of_two_parts_that_are_not_hashed_yet_one_has_to_be_before_the_next_is_taken() {
        let mut digester = digester();
        *digester.queue.lock() = Some(VecDeque::new());
        for fill in 0..2 {
            digester.take(&part(fill)).await.unwrap();
        }
        assert!(digester.take(&part(2)).now_or_never().is_none(), "there is no room");
        drop(digester.queue.next());
        assert!(digester.take(&part(2)).now_or_never().is_some());
    }

    #[tokio::test]
    async fn a_thread_that_panics_is_an_error_and_keeps_nobody_waiting() {
        let mut digester = digester();
        digester.state = State::Busy(oneshot::channel().1);
        for fill in 0..3 {
            assert!(digester.take(&part(fill)).await.is_err());
        }
    }
}
