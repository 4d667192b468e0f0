//! What is asked of a database that shall be moved.

use async_trait::async_trait;

use super::{ArchivedFile, ArchivedKey, LooseBlob, RowCounts};
use crate::accounts::Account;
use crate::audit::{AuditEntry, AuditKey};
use crate::clock::Timestamp;
use crate::error::PortResult;
use crate::idempotency::IdempotencyKey;
use crate::ids::{BlobId, FileId, UserId};

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

/// The place of a file among those of its owner: when it was made, and its id.
pub type FilePlace = (Timestamp, FileId);

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

    /// The files of a user by the moment they were made, then by their ids: those after `after`; with the sizes of their
    /// thumbnails (ARCHIVE-03, ARCHIVE-04).
    async fn files(
        &mut self,
        owner: UserId,
        after: Option<FilePlace>,
        limit: u32,
    ) -> PortResult<Vec<ArchivedFile>>;

    /// The finished idempotency keys of a user, expired ones too, in the order of their bytes: those after `after`
    /// (ARCHIVE-05).
    async fn keys(
        &mut self,
        owner: UserId,
        after: Option<IdempotencyKey>,
        limit: u32,
    ) -> PortResult<Vec<ArchivedKey>>;

    /// The blobs by their ids whose bytes no file of a user needs: intents, tombstones, and those of users who are marked as removed
    /// or gone; those after `after` (ARCHIVE-06).
    async fn loose_blobs(&mut self, after: Option<BlobId>, limit: u32) -> PortResult<Vec<LooseBlob>>;

    /// Entries of the audit trail, from the largest key to the smallest: those before `after` (ARCHIVE-02).
    async fn audit(&mut self, after: Option<AuditKey>, limit: u32) -> PortResult<Vec<AuditEntry>>;

    /// How many rows there are (ARCHIVE-07).
    async fn row_counts(&mut self) -> PortResult<RowCounts>;
}
