//! One item.

use std::sync::Arc;

use super::error::TreeError;
use super::item_view::{ItemPresenter, ItemView};
use crate::ports::{Ports, Settings};
use fm_domain::access::{Actor, Right};
use fm_domain::database::Database;
use fm_domain::ids::NodeId;
use fm_domain::tree::Ancestor;

/// Shows items.
pub struct ShowItem {
    db: Arc<dyn Database>,
    presenter: ItemPresenter,
}

impl ShowItem {
    pub(crate) fn new(ports: &Ports, settings: &Settings) -> Self {
        Self { db: ports.db.clone(), presenter: ItemPresenter::new(ports, settings) }
    }

    /// The item, with the URLs of a file.
    pub async fn run(&self, actor: &Actor, id: NodeId) -> Result<ItemView, TreeError> {
        let access = actor.access(Right::Read)?;
        let item = self.db.read().await?.tree().item(&access, id).await?.ok_or(TreeError::NotFound)?;
        Ok(self.presenter.view(item).await?)
    }

    /// The folders above each of these items, from the root down; none of what is not there. One question for all of them.
    pub async fn ancestors(&self, actor: &Actor, ids: &[NodeId]) -> Result<Vec<Vec<Ancestor>>, TreeError> {
        let access = actor.access(Right::Read)?;
        Ok(self.db.read().await?.tree().ancestors(&access, ids).await?)
    }
}

#[cfg(test)]
mod tests;
