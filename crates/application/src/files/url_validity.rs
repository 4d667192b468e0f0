//! Windows: the times that signed URLs live from and to, rounded so that one file's URL stays the same for a while.

use std::time::Duration;

use fm_domain::clock::Timestamp;
use fm_domain::ids::FileId;

/// From when to when a URL works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UrlValidity {
    /// The beginning, in whole seconds, not after now.
    pub(crate) from: Timestamp,
    /// The end, in whole seconds.
    pub(crate) until: Timestamp,
}

impl UrlValidity {
    /// The present window of a file's URLs that live for `life`. Windows are half a life long, so that never less
    /// than half a life is left, and begin at different times for different files, so that not all of them are
    /// renewed at once.
    pub(crate) fn at(now: Timestamp, file: FileId, life: Duration) -> Self {
        let life = i64::try_from(life.as_secs()).unwrap_or(i64::MAX >> 32).max(1);
        let length = (life / 2).max(1);
        // The last eight bytes of a UUIDv7 are random but for two bits.
        let (_, random) = file.uuid().as_u64_pair();
        let offset = i64::try_from(random % length.unsigned_abs()).unwrap_or(0);
        let from = (now.unix_seconds() - offset).div_euclid(length) * length + offset;
        Self { from: Timestamp::from_unix_seconds(from), until: Timestamp::from_unix_seconds(from + life) }
    }
}

#[cfg(test)]
mod tests;
