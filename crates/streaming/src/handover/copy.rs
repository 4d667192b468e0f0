//! Copies of pictures while their bodies pass.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use bytes::Bytes;
use futures_util::StreamExt as _;
use tokio::time::Instant;

use fm_domain::body::{ByteSize, ByteStream};
use fm_domain::ids::UserId;

use super::{MAX_WAIT, Picture, Room, Shared};
use crate::meter::Metered;

/// The largest picture that is copied. A larger one takes long to decode, and reading it little of that.
pub(super) const MAX_PICTURE: u64 = 4 * 1024 * 1024;

/// The room that a copy begins with, at most. It takes more as its bytes come, whatever length was declared.
const FIRST_ROOM: u64 = 256 * 1024;

/// What there is of a copy; nothing once it was given up or finished.
type Slot = Mutex<Option<Partial>>;

/// A copy that is being made. It is given up where there is no room for more, where its room is wanted, and after 30 s.
pub struct PictureCopy(Arc<Slot>);

impl PictureCopy {
    /// A copy with room for the beginning.
    pub(super) fn begin(shared: &Arc<Shared>, owner: UserId, length: Option<ByteSize>) -> Option<Self> {
        let limit = MAX_PICTURE.min(shared.limit);
        let most = length.map_or(limit, ByteSize::bytes);
        if most > limit {
            return None;
        }
        shared.sweep();
        let room = shared.reserve(owner, FIRST_ROOM.min(most))?;
        // What is allocated and not written to takes no memory yet. So a copy of known length need not move.
        let capacity = length.map_or(room.bytes, ByteSize::bytes);
        let bytes = Vec::with_capacity(usize::try_from(capacity).ok()?);
        let until = Instant::now() + MAX_WAIT;
        let partial = Partial { shared: Arc::clone(shared), bytes, most, until, room };
        let copy = Self(Arc::new(Mutex::new(Some(partial))));
        shared.copies.add(&copy);
        // Those that began to wait while it was in no list found nothing to be given back.
        (!shared.budget.is_contended()).then_some(copy)
    }

    /// The same body, which fills the copy while it passes.
    pub(super) fn filled_by(&self, body: ByteStream) -> ByteStream {
        let copy = Self(Arc::clone(&self.0));
        body.inspect(move |chunk| {
            let mut partial = copy.lock();
            let goes_on = match chunk {
                Ok(bytes) => partial.as_mut().is_some_and(|partial| partial.push(bytes)),
                Err(_) => false,
            };
            if !goes_on {
                *partial = None;
            }
        })
        .boxed()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Partial>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The picture, if the copy is all that passed.
    #[must_use]
    pub fn finish(self, passed: &Metered) -> Option<Picture> {
        let Partial { bytes, room, .. } = self.lock().take()?;
        (bytes.len() as u64 == passed.size.bytes()).then(|| Picture {
            sha256: passed.sha256,
            bytes: bytes.into(),
            room,
        })
    }
}

pub(super) struct Partial {
    shared: Arc<Shared>,
    bytes: Vec<u8>,
    /// Bytes that it may have.
    most: u64,
    /// When it is given up.
    pub(super) until: Instant,
    pub(super) room: Room,
}

impl Partial {
    /// Whether the copy has the chunk, too.
    fn push(&mut self, chunk: &Bytes) -> bool {
        let needed = (self.bytes.len() + chunk.len()) as u64;
        let has_room = needed <= self.room.bytes || self.grow(needed).is_some();
        if has_room {
            self.bytes.extend_from_slice(chunk);
        }
        has_room
    }

    /// Takes twice the room, or as much as is needed.
    fn grow(&mut self, needed: u64) -> Option<()> {
        if needed > self.most {
            return None;
        }
        let length = needed.max(self.room.bytes * 2).min(self.most);
        if length <= self.bytes.capacity() as u64 {
            let more = self.shared.reserve(self.room.owner, length - self.room.bytes)?;
            self.room.join(more);
            return Some(());
        }
        // Both are there for a moment.
        let room = self.shared.reserve(self.room.owner, length)?;
        let mut larger = Vec::with_capacity(usize::try_from(length).ok()?);
        larger.extend_from_slice(&self.bytes);
        (self.bytes, self.room) = (larger, room);
        Some(())
    }
}

/// The copies that are being made: a client that sends slowly must not hold memory that another upload waits for.
#[derive(Default)]
pub(super) struct Copies(Mutex<Vec<Weak<Slot>>>);

impl Copies {
    fn lock(&self) -> MutexGuard<'_, Vec<Weak<Slot>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, copy: &PictureCopy) {
        let mut copies = self.lock();
        copies.retain(|one| one.strong_count() > 0);
        copies.push(Arc::downgrade(&copy.0));
    }

    /// Gives up those that this is said of, with no other lock held.
    pub(super) fn give_up_where(&self, goes: impl Fn(&Partial) -> bool) {
        let copies: Vec<_> = self.lock().iter().filter_map(Weak::upgrade).map(PictureCopy).collect();
        for copy in copies {
            let mut partial = copy.lock();
            if partial.as_ref().is_some_and(&goes) {
                *partial = None;
            }
        }
    }
}

impl fmt::Debug for Copies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Copies").finish_non_exhaustive()
    }
}
