//! Blobs that no row knows: what a restore of an older database leaves in the store.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};

use super::listing::{Listing, Rows};
use crate::engine::audit::{Act, AuditTrail};
use crate::ports::Ports;
use fm_domain::audit::AuditAction;
use fm_domain::blobs::{BlobStore, Bucket, ListBlobs, ListedBlob};
use fm_domain::clock::{Clock, Timestamp};
use fm_domain::error::{PortError, PortResult, chain};

/// How many blobs are deleted at once.
const AT_ONCE: usize = 8;
/// How many blobs of one batch that can't be deleted are a broken store.
const MOST_FAILURES: u64 = 3;

/// The orphans to sweep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SweepOrphansCommand {
    /// Younger ones stay.
    pub min_age: Duration,
    /// Whether they are only counted.
    pub dry_run: bool,
}

/// Why orphans were not swept.
#[derive(Debug, thiserror::Error)]
pub enum SweepOrphansError {
    /// The store has no lists.
    #[error("this store can't be listed")]
    NotListable,
    /// Not one of the store's blobs is known: rather the wrong database than nothing but orphans.
    #[error("the database knows none of the blobs in the store: is it the right one?")]
    StrangeDatabase,
    /// A store failed.
    #[error(transparent)]
    Store(#[from] PortError),
}

/// What a sweep of orphans did, or would do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SweptOrphans {
    /// Blobs that the store listed.
    pub listed: u64,
    /// Orphans that were deleted, or would be.
    pub deleted: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Orphans that could not be deleted.
    pub failed: u64,
}

/// Deletes blobs that have no row.
pub struct SweepOrphans {
    rows: Rows,
    blobs: Arc<dyn BlobStore>,
    lister: Option<Arc<dyn ListBlobs>>,
    clock: Arc<dyn Clock>,
    trail: AuditTrail,
}

impl SweepOrphans {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self {
            rows: Rows { db: ports.db.clone(), blobs: ports.blobs.clone() },
            blobs: ports.blobs.clone(),
            lister: ports.lister.clone(),
            clock: ports.clock.clone(),
            trail: AuditTrail::new(ports),
        }
    }

    /// Looks through the whole store, in constant memory. A blob that is being written or purged is no orphan. A
    /// database that knows none of the blobs is refused before anything is deleted.
    pub async fn run(&self, command: SweepOrphansCommand) -> Result<SweptOrphans, SweepOrphansError> {
        let lister = self.lister.as_deref().ok_or(SweepOrphansError::NotListable)?;
        let before = self.clock.now().minus(command.min_age);
        self.check_database(lister).await?;
        let mut swept = SweptOrphans::default();
        let outcome = self.sweep(lister, before, command.dry_run, &mut swept).await;
        if swept.deleted > 0 && !command.dry_run {
            self.trail.record(Act::of_operator(AuditAction::ORPHANS_DELETED, None)).await;
        }
        Ok(outcome.map(|()| swept)?)
    }

    async fn sweep(
        &self,
        lister: &dyn ListBlobs,
        before: Timestamp,
        dry: bool,
        swept: &mut SweptOrphans,
    ) -> PortResult<()> {
        for bucket in Bucket::ALL {
            let mut listing = Listing::of(lister, bucket).await?;
            while let Some(batch) = listing.next_batch().await? {
                swept.listed += batch.len() as u64;
                let orphans = self.rows.unknown(&batch, before).await?;
                self.delete(orphans, dry, swept).await?;
            }
        }
        Ok(())
    }

    /// Goes through the lists until a blob is known.
    async fn check_database(&self, lister: &dyn ListBlobs) -> Result<(), SweepOrphansError> {
        let mut is_empty = true;
        for bucket in Bucket::ALL {
            let mut listing = Listing::of(lister, bucket).await?;
            while let Some(batch) = listing.next_batch().await? {
                is_empty = false;
                if !self.rows.known(&batch).await?.is_empty() {
                    return Ok(());
                }
            }
        }
        if is_empty { Ok(()) } else { Err(SweepOrphansError::StrangeDatabase) }
    }

    async fn delete(&self, orphans: Vec<ListedBlob>, dry: bool, swept: &mut SweptOrphans) -> PortResult<()> {
        let mut failures = 0;
        let mut outcomes = stream::iter(orphans)
            .map(|orphan| async move {
                let outcome = if dry { Ok(()) } else { self.blobs.delete(&orphan.key).await };
                (orphan, outcome)
            })
            .buffer_unordered(AT_ONCE);
        while let Some((orphan, outcome)) = outcomes.next().await {
            match outcome {
                Ok(()) => {
                    swept.deleted += 1;
                    swept.bytes = swept.bytes.saturating_add(orphan.size.bytes());
                }
                Err(error) => {
                    failures += 1;
                    swept.failed += 1;
                    tracing::warn!(blob.id = %orphan.key.id, error = chain(&error), "an orphan could not be deleted");
                    if failures == MOST_FAILURES {
                        return Err(error);
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
