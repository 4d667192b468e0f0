//! Bytes on their way through: sizes, streams, and the memory they may hold.

pub(crate) mod gather;
pub(crate) mod meter;
mod pool;

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use serde::{Deserialize, Serialize};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub use gather::PartBytes;
pub use pool::{BufferPool, PIECE_BYTES};

/// A number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ByteSize(u64);

impl ByteSize {
    /// No bytes.
    pub const ZERO: Self = Self(0);

    /// This many bytes.
    #[must_use]
    pub const fn new(bytes: u64) -> Self {
        Self(bytes)
    }

    /// How many bytes.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        self.0
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0)
    }
}

/// Why a stream of bytes ended before its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// The sender went away: what came so far is not the whole.
    #[error("the sender went away before the body ended")]
    Aborted,
    /// The sender sent nothing for too long.
    #[error("the body stalled")]
    Stalled,
    /// More bytes than allowed.
    #[error("the body is larger than {limit}")]
    TooLarge {
        /// The most that is taken.
        limit: ByteSize,
    },
    /// More bytes than the owner's quota has room for.
    #[error("the quota would be passed")]
    QuotaExceeded,
    /// The framing around the bytes (a form) is broken.
    #[error("the body is malformed: {0}")]
    Malformed(&'static str),
    /// The framing is right, but what it holds is not acceptable.
    #[error("the body is not acceptable: {pointer} {detail}")]
    Invalid {
        /// The part of a form that is meant, as a JSON pointer: `/name`.
        pointer: &'static str,
        /// What is wrong with it.
        detail: String,
    },
    /// The bytes are not those that the given digest names.
    #[error("the body does not match its digest")]
    DigestMismatch,
    /// The store that the bytes come from failed midway.
    #[error("the source of the bytes failed")]
    Source(Arc<str>),
}

/// Bytes as they come. It ends with `None` only when they are whole: a vanished sender is [`BodyError::Aborted`],
/// and nothing follows an error.
pub type ByteStream = BoxStream<'static, Result<Bytes, BodyError>>;

/// The memory that all uploads of the process may hold together, counted in bytes really held.
///
/// Whoever needs more than is left waits, so that more uploads wait instead of growing the process. Ask once for
/// all that one step needs: asking again while holding some can wait for ever.
#[derive(Debug, Clone)]
pub struct BufferBudget {
    units: Arc<Semaphore>,
    total: u32,
}

/// One unit of the budget: small enough for small files, large enough for a semaphore's counter.
const UNIT: u64 = 1024;

/// A part of the budget, given back when it is dropped.
#[derive(Debug)]
pub struct BufferPermit {
    _held: OwnedSemaphorePermit,
}

impl BufferBudget {
    /// A budget of this many bytes, at least one KiB.
    #[must_use]
    pub fn new(total: ByteSize) -> Self {
        let total =
            u32::try_from(total.bytes().div_ceil(UNIT)).unwrap_or(u32::MAX >> 4).clamp(1, u32::MAX >> 4);
        Self { units: Arc::new(Semaphore::new(total as usize)), total }
    }

    /// Waits until `wanted` bytes are free and holds them. More than the whole budget counts as the whole of it.
    pub async fn acquire(&self, wanted: ByteSize) -> BufferPermit {
        let units = u32::try_from(wanted.bytes().div_ceil(UNIT)).unwrap_or(self.total).clamp(1, self.total);
        match Arc::clone(&self.units).acquire_many_owned(units).await {
            Ok(held) => BufferPermit { _held: held },
            Err(_closed) => unreachable!("the semaphore of a budget is never closed"),
        }
    }

    /// Bytes not held by anyone.
    #[must_use]
    pub fn available(&self) -> ByteSize {
        ByteSize::new(self.units.available_permits() as u64 * UNIT)
    }
}

#[cfg(test)]
mod tests;
