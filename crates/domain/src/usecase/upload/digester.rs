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
use super::hashers::Hasher;
use crate::body::PartBytes;
use crate::store::{StoreError, Stored};
use crate::upload::{ChecksumHasher, HashState};

/// Fewer bytes are hashed at once: handing them to another thread costs more.
const WORTH_A_THREAD: usize = 128 * 1024;

/// How many parts a thread is given at once: done with one it goes on with the next.
pub(super) const AT_ONCE: usize = 2;

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
        if bytes.len() < WORTH_A_THREAD {
            return self.take_here(bytes).await;
        }
        let Ok(room) = Arc::clone(&self.room).acquire_owned().await else { return Err(lost()) };
        let Some(turn) = self.queue.join(Turn { bytes: bytes.clone(), _room: room }) else { return Ok(()) };
        self.settled().await?;
        match Hasher::try_take() {
            Some(hasher) => self.begin(turn, hasher),
            None => self.take_here(bytes).await?,
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

    fn begin(&mut self, turn: Turn, hasher: Hasher) {
        if let State::Idle(digests) = std::mem::replace(&mut self.state, State::Lost) {
            *self.queue.lock() = Some(VecDeque::from([turn]));
            let queue = Arc::clone(&self.queue);
            let (done, result) = oneshot::channel();
            hasher.run(move || queue.serve(digests), move |digests| drop(done.send(digests)));
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
    #![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

    use std::thread::available_parallelism;
    use std::time::Duration;

    use bytes::Bytes;
    use futures_util::FutureExt as _;
    use tokio::time::{sleep, timeout};

    use super::*;

    fn digester() -> Digester {
        Digester::new(HashState::new(), None)
    }

    fn parts(count: u8) -> Vec<PartBytes> {
        (0..count).map(|fill| PartBytes::from(Bytes::from(vec![fill; 3 * WORTH_A_THREAD]))).collect()
    }

    /// What these come to in one go.
    fn whole(parts: &[PartBytes]) -> HashState {
        let mut whole = HashState::new();
        parts.iter().flat_map(PartBytes::pieces).for_each(|piece| whole.update(piece));
        whole
    }

    /// One whose thread, which is not there, was given the first two of these.
    async fn given_two(parts: &[PartBytes]) -> Digester {
        let mut digester = digester();
        *digester.queue.lock() = Some(VecDeque::new());
        for part in &parts[..2] {
            digester.take(part).await.unwrap();
        }
        digester
    }

    #[tokio::test]
    async fn parts_come_to_what_they_come_to_in_one_go() {
        let (mut digester, parts) = (digester(), parts(20));
        for part in &parts {
            digester.take(part).await.unwrap();
        }
        assert_eq!(digester.settled().await.unwrap().whole.finish(), whole(&parts).finish());
    }

    #[tokio::test]
    async fn while_all_threads_have_work_it_hashes_where_it_is_to_the_same_end() {
        let (mut digester, parts) = (digester(), parts(3));
        let mut others = Vec::new();
        // Other tests give theirs back.
        while others.len() + 1 < available_parallelism().unwrap().get() {
            others.extend(Hasher::try_take());
            sleep(Duration::from_millis(1)).await;
        }
        for part in &parts {
            digester.take(part).await.unwrap();
            assert!(matches!(digester.state, State::Idle(_)), "no thread was asked");
        }
        drop(others);
        assert_eq!(digester.settled().await.unwrap().whole.finish(), whole(&parts).finish());
    }

    #[tokio::test]
    async fn a_thread_goes_on_with_what_came_meanwhile_in_its_order() {
        let parts = parts(2);
        let digester = given_two(&parts).await;
        let digests = digester.queue.serve(Box::new(Digests { whole: HashState::new(), checksum: None }));
        assert_eq!(digests.whole.finish(), whole(&parts).finish());
        assert!(digester.queue.lock().is_none(), "nobody is at it any more");
    }

    #[tokio::test]
    async fn of_two_parts_that_are_not_hashed_yet_one_has_to_be_before_the_next_is_taken() {
        let parts = parts(3);
        let mut digester = given_two(&parts).await;
        assert!(digester.take(&parts[2]).now_or_never().is_none(), "there is no room");
        drop(digester.queue.next());
        assert!(digester.take(&parts[2]).now_or_never().is_some());
    }

    #[tokio::test]
    async fn a_thread_that_panics_is_an_error_and_keeps_nobody_waiting() {
        let parts = parts(3);
        let mut digester = given_two(&parts).await;
        let (queue, (done, result)) = (Arc::clone(&digester.queue), oneshot::channel());
        digester.state = State::Busy(result);
        let thread = std::thread::spawn(move || {
            let _done: oneshot::Sender<Box<Digests>> = done;
            let _at_it = AtIt(&queue);
            panic!("as it should");
        });
        assert!(thread.join().is_err());
        let taken = timeout(Duration::from_secs(5), digester.take(&parts[2])).await;
        assert!(taken.expect("nobody waits").is_err());
        assert_eq!(digester.room.available_permits(), AT_ONCE);
    }
}
