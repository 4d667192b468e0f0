//! Drives: the row of a user is that of their drive.

use async_trait::async_trait;
use fm_domain::accounts::StorageUse;
use fm_domain::body::ByteSize;
use fm_domain::ids::DriveId;
use fm_domain::tree::{Delta, DriveRepo, EnterDrive, Entered, Seq};

use super::counters::Counters;
use crate::rows::Id;
use crate::unit_of_work::SqliteUnitOfWork;

impl SqliteUnitOfWork {
    /// Applies the delta to the counters of a drive, within its quota, and gives it the number that `next` makes of that of its last
    /// change.
    async fn apply(
        &mut self,
        drive: DriveId,
        delta: Delta,
        quota: Option<ByteSize>,
        next: impl FnOnce(Seq) -> Seq + Send + 'static,
    ) -> Result<Counters, EnterDrive> {
        self.move_counters(drive.owner(), EnterDrive::NoDrive, move |before| {
            let after = Counters {
                storage: delta.applied_to(before.storage),
                nodes: before.nodes.saturating_add_signed(delta.nodes),
                seq: next(before.seq),
                ..before
            };
            if delta.grows() && !after.fit(quota) {
                let StorageUse { trash, versions, .. } = before.storage;
                return Err(EnterDrive::QuotaExceeded { trash, versions });
            }
            Ok(after)
        })
        .await
    }
}

#[async_trait]
impl DriveRepo for SqliteUnitOfWork {
    async fn enter(
        &mut self,
        drive: DriveId,
        delta: &Delta,
        quota: Option<ByteSize>,
    ) -> Result<Entered, EnterDrive> {
        let id = Id::of(drive.uuid());
        if self.entered.seq(id).is_some() {
            return Err(self.fail("a drive that was entered twice").await.into());
        }
        let Counters { storage, nodes, seq, .. } = self.apply(drive, *delta, quota, Seq::next).await?;
        self.entered.add(id, seq);
        Ok(Entered { seq, nodes, storage })
    }

    async fn charge(
        &mut self,
        drive: DriveId,
        delta: &Delta,
        quota: Option<ByteSize>,
    ) -> Result<(), EnterDrive> {
        if self.entered.seq(Id::of(drive.uuid())).is_none() {
            return Err(self.fail("a drive that is charged was not entered").await.into());
        }
        self.apply(drive, *delta, quota, |seq| seq).await.map(|_counters| ())
    }
}
