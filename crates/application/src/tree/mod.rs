//! The tree: folders, moves, copies, the trash and what is in it.

mod batch;
mod batch_refused;
mod batch_units;
mod batch_view;
mod batch_work;
mod cancel_operation;
mod context;
mod copy_item;
mod copy_work;
mod create_folder;
mod create_folders;
mod delete_item;
mod edit_item;
mod empty_trash;
mod error;
#[cfg(test)]
mod fixture;
mod item_view;
mod last_numbers;
mod list_children;
mod list_trash;
mod list_versions;
mod look_up;
mod new_content;
mod operations;
mod place;
mod place_upload;
mod purge_trash;
mod purge_work;
mod restore_item;
mod run_batch;
mod show_item;
mod show_operation;
mod show_usage;
mod subtree;
mod take_over;
mod trash_item;
mod usage_counts;
mod versions;
mod work;

pub use batch::{BatchAction, BatchItem, BatchOp, BatchOperation, BatchOutcome, BatchResult};
pub use cancel_operation::CancelOperation;
pub(crate) use context::{Context as TreeContext, enter_drive, file_in};
pub use copy_item::{CopyCommand, CopyItem};
pub use create_folder::{CreateFolder, CreateFolderCommand, CreatedFolder};
pub use create_folders::{CreateFolders, CreateFoldersCommand, MadePaths};
pub use delete_item::{DeleteCommand, DeleteItem};
pub use edit_item::{EditCommand, EditItem};
pub use empty_trash::{EmptyTrash, EmptyTrashCommand};
pub use error::{Refusal, TreeError};
pub use item_view::{FolderView, ItemView, PlacedView, TrashedView};
pub use list_children::{ItemList, ListChildren, ListChildrenCommand};
pub use list_trash::{ListTrash, ListTrashCommand, ListTrashedChildren, ShowTrashed, TrashList};
pub use list_versions::{ListVersions, VersionList};
pub use look_up::{LookUp, LookUpCommand};
pub(crate) use new_content::NewContent;
pub(crate) use operations::advance as advance_operation;
pub use operations::{OperationResult, OperationView, Outcome};
pub(crate) use place_upload::{Placed, path_in_root, place_upload, replace};
pub(crate) use purge_trash::{TrashLeft, purge_trash, trash_left};
pub use restore_item::{RestoreCommand, RestoreItem};
pub use run_batch::{BatchCommand, BatchError, RunBatch};
pub use show_item::ShowItem;
pub use show_operation::ShowOperation;
pub use show_usage::{ShowUsage, ShownUsage};
pub(crate) use subtree::{withdraw, withdraw_trashed};
pub(crate) use take_over::{drop_blobs, fall_back};
pub use trash_item::{TrashCommand, TrashItem};
pub use usage_counts::CountedUsage;
pub use versions::{ChangeVersionCommand, VersionView, Versions};

use crate::ports::{Ports, Settings};

/// The use cases of trees.
#[expect(missing_docs, reason = "each field is documented by its type")]
pub struct Tree {
    pub create_folder: CreateFolder,
    pub create_folders: CreateFolders,
    pub show: ShowItem,
    pub look_up: LookUp,
    pub list_children: ListChildren,
    pub show_usage: ShowUsage,
    pub edit: EditItem,
    pub copy: CopyItem,
    pub trash: TrashItem,
    pub restore: RestoreItem,
    pub delete: DeleteItem,
    pub list_trash: ListTrash,
    pub list_trashed_children: ListTrashedChildren,
    pub show_trashed: ShowTrashed,
    pub list_versions: ListVersions,
    pub versions: Versions,
    pub batch: RunBatch,
    pub empty_trash: EmptyTrash,
    pub show_operation: ShowOperation,
    pub cancel_operation: CancelOperation,
}

impl Tree {
    /// The use cases on these ports.
    #[must_use]
    pub fn new(ports: &Ports, settings: &Settings) -> Self {
        Self {
            create_folder: CreateFolder::new(ports, settings),
            create_folders: CreateFolders::new(ports, settings),
            show: ShowItem::new(ports, settings),
            look_up: LookUp::new(ports, settings),
            list_children: ListChildren::new(ports, settings),
            show_usage: ShowUsage::new(ports),
            edit: EditItem::new(ports, settings),
            copy: CopyItem::new(ports, settings),
            trash: TrashItem::new(ports, settings),
            restore: RestoreItem::new(ports, settings),
            delete: DeleteItem::new(ports, settings),
            list_trash: ListTrash::new(ports, settings),
            list_trashed_children: ListTrashedChildren::new(ports, settings),
            show_trashed: ShowTrashed::new(ports, settings),
            list_versions: ListVersions::new(ports, settings),
            versions: Versions::new(ports, settings),
            batch: RunBatch::new(ports, settings),
            empty_trash: EmptyTrash::new(ports, settings),
            show_operation: ShowOperation::new(ports),
            cancel_operation: CancelOperation::new(ports, settings),
        }
    }
}
