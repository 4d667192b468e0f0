//! How an item stands to the trash, as the columns of its row say it.

use super::{ArchivedNode, ArchivedTrash};
use crate::clock::Timestamp;
use crate::ids::NodeId;

/// The columns of an item's row that are about the trash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TrashColumns<'a> {
    /// The top that took it into the trash; of a top, its own id. `None`: it is living.
    pub top: Option<NodeId>,
    /// When it was put there; of tops alone.
    pub at: Option<Timestamp>,
    /// The path that it had, its name included; of tops alone.
    pub path: Option<&'a str>,
}

/// The row of a top of the trash lacks its time or its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a top of the trash lacks its time or its path")]
pub struct IncompleteTop;

impl TrashColumns<'_> {
    /// How the item with this id stands to the trash; `None`: it is living. Refused where it is a top without its time or its path.
    pub fn read(self, item: NodeId) -> Result<Option<ArchivedTrash>, IncompleteTop> {
        let Some(top) = self.top else { return Ok(None) };
        if top != item {
            return Ok(Some(ArchivedTrash::Below { top }));
        }
        let (Some(at), Some(path)) = (self.at, self.path) else { return Err(IncompleteTop) };
        Ok(Some(ArchivedTrash::Top { at, path: path.to_owned() }))
    }
}

impl ArchivedNode {
    /// The columns of its row that are about the trash.
    #[must_use]
    pub fn trash_columns(&self) -> TrashColumns<'_> {
        match &self.trash {
            None => TrashColumns::default(),
            Some(ArchivedTrash::Top { at, path }) => {
                TrashColumns { top: Some(self.item.id()), at: Some(*at), path: Some(path) }
            }
            Some(ArchivedTrash::Below { top }) => TrashColumns { top: Some(*top), at: None, path: None },
        }
    }

    /// The folder of its row, and the folder that it was in. A top of the trash has no folder, and nothing else was in one.
    #[must_use]
    pub const fn folder_columns(&self) -> (Option<NodeId>, Option<NodeId>) {
        match self.trash {
            Some(ArchivedTrash::Top { .. }) => (None, self.item.parent()),
            Some(ArchivedTrash::Below { .. }) | None => (self.item.parent(), None),
        }
    }
}

#[cfg(test)]
mod tests;
