//! One adapter for every port, what an operator may choose, and all use cases on them.

use std::sync::Arc;
use std::time::Duration;

use crate::accounts::Accounts;
use crate::blobs::Blobs;
use crate::files::Files;
use crate::jobs::Jobs;
use crate::operations::Operations;
use crate::sessions::Sessions;
use crate::uploads::{DirectUploads, ResumableUploads};

use fm_domain::accounts::PasswordHasher;
use fm_domain::blobs::{BlobStore, ListBlobs, PartUpload, SignDownload, SignParts};
use fm_domain::body::ByteSize;
use fm_domain::clock::Clock;
use fm_domain::database::Database;
use fm_domain::ids::IdSource;
use fm_domain::mac::MacSigner;
use fm_domain::sessions::{SessionStore, TokenSigner};
use fm_domain::thumbnails::Thumbnailer;
use fm_streaming::BufferBudget;
use fm_streaming::hashing::HashThreads;

/// One adapter for every port.
#[derive(Clone)]
pub struct Ports {
    /// Users, files, blobs, keys and jobs.
    pub db: Arc<dyn Database>,
    /// Sessions.
    pub sessions: Arc<dyn SessionStore>,
    /// Bytes.
    pub blobs: Arc<dyn BlobStore>,
    /// Bytes in parts, over many requests, where the store can do that.
    pub parts: Option<Arc<dyn PartUpload>>,
    /// What lists them, where they can be listed.
    pub lister: Option<Arc<dyn ListBlobs>>,
    /// Signed URLs to them.
    pub links: Arc<dyn SignDownload>,
    /// Signed requests by which clients send parts themselves, where the store can do that.
    pub part_links: Option<Arc<dyn SignParts>>,
    /// Thumbnails.
    pub thumbnailer: Arc<dyn Thumbnailer>,
    /// Password hashes.
    pub passwords: Arc<dyn PasswordHasher>,
    /// Access tokens.
    pub tokens: Arc<dyn TokenSigner>,
    /// MACs of links, cursors and refresh tokens.
    pub macs: Arc<dyn MacSigner>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids and randomness.
    pub ids: Arc<dyn IdSource>,
}

/// What an operator may choose.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own, not a state")]
pub struct Settings {
    /// How long an access token lives.
    pub access_token_ttl: Duration,
    /// How long a session lives without being refreshed.
    pub refresh_token_ttl: Duration,
    /// How long the signed URLs in a file's body live.
    pub signed_url_ttl: Duration,
    /// The largest file.
    pub max_upload: ByteSize,
    /// The largest file of an upload that takes many requests.
    pub max_resumable: ByteSize,
    /// How long such an upload lives without a sign of life.
    pub upload_ttl: Duration,
    /// The memory that such uploads share with all others.
    pub upload_buffer: BufferBudget,
    /// The threads that hash what such uploads bring.
    pub hash_threads: HashThreads,
    /// Whether resumable uploads are offered, where the store can do that.
    pub resumable_uploads: bool,
    /// Whether direct uploads are offered, where the store can do that.
    pub direct_uploads: bool,
    /// How much one user may keep; `None`: any amount.
    pub quota: Option<ByteSize>,
    /// Whether anyone may register.
    pub registration_open: bool,
    /// Whether we serve signed URLs ourselves, because the store can't.
    pub serves_blobs: bool,
}

/// Every use case, ready to run.
pub struct UseCases {
    /// Accounts.
    pub accounts: Accounts,
    /// Sessions.
    pub sessions: Sessions,
    /// Files.
    pub files: Files,
    /// Blobs that we serve ourselves.
    pub blobs: Blobs,
    /// Resumable uploads, where they are offered.
    pub resumable: Option<ResumableUploads>,
    /// Direct uploads, where they are offered.
    pub direct: Option<DirectUploads>,
    /// Jobs.
    pub jobs: Jobs,
    /// What operators ask.
    pub operations: Operations,
}

impl UseCases {
    /// All use cases on these ports.
    #[must_use]
    pub fn new(ports: &Ports, settings: &Settings) -> Self {
        Self {
            accounts: Accounts::new(ports, settings),
            sessions: Sessions::new(ports, settings),
            files: Files::new(ports, settings),
            blobs: Blobs::new(ports),
            resumable: ResumableUploads::new(ports, settings),
            direct: DirectUploads::new(ports, settings),
            jobs: Jobs::new(ports),
            operations: Operations::new(ports, settings),
        }
    }
}

#[cfg(test)]
mod tests;
