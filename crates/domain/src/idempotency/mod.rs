//! Idempotency keys: a retried upload finds the first one.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use async_trait::async_trait;

use crate::clock::Timestamp;
use crate::error::PortResult;
use crate::files::{FileName, Sha256};
use crate::ids::{BlobId, FileId, UserId};

/// How long a finished key is kept.
pub const KEPT_FOR: Duration = Duration::from_hours(24);

/// `Idempotency-Key`: 1 to 255 visible ASCII characters, one user's own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(String);

/// The text is no idempotency key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 255 visible ASCII characters")]
pub struct InvalidKey;

impl IdempotencyKey {
    /// The key.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for IdempotencyKey {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let fits = (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidKey) }
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An attempt that wants a key: the blob it writes names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyClaim {
    /// The user who sent the key.
    pub user: UserId,
    /// The key.
    pub key: IdempotencyKey,
    /// The attempt.
    pub attempt: BlobId,
    /// Until when the attempt holds it, unless it is renewed.
    pub lease_until: Timestamp,
}

/// The outcome of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claimed {
    /// The attempt holds the key now: it was free, its last holder's lease had run out, or it had expired.
    Held,
    /// Another attempt holds it.
    Running {
        /// Until when at least.
        lease_until: Timestamp,
    },
    /// An earlier attempt was finished.
    Done(FinishedUpload),
}

/// The finished upload that a key leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FinishedUpload {
    /// The file.
    pub file: FileId,
    /// The name it was uploaded under.
    pub name: FileName,
    /// The hash of what was uploaded, and of the folder that it was meant for where that is not the root.
    pub sha256: Sha256,
}

/// Idempotency keys inside a unit of work.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait KeyRepo: Send {
    /// Claims the key, every character of which counts (KEY-17), for the attempt, if no other attempt holds it at
    /// `now`. Of two units that claim a free key one holds it (KEY-01). A claim by the attempt that holds it already
    /// is `Held`, until the new `lease_until` (KEY-14). A key that is claimed again remembers no earlier upload
    /// (KEY-15). A lease is over at `lease_until` itself, and a finished key is free again at its `expires_at`
    /// (KEY-04, KEY-12, KEY-13). Every key of a user who is marked as removed is free (KEY-18).
    async fn claim(&mut self, claim: &KeyClaim, now: Timestamp) -> PortResult<Claimed>;

    /// Moves the end of the lease of the key that `attempt` holds (KEY-06); false when it holds none or is finished
    /// (KEY-07, KEY-12).
    async fn renew(&mut self, attempt: BlobId, lease_until: Timestamp) -> PortResult<bool>;

    /// Marks the key of `attempt` as finished and keeps the upload until `expires_at`. False when the attempt holds no key
    /// any more (KEY-07).
    async fn finish(
        &mut self,
        attempt: BlobId,
        upload: &FinishedUpload,
        expires_at: Timestamp,
    ) -> PortResult<bool>;

    /// Frees the key that the unfinished `attempt` holds (KEY-05). An attempt without a key is no error.
    async fn free(&mut self, attempt: BlobId) -> PortResult<()>;

    /// Frees every key whose upload made this file (KEY-08, KEY-16).
    async fn free_file(&mut self, file: FileId) -> PortResult<()>;

    /// Removes up to `limit` keys that expired, or whose lease ran out, before `now`; answers how many (KEY-09).
    async fn purge_expired(&mut self, now: Timestamp, limit: u32) -> PortResult<u32>;
}

#[cfg(test)]
mod tests;
