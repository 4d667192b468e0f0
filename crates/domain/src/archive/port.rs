//! What is asked of a database that shall be moved.

use async_trait::async_trait;

use super::{
    ArchivedBlob, ArchivedKey, ArchivedNode, BlobTally, DriveTally, LooseBlob, RowCounts, TreeFault,
};
use crate::accounts::Account;
use crate::audit::{AuditEntry, AuditKey};
use crate::clock::Timestamp;
use crate::database::UnitOfWork;
use crate::error::PortResult;
use crate::files::VersionNumber;
use crate::idempotency::IdempotencyKey;
use crate::ids::{BlobId, DriveId, FileId, NodeId, OperationId, UserId};
use crate::tree::{Operation, Seq, Version};

/// Why a sealed database takes no change. Adapters answer it as the cause of
/// [`PortError::Unavailable`](crate::error::PortError::Unavailable), where their store can carry a cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the database is sealed by `file-manager export --final`: `file-manager export --unseal` takes the seal off"
)]
pub struct Sealed;

/// Which call sealed a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SealOutcome {
    /// This one: the database took changes before.
    PutOn,
    /// An earlier one, or one at the same time: the seal is not the caller's to take off.
    WasOn,
}

/// The place of an old version among those of its drive.
pub type VersionPlace = (FileId, VersionNumber);

/// A database that can be moved: read as a whole, and sealed.
///
/// Sessions are another store's: neither is part of a snapshot nor of the seal.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait Archive: Send + Sync {
    /// Opens a snapshot: everything that was committed before this call, by whichever node (ARCHIVE-01). It locks nothing, and
    /// units of work go on beside it.
    async fn snapshot(&self) -> PortResult<Box<dyn Snapshot>>;

    /// Seals the database, durably: once this has answered no unit of work of any node commits a change
    /// (ARCHIVE-08, ARCHIVE-09); it fails with [`PortError::Unavailable`](crate::error::PortError::Unavailable) at its first statement, at a
    /// later one, or at its commit. Units that are open are waited for, for a while, or fail. Reads go on (ARCHIVE-08).
    /// To seal again is no error: of the calls from one [`unseal`](Archive::unseal) to the next, also of those at the same time, one
    /// answers [`SealOutcome::PutOn`] (ARCHIVE-11).
    ///
    /// When it fails it takes off again what this call put on, and nothing of a seal that was there before. Where that fails as well
    /// some changes may be refused from then on: [`unseal`](Archive::unseal) ends that.
    async fn seal(&self) -> PortResult<SealOutcome>;

    /// Takes the seal off: changes are taken as before (ARCHIVE-10). A database that is not sealed is no error.
    async fn unseal(&self) -> PortResult<()>;

    /// Opens a unit of work that writes rows as a snapshot gave them, or counts anew what rows add up to. What it counts is of one moment:
    /// where others change the same rows meanwhile it fails as [`PortError::Contended`](crate::error::PortError::Contended).
    async fn begin_rows(&self) -> PortResult<Box<dyn ArchiveUnit>>;
}

/// A unit of work that reaches rows as they are, too.
pub trait ArchiveUnit: UnitOfWork {
    /// Rows.
    fn rows(&mut self) -> &mut dyn RowRepo;
}

/// A unit of work that has them is its own.
impl<T: UnitOfWork + RowRepo> ArchiveUnit for T {
    fn rows(&mut self) -> &mut dyn RowRepo {
        self
    }
}

