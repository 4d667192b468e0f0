//! Removing items with all that is theirs.

use fm_domain::files::VersionNumber;
use fm_domain::ids::{DriveId, NodeId, UserId};
use fm_domain::tree::Removed;

use super::Nodes;

impl Nodes {
    /// Removes an item with its versions, and adds what it was to `removed`.
    pub(crate) fn remove(&mut self, id: NodeId, removed: &mut Removed) {
        let Some(node) = self.take(id) else { return };
        removed.measure = removed.measure.plus(self.measure(&node));
        let Some(file) = node.file() else { return };
        removed.blobs.push(file.blob);
        removed.blobs.extend(file.thumbnail.blob());
        let numbers: Vec<VersionNumber> = self.versions_of(file.id).map(|version| version.number).collect();
        for number in numbers {
            removed.blobs.extend(self.take_version(file.id, number).map(|version| version.blob));
        }
    }

    /// Removes up to `limit` items of the owner but the root, those without entries first and each after its old versions, and adds what
    /// they were to `removed`; answers how many rows.
    pub(crate) fn remove_owned(&mut self, owner: UserId, limit: usize, removed: &mut Removed) -> usize {
        let drive = DriveId::of_user(owner);
        let mut rows = 0;
        while rows < limit {
            // The newest first: mostly they are in the others.
            let theirs = (drive, NodeId::new(uuid::Uuid::nil()))..=(drive, NodeId::new(uuid::Uuid::max()));
            let is_leaf = |id: &NodeId| *id != NodeId::root(drive) && self.entries(*id).is_none();
            let Some(leaf) = self.of_drive.range(theirs).rev().map(|(_, id)| *id).find(is_leaf) else {
                break;
            };
            let versions = self.versions_of(leaf.as_file()).take(limit - rows);
            let numbers: Vec<VersionNumber> = versions.map(|version| version.number).collect();
            rows += numbers.len();
            for number in numbers {
                let version = self.take_version(leaf.as_file(), number);
                removed.blobs.extend(version.map(|version| version.blob));
            }
            if rows < limit {
                self.remove(leaf, removed);
                rows += 1;
            }
        }
        rows
    }
}
