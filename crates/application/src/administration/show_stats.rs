//! How many users there are, and what they keep.

use std::sync::Arc;

use super::{Administrator, NotAllowed};
use crate::ports::Ports;
use fm_domain::accounts::UserCounts;
use fm_domain::database::Database;

/// Counts users and what they keep.
pub struct ShowStats {
    db: Arc<dyn Database>,
}

impl ShowStats {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self { db: ports.db.clone() }
    }

    /// The counts. They cost a walk along all users.
    pub async fn run(&self, by: &Administrator) -> Result<UserCounts, NotAllowed> {
        by.check(self.db.as_ref()).await?;
        Ok(self.db.read().await?.users().count().await?)
    }
}

#[cfg(test)]
mod tests;
