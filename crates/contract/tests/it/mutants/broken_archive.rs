//! Databases that are moved with one fault.

use std::sync::Arc;

use async_trait::async_trait;
use fm_contract::{ArchiveHarness, Impossible};
use fm_domain::accounts::Account;
use fm_domain::archive::{
    Archive, ArchiveUnit, ArchivedKey, ArchivedNode, BlobTally, DriveTally, LooseBlob, LooseState, RowCounts,
    SealOutcome, Snapshot, TreeFault, VersionPlace, WrongPlace,
};
use fm_domain::audit::{AuditEntry, AuditKey};
use fm_domain::blobs::BlobKey;
use fm_domain::body::ByteSize;
use fm_domain::database::Database;
use fm_domain::error::PortResult;
use fm_domain::files::VersionNumber;
use fm_domain::idempotency::IdempotencyKey;
use fm_domain::ids::{BlobId, DriveId, NodeId, OperationId, UserId};
use fm_domain::tree::{Operation, OperationStatus, Seq, Version};
use fm_memory::MemoryDatabase;

use crate::mutants::{mutants, planned};

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    ReadsWhatIsThereNow,
    ForgetsQuotas,
    SkipsEntriesOnPaging,
    SkipsItemsOnPaging,
    LeavesOutTheTrash,
    ForgetsNumbersOfChanges,
    PagesVersionsByFileAlone,
    LeavesOutRunningOperations,
    CountsLivingFilesAlone,
    MissesLostReferences,
    CountsNoPreviews,
    KnowsNoMarks,
    KnowsNoThumbnailSizes,
    LeavesOutExpiredKeys,
    LeavesOutBlobsOfRemovedUsers,
    ForgetsWhatWasStored,
    CountsRemovedUsers,
    SealsNothing,
    SealsLate,
    ForgetsThatItWasSealed,
    NeverUnseals,
}

struct Broken {
    honest: MemoryDatabase,
    fault: Fault,
}

#[async_trait]
impl Archive for Broken {
    async fn snapshot(&self) -> PortResult<Box<dyn Snapshot>> {
        let inner = self.honest.snapshot().await?;
        Ok(Box::new(BrokenSnapshot { honest: self.honest.clone(), inner, fault: self.fault }))
    }

    async fn seal(&self) -> PortResult<SealOutcome> {
        match self.fault {
            Fault::SealsNothing => Ok(SealOutcome::PutOn),
            Fault::SealsLate => {
                let honest = self.honest.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                    honest.seal().await
                });
                Ok(SealOutcome::PutOn)
            }
            Fault::ForgetsThatItWasSealed => self.honest.seal().await.map(|_outcome| SealOutcome::PutOn),
            _ => self.honest.seal().await,
        }
    }

    async fn unseal(&self) -> PortResult<()> {
        if self.fault == Fault::NeverUnseals { Ok(()) } else { self.honest.unseal().await }
    }

    async fn begin_rows(&self) -> PortResult<Box<dyn ArchiveUnit>> {
        self.honest.begin_rows().await
    }
}

struct BrokenSnapshot {
    honest: MemoryDatabase,
    inner: Box<dyn Snapshot>,
    fault: Fault,
}

impl BrokenSnapshot {
    async fn look(&mut self) -> PortResult<&mut dyn Snapshot> {
        if self.fault == Fault::ReadsWhatIsThereNow {
            self.inner = self.honest.snapshot().await?;
        }
        Ok(&mut *self.inner)
    }
}

#[async_trait]
impl Snapshot for BrokenSnapshot {
    async fn accounts(&mut self, after: Option<UserId>, limit: u32) -> PortResult<Vec<Account>> {
        let mut page = self.look().await?.accounts(after, limit).await?;
        if self.fault == Fault::ForgetsQuotas {
            for account in &mut page {
                account.quota = None;
            }
        }
        Ok(page)
    }

    async fn seq(&mut self, drive: DriveId) -> PortResult<Seq> {
        let seq = self.look().await?.seq(drive).await?;
        Ok(if self.fault == Fault::ForgetsNumbersOfChanges { Seq::default() } else { seq })
    }

