//! Rows that are written together.

use fm_domain::archive::{ArchivedBlob, ArchivedNode, RowRepo};
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::files::File;
use fm_domain::tree::{Item, NodeRepo, Version, free_name};

/// How many items and versions are written together at most.
const MOST: usize = 200;

/// Rows of trees that are still to be written.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) blobs: Vec<ArchivedBlob>,
    pub(super) nodes: Vec<ArchivedNode>,
    pub(super) versions: Vec<Version>,
}

impl Batch {
    /// Whether no more should be put together.
    pub(super) const fn is_full(&self) -> bool {
        self.nodes.len() + self.versions.len() >= MOST
    }

    /// Writes them. Versions come after the files that they are of.
    pub(super) async fn write(self, rows: &mut dyn RowRepo, now: Timestamp) -> PortResult<()> {
        if !self.blobs.is_empty() {
            rows.add_blobs(&self.blobs, now).await?;
        }
        if !self.nodes.is_empty() {
            rows.add_nodes(&self.nodes).await?;
        }
        if !self.versions.is_empty() {
            rows.add_versions(&self.versions).await?;
        }
        Ok(())
    }
}

/// A file of an export that knew no folders: of those with one name the first keeps it, and they come by their age.
pub(super) async fn under_a_free_name(
    nodes: &mut dyn NodeRepo,
    archived: ArchivedNode,
) -> PortResult<ArchivedNode> {
    let Item::File(file) = &archived.item else { return Ok(archived) };
    if nodes.taken(file.parent, &[file.name.search_key()]).await?.is_empty() {
        return Ok(archived);
    }
    let free = free_name(nodes, file.parent, &file.name, archived.item.kind(), None).await?;
    let item = File { name: free.name, ..file.clone() }.into();
    Ok(ArchivedNode { item, ..archived })
}
