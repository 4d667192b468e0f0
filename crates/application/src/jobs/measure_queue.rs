//! How much the queue holds.

use std::sync::Arc;

use crate::ports::Ports;
use fm_domain::clock::{Clock, Timestamp};
use fm_domain::database::Database;
use fm_domain::error::PortResult;
use fm_domain::jobs::QueueDepth;

/// Counts jobs, for those who watch the queue.
pub struct MeasureQueue {
    db: Arc<dyn Database>,
    clock: Arc<dyn Clock>,
}

impl MeasureQueue {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self { db: ports.db.clone(), clock: ports.clock.clone() }
    }

    /// The jobs of each kind by their states, and since when the longest due of them is due; with the time of the count. It only
    /// reads: a sealed database answers too.
    pub async fn run(&self) -> PortResult<(Timestamp, Vec<QueueDepth>)> {
        let now = self.clock.now();
        let depths = self.db.read().await?.jobs().depths(now).await?;
        Ok((now, depths))
    }
}

#[cfg(test)]
mod tests;