    async fn nodes(
        &mut self,
        drive: DriveId,
        after: Option<NodeId>,
        limit: u32,
    ) -> PortResult<Vec<ArchivedNode>> {
        let skipped = usize::from(after.is_some() && self.fault == Fault::SkipsItemsOnPaging);
        let mut page = self.look().await?.nodes(drive, after, limit).await?;
        if self.fault == Fault::LeavesOutTheTrash {
            page.retain(|archived| archived.trash.is_none());
        }
        if self.fault == Fault::KnowsNoThumbnailSizes {
            for archived in &mut page {
                archived.thumbnail_size = None;
            }
        }
        Ok(page.into_iter().skip(skipped).collect())
    }

    async fn versions(
        &mut self,
        drive: DriveId,
        after: Option<VersionPlace>,
        limit: u32,
    ) -> PortResult<Vec<Version>> {
        let by_file = self.fault == Fault::PagesVersionsByFileAlone;
        let after =
            after.map(|(file, number)| (file, if by_file { VersionNumber::new(u32::MAX) } else { number }));
        self.look().await?.versions(drive, after, limit).await
    }

    async fn operations(
        &mut self,
        owner: UserId,
        after: Option<OperationId>,
        limit: u32,
    ) -> PortResult<Vec<Operation>> {
        let mut page = self.look().await?.operations(owner, after, limit).await?;
        if self.fault == Fault::LeavesOutRunningOperations {
            page.retain(|operation| operation.status != OperationStatus::Running);
        }
        Ok(page)
    }

    async fn keys(
        &mut self,
        owner: UserId,
        after: Option<IdempotencyKey>,
        limit: u32,
    ) -> PortResult<Vec<ArchivedKey>> {
        let mut page = self.look().await?.keys(owner, after, limit).await?;
        if self.fault == Fault::LeavesOutExpiredKeys {
            page.retain(|archived| archived.expires_at > fm_contract::samples::at(0));
        }
        Ok(page)
    }

    async fn loose_blobs(&mut self, after: Option<BlobId>, limit: u32) -> PortResult<Vec<LooseBlob>> {
        let mut page = self.look().await?.loose_blobs(after, limit).await?;
        if self.fault == Fault::LeavesOutBlobsOfRemovedUsers {
            page.retain(|blob| blob.state != LooseState::Unreferenced);
        }
        for blob in &mut page {
            if let (Fault::ForgetsWhatWasStored, LooseState::Deleted { was_stored, .. }) =
                (self.fault, &mut blob.state)
            {
                *was_stored = false;
            }
        }
        Ok(page)
    }

    async fn audit(&mut self, after: Option<AuditKey>, limit: u32) -> PortResult<Vec<AuditEntry>> {
        let skipped = usize::from(after.is_some() && self.fault == Fault::SkipsEntriesOnPaging);
        let page = self.look().await?.audit(after, limit).await?;
        Ok(page.into_iter().skip(skipped).collect())
    }

    async fn row_counts(&mut self) -> PortResult<RowCounts> {
        let row_counts = self.look().await?.row_counts().await?;
        let removed = if self.fault == Fault::CountsRemovedUsers { row_counts.removed_users } else { 0 };
        Ok(RowCounts { users: row_counts.users + removed, ..row_counts })
    }

    async fn tallies(&mut self, after: Option<DriveId>, limit: u32) -> PortResult<Vec<DriveTally>> {
        let mut page = self.look().await?.tallies(after, limit).await?;
        if self.fault == Fault::CountsLivingFilesAlone {
            for tally in &mut page {
                let trash = tally.counted.trash.bytes();
                tally.counted.used = ByteSize::new(tally.counted.used.bytes() - trash);
            }
        }
        Ok(page)
    }

    async fn wrong_references(&mut self, after: Option<BlobId>, limit: u32) -> PortResult<Vec<BlobTally>> {
        let mut page = self.look().await?.wrong_references(after, limit).await?;
        if self.fault == Fault::MissesLostReferences {
            page.retain(|tally| tally.counted > 0);
        }
        if self.fault == Fault::CountsNoPreviews && page.is_empty() {
            let previews = self.honest.read().await?.previews().walk(after, limit).await?;
            let blobs = previews.iter().filter_map(|preview| preview.state.blob());
            page.extend(blobs.map(|id| BlobTally { key: BlobKey::thumbnail(id), recorded: 1, counted: 0 }));
        }
        Ok(page)
    }

