//! The tree: drives, folders and files in them, the trash, versions, and operations on many items.
//!
//! ```text
//! drive ── root folder ─┬─ folder ─┬─ file ── versions
//!                       └─ file    └─ folder …
//! ```
//!
//! Names are unique in their folder. A unit of work that changes a drive [enters](DriveRepo::enter) it first: no two such
//! units of one drive overlap, so that what one of them has asked holds until it ends.

mod conflict;
mod cursor;
mod drive;
mod item;
mod limits;
mod list;
mod operation;
mod path;
mod placement;
mod placing;
mod queries;
mod repos;
mod trash;
mod version;

pub use conflict::{OnConflict, OnFolderConflict, UnknownConflict};
pub use cursor::{
    decode_child_cursor, decode_trash_cursor, decode_version_cursor, encode_child_cursor,
    encode_trash_cursor, encode_version_cursor,
};
pub use drive::{Delta, Drive, EnterDrive, Entered, Seq};
pub use item::{Folder, Item, ItemKind, UnknownKind};
pub use limits::{
    BATCH_UNIT, MAX_ATOMIC, MAX_BATCH, MAX_DEPTH, MAX_ENDED_OPERATIONS, MAX_FOLDER_ENTRIES, MAX_PATH_BYTES,
    MAX_PINNED, MAX_RUNNING_OPERATIONS, UNIT_ENTRIES,
};
pub use list::{ChildFilter, ChildKey, ChildPage, ChildSort, ChildValue};
pub use operation::{FailedItem, Operation, OperationKind, OperationStatus, UnknownOperation};
pub use path::{InvalidPath, TreePath};
pub use placement::{
    FreeName, Misplaced, check_folder, check_living_subtree, check_room, check_subtree, free_name,
    free_name_of_entry, levels_below, next_name,
};
pub use placing::{Placing, Precondition, UnknownPrecondition};
pub use queries::{Ancestor, NodeRecord, TreeQueries};
pub use repos::{DriveRepo, Marked, NodeRepo, OperationRepo, PlaceItem, UpdateItem, VersionRepo};
pub use trash::{Measure, Removed, TrashFilter, TrashKey, TrashPage, TrashSort, TrashedItem, Usage};
pub use version::{InvalidLabel, Label, Version};

#[cfg(any(test, feature = "mock"))]
pub use {
    queries::MockTreeQueries, repos::MockDriveRepo, repos::MockNodeRepo, repos::MockOperationRepo,
    repos::MockVersionRepo,
};
