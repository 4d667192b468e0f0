//! Moving the database: snapshots of it, and its seal.

use async_trait::async_trait;
use fm_domain::access::{Access, Right};
use fm_domain::accounts::{Account, UserFilter, UserQueries};
use fm_domain::archive::{
    Archive, ArchivedFile, ArchivedKey, FilePlace, LooseBlob, RowCounts, SealOutcome, Snapshot,
};
use fm_domain::audit::{AuditEntry, AuditFilter, AuditKey, AuditPage, AuditQueries};
use fm_domain::blobs::{BlobQueries, BlobState};
use fm_domain::error::PortResult;
use fm_domain::files::{FileFilter, FilePage, FileQueries, FileSort, PageKey, SortOrder};
use fm_domain::idempotency::IdempotencyKey;
use fm_domain::ids::{BlobId, UserId};

use super::MemoryDatabase;
use super::tables::Tables;

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
}

/// The tables as they were: whatever is committed later is in others.
struct MemorySnapshot(Tables);

#[async_trait]
impl Snapshot for MemorySnapshot {
    async fn accounts(&mut self, after: Option<UserId>, limit: u32) -> PortResult<Vec<Account>> {
        UserQueries::list(&mut self.0, &UserFilter::default(), after, limit).await
    }

    async fn files(
        &mut self,
        owner: UserId,
        after: Option<FilePlace>,
        limit: u32,
    ) -> PortResult<Vec<ArchivedFile>> {
        let after = after.map(|(at, id)| PageKey::CreatedAt(at, id));
        let page = FilePage { sort: FileSort::CreatedAt, order: SortOrder::Ascending, after, limit };
        let access = Access::on_behalf_of(owner, Right::Read);
        let files = FileQueries::list(&mut self.0, &access, &FileFilter::default(), &page).await?;
        let mut archived = Vec::with_capacity(files.len());
        for file in files {
            let thumbnail: Vec<BlobId> = file.thumbnail.blob().into_iter().collect();
            let record = BlobQueries::find(&mut self.0, &thumbnail).await?.pop();
            let thumbnail_size = match record.map(|record| record.state) {
                Some(BlobState::Stored { size }) => Some(size),
                Some(BlobState::Intent | BlobState::Deleted) | None => None,
            };
            archived.push(ArchivedFile { file, thumbnail_size });
        }
        Ok(archived)
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
        let Tables { users, blobs, .. } = &self.0;
        Ok(blobs.loose(after, limit as usize, |owner| users.contains(owner) && !users.is_removed(owner)))
    }

    async fn audit(&mut self, after: Option<AuditKey>, limit: u32) -> PortResult<Vec<AuditEntry>> {
        AuditQueries::list(&mut self.0, &AuditFilter::default(), &AuditPage { after, limit }).await
    }

    async fn row_counts(&mut self) -> PortResult<RowCounts> {
        let Tables { users, files, blobs, uploads, trail, .. } = &self.0;
        Ok(RowCounts {
            users: users.ids().count() as u64,
            removed_users: users.count_removed() as u64,
            files: users.ids().map(|id| files.kept(id).files).sum(),
            blobs: blobs.count() as u64,
            audit_entries: trail.count() as u64,
            open_uploads: uploads.count_all_open() as u64,
        })
    }
}