    async fn faults(&mut self, limit: u32) -> PortResult<Vec<TreeFault>> {
        let mut faults = self.look().await?.faults(limit).await?;
        if self.fault == Fault::KnowsNoMarks {
            faults.retain(|fault| fault.wrong != WrongPlace::Mismarked);
        }
        Ok(faults)
    }
}

struct Mutant(Arc<Broken>);

#[async_trait]
impl ArchiveHarness for Mutant {
    async fn fresh() -> Self {
        Self(Arc::new(Broken { honest: MemoryDatabase::new(), fault: planned() }))
    }

    fn database(&self) -> Arc<dyn Database> {
        Arc::new(self.0.honest.clone())
    }

    fn archive(&self) -> Arc<dyn Archive> {
        self.0.clone()
    }

    async fn another_node(&self) -> Result<Arc<dyn Database>, Impossible> {
        Err(Impossible::because("it lives in the memory of this process"))
    }
}

macro_rules! broken {
    ($name:ident, $fault:expr) => {
        type $name = crate::mutants::broken_archive::Mutant;
        crate::mutants::plan(&$fault);
    };
}

mutants! {
    an_archive_without_a_fault_breaks_no_rule: broken(Fault::None) => archive, [];
    an_archive_that_reads_what_is_there_now: broken(Fault::ReadsWhatIsThereNow) => archive, ["ARCHIVE-01"];
    an_archive_that_forgets_quotas: broken(Fault::ForgetsQuotas) => archive, ["ARCHIVE-02"];
    an_archive_that_skips_entries_on_paging: broken(Fault::SkipsEntriesOnPaging) => archive, ["ARCHIVE-02"];
    an_archive_that_skips_items_on_paging: broken(Fault::SkipsItemsOnPaging) => archive, ["ARCHIVE-03", "ARCHIVE-12"];
    an_archive_that_leaves_out_the_trash: broken(Fault::LeavesOutTheTrash) => archive, ["ARCHIVE-03", "ARCHIVE-12"];
    an_archive_that_forgets_numbers_of_changes: broken(Fault::ForgetsNumbersOfChanges) => archive, ["ARCHIVE-12"];
    an_archive_that_pages_versions_by_file_alone: broken(Fault::PagesVersionsByFileAlone) => archive, ["ARCHIVE-13"];
    an_archive_that_leaves_out_running_operations:
        broken(Fault::LeavesOutRunningOperations) => archive, ["ARCHIVE-14"];
    an_archive_that_counts_living_files_alone: broken(Fault::CountsLivingFilesAlone) => archive, ["ARCHIVE-16"];
    an_archive_that_misses_lost_references: broken(Fault::MissesLostReferences) => archive, ["ARCHIVE-17", "PREVIEW-08"];
    an_archive_that_counts_no_previews: broken(Fault::CountsNoPreviews) => archive, ["PREVIEW-08"];
    an_archive_that_knows_no_marks: broken(Fault::KnowsNoMarks) => archive, ["ARCHIVE-18"];
    an_archive_that_knows_no_thumbnail_sizes: broken(Fault::KnowsNoThumbnailSizes) => archive, ["ARCHIVE-04"];
    an_archive_that_leaves_out_expired_keys: broken(Fault::LeavesOutExpiredKeys) => archive, ["ARCHIVE-05"];
    an_archive_that_leaves_out_blobs_of_removed_users:
        broken(Fault::LeavesOutBlobsOfRemovedUsers) => archive, ["ARCHIVE-06"];
    an_archive_that_forgets_what_was_stored: broken(Fault::ForgetsWhatWasStored) => archive, ["ARCHIVE-06"];
    an_archive_that_counts_removed_users: broken(Fault::CountsRemovedUsers) => archive, ["ARCHIVE-07"];
    an_archive_that_seals_nothing: broken(Fault::SealsNothing) => archive,
        ["ARCHIVE-08", "ARCHIVE-09", "ARCHIVE-10", "ARCHIVE-11"];
    an_archive_that_seals_late: broken(Fault::SealsLate) => archive,
        ["ARCHIVE-08", "ARCHIVE-09", "ARCHIVE-10", "ARCHIVE-11"];
    an_archive_that_never_unseals: broken(Fault::NeverUnseals) => archive, ["ARCHIVE-10", "ARCHIVE-11"];
    an_archive_that_forgets_that_it_was_sealed: broken(Fault::ForgetsThatItWasSealed) => archive, ["ARCHIVE-11"];
}
