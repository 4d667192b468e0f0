//! One item.

use std::sync::Arc;

use super::error::TreeError;
use super::item_view::{ItemPresenter, ItemView};
use crate::engine::places::{Places, WALKS};
use crate::ports::{Ports, Settings};
use fm_domain::access::{Actor, Right};
use fm_domain::database::Database;
use fm_domain::ids::NodeId;
use fm_domain::tree::Ancestor;

/// Shows items.
pub struct ShowItem {
    db: Arc<dyn Database>,
    walks: Places,
    presenter: ItemPresenter,
}

impl ShowItem {
    pub(crate) fn new(ports: &Ports, settings: &Settings) -> Self {
        let presenter = ItemPresenter::new(ports, settings);
        Self { db: ports.db.clone(), walks: Places::new(WALKS), presenter }
    }

    /// The item, with the URLs of a file.
    pub async fn run(&self, actor: &Actor, id: NodeId) -> Result<ItemView, TreeError> {
        let access = actor.access(Right::Read)?;
        let item = self.db.read().await?.tree().item(&access, id).await?.ok_or(TreeError::NotFound)?;
        Ok(self.presenter.view(item).await?)
    }

    /// The folders above each of these items, from the root down; none of what is not there. One question for all of them.
    /// Of one user few questions about several items are asked at a time.
    pub async fn ancestors(&self, actor: &Actor, ids: &[NodeId]) -> Result<Vec<Vec<Ancestor>>, TreeError> {
        let access = actor.access(Right::Read)?;
        let _walking = if ids.len() > 1 { Some(self.walks.enter(actor.user()).await?) } else { None };
        Ok(self.db.read().await?.tree().ancestors(&access, ids).await?)
    }
}

#[cfg(test)]
mod tests;
