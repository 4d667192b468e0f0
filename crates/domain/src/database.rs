//! The database as one port: units of work and their repos.

use async_trait::async_trait;

use crate::accounts::{UserQueries, UserRepo};
use crate::audit::{AuditQueries, AuditRepo};
use crate::blobs::{BlobQueries, BlobRepo, MarkStored, StoredBlob};
use crate::body::ByteSize;
use crate::error::{PortError, PortResult};
use crate::files::{FileQueries, FileRepo};
use crate::idempotency::KeyRepo;
use crate::ids::{BlobId, DriveId};
use crate::jobs::{JobQueries, JobQueue};
use crate::previews::{PreviewQueries, PreviewRepo};
use crate::tree::{Delta, DriveRepo, EnterDrive, Entered, NodeRepo, OperationRepo, TreeQueries, VersionRepo};
use crate::uploads::{UploadQueries, UploadRepo};

/// The transactional store of users, drives and what is in them, blobs, previews, keys, uploads, jobs and the audit trail.
#[async_trait]
pub trait Database: Send + Sync {
    /// Opens a unit of work. Nothing that happens in it can be seen from outside before its commit. It may have to wait
    /// for other units, or fail, only at its first statement: an adapter need not ask its store before.
    async fn begin(&self) -> PortResult<Box<dyn UnitOfWork>>;

    /// Opens a unit of work for one call of its repos that answers with something, and its commit. Calls that answer with nothing
    /// may come before it, about the rows of other tables too: they are made with it. Where it is refused an adapter may keep what they
    /// changed and removed, but nothing that they added. Otherwise a refusal changes nothing (UOW-16).
    ///
    /// An upload may be [found for update](UploadRepo::find_for_update) before it is updated by the call. An adapter need not lock it: where it
    /// has changed meanwhile, the update is [`PortError::Contended`] (UOW-17).
    ///
    /// An adapter may make the changes durable with the call: its commit has nothing to do then, and there is no undoing
    /// them. A call that fails as [`PortError::Unavailable`] may have been made all the same, as a
    /// commit whose answer is lost. Where its answer did not come in time, or its future was dropped, it may also be made later: the
    /// store may still have the statement, which waits for no commit. So a caller fences such a call, by an epoch or an
    /// attempt, or writes absolute values, which may come twice.
    async fn begin_single(&self) -> PortResult<Box<dyn UnitOfWork>> {
        self.begin().await
    }

    /// Opens reads that see everything committed before this call, by whichever node (UOW-12), and lock nothing.
    async fn read(&self) -> PortResult<Box<dyn ReadRepos>>;

    /// Asks the store, and answers as soon as it does: an error when it is out of reach (UOW-13).
    async fn ping(&self) -> PortResult<()>;
}

/// What can be asked without a unit of work.
pub trait ReadRepos: Send {
    /// Users.
    fn users(&mut self) -> &mut dyn UserQueries;
    /// Files.
    fn files(&mut self) -> &mut dyn FileQueries;
    /// Drives and what is in them.
    fn tree(&mut self) -> &mut dyn TreeQueries;
    /// Uploads that take many requests.
    fn uploads(&mut self) -> &mut dyn UploadQueries;
    /// The states of blobs.
    fn blobs(&mut self) -> &mut dyn BlobQueries;
    /// Previews.
    fn previews(&mut self) -> &mut dyn PreviewQueries;
    /// The queue.
    fn jobs(&mut self) -> &mut dyn JobQueries;
    /// The audit trail.
    fn audit(&mut self) -> &mut dyn AuditQueries;
}

/// A type that answers all queries is its own set of them.
impl<T> ReadRepos for T
where
    T: UserQueries + FileQueries + TreeQueries + UploadQueries,
    T: BlobQueries + PreviewQueries + JobQueries + AuditQueries,
{
    fn users(&mut self) -> &mut dyn UserQueries {
        self
    }

    fn files(&mut self) -> &mut dyn FileQueries {
        self
    }

    fn tree(&mut self) -> &mut dyn TreeQueries {
        self
    }

    fn uploads(&mut self) -> &mut dyn UploadQueries {
        self
    }

    fn blobs(&mut self) -> &mut dyn BlobQueries {
        self
    }

    fn previews(&mut self) -> &mut dyn PreviewQueries {
        self
    }

    fn jobs(&mut self) -> &mut dyn JobQueries {
        self
    }

    fn audit(&mut self) -> &mut dyn AuditQueries {
        self
    }
}

