//! Drives and what is in them, inside a unit of work.
//!
//! ```text
//!            insert ┌────────┐  trash, mark_below   ┌──────────────┐  remove
//! (no row) ───────▶ │ living │ ───────────────────▶ │ in the trash │ ────────▶ (no row)
//!                   └────────┘ ◀─────────────────── └──────────────┘
//!                               restore, unmark_below
//! ```

use async_trait::async_trait;

use super::{
    Ancestor, Delta, EnterDrive, Entered, Item, ItemKind, Label, Measure, Operation, Removed, TrashedItem,
    Version,
};
use crate::access::Access;
use crate::body::ByteSize;
use crate::clock::Timestamp;
use crate::error::{PortError, PortResult};
use crate::files::{Revision, VersionNumber};
use crate::ids::{DriveId, FileId, NodeId, OperationId, UserId};

/// Why an item was not placed.
#[derive(Debug, thiserror::Error)]
pub enum PlaceItem {
    /// A living entry of the folder has this name, in whatever case and normal form.
    #[error("the folder has an entry of this name")]
    NameTaken {
        /// That entry.
        existing: NodeId,
        /// What it is.
        kind: ItemKind,
    },
    /// There is no such living folder in the drive.
    #[error("there is no such folder")]
    NoFolder,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] PortError),
}

/// Why an item was not updated.
#[derive(Debug, thiserror::Error)]
pub enum UpdateItem {
    /// It is gone, in the trash, or its revision is no longer the one that was seen.
    #[error("the item has changed meanwhile")]
    Stale,
    /// It can't be placed there.
    #[error(transparent)]
    Place(PlaceItem),
}

impl From<PortError> for UpdateItem {
    fn from(error: PortError) -> Self {
        Self::Place(PlaceItem::Store(error))
    }
}

/// Drives inside a unit of work.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait DriveRepo: Send {
    /// Enters a drive: no other unit is in it until this one ends. Its [`Seq`](super::Seq) is raised by one, and the items that the unit
    /// changes are stamped with it; by commits it has no gaps and no ties (TREE-09). The counters change by `delta`, at once.
    ///
    /// Refused, and not entered, when `delta` adds more than it unreserves and used + reserved would then exceed the drive's own quota, or
    /// `quota` where it has none. What counts is what the unit before has left, not what was there when this one began (TREE-39).
    ///
    /// A unit enters a drive once, before it changes items, versions or stored blobs, and drives in the order of their ids; only intents,
    /// keys and uploads of its own come before. Changes of items of a drive that was not entered are
    /// [`Unexpected`](PortError::Unexpected).
    async fn enter(
        &mut self,
        drive: DriveId,
        delta: &Delta,
        quota: Option<ByteSize>,
    ) -> Result<Entered, EnterDrive>;

    /// Changes the counters of a drive that the unit has entered once more, where it is known late by how much. Refused as by
    /// [`enter`](Self::enter).
    async fn charge(
        &mut self,
        drive: DriveId,
        delta: &Delta,
        quota: Option<ByteSize>,
    ) -> Result<(), EnterDrive>;
}

