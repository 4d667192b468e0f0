//! The content that a file is given in place of its own.

use fm_domain::body::ByteSize;
use fm_domain::clock::Timestamp;
use fm_domain::files::{File, MediaType, Sha256, ThumbnailState};
use fm_domain::ids::BlobId;

/// A content whose blob is stored.
#[derive(Debug, Clone)]
pub(crate) struct NewContent {
    pub(crate) content_type: MediaType,
    pub(crate) size: ByteSize,
    pub(crate) sha256: Option<Sha256>,
    pub(crate) blob: BlobId,
    pub(crate) thumbnail: ThumbnailState,
    pub(crate) modified_at: Timestamp,
    /// When it was uploaded.
    pub(crate) at: Timestamp,
}

impl NewContent {
    pub(super) fn of(file: &File) -> Self {
        Self {
            content_type: file.content_type.clone(),
            size: file.size,
            sha256: file.sha256,
            blob: file.blob,
            thumbnail: file.thumbnail,
            modified_at: file.modified_at,
            at: file.content_at,
        }
    }

    /// The file with this content in place of its own.
    pub(super) fn in_place_of(&self, before: &File, now: Timestamp) -> File {
        File {
            content_type: self.content_type.clone(),
            size: self.size,
            sha256: self.sha256,
            blob: self.blob,
            thumbnail: self.thumbnail,
            version: before.version.next(),
            revision: before.revision.next(),
            updated_at: now,
            content_at: self.at,
            modified_at: self.modified_at,
            ..before.clone()
        }
    }
}
