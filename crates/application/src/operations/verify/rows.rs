//! The database and itself: do its rows add up, and is everything where it may be?

use super::{Check, Finding};
use crate::operations::retry::retry_idempotent;
use fm_domain::archive::{Archive, DriveTally, Snapshot};
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;

/// How many drives are counted up by one statement.
const DRIVES: u32 = 50;
/// How many wrong blobs are asked for at once.
const BLOBS: u32 = 500;
/// How many misplaced items are told at most.
const FAULTS: u32 = 1_000;

/// Looks at one snapshot of the rows.
pub(super) struct RowCheck<'a> {
    pub(super) archive: &'a dyn Archive,
    pub(super) now: Timestamp,
    pub(super) repair: bool,
}

impl RowCheck<'_> {
    pub(super) async fn run(&self, check: &mut Check<'_>) -> PortResult<()> {
        let mut snapshot = retry_idempotent(async || self.archive.snapshot().await).await?;
        self.drives(&mut *snapshot, check).await?;
        let wrong = references(&mut *snapshot, check).await?;
        for fault in snapshot.faults(FAULTS).await? {
            check.report(&Finding::Place(fault));
        }
        drop(snapshot);
        if self.repair && wrong > 0 {
            retry_idempotent(async || self.recount_references().await).await?;
            check.verified.repaired += wrong;
        }
        Ok(())
    }

    async fn drives(&self, snapshot: &mut dyn Snapshot, check: &mut Check<'_>) -> PortResult<()> {
        let mut after = None;
        loop {
            let tallies = snapshot.tallies(after, DRIVES).await?;
            let Some(last) = tallies.last() else { return Ok(()) };
            after = Some(last.drive);
            let before = check.verified.accounts;
            check.verified.accounts += tallies.len() as u64;
            let wrong: Vec<DriveTally> =
                tallies.into_iter().filter(|tally| tally.recorded != tally.counted).collect();
            for tally in &wrong {
                check.report(&Finding::Usage(*tally));
            }
            if self.repair && !wrong.is_empty() {
                retry_idempotent(async || self.recount(&wrong).await).await?;
                check.verified.repaired += wrong.len() as u64;
            }
            check.tell_progress(before, check.verified.accounts);
        }
    }

    /// Counts drives anew, each in a unit of its own: it waits for those who are in it.
    async fn recount(&self, wrong: &[DriveTally]) -> PortResult<()> {
        for tally in wrong {
            let mut unit = self.archive.begin_rows().await?;
            unit.rows().recount_drive(tally.drive).await?;
            unit.commit().await?;
        }
        Ok(())
    }

    async fn recount_references(&self) -> PortResult<()> {
        let mut unit = self.archive.begin_rows().await?;
        unit.rows().recount_references(self.now).await?;
        unit.commit().await
    }
}

/// Tells the blobs that count other references than there are; how many.
async fn references(snapshot: &mut dyn Snapshot, check: &mut Check<'_>) -> PortResult<u64> {
    let (mut after, mut found) = (None, 0);
    loop {
        let wrong = snapshot.wrong_references(after, BLOBS).await?;
        let Some(last) = wrong.last() else { return Ok(found) };
        after = Some(last.key.id);
        found += wrong.len() as u64;
        for tally in wrong {
            check.report(&Finding::References(tally));
        }
    }
}
