//! The entries of a folder, page by page.

use std::sync::Arc;

use super::error::TreeError;
use super::item_view::{ItemPresenter, ItemView};
use crate::engine::places::{LISTS, Places};
use crate::ports::{Ports, Settings};
use fm_domain::access::{Actor, Right};
use fm_domain::database::Database;
use fm_domain::files::SortOrder;
use fm_domain::ids::NodeId;
use fm_domain::mac::MacSigner;
use fm_domain::tree::{
    ChildFilter, ChildKey, ChildPage, ChildSort, Item, ItemKind, Seq, decode_child_cursor,
    encode_child_cursor,
};

/// The entries to list, in which order, from where on.
#[derive(Debug, Clone)]
pub struct ListChildrenCommand {
    /// The folder.
    pub folder: NodeId,
    /// The entries to list.
    pub filter: ChildFilter,
    /// The field to sort by.
    pub sort: ChildSort,
    /// The direction to sort in.
    pub order: SortOrder,
    /// Whether folders are sorted among files.
    pub mixed: bool,
    /// The most entries in a page, 1 to 200.
    pub limit: u32,
    /// The end of the page before.
    pub cursor: Option<String>,
}

/// A page of items.
#[derive(Debug, Clone)]
pub struct ItemList {
    /// The items.
    pub items: Vec<ItemView>,
    /// Where the next page begins, when there is one.
    pub next_cursor: Option<String>,
    /// The last change of the drive when they were read, or one before: the page is the same while the drive has no other.
    pub seq: Seq,
}

/// Lists the entries of folders.
pub struct ListChildren {
    db: Arc<dyn Database>,
    macs: Arc<dyn MacSigner>,
    lists: Places,
    presenter: ItemPresenter,
}

impl ListChildren {
    pub(crate) fn new(ports: &Ports, settings: &Settings) -> Self {
        Self {
            db: ports.db.clone(),
            macs: ports.macs.clone(),
            lists: Places::new(LISTS),
            presenter: ItemPresenter::new(ports, settings),
        }
    }

    /// One page.
    pub async fn run(&self, actor: &Actor, command: ListChildrenCommand) -> Result<ItemList, TreeError> {
        let access = actor.access(Right::Read)?;
        let ListChildrenCommand { folder, filter, sort, order, mixed, limit, cursor } = command;
        let macs = self.macs.as_ref();
        // One more than asked for tells whether there is a next page.
        let mut page = ChildPage { sort, order, mixed, after: None, limit: limit.saturating_add(1) };
        page.after = cursor
            .map(|text| decode_child_cursor(&text, actor.user(), folder, &filter, &page, macs))
            .transpose()?;
        let _listing = self.lists.enter(actor.user()).await?;
        let mut reads = self.db.read().await?;
        let tree = reads.tree();
        // The folder first: whatever comes into it meanwhile, the number is not newer than the page.
        let drive = tree.drive(&access, access.drive()).await?.ok_or(TreeError::NotFound)?;
        match tree.item(&access, folder).await?.map(|item| item.kind()) {
            Some(ItemKind::Folder) => {}
            Some(ItemKind::File) | None => return Err(TreeError::NotFound),
        }
        let mut items = tree.children(&access, folder, &filter, &page).await?;
        drop(reads);
        let more = items.len() > limit as usize;
        items.truncate(limit as usize);
        let last = if more { items.last() } else { None };
        let cursor_of = |item: &Item| {
            encode_child_cursor(&ChildKey::of(item, sort), actor.user(), folder, &filter, &page, macs)
        };
        let next_cursor = last.map(cursor_of).transpose()?;
        Ok(ItemList { items: self.presenter.views(items).await?, next_cursor, seq: drive.seq })
    }
}

#[cfg(test)]
mod tests;
