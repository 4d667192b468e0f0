//! Moving the database: snapshots of it, its seal, and rows past all rules.

mod counted;
mod rows;

use std::sync::Arc;

use async_trait::async_trait;
use fm_domain::accounts::{Account, UserFilter, UserQueries};
use fm_domain::archive::{
    Archive, ArchiveUnit, ArchivedKey, ArchivedNode, ArchivedTrash, BlobTally, DriveTally, LooseBlob,
    RowCounts, SealOutcome, Sealed, Snapshot, TreeFault, VersionPlace,
};
use fm_domain::audit::{AuditEntry, AuditFilter, AuditKey, AuditPage, AuditQueries};
use fm_domain::blobs::{BlobQueries, BlobState};
use fm_domain::body::ByteSize;
use fm_domain::error::{PortError, PortResult};
use fm_domain::idempotency::IdempotencyKey;
use fm_domain::ids::{BlobId, DriveId, NodeId, OperationId, UserId};
use fm_domain::tree::{ItemKind, Operation, Seq, Version};

use super::MemoryDatabase;
use super::nodes::Node;
use super::tables::Tables;
use super::unit::MemoryUnitOfWork;

#[async_trait]
impl Archive for MemoryDatabase {
    async fn snapshot(&self) -> PortResult<Box<dyn Snapshot>> {
        Ok(Box::new(MemorySnapshot(self.shared.tables())))
    }

    async fn seal(&self) -> PortResult<SealOutcome> {
        Ok(if self.set_seal(true).await { SealOutcome::WasOn } else { SealOutcome::PutOn })
    }

    async fn unseal(&self) -> PortResult<()> {
        self.set_seal(false).await;
        Ok(())
    }

    async fn begin_rows(&self) -> PortResult<Box<dyn ArchiveUnit>> {
        let turn = Arc::clone(&self.turn).lock_owned().await;
        if self.shared.is_sealed.load(std::sync::atomic::Ordering::SeqCst) {
            return Err(PortError::Unavailable(Box::new(Sealed)));
        }
        Ok(Box::new(MemoryUnitOfWork::new(turn, self.shared.tables(), Arc::clone(&self.shared))))
    }
}

/// The tables as they were: whatever is committed later is in others.
struct MemorySnapshot(Tables);

#[async_trait]
impl Snapshot for MemorySnapshot {
    async fn accounts(&mut self, after: Option<UserId>, limit: u32) -> PortResult<Vec<Account>> {
        UserQueries::list(&mut self.0, &UserFilter::default(), after, limit).await
    }

    async fn seq(&mut self, drive: DriveId) -> PortResult<Seq> {
        Ok(self.0.users.drive(drive.owner()).map(|(_, row)| row.seq).unwrap_or_default())
    }

    async fn nodes(
        &mut self,
        drive: DriveId,
        after: Option<NodeId>,
        limit: u32,
    ) -> PortResult<Vec<ArchivedNode>> {
        let Tables { users, nodes, .. } = &self.0;
        if users.is_removed(drive.owner()) {
            return Ok(Vec::new());
        }
        let ids = nodes.rows_of(drive).filter(|id| after.is_none_or(|after| *id > after));
        let rows = ids.filter_map(|id| nodes.get(id)).filter(|node| !node.item.is_root());
        let rows: Vec<Arc<Node>> = rows.take(limit as usize).cloned().collect();
        let mut archived = Vec::with_capacity(rows.len());
        for node in rows {
            let thumbnail_size = self.thumbnail_size(&node).await?;
            let trash = match (&node.trashed, node.top) {
                (Some((at, path)), _) => Some(ArchivedTrash::Top { at: *at, path: path.clone() }),
                (None, top) => top.map(|top| ArchivedTrash::Below { top }),
            };
            archived.push(ArchivedNode {
                item: node.item.clone(),
                changed: node.changed,
                trash,
                thumbnail_size,
            });
        }
        Ok(archived)
    }

