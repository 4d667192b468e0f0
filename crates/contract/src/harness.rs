//! What a team that writes an adapter has to provide: a fresh, isolated fixture for every rule.
//!
//! `fresh` is called on the runtime that the rule runs on, once for every rule and runtime. A service that is missing
//! is a failure that says what to run: panic in `fresh`, never skip.
//!
//! Some rules need more than the adapter: a second node, a store that goes away, a blob that is damaged. What a store
//! can't offer the harness answers with [`Impossible`] and a reason. The rule then prints the reason and proves nothing.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use fm_domain::accounts::PasswordHasher;
use fm_domain::blobs::{BlobKey, BlobStore, ListBlobs, SignDownload};
use fm_domain::clock::Clock;
use fm_domain::database::Database;
use fm_domain::ids::{IdSource, NodeId};
use fm_domain::jobs::JobSignal;
use fm_domain::mac::MacSigner;
use fm_domain::sessions::{SessionStore, TokenSigner};
use fm_domain::thumbnails::Thumbnailer;
use fm_domain::uploads::ResumableStore;
use fm_streaming::BufferBudget;

mod archive;
mod direct;
mod limits;
mod session_signal;

pub use archive::ArchiveHarness;
pub use direct::{DirectAccess, DirectHarness, SendPart, SignPartsHarness};
pub use limits::RateLimiterHarness;
pub use session_signal::SessionSignalHarness;

/// Why a harness can't offer something, for instance a second node of a store that lives in the memory of one process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Impossible(&'static str);

impl Impossible {
    /// The reason, as a sentence: `a folder has no credentials`.
    #[must_use]
    pub const fn because(reason: &'static str) -> Self {
        Self(reason)
    }

    /// The reason.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        self.0
    }
}

/// An empty database.
#[async_trait]
pub trait DatabaseHarness: Send + Sync + Sized + 'static {
    /// A database that holds nothing and that no other test uses.
    async fn fresh() -> Self;

    /// The database.
    fn database(&self) -> Arc<dyn Database>;

    /// What is woken when a job was committed to it.
    fn signal(&self) -> Arc<dyn JobSignal>;

    /// A number for the row of every item of every drive, which is another one whenever the row was written: `xmin` of PostgreSQL, or
    /// what a trigger of the test counts.
    async fn row_versions(&self) -> Result<HashMap<NodeId, u64>, Impossible> {
        Err(Impossible::because("the store does not tell which rows were written"))
    }

    /// A second adapter on the same store that shares no memory with the first, as on another node.
    async fn another_node(&self) -> Result<Arc<dyn Database>, Impossible>;

    /// Takes the store away for good: the server stops, the folder goes, the file is closed. Every later call of every
    /// node has to fail as [`fm_domain::error::PortError::Unavailable`].
    async fn break_it(&self) -> Result<(), Impossible>;

    /// An adapter on the same store whose credentials the store refuses.
    fn with_wrong_credentials(&self) -> Result<Arc<dyn Database>, Impossible>;
}

/// An empty store of sessions.
#[async_trait]
pub trait SessionStoreHarness: Send + Sync + Sized + 'static {
    /// A store that holds nothing and that no other test uses.
    async fn fresh() -> Self;

    /// The store.
    fn sessions(&self) -> Arc<dyn SessionStore>;

    /// Everything that is stored, as text: ids in their usual form, bytes as lower-case hexadecimal.
    async fn dump(&self) -> String;

    /// A second adapter on the same store that shares no memory with the first, as on another node.
    async fn another_node(&self) -> Result<Arc<dyn SessionStore>, Impossible>;

    /// Takes the store away for good: the server stops, the folder goes, the file is closed. Every later call of every
    /// node has to fail as [`fm_domain::error::PortError::Unavailable`].
    async fn break_it(&self) -> Result<(), Impossible>;

    /// An adapter on the same store whose credentials the store refuses.
    fn with_wrong_credentials(&self) -> Result<Arc<dyn SessionStore>, Impossible>;
}

/// An empty store of blobs.
#[async_trait]
pub trait BlobStoreHarness: Send + Sync + Sized + 'static {
    /// A store that holds nothing and that no other test uses.
    async fn fresh() -> Self;

    /// The store.
    fn blobs(&self) -> Arc<dyn BlobStore>;

    /// What lists it, if it can be listed.
    fn lister(&self) -> Option<Arc<dyn ListBlobs>>;

    /// The store as one that writes blobs over many requests, if it can: for kill points.
    fn resumable(&self) -> Option<Arc<dyn ResumableStore>> {
        None
    }

    /// The store as one that makes blobs of parts that clients send, if it can: for kill points.
    fn direct(&self) -> Option<DirectAccess> {
        None
    }

    /// The budget the store takes its buffers from, if it has one. No other component takes from it.
    fn budget(&self) -> Option<BufferBudget>;

    /// The size of a part, or of a buffer: edges are tested around it.
    fn part_size(&self) -> usize;

    /// How many objects, unfinished multipart uploads or temporary files the store holds: 0 when nothing is left. One
    /// that is being written counts.
    async fn debris(&self) -> usize;

    /// How many bytes of blobs are in the store, whole or not: what an adapter still holds in memory is not.
    async fn stored_bytes(&self) -> Result<u64, Impossible>;

    /// How many bytes of one blob the adapter holds in memory at most while it writes or reads it, in bytes.
    fn held_at_most(&self) -> Result<usize, Impossible>;

    /// Cuts the stored bytes of a blob to half their length, in place and behind the adapter's back: a read that is
    /// under way meets the new end.
    async fn truncate(&self, key: &BlobKey) -> Result<(), Impossible>;

    /// A second adapter on the same store that shares no memory with the first, as on another node.
    async fn another_node(&self) -> Result<Arc<dyn BlobStore>, Impossible>;

    /// Takes the store away for good: the server stops, the folder goes, the file is closed. Every later call of every
    /// node has to fail as [`fm_domain::error::PortError::Unavailable`].
    async fn break_it(&self) -> Result<(), Impossible>;

    /// An adapter on the same store whose credentials the store refuses.
    fn with_wrong_credentials(&self) -> Result<Arc<dyn BlobStore>, Impossible>;
}

