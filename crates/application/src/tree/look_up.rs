//! An item by its path.

use std::sync::Arc;

use super::error::TreeError;
use super::item_view::{ItemPresenter, ItemView};
use crate::ports::{Ports, Settings};
use fm_domain::access::{Actor, Right};
use fm_domain::database::Database;
use fm_domain::ids::NodeId;
use fm_domain::tree::TreePath;

/// The path to follow.
#[derive(Debug, Clone)]
pub struct LookUpCommand {
    /// The folder that it begins at; none: the caller's root.
    pub from: Option<NodeId>,
    /// The path.
    pub path: TreePath,
}

/// Looks items up by their paths.
pub struct LookUp {
    db: Arc<dyn Database>,
    presenter: ItemPresenter,
}

impl LookUp {
    pub(crate) fn new(ports: &Ports, settings: &Settings) -> Self {
        Self { db: ports.db.clone(), presenter: ItemPresenter::new(ports, settings) }
    }

    /// The item at the end of the path, whose names count in any case.
    pub async fn run(&self, actor: &Actor, command: LookUpCommand) -> Result<ItemView, TreeError> {
        let access = actor.access(Right::Read)?;
        let from = command.from.unwrap_or(NodeId::root(access.drive()));
        let keys = command.path.keys();
        let found = self.db.read().await?.tree().resolve(&access, from, &keys).await?;
        Ok(self.presenter.view(found.ok_or(TreeError::NotFound)?).await?)
    }
}

#[cfg(test)]
mod tests;
