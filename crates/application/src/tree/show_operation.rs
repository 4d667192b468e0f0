//! How far an operation is.

use std::sync::Arc;

use super::error::TreeError;
use super::operations::OperationView;
use crate::ports::Ports;
use fm_domain::access::{Actor, Right};
use fm_domain::database::Database;
use fm_domain::ids::OperationId;

/// Shows operations.
pub struct ShowOperation {
    db: Arc<dyn Database>,
}

impl ShowOperation {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self { db: ports.db.clone() }
    }

    /// The operation. One that has ended can be asked for a day.
    pub async fn run(&self, actor: &Actor, id: OperationId) -> Result<OperationView, TreeError> {
        let access = actor.access(Right::Read)?;
        let found = self.db.read().await?.tree().operation(&access, id).await?;
        Ok(OperationView::of(found.ok_or(TreeError::NotFound)?)?)
    }
}

#[cfg(test)]
mod tests;
