//! Rows past all rules, inside a unit of work.

use async_trait::async_trait;
use fm_domain::accounts::StorageUse;
use fm_domain::archive::{
    ArchivedBlob, ArchivedNode, ArchivedTrash, DriveCounters, DriveTally, RowRepo, TreeFault,
};
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::ids::DriveId;
use fm_domain::tree::{Seq, Version};

use super::super::nodes::Node;
use super::super::unit::MemoryUnitOfWork;
use super::super::users::DriveRow;

#[async_trait]
impl RowRepo for MemoryUnitOfWork {
    async fn add_blobs(&mut self, blobs: &[ArchivedBlob], _at: Timestamp) -> PortResult<()> {
        for blob in blobs {
            self.tables.blobs.add_stored(blob);
        }
        Ok(())
    }

    async fn add_nodes(&mut self, nodes: &[ArchivedNode]) -> PortResult<()> {
        for archived in nodes {
            let node = Node::living(archived.item.clone(), archived.changed);
            let id = node.item.id();
            let node = match &archived.trash {
                None => node,
                Some(ArchivedTrash::Top { at, path }) => {
                    Node { parent: None, top: Some(id), trashed: Some((*at, path.clone())), ..node }
                }
                Some(ArchivedTrash::Below { top }) => Node { top: Some(*top), ..node },
            };
            if self.tables.nodes.get(id).is_some() {
                return Err(self.fail("a second item with one id"));
            }
            let taken =
                node.parent.is_some_and(|parent| self.tables.nodes.entry(parent, &node.key()).is_some());
            if taken {
                return Err(self.fail("an item under a name that is taken"));
            }
            self.tables.nodes.put(node);
        }
        Ok(())
    }

    async fn add_versions(&mut self, versions: &[Version]) -> PortResult<()> {
        for version in versions {
            if self.tables.nodes.get(version.file.into()).is_none() {
                return Err(self.fail("a version of no file"));
            }
            self.tables.nodes.put_version(version.clone());
        }
        Ok(())
    }

    async fn set_seq(&mut self, drive: DriveId, seq: Seq) -> PortResult<()> {
        if let Some((account, row)) = self.tables.users.drive(drive.owner()) {
            let storage = account.storage;
            self.tables.users.set_drive(drive.owner(), storage, DriveRow { seq, ..row });
        }
        Ok(())
    }

    async fn recount_drive(&mut self, drive: DriveId) -> PortResult<()> {
        let Some(DriveTally { counted, .. }) = self.tables.tally_of(drive) else { return Ok(()) };
        let Some((account, row)) = self.tables.users.drive(drive.owner()) else { return Ok(()) };
        let DriveCounters { used, trash, versions, files, nodes } = counted;
        let storage = StorageUse { used, trash, versions, file_count: files, ..account.storage };
        self.tables.users.set_drive(drive.owner(), storage, DriveRow { nodes, ..row });
        Ok(())
    }

    async fn recount_references(&mut self, at: Timestamp) -> PortResult<u64> {
        let wrong = self.tables.blobs.wrong_references(&self.tables.all_references());
        let blobs = &mut self.tables.blobs;
        let changed = wrong.iter().map(|tally| blobs.set_references(tally.key.id, tally.counted, at));
        Ok(changed.sum::<usize>() as u64)
    }

    async fn faults(&mut self, limit: u32) -> PortResult<Vec<TreeFault>> {
        Ok(self.tables.faults(limit as usize))
    }
}
