//! What the domain asks of a database about users.

use async_trait::async_trait;

use super::{Account, DisplayName, Email, PasswordHash, Role, Tally, User, UserCounts, UserFilter};
use crate::body::ByteSize;
use crate::clock::Timestamp;
use crate::error::{PortError, PortResult};
use crate::ids::UserId;

/// Why a user was not inserted.
#[derive(Debug, thiserror::Error)]
pub enum InsertUser {
    /// Another user has this address, in whatever case.
    #[error("the address is taken")]
    EmailTaken,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] PortError),
}

/// Why bytes were not reserved or charged.
#[derive(Debug, thiserror::Error)]
pub enum ReserveBytes {
    /// Used and reserved bytes together would exceed the quota.
    #[error("the quota would be exceeded")]
    QuotaExceeded,
    /// There is no such user (any more).
    #[error("there is no such user")]
    NoUser,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] PortError),
}

/// What a finished upload or a removal does to an account, in one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Charge {
    /// Reserved before and no longer needed.
    pub unreserve: ByteSize,
    /// Bytes of files that are new.
    pub add: ByteSize,
    /// Bytes of files that are gone.
    pub free: ByteSize,
    /// Files more.
    pub files_added: u64,
    /// Files fewer.
    pub files_removed: u64,
}

/// Questions about users.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait UserQueries: Send {
    /// The user with this id.
    async fn find(&mut self, id: UserId) -> PortResult<Option<Account>>;

    /// The user with this address, in whatever case; one that differs by anything else is another (USER-22).
    async fn find_by_email(&mut self, email: &Email) -> PortResult<Option<Account>>;

    /// What accounts say they keep beside what their files add up to, by the users' ids: those after `after`, at most
    /// `limit`. Both sides of a tally are of one moment, however many uploads end meanwhile (USER-13). For checks alone.
    async fn tally(&mut self, after: Option<UserId>, limit: u32) -> PortResult<Vec<Tally>>;

    /// The users that the filter fits, by their ids from the largest, which is the newest, to the smallest: those before
    /// `after`, at most `limit` (USER-33). For admins alone.
    async fn list(
        &mut self,
        filter: &UserFilter,
        after: Option<UserId>,
        limit: u32,
    ) -> PortResult<Vec<Account>>;

    /// All users, counted (USER-34): reads every row. For admins alone.
    async fn count(&mut self) -> PortResult<UserCounts>;
}

/// Users inside a unit of work.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait UserRepo: Send {
    /// Adds a user without files; every character of it counts (USER-21). A taken address is a refusal and does not
    /// poison the unit (USER-01); a second user with one id is an error (USER-18).
    async fn insert(&mut self, user: &User) -> Result<(), InsertUser>;

    /// The user, locked until the unit ends: of two units that ask for the same user the second waits.
    async fn find_for_update(&mut self, id: UserId) -> PortResult<Option<Account>>;

    /// Replaces the name; false when there is no such user.
    async fn set_name(&mut self, id: UserId, name: Option<DisplayName>) -> PortResult<bool>;

    /// Replaces the hash, only if it is still `seen`; false otherwise.
    async fn set_password(&mut self, id: UserId, seen: &PasswordHash, new: &PasswordHash)
    -> PortResult<bool>;

    /// Gives the user this role; false when there is no such user (USER-28).
    async fn set_role(&mut self, id: UserId, role: Role) -> PortResult<bool>;

    /// Suspends the user since this moment, or no longer; false when there is no such user (USER-28). Nothing else of the
    /// user changes: their sessions are another store's.
    async fn set_suspended(&mut self, id: UserId, since: Option<Timestamp>) -> PortResult<bool>;

    /// Gives the user a quota of their own, or that of the configuration again; false when there is no such user
    /// (USER-28). A smaller one than what they use takes nothing away.
    async fn set_quota(&mut self, id: UserId, quota: Option<ByteSize>) -> PortResult<bool>;

    /// The admins who are not suspended, by their ids, locked until the unit ends: of two units that ask the second waits,
    /// and sees what the first did (USER-31, USER-32). For what must leave an admin.
    async fn lock_admins(&mut self) -> PortResult<Vec<UserId>>;

    /// Reserves `bytes` for an upload. Refused when used + reserved + bytes would exceed the user's own quota, or `quota`
    /// where they have none (USER-29, USER-30); of two units that ask for the last byte at most one gets it (USER-05). An amount that no counter holds is refused like any other
    /// (USER-20).
    async fn reserve(
        &mut self,
        id: UserId,
        bytes: ByteSize,
        quota: Option<ByteSize>,
    ) -> Result<(), ReserveBytes>;

    /// Releases bytes that were reserved. A user who is gone is no error.
    async fn unreserve(&mut self, id: UserId, bytes: ByteSize) -> PortResult<()>;

    /// Applies all of `charge` at once: reserved − unreserve, used + add − free, files + added − removed. Refused
    /// when it adds more than it unreserves and frees, and used + reserved would then exceed the user's own quota, or `quota`
    /// where they have none (USER-29): the quota can be filled to the last byte (USER-16). A counter that would go below zero once all is applied is zero (USER-19);
    /// amounts that no counter holds are refused (USER-20).
    async fn charge(
        &mut self,
        id: UserId,
        charge: &Charge,
        quota: Option<ByteSize>,
    ) -> Result<(), ReserveBytes>;

    /// Marks the user as removed at `at`, and clears their address, name and hash (USER-23); false when there is none
    /// (any more). One row, however much the user has. From the commit on every query answers as if the user, their files,
    /// their uploads and their keys were gone (FILE-27, UPLOAD-23, KEY-18): only [`remove_contents`](Self::remove_contents) and [`remove`](Self::remove)
    /// reach them, and what removes rows by their age. The address is free (USER-24). A unit that was under way and charges
    /// or reserves afterwards meets no user (USER-25).
    async fn mark_removed(&mut self, id: UserId, at: Timestamp) -> PortResult<bool>;

    /// Removes up to `limit` rows of what a user who is marked as removed had, and answers how many: uploads with their
    /// parts, old versions, files and folders (those without entries first), and idempotency keys go, and intents turn
    /// into tombstones due at `at`. Fewer than `limit` only when nothing more was there (USER-26). Nothing of a user who
    /// is not marked (USER-27). What files, thumbnails and versions referred to loses those references, last and in the
    /// order of its ids: it is a tombstone due at `at` once it has none left, with its previews (PREVIEW-07), and else stays as it is
    /// (BLOB-32). Called once in a unit, which has dropped no other references. The cost grows with `limit` and not with what the user has.
    async fn remove_contents(&mut self, id: UserId, at: Timestamp, limit: u32) -> PortResult<u32>;

    /// Removes the row of a user who is marked as removed, with the files, uploads and idempotency keys that are left;
    /// false when there is none, or none that is marked (USER-27). Blobs stay as they are, with the references of what is
    /// left: so [`remove_contents`](Self::remove_contents) comes first, until it finds nothing more.
    async fn remove(&mut self, id: UserId) -> PortResult<bool>;
}
