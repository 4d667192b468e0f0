//! One adapter for every port, and what an operator may choose.

pub use crate::engine::follow_ups::FollowUps;
pub use crate::engine::password_queue::{Busy, PasswordQueue, Presence};
use fm_domain::accounts::PasswordHasher;
use fm_domain::blobs::{BlobStore, DirectStore, ListBlobs, PartReceiver, SignDownload, SignParts};
use fm_domain::body::ByteSize;
use fm_domain::clock::Clock;
use fm_domain::database::Database;
use fm_domain::ids::IdSource;
use fm_domain::limits::{RateLimiter, RatePolicies};
use fm_domain::mac::MacSigner;
use fm_domain::sessions::{SessionStore, TokenSigner};
use fm_domain::thumbnails::Thumbnailer;
use fm_domain::uploads::ResumableStore;
use fm_streaming::hashing::HashThreads;
use fm_streaming::{BufferBudget, PictureHandover};
use std::sync::Arc;
use std::time::Duration;

/// One adapter for every port.
#[derive(Clone)]
pub struct Ports {
    /// Users, files, blobs, previews, uploads, keys and jobs.
    pub db: Arc<dyn Database>,
    /// Sessions.
    pub sessions: Arc<dyn SessionStore>,
    /// Limits of what clients do.
    pub limits: Arc<dyn RateLimiter>,
    /// Bytes.
    pub blobs: Arc<dyn BlobStore>,
    /// The same store, where it can write a blob over many requests.
    pub resumable: Option<Arc<dyn ResumableStore>>,
    /// The same store, where clients can send it the parts of a blob.
    pub direct: Option<DirectPorts>,
    /// What lists them, where they can be listed.
    pub lister: Option<Arc<dyn ListBlobs>>,
    /// The two stores of which `blobs` is made, while blobs move from one to the other.
    pub moving: Option<MovePorts>,
    /// Signed URLs to them.
    pub links: Arc<dyn SignDownload>,
    /// Thumbnails and previews.
    pub thumbnailer: Arc<dyn Thumbnailer>,
    /// Pictures that were just stored, for the jobs of this process.
    pub handover: PictureHandover,
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
    /// The jobs that follow from changes: those of [`JobRegistry::follow_ups`](crate::jobs::JobRegistry::follow_ups).
    pub follow_ups: FollowUps,
    /// How long entries of the audit trail are kept; zero: none is written.
    pub audit_retention: Duration,
}

/// The stores between which blobs move.
#[derive(Clone)]
pub struct MovePorts {
    /// Where new blobs are written, and all others shall be.
    pub current: Arc<dyn BlobStore>,
    /// Where the others were written.
    pub previous: Arc<dyn BlobStore>,
}

/// What direct uploads need. Links and receiver belong together: a store that signs links to itself receives the parts
/// itself, and parts that are sent to us need a receiver.
#[derive(Clone)]
pub struct DirectPorts {
    /// Begins and completes blobs.
    pub store: Arc<dyn DirectStore>,
    /// Signs the requests by which clients send parts.
    pub links: Arc<dyn SignParts>,
    /// Writes the parts that are sent to us; `None` where they are sent to the store.
    pub receiver: Option<Arc<dyn PartReceiver>>,
}

impl DirectPorts {
    /// Clients send parts to the store.
    #[must_use]
    pub fn signed(store: Arc<dyn DirectStore>, links: Arc<dyn SignParts>) -> Self {
        Self { store, links, receiver: None }
    }

    /// Clients send parts to us, by links that we sign ourselves.
    #[must_use]
    pub fn received(
        store: Arc<dyn DirectStore>,
        receiver: Arc<dyn PartReceiver>,
        links: Arc<dyn SignParts>,
    ) -> Self {
        Self { store, links, receiver: Some(receiver) }
    }
}

/// What an operator may choose.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own, not a state")]
pub struct Settings {
    /// How long an access token lives.
    pub access_token_ttl: Duration,
    /// How long a session lives without being refreshed.
    pub refresh_token_ttl: Duration,
    /// How long a session lives however often it is refreshed; `None`: without end.
    pub session_max_ttl: Option<Duration>,
    /// The most sessions of one user: a login beyond them ends the one that was seen longest ago.
    pub max_sessions_per_user: usize,
    /// The places for password hashes, and the queue for them.
    pub password_queue: PasswordQueue,
    /// How long the signed URLs in a file's body live.
    pub signed_url_ttl: Duration,
    /// The largest file.
    pub max_upload: ByteSize,
    /// The largest file of an upload that takes many requests.
    pub max_resumable: ByteSize,
    /// The most such uploads of one user that are unfinished at one time.
    pub max_unfinished_uploads: u64,
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
    /// How many files and folders one user may have, those in the trash too; `None`: any number.
    pub max_items: Option<u64>,
    /// How often clients may do what is limited.
    pub rate_policies: RatePolicies,
    /// Whether anyone may register.
    pub registration_open: bool,
    /// Whether we serve signed URLs ourselves, because the store can't.
    pub serves_blobs: bool,
    /// How long what users do away with is kept.
    pub retention: Retention,
    /// Whether new names have to be ones that every system can hold.
    pub names_portable: bool,
    /// Whether the small preview of a picture is made as soon as its thumbnail is there, before anyone asks for it.
    pub eager_previews: bool,
}

/// How long what users do away with is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// How long items stay in the trash; zero: there is none.
    pub trash: Duration,
    /// The most old versions of a file, those that are pinned left out; zero: none is kept.
    pub versions: usize,
    /// How long a version is kept after it was replaced.
    pub version_age: Duration,
}

impl Default for Retention {
    /// 30 days in the trash, 10 versions for 90 days.
    fn default() -> Self {
        const DAY: Duration = Duration::from_hours(24);
        Self { trash: 30 * DAY, versions: 10, version_age: 90 * DAY }
    }
}
