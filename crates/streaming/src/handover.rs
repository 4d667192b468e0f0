//! Pictures that were just stored, for the jobs that make their thumbnails.

mod copy;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use fm_domain::body::{ByteSize, ByteStream};
use fm_domain::files::Sha256;
use fm_domain::ids::{BlobId, UserId};

use self::copy::Copies;
pub use self::copy::PictureCopy;
use crate::{BufferBudget, BufferPermit};

/// How long a picture waits for its job, and how long its body may take to come. A worker of this process begins within
/// milliseconds, unless it has much to do. What is here for longer is dropped when the next picture comes or the use is read.
const MAX_WAIT: Duration = Duration::from_secs(30);

/// Hands pictures that were just stored to the jobs of the same process, which would else read them back from the store.
///
/// It is a short cut and nothing more: the job is in the database, and reads the store where there is no picture here. So a
/// picture may go at any moment: with the process, 30 s later when the next one comes or the use is read, or because its memory
/// is wanted. That memory is spare memory of the budget of uploads, up to a limit; the oldest pictures go when a new one needs
/// room, those of its owner first, and all of them, those too that are still being copied, when an upload would wait.
///
/// A blob never changes and its id is never used again, so that a picture can't be another's or out of date. Clones share
/// everything. The default hands nothing over.
#[derive(Debug, Clone, Default)]
pub struct PictureHandover(Option<Arc<Shared>>);

#[derive(Debug)]
struct Shared {
    budget: BufferBudget,
    /// In bytes.
    limit: u64,
    /// Bytes of all copies, those that are being made and those that wait.
    held: Arc<AtomicU64>,
    copies: Copies,
    /// The oldest first.
    waiting: Mutex<VecDeque<Waiting>>,
    hits: AtomicU64,
    misses: AtomicU64,
}

#[derive(Debug)]
struct Waiting {
    blob: BlobId,
    picture: Picture,
    until: Instant,
}

/// How often jobs looked for their pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HandoverUse {
    /// The picture was there.
    pub hits: u64,
    /// It was not: it is too large, came by many requests or to another process, had to give way, or was looked for before.
    pub misses: u64,
}

impl PictureHandover {
    /// Hands over pictures that take so much spare memory of the budget together; nothing where that is zero. A budget has one.
    #[must_use]
    pub fn new(budget: &BufferBudget, limit: ByteSize) -> Self {
        if limit == ByteSize::ZERO {
            return Self::default();
        }
        let shared = Arc::new(Shared {
            budget: budget.clone(),
            limit: limit.bytes(),
            held: Arc::default(),
            copies: Copies::default(),
            waiting: Mutex::default(),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
        });
        let pictures = Arc::downgrade(&shared);
        budget.on_shortage(move |whose| {
            if let Some(shared) = pictures.upgrade() {
                shared.give_way(whose);
            }
        });
        Self(Some(shared))
    }

    /// Whether anything is handed over at all.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Copies the picture while its body passes, where there is room for it. The body is the same.
    #[must_use]
    pub fn copy(
        &self,
        owner: UserId,
        length: Option<ByteSize>,
        body: ByteStream,
    ) -> (Option<PictureCopy>, ByteStream) {
        match self.0.as_ref().and_then(|shared| PictureCopy::begin(shared, owner, length)) {
            Some(copy) => {
                let body = copy.filled_by(body);
                (Some(copy), body)
            }
            None => (None, body),
        }
    }

    /// Lets the job of this blob have the picture. It is withdrawn when the offer is dropped without being confirmed: what is
    /// not committed has no job.
    pub fn offer(&self, blob: BlobId, picture: Picture) -> Offer {
        if let Some(shared) = &self.0 {
            shared.sweep();
            let until = Instant::now() + MAX_WAIT;
            shared.lock().push_back(Waiting { blob, picture, until });
            // Those that began to wait while it was in no list found nothing to be given back.
            if shared.budget.is_contended() {
                drop(shared.remove(blob));
            }
        }
        Offer { handover: self.clone(), withdraws: Some(blob) }
    }