/// Items inside a unit of work that has [entered](DriveRepo::enter) their drive. The queries see what the unit has changed (TREE-35), and all
/// of it, however deep and however many (TREE-36, TREE-37).
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait NodeRepo: Send {
    /// The living item.
    async fn find(&mut self, access: &Access, id: NodeId) -> PortResult<Option<Item>>;

    /// The item in the trash.
    async fn find_trashed(&mut self, access: &Access, id: NodeId) -> PortResult<Option<TrashedItem>>;

    /// The living entry of a folder whose name has this [key](crate::files::FileName::search_key).
    async fn entry(&mut self, folder: NodeId, key: &str) -> PortResult<Option<Item>>;

    /// Those of these keys that living entries of a folder have, in no particular order. They are compared by code point, however many
    /// they are (TREE-26), and no other entries are read.
    async fn taken(&mut self, folder: NodeId, keys: &[String]) -> PortResult<Vec<String>>;

    /// A living folder and those above it, up to the root, or to a top of the trash that has not taken it along yet; empty where there is
    /// no such folder.
    async fn lineage(&mut self, folder: NodeId) -> PortResult<Vec<Ancestor>>;

    /// How many levels of folders are below a folder: living ones, or of a folder in the trash those that went there with it. 0 where it
    /// has none. It reads all folders below it.
    async fn height(&mut self, folder: NodeId) -> PortResult<u32>;

    /// How many entries a folder has: living ones, or of a folder in the trash those that went there with it. None are counted beyond
    /// `limit`.
    async fn count_entries(&mut self, folder: NodeId, limit: u64) -> PortResult<u64>;

    /// The living entries of these folders by their ids: those after `after`, at most `limit`.
    async fn entries(
        &mut self,
        folders: &[NodeId],
        after: Option<NodeId>,
        limit: u32,
    ) -> PortResult<Vec<Item>>;

    /// Adds a living item with a fresh id to its folder; every character of it counts (FILE-25, TREE-40). A taken name is a refusal and does
    /// not poison the unit (TREE-02); of units that want one name one gets it (TREE-03). A second item with one id is an error.
    async fn insert(&mut self, item: &Item) -> Result<(), PlaceItem>;

    /// Adds an item as [`insert`](Self::insert) does if its name is free and entries of its folder have all of these
    /// [keys](crate::files::FileName::search_key); false where that is not so, or the folder is none: then nothing is added (TREE-34). An adapter whose
    /// statements go to a server looks and adds by one.
    async fn insert_behind(&mut self, item: &Item, taken: &[String]) -> PortResult<bool> {
        let Some(folder) = item.parent() else { return Ok(false) };
        if self.taken(folder, taken).await?.len() < taken.len() {
            return Ok(false);
        }
        match self.insert(item).await {
            Ok(()) => Ok(true),
            Err(PlaceItem::NameTaken { .. } | PlaceItem::NoFolder) => Ok(false),
            Err(PlaceItem::Store(error)) => Err(error),
        }
    }

    /// Adds living items with fresh ids, folders before what is in them, under names that are known to be free: a taken one is an error.
    async fn insert_many(&mut self, items: &[Item]) -> PortResult<()>;

    /// Replaces folder, name, revision, `updated_at` and `modified_at` of a living item, if the stored revision is still `seen`. It
    /// touches one row of items, whatever is below (TREE-05). A taken name is a refusal and does not poison the unit (TREE-02); the item's
    /// own name in another spelling is not taken. A root is never updated.
    async fn update(&mut self, item: &Item, seen: Revision) -> Result<(), UpdateItem>;

    /// Makes an item a top of the trash: a living one, or one that went there with a folder above it. It alone: what is below follows by
    /// [`mark_below`](Self::mark_below). What was living and is in the trash now, or nothing; `None` when there is no such item, or it is
    /// a top already.
    async fn trash(&mut self, id: NodeId, at: Timestamp, original_path: &str) -> PortResult<Option<Measure>>;

    /// Takes up to `limit` items below a top into the same trash, and answers what of them was living. Fewer than `limit` items only
    /// when no more are left: then all that was living below the top is in the trash, and nothing else changed (TREE-10). What was put
    /// there apart before stays a top of its own. None where `top` is no top, or none any more (TREE-18).
    async fn mark_below(&mut self, top: NodeId, limit: u32) -> PortResult<Marked>;

    /// Brings a top of the trash back, as `item` has it: with its folder, name, revision and `updated_at`. It alone: what is below
    /// follows by [`unmark_below`](Self::unmark_below). Answers what is back. A taken name is a refusal and does not poison the unit.
    async fn restore(&mut self, item: &Item) -> Result<Measure, PlaceItem>;

    /// Brings up to `limit` items back that this top took into the trash, and answers what they hold. Fewer than `limit` only when no more
    /// are left: then exactly what that trash took is back (TREE-11). None while `top` is not living itself (TREE-18).
    async fn unmark_below(&mut self, top: NodeId, limit: u32) -> PortResult<Marked>;

    /// Removes up to `limit` items for good that this top took into the trash, those without entries first and the top last, with their
    /// versions, their idempotency keys and the uploads that became them. Fewer than `limit` only when none is left, the top included
    /// (TREE-12). Tops that were below stay tops. The blobs stay: drop their references in the same unit. Nothing where `top` is no top, or
    /// none any more (TREE-18); where items below it are living still, take them along before.
    async fn remove(&mut self, top: NodeId, limit: u32) -> PortResult<Removed>;
}

/// Items whose mark was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Marked {
    /// How many.
    pub items: u32,
    /// What those of them hold that were living, or are again.
    pub measure: Measure,
}

/// Old versions inside a unit of work that has [entered](DriveRepo::enter) the drive of their file.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait VersionRepo: Send {
    /// Adds a version; a second one of a file with one number is an error, of this call or a later one of the unit.
    async fn insert(&mut self, version: &Version) -> PortResult<()>;

    /// The version.
    async fn find(&mut self, file: FileId, number: VersionNumber) -> PortResult<Option<Version>>;

    /// All old versions of a file, by their numbers (TREE-38).
    async fn all(&mut self, file: FileId) -> PortResult<Vec<Version>>;

    /// Pins or frees a version, and replaces its label; false when there is none.
    async fn set(
        &mut self,
        file: FileId,
        number: VersionNumber,
        is_pinned: bool,
        label: Option<Label>,
    ) -> PortResult<bool>;

    /// Removes these versions, and answers those that there were. Their blobs stay: drop their references in the same unit.
    async fn remove(&mut self, file: FileId, numbers: &[VersionNumber]) -> PortResult<Vec<Version>>;
}

/// Operations inside a unit of work.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait OperationRepo: Send {
    /// Adds an operation with a fresh id.
    async fn insert(&mut self, operation: &Operation) -> PortResult<()>;

    /// The operation, locked until the unit ends.
    async fn find_for_update(&mut self, id: OperationId) -> PortResult<Option<Operation>>;

    /// Replaces everything but id, owner, kind and `created_at`; false when there is none.
    async fn update(&mut self, operation: &Operation) -> PortResult<bool>;

    /// Removes those of a user that have ended, the oldest first, until `keep` are left of them; answers how many of the user's have not
    /// ended (TREE-33).
    async fn make_room(&mut self, owner: UserId, keep: u32) -> PortResult<u32>;

    /// Removes up to `limit` operations that ended before `before`; answers how many.
    async fn purge_ended(&mut self, before: Timestamp, limit: u32) -> PortResult<u32>;
}
