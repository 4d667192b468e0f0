//! The database as one port: units of work, their repos, and what can go wrong.

use async_trait::async_trait;

use crate::blob::{BlobQueries, BlobRepo};
use crate::file::{FileQueries, FileRepo};
use crate::idempotency::KeyRepo;
use crate::job::JobQueue;
use crate::upload::{UploadQueries, UploadRepo};
use crate::user::{UserQueries, UserRepo};

/// Why an adapter failed, in its own words: for the log alone, never for a client.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// What every port answers: a value, or the one error that is no refusal.
pub type Stored<T> = Result<T, StoreError>;

/// A failure that no caller caused. Expected refusals are variants of their own enums instead.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Out of reach, overloaded or timed out: the same call may succeed later.
    #[error("the store is out of reach")]
    Unavailable(#[source] Cause),
    /// Lost a race for a lock (deadlock, serialization failure): nothing happened, the whole unit may be tried again.
    #[error("lost a race for a lock")]
    Contended(#[source] Cause),
    /// What is stored can't be understood: a human has to look.
    #[error("{what} is stored in a form that can't be read")]
    Corrupt {
        /// What could not be read: `users.role`, say.
        what: &'static str,
        /// The parser's own error.
        source: Cause,
    },
    /// The unit of work had seen a failed statement, so its commit was turned into a rollback.
    #[error("the unit of work had failed before it was committed")]
    Poisoned,
    /// Anything else: a defect of ours or of the store.
    #[error("the store failed unexpectedly")]
    Unexpected(#[source] Cause),
}

/// Whether trying again can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// At once, with a fresh unit of work.
    Now,
    /// After a pause.
    Later,
    /// Never.
    No,
}

impl StoreError {
    /// Whether trying again can help.
    #[must_use]
    pub const fn retry(&self) -> Retry {
        match self {
            Self::Contended(_) => Retry::Now,
            Self::Unavailable(_) => Retry::Later,
            Self::Corrupt { .. } | Self::Poisoned | Self::Unexpected(_) => Retry::No,
        }
    }
}

/// An error and its causes on one line, for the log.
#[must_use]
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}

/// The transactional store of users, files, blobs, keys, uploads and jobs.
#[async_trait]
pub trait Database: Send + Sync {
    /// Opens a unit of work. Nothing that happens in it can be seen from outside before its commit. It may have to wait
    /// for others, or be refused, only at its first statement: an adapter need not ask its store before.
    async fn begin(&self) -> Stored<Box<dyn UnitOfWork>>;

    /// Opens reads that see everything committed before this call, and lock nothing.
    async fn read(&self) -> Stored<Box<dyn ReadRepos>>;

    /// Answers as soon as the store does.
    async fn ping(&self) -> Stored<()>;
}

/// What can be asked without a unit of work.
pub trait ReadRepos: Send {
    /// Users.
    fn users(&mut self) -> &mut dyn UserQueries;
    /// Files.
    fn files(&mut self) -> &mut dyn FileQueries;
    /// Uploads that take many requests.
    fn uploads(&mut self) -> &mut dyn UploadQueries;
    /// The states of blobs.
    fn blobs(&mut self) -> &mut dyn BlobQueries;
}

/// The repos of one unit of work: all of them are the same transaction.
pub trait Repos: Send {
    /// Users and what they use.
    fn users(&mut self) -> &mut dyn UserRepo;
    /// Files.
    fn files(&mut self) -> &mut dyn FileRepo;
    /// The intents and states of blobs.
    fn blobs(&mut self) -> &mut dyn BlobRepo;
    /// Idempotency keys.
    fn keys(&mut self) -> &mut dyn KeyRepo;
    /// Uploads that take many requests.
    fn uploads(&mut self) -> &mut dyn UploadRepo;
    /// Jobs.
    fn jobs(&mut self) -> &mut dyn JobQueue;
}

/// Some changes that happen all together or not at all.
///
/// Dropping it without an answer undoes everything and frees its locks at once (UOW-05), wherever its future was
/// cancelled. A refusal (a variant of a repo's own error) leaves it usable; a [`StoreError`] poisons it.
#[must_use = "a unit of work that is dropped is rolled back"]
#[async_trait]
pub trait UnitOfWork: Repos {
    /// Makes everything durable and visible, or nothing. `Ok` is a promise: after a failed statement it is
    /// [`StoreError::Poisoned`], never `Ok`. With [`StoreError::Unavailable`] the outcome is unknown: read back.
    async fn commit(self: Box<Self>) -> Stored<()>;

    /// Undoes everything.
    async fn rollback(self: Box<Self>) -> Stored<()>;
}