    /// The picture of this blob, once: the bytes that passed when it was stored, if they have this size and hash. Their memory
    /// is the caller's from now on.
    #[must_use]
    pub fn take(&self, blob: BlobId, size: ByteSize, sha256: Option<Sha256>) -> Option<Bytes> {
        let shared = self.0.as_ref()?;
        let bytes = shared.remove(blob).filter(|found| found.until > Instant::now()).and_then(|found| {
            let Picture { sha256: copied, bytes, .. } = found.picture;
            (sha256 == Some(copied) && size.bytes() == bytes.len() as u64).then_some(bytes)
        });
        let counter = if bytes.is_some() { &shared.hits } else { &shared.misses };
        counter.fetch_add(1, Ordering::Relaxed);
        bytes
    }

    /// How often jobs looked for their pictures so far. What has been here for too long is dropped.
    #[must_use]
    pub fn in_use(&self) -> HandoverUse {
        self.0.as_ref().map_or_else(HandoverUse::default, |shared| {
            shared.sweep();
            HandoverUse {
                hits: shared.hits.load(Ordering::Relaxed),
                misses: shared.misses.load(Ordering::Relaxed),
            }
        })
    }
}

impl Shared {
    /// The budget's lock may be taken under this one, never this one under the budget's.
    fn lock(&self) -> MutexGuard<'_, VecDeque<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Drops what has been here for too long, with no other lock held.
    fn sweep(&self) {
        let now = Instant::now();
        self.lock().retain(|one| one.until > now);
        self.copies.give_up_where(|copy| copy.until <= now);
    }

    /// Drops the pictures of this user; `None`: all.
    fn give_way(&self, whose: Option<UserId>) {
        let goes = |room: &Room| whose.is_none_or(|user| room.owner == user);
        self.lock().retain(|one| !goes(&one.picture.room));
        self.copies.give_up_where(|copy| goes(&copy.room));
    }

    fn remove(&self, blob: BlobId) -> Option<Waiting> {
        let mut waiting = self.lock();
        let place = waiting.iter().position(|one| one.blob == blob)?;
        waiting.remove(place)
    }

    /// Room for so many bytes; where there is none the oldest picture of this owner goes, or else the oldest of all.
    fn reserve(&self, owner: UserId, bytes: u64) -> Option<Room> {
        if bytes > self.limit {
            return None;
        }
        let mut waiting = self.lock();
        while self.held.load(Ordering::Relaxed) + bytes > self.limit {
            let own = waiting.iter().position(|one| one.picture.room.owner == owner);
            drop(waiting.remove(own.unwrap_or(0))?);
        }
        let permit = self.budget.try_acquire_spare(Some(owner), ByteSize::new(bytes))?;
        self.held.fetch_add(bytes, Ordering::Relaxed);
        Some(Room { owner, held: Arc::clone(&self.held), bytes, permits: vec![permit] })
    }
}

/// Memory for a copy.
#[derive(Debug)]
struct Room {
    owner: UserId,
    held: Arc<AtomicU64>,
    bytes: u64,
    permits: Vec<BufferPermit>,
}

impl Room {
    fn join(&mut self, mut more: Self) {
        self.bytes += std::mem::take(&mut more.bytes);
        self.permits.append(&mut more.permits);
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.held.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// A picture, as it was stored.
pub struct Picture {
    sha256: Sha256,
    bytes: Bytes,
    room: Room,
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Picture").field("bytes", &self.bytes.len()).finish_non_exhaustive()
    }
}

/// A picture that a job may have, or has had.
#[must_use = "the picture is withdrawn when the offer is dropped"]
#[derive(Debug)]
pub struct Offer {
    handover: PictureHandover,
    withdraws: Option<BlobId>,
}

impl Offer {
    /// The job exists: the picture waits for it.
    pub fn confirm(mut self) {
        self.withdraws = None;
    }
}

impl Drop for Offer {
    fn drop(&mut self) {
        if let (Some(blob), Some(shared)) = (self.withdraws, &self.handover.0) {
            drop(shared.remove(blob));
        }
    }
}
