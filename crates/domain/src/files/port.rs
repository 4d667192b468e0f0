//! What the domain asks of a database about files.

use async_trait::async_trait;

use super::{Charset, File, FileFilter, FilePage, Revision, Sha256, ThumbnailState};
use crate::access::Access;
use crate::error::{PortError, PortResult};
use crate::ids::{BlobId, FileId};

/// Why a file was not updated.
#[derive(Debug, thiserror::Error)]
pub enum UpdateFile {
    /// It is gone, or its revision is no longer the one that was seen.
    #[error("the file has changed meanwhile")]
    Stale,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] PortError),
}

/// Questions about living files. One in the trash is answered like one that does not exist (FILE-28), and so is one that the access does
/// not reach, another owner's (FILE-03).
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait FileQueries: Send {
    /// The file.
    async fn find(&mut self, access: &Access, id: FileId) -> PortResult<Option<File>>;

    /// The file, living or in the trash, from where it may come back: for what goes on with it in the background (FILE-30).
    async fn find_with_trash(&mut self, access: &Access, id: FileId) -> PortResult<Option<File>>;

    /// The files that `access` reaches and that match `filter`, in the order of `page`, from after its key on, at most
    /// `page.limit`. By keyset: nothing is skipped or repeated while files come and go (FILE-01, FILE-23), and each page
    /// costs the same. A page is shorter than its limit only when no more files match (FILE-16, FILE-17).
    async fn list(&mut self, access: &Access, filter: &FileFilter, page: &FilePage) -> PortResult<Vec<File>>;

    /// Files of every owner by their ids: those after `after`, at most `limit`. For checks alone; by keyset, so that
    /// each page costs the same (FILE-15). None of a user who is marked as removed (FILE-27).
    async fn walk(&mut self, after: Option<FileId>, limit: u32) -> PortResult<Vec<File>>;
}

/// Files inside a unit of work. They are added by [`NodeRepo::insert`](crate::tree::NodeRepo::insert).
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait FileRepo: Send {
    /// The living file, locked until the unit ends.
    async fn find_for_update(&mut self, access: &Access, id: FileId) -> PortResult<Option<File>>;

    /// Replaces everything but id, owner, folder and `created_at`, if the stored revision is still `seen`; refused as
    /// [`UpdateFile::Stale`] otherwise (FILE-02). Lists find and sort the file by its new name from then on (FILE-21), and what
    /// it no longer has is gone (FILE-24). A taken name is an error: what a client renames or moves is for
    /// [`NodeRepo::update`](crate::tree::NodeRepo::update).
    async fn update(&mut self, file: &File, seen: Revision) -> Result<(), UpdateFile>;

    /// Replaces the state of the thumbnail, with its placeholder, if the file still points to the blob `of`; false otherwise. The
    /// revision stays.
    async fn set_thumbnail(&mut self, id: FileId, of: BlobId, state: &ThumbnailState) -> PortResult<bool>;

    /// Sets the hash of the file's bytes, and the charset where the type of a text lacks one, if the file still
    /// points to the blob `of` and has no hash yet; false otherwise. The revision stays (FILE-14).
    async fn set_sha256(
        &mut self,
        id: FileId,
        of: BlobId,
        sha256: Sha256,
        charset: Option<Charset>,
    ) -> PortResult<bool>;

    /// Removes the file, and answers it as it was; `None` when there is none. Its blobs stay: mark them as
    /// deleted in the same unit.
    async fn remove(&mut self, access: &Access, id: FileId) -> PortResult<Option<File>>;
}
