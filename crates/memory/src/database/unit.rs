//! The unit of work.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use fm_domain::database::UnitOfWork;
use fm_domain::error::{PortError, PortResult};
use fm_domain::ids::DriveId;
use fm_domain::tree::Seq;
use tokio::sync::OwnedMutexGuard;

use super::Shared;
use super::tables::Tables;

/// Changes to a snapshot, alone with the database until it ends.
pub struct MemoryUnitOfWork {
    pub(crate) tables: Tables,
    pub(crate) has_jobs: bool,
    /// The drives that it has entered, with the numbers of its changes.
    pub(super) entered: Vec<(DriveId, Seq)>,
    failed: bool,
    shared: Arc<Shared>,
    /// The last field, so that everything else is gone when the next unit gets its turn.
    _turn: OwnedMutexGuard<()>,
}

impl MemoryUnitOfWork {
    pub(crate) const fn new(turn: OwnedMutexGuard<()>, tables: Tables, shared: Arc<Shared>) -> Self {
        Self { tables, has_jobs: false, entered: Vec::new(), failed: false, shared, _turn: turn }
    }

    /// The number of the unit's change of a drive, if it has entered it.
    pub(super) fn seq_of(&self, drive: DriveId) -> Option<Seq> {
        self.entered.iter().find(|(of, _)| *of == drive).map(|(_, seq)| *seq)
    }

    /// The failure of a statement: from now on the unit can't be committed.
    pub(crate) fn fail(&mut self, why: &'static str) -> PortError {
        self.failed = true;
        PortError::Unexpected(why.into())
    }
}

impl fmt::Debug for MemoryUnitOfWork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryUnitOfWork").field("failed", &self.failed).finish_non_exhaustive()
    }
}

#[async_trait]
impl UnitOfWork for MemoryUnitOfWork {
    async fn commit(self: Box<Self>) -> PortResult<()> {
        if self.failed {
            return Err(PortError::Poisoned);
        }
        self.shared.commit(self.tables, self.has_jobs);
        Ok(())
    }

    async fn rollback(self: Box<Self>) -> PortResult<()> {
        Ok(())
    }
}
