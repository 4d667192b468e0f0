//! Where an upload puts its file.

use super::{OnConflict, TreePath};
use crate::clock::Timestamp;
use crate::ids::NodeId;

/// Where an upload puts its file. What it names is looked for when the bytes are there: a folder may go away meanwhile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placing {
    /// The folder; none: the owner's root.
    pub parent: Option<NodeId>,
    /// Folders below that, which are made where they are missing.
    pub path: TreePath,
    /// What to do where the name is taken.
    pub on_conflict: OnConflict,
    /// Whether the upload is refused where the folder is gone: else its file goes to the root, so that no byte is lost.
    pub strict_parent: bool,
    /// When the content was last changed where it comes from; none: now.
    pub modified_at: Option<Timestamp>,
}

impl Default for Placing {
    /// In the root, under a free name.
    fn default() -> Self {
        Self {
            parent: None,
            path: TreePath::default(),
            on_conflict: OnConflict::Rename,
            strict_parent: false,
            modified_at: None,
        }
    }
}
