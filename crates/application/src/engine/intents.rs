//! The promise to clean up that every blob begins with: recorded before its first byte is sent to a store, cancelled at
//! once where its upload fails. What can't be cancelled is left to the sweep.

use std::sync::Arc;
use std::time::Duration;

use fm_domain::blobs::{BlobIntent, BlobKey, BlobStore};
use fm_domain::body::ByteSize;
use fm_domain::clock::{Clock, Timestamp};
use fm_domain::database::{Database, UnitOfWork};
use fm_domain::error::{PortError, PortResult, chain};
use fm_domain::ids::UserId;
use tokio::time::timeout;

use super::retry::{confirm_commit, retry_conflicts};
use crate::ports::Ports;

/// How long a use case waits for the store to delete bytes: a store that hangs is left to the sweep.
const DELETE_TIMEOUT: Duration = Duration::from_secs(5);

/// An intent, and what its owner holds for it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Intent {
    pub(crate) key: BlobKey,
    pub(crate) owner: UserId,
    /// Bytes reserved of the owner's quota.
    pub(crate) reserved: ByteSize,
    /// Whether it holds an idempotency key.
    pub(crate) keyed: bool,
}

impl Intent {
    /// One with nothing reserved and no idempotency key.
    pub(crate) const fn bare(key: BlobKey, owner: UserId) -> Self {
        Self { key, owner, reserved: ByteSize::ZERO, keyed: false }
    }

    /// Records it in a unit of work that does more.
    pub(crate) async fn record(
        &self,
        unit: &mut dyn UnitOfWork,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> PortResult<()> {
        let Self { key, owner, reserved, .. } = *self;
        unit.blobs().record_intent(&BlobIntent { key, owner, reserved, recorded_at: now, expires_at }).await
    }
}

/// Records and cancels intents in units of their own.
#[derive(Clone)]
pub(crate) struct Intents {
    db: Arc<dyn Database>,
    blobs: Arc<dyn BlobStore>,
    clock: Arc<dyn Clock>,
}

impl Intents {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self { db: ports.db.clone(), blobs: ports.blobs.clone(), clock: ports.clock.clone() }
    }

    /// Records a bare intent that lives so long unless it is renewed.
    pub(crate) async fn record(&self, key: BlobKey, owner: UserId, lease: Duration) -> PortResult<()> {
        retry_conflicts(|| async {
            let now = self.clock.now();
            let mut unit = self.db.begin().await?;
            Intent::bare(key, owner).record(unit.as_mut(), now, now.plus(lease)).await?;
            // A lost answer is not read back: the sweep cancels an intent that no upload uses.
            confirm_commit(unit.commit().await, async { Ok(false) }).await
        })
        .await
    }

    /// Cancels an intent whose upload failed, which the sweep would do later. It never fails: a failure of its own
    /// is logged, and the sweep does the rest.
    pub(crate) async fn cancel(&self, intent: &Intent) {
        if let Err(error) = retry_conflicts(|| self.try_cancel(intent)).await {
            tracing::info!(blob.id = %intent.key.id, error = chain(&error), "a blob is left to the sweep");
        }
    }

    async fn try_cancel(&self, intent: &Intent) -> PortResult<()> {
        let Intent { key, owner, reserved, keyed } = *intent;
        let mut unit = self.db.begin().await?;
        if !unit.blobs().cancel_intent(key.id, self.clock.now()).await? {
            // Either the blob was stored after all, and stays; or the sweep cancelled the intent, and bytes may have reached
            // the store after it deleted them.
            let tombstones = unit.blobs().find_tombstones(&[key]).await?;
            unit.rollback().await?;
            return if tombstones.is_empty() { Ok(()) } else { self.delete(&key).await };
        }
        if keyed {
            unit.keys().free(key.id).await?;
        }
        if reserved > ByteSize::ZERO {
            unit.users().unreserve(owner, reserved).await?;
        }
        unit.commit().await?;
        // The tombstone stays for the sweep, which deletes once more when no write can be under way any longer.
        self.delete(&key).await
    }

    async fn delete(&self, key: &BlobKey) -> PortResult<()> {
        match timeout(DELETE_TIMEOUT, self.blobs.delete(key)).await {
            Ok(deleted) => deleted,
            Err(elapsed) => Err(PortError::Unavailable(Box::new(elapsed))),
        }
    }
}

#[cfg(test)]
mod tests;