/// The repos of one unit of work: all of them are the same transaction.
pub trait Repos: Send {
    /// Users and what they use.
    fn users(&mut self) -> &mut dyn UserRepo;
    /// Files.
    fn files(&mut self) -> &mut dyn FileRepo;
    /// Drives.
    fn drives(&mut self) -> &mut dyn DriveRepo;
    /// Files and folders as items of their drives.
    fn nodes(&mut self) -> &mut dyn NodeRepo;
    /// Old versions of files.
    fn versions(&mut self) -> &mut dyn VersionRepo;
    /// Operations that go on after their request was answered.
    fn operations(&mut self) -> &mut dyn OperationRepo;
    /// The intents and states of blobs.
    fn blobs(&mut self) -> &mut dyn BlobRepo;
    /// Previews.
    fn previews(&mut self) -> &mut dyn PreviewRepo;
    /// Idempotency keys.
    fn keys(&mut self) -> &mut dyn KeyRepo;
    /// Uploads that take many requests.
    fn uploads(&mut self) -> &mut dyn UploadRepo;
    /// Jobs.
    fn jobs(&mut self) -> &mut dyn JobQueue;
    /// The audit trail.
    fn audit(&mut self) -> &mut dyn AuditRepo;
}

/// A type that implements all repos is its own set of them.
impl<T> Repos for T
where
    T: UserRepo + FileRepo + DriveRepo + NodeRepo + VersionRepo + OperationRepo,
    T: BlobRepo + PreviewRepo + KeyRepo + UploadRepo + JobQueue + AuditRepo,
{
    fn users(&mut self) -> &mut dyn UserRepo {
        self
    }

    fn files(&mut self) -> &mut dyn FileRepo {
        self
    }

    fn drives(&mut self) -> &mut dyn DriveRepo {
        self
    }

    fn nodes(&mut self) -> &mut dyn NodeRepo {
        self
    }

    fn versions(&mut self) -> &mut dyn VersionRepo {
        self
    }

    fn operations(&mut self) -> &mut dyn OperationRepo {
        self
    }

    fn blobs(&mut self) -> &mut dyn BlobRepo {
        self
    }

    fn previews(&mut self) -> &mut dyn PreviewRepo {
        self
    }

    fn keys(&mut self) -> &mut dyn KeyRepo {
        self
    }

    fn uploads(&mut self) -> &mut dyn UploadRepo {
        self
    }

    fn jobs(&mut self) -> &mut dyn JobQueue {
        self
    }

    fn audit(&mut self) -> &mut dyn AuditRepo {
        self
    }
}

/// Some changes that happen all together or not at all.
///
/// Dropping it without an answer undoes everything, frees its locks at once (UOW-05) and gives its connection back
/// (UOW-15), wherever its future was cancelled. A refusal (a variant of a repo's own error) leaves it usable; a
/// [`PortError`] poisons it.
///
/// A write that answers with nothing may be sent with a later call of the unit, which then fails in its place: the next one
/// that answers with something about the same rows, or the commit, at the latest.
#[must_use = "a unit of work that is dropped is rolled back"]
#[async_trait]
pub trait UnitOfWork: Repos {
    /// Makes everything durable and visible, or nothing. `Ok` is a promise: after a failed statement it is
    /// [`PortError::Poisoned`], never `Ok`. With [`PortError::Unavailable`] the outcome is unknown: read back.
    async fn commit(self: Box<Self>) -> PortResult<()>;

    /// Undoes everything.
    async fn rollback(self: Box<Self>) -> PortResult<()>;

    /// Marks a blob as stored, and then enters a drive, as [`mark_stored`](BlobRepo::mark_stored) and [`enter`](DriveRepo::enter) do (UOW-18):
    /// so the last unit of every upload enters its drive. A blob that is no intent enters nothing; where the drive refuses, the blob may be
    /// stored in the unit, which is rolled back. An adapter whose statements go to a server does both by one.
    async fn enter_with_blob(
        &mut self,
        blob: BlobId,
        stored: &StoredBlob,
        drive: DriveId,
        delta: &Delta,
        quota: Option<ByteSize>,
    ) -> Result<Entered, EnterWithBlob> {
        self.blobs().mark_stored(blob, stored).await?;
        Ok(self.drives().enter(drive, delta, quota).await?)
    }
}

/// Why a drive was not entered with a blob.
#[derive(Debug, thiserror::Error)]
pub enum EnterWithBlob {
    /// The blob is no intent, as [`MarkStored::NoIntent`] says.
    #[error("the blob is not, or no longer, an intent")]
    NoIntent,
    /// The drive was not entered: a refusal.
    #[error(transparent)]
    Drive(EnterDrive),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] PortError),
}

impl From<MarkStored> for EnterWithBlob {
    fn from(error: MarkStored) -> Self {
        match error {
            MarkStored::NoIntent => Self::NoIntent,
            MarkStored::Store(error) => Self::Store(error),
        }
    }
}

impl From<EnterDrive> for EnterWithBlob {
    fn from(error: EnterDrive) -> Self {
        match error {
            EnterDrive::Store(error) => Self::Store(error),
            refusal @ (EnterDrive::QuotaExceeded { .. } | EnterDrive::NoDrive) => Self::Drive(refusal),
        }
    }
}
