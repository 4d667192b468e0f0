//! Drives: each is beside the account of its user.

use async_trait::async_trait;
use fm_domain::body::ByteSize;
use fm_domain::ids::DriveId;
use fm_domain::tree::{Delta, DriveRepo, EnterDrive, Entered};

use super::unit::MemoryUnitOfWork;
use super::users::{DriveRow, passes, plus};

impl MemoryUnitOfWork {
    /// Applies the delta to the counters of a drive, within its quota; where the unit `enters` it, raises its number.
    fn move_counters(
        &mut self,
        drive: DriveId,
        delta: &Delta,
        quota: Option<ByteSize>,
        enters: bool,
    ) -> Result<Entered, EnterDrive> {
        let users = &mut self.tables.users;
        let Some((account, row)) = users.drive(drive.owner()) else { return Err(EnterDrive::NoDrive) };
        let storage = delta.applied_to(account.storage);
        let quota = account.quota_or(quota);
        if delta.grows() && passes(plus(storage.used, storage.reserved), quota) {
            let before = account.storage;
            return Err(EnterDrive::QuotaExceeded { trash: before.trash, versions: before.versions });
        }
        let seq = if enters { row.seq.next() } else { row.seq };
        let nodes = row.nodes.saturating_add_signed(delta.nodes);
        users.set_drive(drive.owner(), storage, DriveRow { seq, nodes });
        Ok(Entered { seq, nodes, storage })
    }
}

#[async_trait]
impl DriveRepo for MemoryUnitOfWork {
    async fn enter(
        &mut self,
        drive: DriveId,
        delta: &Delta,
        quota: Option<ByteSize>,
    ) -> Result<Entered, EnterDrive> {
        if self.seq_of(drive).is_some() {
            return Err(self.fail("a drive that was entered twice").into());
        }
        let entered = self.move_counters(drive, delta, quota, true)?;
        self.entered.push((drive, entered.seq));
        Ok(entered)
    }

    async fn charge(
        &mut self,
        drive: DriveId,
        delta: &Delta,
        quota: Option<ByteSize>,
    ) -> Result<(), EnterDrive> {
        if self.seq_of(drive).is_none() {
            return Err(self.fail("a drive that is charged was not entered").into());
        }
        self.move_counters(drive, delta, quota, false).map(|_entered| ())
    }
}
