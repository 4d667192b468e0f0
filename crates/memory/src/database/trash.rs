//! What is in the trash.

use fm_domain::body::ByteSize;
use fm_domain::ids::{DriveId, NodeId};
use fm_domain::tree::TrashedItem;

use super::nodes::{Node, Nodes};

impl Nodes {
    /// Whether the item is a top of the trash.
    pub(super) fn is_top(&self, id: NodeId) -> bool {
        self.get(id).is_some_and(|node| node.top == Some(id))
    }

    /// The item in the trash as it is told.
    pub(super) fn trashed_item(&self, node: &Node) -> Option<TrashedItem> {
        let top = node.top?;
        let (trashed_at, original_path) = self.get(top)?.trashed.clone()?;
        let mut size = 0_u64;
        let mut below = vec![node.item.id()];
        while let Some(id) = below.pop() {
            let taken = self.get(id).filter(|taken| taken.top == Some(top));
            size =
                size.saturating_add(taken.and_then(|taken| taken.file()).map_or(0, |file| file.size.bytes()));
            below.extend(self.entries(id).into_iter().flat_map(super::nodes::Entries::ids));
        }
        let item = node.item.clone();
        Some(TrashedItem {
            has_parent: item.parent().is_some_and(|parent| self.get(parent).is_some()),
            item,
            top,
            trashed_at,
            original_path: self.path_below(top, original_path, node)?,
            size: ByteSize::new(size),
        })
    }

    /// The path of what a top took along, or of the top itself, which has `path`.
    fn path_below(&self, top: NodeId, mut path: String, node: &Node) -> Option<String> {
        let mut names = Vec::new();
        let mut here = node;
        while here.item.id() != top {
            names.push(here.item.name()?.as_str());
            here = self.get(here.item.parent()?)?;
        }
        for name in names.iter().rev() {
            path.push('/');
            path.push_str(name);
        }
        Some(path)
    }

    /// The item in the trash of a drive.
    pub(super) fn trashed(&self, drive: DriveId, id: NodeId) -> Option<TrashedItem> {
        let node = self.get(id).filter(|node| node.item.drive() == drive)?;
        self.trashed_item(node)
    }
}
