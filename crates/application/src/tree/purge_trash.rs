//! What has been in the trash of a drive for long enough goes for good.

use super::context::Context;
use super::error::TreeError;
use super::purge_work::{PurgeWork, oldest};
use super::work::{Advanced, Left, Work};
use crate::engine::retry::{retry_conflicts, roll_back};
use fm_domain::access::{Access, Right};
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::ids::DriveId;
use fm_domain::tree::{Delta, Seq};

/// Purges the trash of a drive until this moment; false where the time was too short, and more is to be purged now.
pub(crate) async fn purge_trash(
    context: &Context,
    drive: DriveId,
    until: Timestamp,
) -> Result<bool, TreeError> {
    let access = Access::on_behalf_of(drive.owner(), Right::Delete);
    let now = context.clock.now();
    // What was put there exactly so long ago is due as well.
    let before = now.minus(context.retention.trash).plus(std::time::Duration::from_micros(1));
    let mut work = PurgeWork::new(before);
    while context.clock.now() < until {
        work = work.looked_up(context.db.as_ref(), &access).await?;
        if work.knows_none() {
            return Ok(true);
        }
        work = retry_conflicts(|| purge(context, &access, &work)).await?;
    }
    Ok(false)
}

/// One unit; what is left of the work.
async fn purge(context: &Context, access: &Access, work: &PurgeWork) -> Result<PurgeWork, TreeError> {
    let (mut unit, _) = context.enter(access.drive(), &Delta::default()).await?;
    match work.clone().advance(context, unit.as_mut(), access).await {
        Ok(Advanced { left: Left::Work(Work::Purge(left)), .. }) => {
            unit.commit().await?;
            Ok(left)
        }
        Ok(Advanced { .. }) => {
            unit.rollback().await?;
            Ok(work.clone())
        }
        Err(error) => Err(roll_back(unit, error).await),
    }
}

/// What is left in the trash of a drive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TrashLeft {
    /// The number of the drive's last change, before it was looked at.
    pub(crate) seq: Seq,
    /// When the oldest of it is due; none where the trash is empty.
    pub(crate) due: Option<Timestamp>,
}

/// What is left in the trash of a drive; `None` where there is no such drive.
pub(crate) async fn trash_left(context: &Context, drive: DriveId) -> PortResult<Option<TrashLeft>> {
    let access = Access::on_behalf_of(drive.owner(), Right::Read);
    let found = context.db.read().await?.tree().drive(&access, drive).await?;
    let Some(seq) = found.map(|found| found.seq) else { return Ok(None) };
    let oldest = oldest(context.db.as_ref(), &access, None, 1).await?;
    let due = oldest.first().map(|top| top.trashed_at.plus(context.retention.trash));
    Ok(Some(TrashLeft { seq, due }))
}

#[cfg(test)]
mod tests;
