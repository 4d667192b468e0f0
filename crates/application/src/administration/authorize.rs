//! May they administer?

use std::sync::Arc;

use super::{Administrator, NotAllowed};
use crate::ports::Ports;
use fm_domain::database::Database;

/// Asks whether a user is an admin: before a request is looked at that others may not even ask.
pub struct Authorize {
    db: Arc<dyn Database>,
}

impl Authorize {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self { db: ports.db.clone() }
    }

    /// Refuses users who are no admins, and those who are suspended.
    pub async fn run(&self, by: &Administrator) -> Result<(), NotAllowed> {
        by.check(self.db.as_ref()).await
    }
}

#[cfg(test)]
mod tests;
