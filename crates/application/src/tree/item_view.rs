//! Items as their owner sees them.

use std::time::Duration;

use crate::files::{FilePresenter, FileView};
use crate::ports::{Ports, Settings};
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::files::FileName;
use fm_domain::tree::{Folder, Item, TrashedItem};

/// A folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderView {
    /// The folder.
    pub folder: Folder,
}

impl FolderView {
    /// The folder's entity tag (RFC 9110, section 8.8.3), without the quotes: it changes with the folder's own revision, not with what
    /// is in it. It begins with `r` and the revision, as those of files do.
    #[must_use]
    pub fn etag(&self) -> String {
        format!("r{}-d", self.folder.revision.number())
    }
}

/// A file or a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "most items are files: a box would cost each of them an allocation"
)]
pub enum ItemView {
    /// A folder.
    Folder(FolderView),
    /// A file with its URLs.
    File(FileView),
}

impl ItemView {
    /// The item's entity tag, without the quotes.
    #[must_use]
    pub fn etag(&self) -> String {
        match self {
            Self::Folder(folder) => folder.etag(),
            Self::File(file) => file.etag(),
        }
    }
}

/// An item at its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedView {
    /// The item.
    pub view: ItemView,
    /// The name that it was to have, where that was taken: it is numbered.
    pub requested_name: Option<FileName>,
    /// Whether it is a file that was there, and has the content of another one now.
    pub replaced: bool,
}

/// An item in the trash. It has no URLs: its bytes are not to be had there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrashedView {
    /// The item, and how it came there.
    pub trashed: TrashedItem,
    /// When it is removed for good.
    pub purge_at: Timestamp,
}

impl TrashedView {
    pub(super) fn of(trashed: TrashedItem, retention: Duration) -> Self {
        let purge_at = trashed.trashed_at.plus(retention);
        Self { trashed, purge_at }
    }
}

/// The same as it is stored.
#[derive(Debug)]
pub(super) struct PlacedItem {
    pub(super) item: Item,
    pub(super) requested_name: Option<FileName>,
    pub(super) replaced: bool,
}

/// Makes views.
#[derive(Clone)]
pub(super) struct ItemPresenter {
    files: FilePresenter,
}

impl ItemPresenter {
    pub(super) fn new(ports: &Ports, settings: &Settings) -> Self {
        Self { files: FilePresenter::new(ports, settings) }
    }

    pub(super) const fn folder(folder: Folder) -> FolderView {
        FolderView { folder }
    }

    /// The item as it is seen now.
    pub(super) async fn view(&self, item: Item) -> PortResult<ItemView> {
        Ok(match item {
            Item::Folder(folder) => ItemView::Folder(Self::folder(folder)),
            Item::File(file) => ItemView::File(self.files.view(file).await?),
        })
    }

    /// The item at its place, as it is seen now.
    pub(super) async fn placed(&self, placed: PlacedItem) -> PortResult<PlacedView> {
        let PlacedItem { item, requested_name, replaced } = placed;
        Ok(PlacedView { view: self.view(item).await?, requested_name, replaced })
    }

    /// Items as they are seen now, in their order.
    pub(super) async fn views(&self, items: Vec<Item>) -> PortResult<Vec<ItemView>> {
        let mut views = Vec::with_capacity(items.len());
        for item in items {
            views.push(self.view(item).await?);
        }
        Ok(views)
    }
}
