//! The database and the store, compared in both directions, and the database with itself.
//!
//! Memory does not grow with what is kept: files, versions, drives and the lists of the store go by page. What seems wrong between
//! database and store is looked at again before it counts, and what the rows of the database add up to is looked at in one snapshot: so
//! uploads, removals and sweeps at the same time make no findings.
//!
//! Nothing is changed but on demand: then counters and references are made what the rows add up to, and a preview whose bytes are lost is
//! removed, so that it is made anew. No other row is removed and no place changed, for no check knows which of two rows is right.

mod files;
mod finding;
mod rows;

use std::sync::Arc;
use std::time::Duration;

pub use finding::{FileBlob, Finding, Findings, Verified, VerifyEvent, Wrong};

use self::files::FileCheck;
use self::rows::RowCheck;
use super::listing::{Listing, Rows};
use super::needed::Place;
use super::retry::retry_idempotent;
use crate::engine::events::EventRecorder;
use crate::ports::Ports;
use crate::tree::drop_blobs;
use fm_domain::archive::Archive;
use fm_domain::blobs::{BlobStore, Bucket, ListBlobs};
use fm_domain::clock::Clock;
use fm_domain::database::Database;
use fm_domain::error::PortResult;
use fm_domain::ids::BlobId;
use fm_domain::previews::Preview;

/// After how many files or blobs the log says how far it got.
const PROGRESS: u64 = 50_000;

/// How thorough a check is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerifyCommand {
    /// Whether all bytes are read, and their hashes compared.
    pub rehash: bool,
    /// Blobs without a row that are younger than this are no orphans.
    pub min_age: Duration,
    /// Whether counters and references are made what the rows add up to, and lost previews removed.
    pub repair: bool,
}

/// Compares the database with the store.
pub struct VerifyBlobs {
    db: Arc<dyn Database>,
    blobs: Arc<dyn BlobStore>,
    lister: Option<Arc<dyn ListBlobs>>,
    clock: Arc<dyn Clock>,
    events: EventRecorder,
}

/// A check that is under way.
struct Check<'a> {
    verified: Verified,
    tell: &'a mut (dyn FnMut(VerifyEvent<'_>) + Send),
}

impl Check<'_> {
    fn report(&mut self, finding: &Finding) {
        self.verified.findings.count(finding);
        (self.tell)(VerifyEvent::Found(finding));
    }

    /// Tells how far the check is, of what is counted by `before` and `now`; the log, too, now and then.
    fn tell_progress(&mut self, before: u64, now: u64) {
        (self.tell)(VerifyEvent::Progress(&self.verified));
        if before / PROGRESS < now / PROGRESS {
            let Verified { files, blobs, listed, findings, .. } = self.verified;
            tracing::info!(files, blobs, listed, findings = findings.total(), "verifying");
        }
    }
}

impl VerifyBlobs {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self {
            db: ports.db.clone(),
            blobs: ports.blobs.clone(),
            lister: ports.lister.clone(),
            clock: ports.clock.clone(),
            events: EventRecorder::new(ports),
        }
    }

    /// Tells each finding as it is made, and how far it is; in the end what was looked at. `archive` is the database of the ports. An error
    /// means that the check did not get to its end.
    pub async fn run(
        &self,
        command: VerifyCommand,
        archive: &dyn Archive,
        tell: &mut (dyn FnMut(VerifyEvent<'_>) + Send),
    ) -> PortResult<Verified> {
        let mut check = Check { verified: Verified::default(), tell };
        self.files(command, &mut check).await?;
        self.orphans(command.min_age, &mut check).await?;
        RowCheck { archive, now: self.clock.now(), repair: command.repair }.run(&mut check).await?;
        Ok(check.verified)
    }

    async fn files(&self, command: VerifyCommand, check: &mut Check<'_>) -> PortResult<()> {
        let VerifyCommand { rehash, repair, .. } = command;
        let files = FileCheck { db: self.db.clone(), blobs: self.blobs.clone(), rehash };
        let mut place = Place::START;
        while let Some(page) = files.page(place).await? {
            place = page.next;
            let before = check.verified.files + check.verified.versions;
            check.verified.files += page.files;
            check.verified.versions += page.versions;
            check.verified.blobs += page.blobs;
            for finding in &page.findings {
                check.report(finding);
                // A store that did not give the bytes may have them.
                if let Finding::Preview { of, wrong } = finding
                    && repair
                    && !matches!(wrong, Wrong::Unreadable(_))
                {
                    let is_removed = retry_idempotent(async || self.remove_preview(of).await).await?;
                    check.verified.repaired += u64::from(is_removed);
                }
            }
            check.tell_progress(before, check.verified.files + check.verified.versions);
        }
        Ok(())
    }

    /// Removes a preview, which is made anew when it is asked for; false where it is no longer there, or another one.
    async fn remove_preview(&self, preview: &Preview) -> PortResult<bool> {
        let mut unit = self.db.begin().await?;
        if !unit.previews().remove(preview).await? {
            unit.rollback().await?;
            return Ok(false);
        }
        let blobs: Vec<BlobId> = preview.state.blob().into_iter().collect();
        drop_blobs(&self.events, unit.as_mut(), &blobs, self.clock.now()).await?;
        unit.commit().await?;
        Ok(true)
    }

    async fn orphans(&self, min_age: Duration, check: &mut Check<'_>) -> PortResult<()> {
        let Some(lister) = self.lister.as_deref() else { return Ok(()) };
        let rows = Rows { db: self.db.clone(), blobs: self.blobs.clone() };
        let before = self.clock.now().minus(min_age);
        let mut seen = 0;
        for bucket in Bucket::ALL {
            let mut listing = Listing::of(lister, bucket).await?;
            while let Some(batch) = listing.next_batch().await? {
                let count = seen + batch.len() as u64;
                for orphan in rows.unknown(&batch, before).await? {
                    check.report(&Finding::Orphan(orphan));
                }
                check.verified.listed = Some(count);
                check.tell_progress(seen, count);
                seen = count;
            }
        }
        check.verified.listed = Some(seen);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
