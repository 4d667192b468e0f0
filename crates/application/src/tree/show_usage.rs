//! What a folder holds.

use std::sync::Arc;

use super::error::TreeError;
use crate::engine::places::{Places, WALKS};
use crate::ports::Ports;
use fm_domain::access::{Actor, Right};
use fm_domain::clock::{Clock, Timestamp};
use fm_domain::database::Database;
use fm_domain::ids::NodeId;
use fm_domain::tree::Usage;

/// Counts what folders hold, all levels together.
pub struct ShowUsage {
    db: Arc<dyn Database>,
    clock: Arc<dyn Clock>,
    places: Places,
}

impl ShowUsage {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self { db: ports.db.clone(), clock: ports.clock.clone(), places: Places::new(WALKS) }
    }

    /// What the folder holds, and when it was counted. Of one user few are counted at a time: it reads all that is below.
    pub async fn run(&self, actor: &Actor, folder: NodeId) -> Result<(Usage, Timestamp), TreeError> {
        let access = actor.access(Right::Read)?;
        let _counting = self.places.enter(actor.user()).await?;
        let usage = self.db.read().await?.tree().usage(&access, folder).await?;
        Ok((usage.ok_or(TreeError::NotFound)?, self.clock.now()))
    }
}

#[cfg(test)]
mod tests;
