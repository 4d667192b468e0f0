//! What is made of the bytes of a piece in their order: the hash of the whole upload, and the checksum of the piece.
//!
//! Both are work for a processor, done on a thread of its own while the same bytes are written and the next ones come.

use tokio::task::{JoinHandle, spawn_blocking};

use super::finish::defect;
use crate::body::PartBytes;
use crate::store::Stored;
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
    fn take(&mut self, bytes: &PartBytes) {
        for piece in bytes.pieces() {
            self.whole.update(piece);
            if let Some(checksum) = &mut self.checksum {
                checksum.update(piece);
            }
        }
    }
}

/// Takes bytes, and knows after a while what they come to.
pub(super) struct Digester(State);

enum State {
    Idle(Box<Digests>),
    Busy(JoinHandle<Box<Digests>>),
    /// The thread panicked.
    Lost,
}

impl Digester {
    pub(super) fn new(whole: HashState, checksum: Option<ChecksumHasher>) -> Self {
        Self(State::Idle(Box::new(Digests { whole, checksum })))
    }

    /// Begins with more bytes. It waits for those before, so that no more than these are held.
    pub(super) async fn take(&mut self, bytes: &PartBytes) -> Stored<()> {
        let digests = self.settled().await?;
        if bytes.len() < WORTH_A_THREAD {
            digests.take(bytes);
            return Ok(());
        }
        if let State::Idle(mut digests) = std::mem::replace(&mut self.0, State::Lost) {
            let bytes = bytes.clone();
            self.0 = State::Busy(spawn_blocking(move || {
                digests.take(&bytes);
                digests
            }));
        }
        Ok(())
    }

    /// What all bytes come to that were taken.
    pub(super) async fn settled(&mut self) -> Stored<&mut Digests> {
        if let State::Busy(task) = &mut self.0 {
            self.0 = task.await.map_or(State::Lost, State::Idle);
        }
        match &mut self.0 {
            State::Idle(digests) => Ok(digests),
            State::Busy(_) | State::Lost => Err(defect("the bytes of an upload could not be hashed")),
        }
    }
}
