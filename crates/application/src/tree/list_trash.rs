//! What is in the trash.

use std::sync::Arc;
use std::time::Duration;

use super::error::TreeError;
use super::item_view::TrashedView;
use crate::engine::places::{LISTS, Places, WALKS};
use crate::ports::{Ports, Settings};
use fm_domain::access::{Actor, Right};
use fm_domain::database::Database;
use fm_domain::files::SortOrder;
use fm_domain::ids::NodeId;
use fm_domain::mac::MacSigner;
use fm_domain::tree::{
    ChildFilter, ChildKey, ChildPage, ChildSort, TrashFilter, TrashKey, TrashPage, TrashSort, TrashedItem,
    decode_child_cursor, decode_trash_cursor, encode_child_cursor, encode_trash_cursor,
};

/// The tops of the trash to list, in which order, from where on.
#[derive(Debug, Clone)]
pub struct ListTrashCommand {
    /// The tops to list.
    pub filter: TrashFilter,
    /// The field to sort by.
    pub sort: TrashSort,
    /// The direction to sort in.
    pub order: SortOrder,
    /// The most items in a page, 1 to 200.
    pub limit: u32,
    /// The end of the page before.
    pub cursor: Option<String>,
}

/// A page of the trash.
#[derive(Debug, Clone)]
pub struct TrashList {
    /// The items.
    pub items: Vec<TrashedView>,
    /// Where the next page begins, when there is one.
    pub next_cursor: Option<String>,
}

/// Lists the tops of the trash.
pub struct ListTrash {
    db: Arc<dyn Database>,
    macs: Arc<dyn MacSigner>,
    lists: Places,
    retention: Duration,
}

impl ListTrash {
    pub(crate) fn new(ports: &Ports, settings: &Settings) -> Self {
        Self {
            db: ports.db.clone(),
            macs: ports.macs.clone(),
            lists: Places::new(WALKS),
            retention: settings.retention.trash,
        }
    }

    /// One page. Of one user few are made at a time: each counts what went with the tops.
    pub async fn run(&self, actor: &Actor, command: ListTrashCommand) -> Result<TrashList, TreeError> {
        let access = actor.access(Right::Read)?;
        let (reader, drive, macs) = (actor.user(), access.drive(), self.macs.as_ref());
        let ListTrashCommand { filter, sort, order, limit, cursor } = command;
        // One more than asked for tells whether there is a next page.
        let mut page = TrashPage { sort, order, after: None, limit: limit.saturating_add(1) };
        page.after =
            cursor.map(|text| decode_trash_cursor(&text, reader, drive, &filter, &page, macs)).transpose()?;
        let _listing = self.lists.enter(reader).await?;
        let mut items = self.db.read().await?.tree().trash(&access, drive, &filter, &page).await?;
        let more = items.len() > limit as usize;
        items.truncate(limit as usize);
        let last = if more { items.last() } else { None };
        let cursor_of = |item: &TrashedItem| {
            encode_trash_cursor(&TrashKey::of(item, sort), reader, drive, &filter, &page, macs)
        };
        let next_cursor = last.map(cursor_of).transpose()?;
        let items = items.into_iter().map(|item| TrashedView::of(item, self.retention)).collect();
        Ok(TrashList { items, next_cursor })
    }
}

/// Shows an item in the trash.
pub struct ShowTrashed {
    db: Arc<dyn Database>,
    retention: Duration,
}

impl ShowTrashed {
    pub(crate) fn new(ports: &Ports, settings: &Settings) -> Self {
        Self { db: ports.db.clone(), retention: settings.retention.trash }
    }

    /// The item: what was put into the trash, or something below it.
    pub async fn run(&self, actor: &Actor, id: NodeId) -> Result<TrashedView, TreeError> {
        let access = actor.access(Right::Read)?;
        let found = self.db.read().await?.tree().trashed(&access, id).await?;
        Ok(TrashedView::of(found.ok_or(TreeError::NotFound)?, self.retention))
    }
}

/// Lists what is in a folder of the trash: a look inside.
pub struct ListTrashedChildren {
    db: Arc<dyn Database>,
    macs: Arc<dyn MacSigner>,
    lists: Places,
    retention: Duration,
}

impl ListTrashedChildren {
    pub(crate) fn new(ports: &Ports, settings: &Settings) -> Self {
        Self {
            db: ports.db.clone(),
            macs: ports.macs.clone(),
            lists: Places::new(LISTS),
            retention: settings.retention.trash,
        }
    }

    /// One page, by name, folders first.
    pub async fn run(
        &self,
        actor: &Actor,
        folder: NodeId,
        limit: u32,
        cursor: Option<String>,
    ) -> Result<TrashList, TreeError> {
        let access = actor.access(Right::Read)?;
        let (reader, macs, filter) = (actor.user(), self.macs.as_ref(), ChildFilter::default());
        let mut page = ChildPage {
            sort: ChildSort::Name,
            order: SortOrder::Ascending,
            mixed: false,
            after: None,
            limit: limit.saturating_add(1),
        };
        page.after = cursor
            .map(|text| decode_child_cursor(&text, reader, folder, &filter, &page, macs))
            .transpose()?;
        let _listing = self.lists.enter(reader).await?;
        let found = self.db.read().await?.tree().trashed_children(&access, folder, &page).await?;
        let mut items = found.ok_or(TreeError::NotFound)?;
        let more = items.len() > limit as usize;
        items.truncate(limit as usize);
        let last = if more { items.last() } else { None };
        let cursor_of = |last: &TrashedItem| {
            let key = ChildKey::of(&last.item, ChildSort::Name);
            encode_child_cursor(&key, reader, folder, &filter, &page, macs)
        };
        let next_cursor = last.map(cursor_of).transpose()?;
        let items = items.into_iter().map(|item| TrashedView::of(item, self.retention)).collect();
        Ok(TrashList { items, next_cursor })
    }
}

#[cfg(test)]
mod tests;