/// Rows of trees inside a unit of work, past every rule of [`NodeRepo`](crate::tree::NodeRepo): no drive is entered, and nothing is
/// stamped or counted.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait RowRepo: Send {
    /// Adds stored blobs with one reference each; one that is there already stays as it is (ARCHIVE-15).
    async fn add_blobs(&mut self, blobs: &[ArchivedBlob], at: Timestamp) -> PortResult<()>;

    /// Adds items as they were, in any order: what they lie in may come later, and is looked for by [`faults`](Self::faults)
    /// (ARCHIVE-12). A second item with one id is an error, and so is a name that is taken.
    async fn add_nodes(&mut self, nodes: &[ArchivedNode]) -> PortResult<()>;

    /// Adds old versions of files that are there (ARCHIVE-13).
    async fn add_versions(&mut self, versions: &[Version]) -> PortResult<()>;

    /// Sets the number of a drive's last change (ARCHIVE-12).
    async fn set_seq(&mut self, drive: DriveId, seq: Seq) -> PortResult<()>;

    /// Makes the counters of a drive what its rows add up to; what is reserved stays (ARCHIVE-16). One that is gone is no error.
    async fn recount_drive(&mut self, drive: DriveId) -> PortResult<()>;

    /// Makes every stored blob count the rows that refer to it, and turns those that none refers to into tombstones due at `at`, with their
    /// previews as by [`drop_references`](crate::blobs::BlobRepo::drop_references); answers how many rows of blobs it changed (ARCHIVE-17,
    /// PREVIEW-08).
    async fn recount_references(&mut self, at: Timestamp) -> PortResult<u64>;

    /// As [`Snapshot::faults`], with what the unit has changed (ARCHIVE-18).
    async fn faults(&mut self, limit: u32) -> PortResult<Vec<TreeFault>>;
}

/// A database as it was at one moment, however long it is read and whatever is committed meanwhile (ARCHIVE-01).
///
/// Pages are by keyset, at most `limit` rows, and shorter only at the end (ARCHIVE-02). After an error the snapshot is of no
/// more use.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait Snapshot: Send {
    /// Accounts, from the largest id to the smallest: those before `after`. None that is marked as removed (ARCHIVE-02).
    async fn accounts(&mut self, after: Option<UserId>, limit: u32) -> PortResult<Vec<Account>>;

    /// The number of a drive's last change; zero of one that is not there (ARCHIVE-12).
    async fn seq(&mut self, drive: DriveId) -> PortResult<Seq>;

    /// The items of a drive but its root by their ids, living ones and those in the trash: those after `after` (ARCHIVE-03,
    /// ARCHIVE-12); with the sizes of their thumbnails (ARCHIVE-04).
    async fn nodes(
        &mut self,
        drive: DriveId,
        after: Option<NodeId>,
        limit: u32,
    ) -> PortResult<Vec<ArchivedNode>>;

    /// The old versions of the files of a drive by their files and numbers: those after `after` (ARCHIVE-13).
    async fn versions(
        &mut self,
        drive: DriveId,
        after: Option<VersionPlace>,
        limit: u32,
    ) -> PortResult<Vec<Version>>;

    /// The operations of a user by their ids, ended ones too: those after `after` (ARCHIVE-14).
    async fn operations(
        &mut self,
        owner: UserId,
        after: Option<OperationId>,
        limit: u32,
    ) -> PortResult<Vec<Operation>>;

    /// The finished idempotency keys of a user, expired ones too, in the order of their bytes: those after `after`
    /// (ARCHIVE-05).
    async fn keys(
        &mut self,
        owner: UserId,
        after: Option<IdempotencyKey>,
        limit: u32,
    ) -> PortResult<Vec<ArchivedKey>>;

    /// The blobs by their ids whose bytes no file of a user needs: intents, tombstones, and stored ones that no row refers to but those of
    /// users who are marked as removed, and of previews; those after `after` (ARCHIVE-06).
    async fn loose_blobs(&mut self, after: Option<BlobId>, limit: u32) -> PortResult<Vec<LooseBlob>>;

    /// Entries of the audit trail, from the largest key to the smallest: those before `after` (ARCHIVE-02).
    async fn audit(&mut self, after: Option<AuditKey>, limit: u32) -> PortResult<Vec<AuditEntry>>;

    /// How many rows there are (ARCHIVE-07).
    async fn row_counts(&mut self) -> PortResult<RowCounts>;

    /// The counters of drives beside what their rows add up to, by the drives' ids: those after `after`; none of a user who is
    /// marked as removed (ARCHIVE-16).
    async fn tallies(&mut self, after: Option<DriveId>, limit: u32) -> PortResult<Vec<DriveTally>>;

    /// Stored blobs that count other references than there are, by their ids: those after `after` (ARCHIVE-17).
    async fn wrong_references(&mut self, after: Option<BlobId>, limit: u32) -> PortResult<Vec<BlobTally>>;

    /// Up to `limit` items that are not where they may be, in no particular order; each once for each fault (ARCHIVE-18). It reads all
    /// items.
    async fn faults(&mut self, limit: u32) -> PortResult<Vec<TreeFault>>;
}