    async fn versions(
        &mut self,
        drive: DriveId,
        after: Option<VersionPlace>,
        limit: u32,
    ) -> PortResult<Vec<Version>> {
        let Tables { users, nodes, .. } = &self.0;
        if users.is_removed(drive.owner()) {
            return Ok(Vec::new());
        }
        let theirs = nodes
            .versions_after(after)
            .filter(|version| nodes.get(version.file.into()).is_some_and(|node| node.item.drive() == drive));
        Ok(theirs.take(limit as usize).cloned().collect())
    }

    async fn operations(
        &mut self,
        owner: UserId,
        after: Option<OperationId>,
        limit: u32,
    ) -> PortResult<Vec<Operation>> {
        let Tables { users, operations, .. } = &self.0;
        if users.is_removed(owner) {
            return Ok(Vec::new());
        }
        Ok(operations.owned_after(owner, after).take(limit as usize).cloned().collect())
    }

    async fn keys(
        &mut self,
        owner: UserId,
        after: Option<IdempotencyKey>,
        limit: u32,
    ) -> PortResult<Vec<ArchivedKey>> {
        self.0.keys.finished(owner, after.as_ref(), limit as usize)
    }

    async fn loose_blobs(&mut self, after: Option<BlobId>, limit: u32) -> PortResult<Vec<LooseBlob>> {
        let needed = self.0.references(|owner| !self.0.users.is_removed(owner));
        Ok(self.0.blobs.loose(after, limit as usize, |id| needed.contains_key(&id)))
    }

    async fn audit(&mut self, after: Option<AuditKey>, limit: u32) -> PortResult<Vec<AuditEntry>> {
        AuditQueries::list(&mut self.0, &AuditFilter::default(), &AuditPage { after, limit }).await
    }

    async fn row_counts(&mut self) -> PortResult<RowCounts> {
        let Tables { users, nodes, blobs, uploads, trail, operations, .. } = &self.0;
        let mut counts = RowCounts {
            users: users.ids().count() as u64,
            removed_users: users.count_removed() as u64,
            blobs: blobs.count() as u64,
            audit_entries: trail.count() as u64,
            open_uploads: uploads.count_all_open() as u64,
            ..RowCounts::default()
        };
        for owner in users.ids() {
            counts.operations += operations.owned_after(owner, None).count() as u64;
            let items = nodes.rows_of(DriveId::of_user(owner)).filter_map(|id| nodes.get(id));
            for node in items.filter(|node| !node.item.is_root()) {
                match node.item.kind() {
                    ItemKind::Folder => counts.folders += 1,
                    ItemKind::File => {
                        counts.files += 1;
                        counts.versions += nodes.versions_of(node.item.id().as_file()).count() as u64;
                    }
                }
            }
        }
        Ok(counts)
    }

    async fn tallies(&mut self, after: Option<DriveId>, limit: u32) -> PortResult<Vec<DriveTally>> {
        let drives = self.0.users.ids().map(DriveId::of_user);
        let later = drives.filter(|drive| after.is_none_or(|after| *drive > after));
        Ok(later.take(limit as usize).filter_map(|drive| self.0.tally_of(drive)).collect())
    }

    async fn wrong_references(&mut self, after: Option<BlobId>, limit: u32) -> PortResult<Vec<BlobTally>> {
        let wrong = self.0.blobs.wrong_references(&self.0.all_references());
        let later = wrong.into_iter().filter(|tally| after.is_none_or(|after| tally.key.id > after));
        Ok(later.take(limit as usize).collect())
    }

    async fn faults(&mut self, limit: u32) -> PortResult<Vec<TreeFault>> {
        Ok(self.0.faults(limit as usize))
    }
}

impl MemorySnapshot {
    /// The size of the thumbnail of a file, where it counts as stored.
    async fn thumbnail_size(&mut self, node: &Node) -> PortResult<Option<ByteSize>> {
        let thumbnail: Vec<BlobId> = node.file().and_then(|file| file.thumbnail.blob()).into_iter().collect();
        let record = BlobQueries::find(&mut self.0, &thumbnail).await?.pop();
        Ok(match record.map(|record| record.state) {
            Some(BlobState::Stored { size }) => Some(size),
            Some(BlobState::Intent | BlobState::Deleted) | None => None,
        })
    }
}