/// A store of blobs, the signer of its URLs, and a browser that fetches them.
#[async_trait]
pub trait SignDownloadHarness: Send + Sync + Sized + 'static {
    /// A store that holds nothing and that no other test uses.
    async fn fresh() -> Self;

    /// The store.
    fn blobs(&self) -> Arc<dyn BlobStore>;

    /// What signs URLs of its blobs.
    fn signer(&self) -> Arc<dyn SignDownload>;

    /// Fetches a URL as a browser would: `range` is the value of `Range`. Redirects are followed, errors of HTTP are
    /// answers.
    async fn fetch(&self, url: &str, range: Option<&str>) -> Fetched;
}

/// What a browser got.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// The status.
    pub status: u16,
    /// The fields of the header; names in any case.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Bytes,
}

impl Fetched {
    /// The value of a field, whatever the case of its name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(field, _)| field.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// An empty store that writes blobs over many requests.
#[async_trait]
pub trait ResumableHarness: Send + Sync + Sized + 'static {
    /// A store that holds nothing and that no other fixture uses.
    async fn fresh() -> Self;

    /// Reads and deletes its blobs.
    fn blobs(&self) -> Arc<dyn BlobStore>;

    /// Writes its blobs.
    fn store(&self) -> Arc<dyn ResumableStore>;

    /// A second adapter on the same store, as on another node: it shares no memory with the first, unless the store
    /// itself lives in memory.
    fn another_node(&self) -> Arc<dyn ResumableStore> {
        self.store()
    }

    /// How many objects, unfinished writes or temporary files the store holds: 0 when nothing is left.
    async fn debris(&self) -> usize;
}

/// A renderer of thumbnails.
#[async_trait]
pub trait ThumbnailerHarness: Send + Sync + Sized + 'static {
    /// A renderer.
    async fn fresh() -> Self;

    /// The renderer.
    fn thumbnailer(&self) -> Arc<dyn Thumbnailer>;
}

/// A hasher of passwords, with parameters as cheap as the test likes.
#[async_trait]
pub trait PasswordHasherHarness: Send + Sync + Sized + 'static {
    /// A hasher.
    async fn fresh() -> Self;

    /// The hasher.
    fn hasher(&self) -> Arc<dyn PasswordHasher>;

    /// A hasher with other parameters.
    fn other(&self) -> Arc<dyn PasswordHasher>;
}

/// A signer of access tokens.
#[async_trait]
pub trait TokenSignerHarness: Send + Sync + Sized + 'static {
    /// A signer.
    async fn fresh() -> Self;

    /// The signer.
    fn signer(&self) -> Arc<dyn TokenSigner>;

    /// The same after a rotation: a new secret signs, the old one is still accepted.
    fn rotated(&self) -> Arc<dyn TokenSigner>;

    /// One with other secrets, but the same issuer and audience.
    fn stranger(&self) -> Arc<dyn TokenSigner>;

    /// Two with the same secrets: one of another issuer, and one of another audience.
    fn elsewhere(&self) -> [Arc<dyn TokenSigner>; 2];
}

/// A maker of MACs.
#[async_trait]
pub trait MacSignerHarness: Send + Sync + Sized + 'static {
    /// A signer.
    async fn fresh() -> Self;

    /// The signer.
    fn signer(&self) -> Arc<dyn MacSigner>;

    /// The same after a rotation: a new secret signs, the old one is still accepted.
    fn rotated(&self) -> Arc<dyn MacSigner>;

    /// One with other secrets.
    fn stranger(&self) -> Arc<dyn MacSigner>;
}

/// A source of ids.
pub trait IdSourceHarness: Send + Sync + Sized + 'static {
    /// A source.
    fn fresh() -> Self;

    /// The source.
    fn ids(&self) -> Arc<dyn IdSource>;
}

/// A clock.
pub trait ClockHarness: Send + Sync + Sized + 'static {
    /// A clock.
    fn fresh() -> Self;

    /// The clock.
    fn clock(&self) -> Arc<dyn Clock>;
}
