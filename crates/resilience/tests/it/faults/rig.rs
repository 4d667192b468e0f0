//! Every port decorated twice: outside by the faults of a test, inside by a handle that sees what reached the adapter.

use std::sync::Arc;
use std::time::Duration;

use fm_contract::fakes::{FakePasswordHasher, FakeThumbnailer, FakeTokenSigner};
use fm_domain::accounts::{InsertUser, PasswordHasher, ReserveBytes};
use fm_domain::blobs::{
    BlobKey, BlobStore, CompleteParts, DirectStore, GetBlob, ListBlobs, MarkStored, PartReceiver, PutBlob,
    PutHint, SignDownload, SignParts, WritePart,
};
use fm_domain::body::ByteStream;
use fm_domain::clock::Timestamp;
use fm_domain::database::{Database, EnterWithBlob};
use fm_domain::error::PortError;
use fm_domain::files::UpdateFile;
use fm_domain::ids::BlobId;
use fm_domain::jobs::JobSignal;
use fm_domain::sessions::{SessionStore, TokenSigner};
use fm_domain::testing::{PlainLinks, PlainPartLinks};
use fm_domain::thumbnails::{RenderThumbnail, Thumbnailer};
use fm_domain::tree::{EnterDrive, PlaceItem, UpdateItem};
use fm_domain::uploads::{AppendError, CompleteError, ResumableStore, UpdateUpload};
use fm_memory::{ManualClock, MemoryBlobStore, MemoryDatabase, MemorySessionStore};
use fm_resilience::fault::{
    Faults, FaultyBlobStore, FaultyDatabase, FaultyDirectStore, FaultyJobSignal, FaultyListBlobs,
    FaultyPartReceiver, FaultyPasswordHasher, FaultyResumableStore, FaultySessionStore, FaultySignDownload,
    FaultySignParts, FaultyThumbnailer, FaultyTokenSigner,
};
use futures_util::{StreamExt as _, stream};
use uuid::Uuid;

pub(crate) struct Rig {
    /// What a test plans.
    pub(crate) faults: Faults,
    /// What reached the adapters.
    pub(crate) reached: Faults,
    pub(crate) db: Arc<dyn Database>,
    pub(crate) signal: Arc<dyn JobSignal>,
    pub(crate) sessions: Arc<dyn SessionStore>,
    pub(crate) blobs: Arc<dyn BlobStore>,
    pub(crate) lister: Arc<dyn ListBlobs>,
    pub(crate) links: Arc<dyn SignDownload>,
    pub(crate) resumable: Arc<dyn ResumableStore>,
    pub(crate) direct: Arc<dyn DirectStore>,
    pub(crate) receiver: Arc<dyn PartReceiver>,
    pub(crate) part_links: Arc<dyn SignParts>,
    pub(crate) thumbnailer: Arc<dyn Thumbnailer>,
    pub(crate) passwords: Arc<dyn PasswordHasher>,
    pub(crate) tokens: Arc<dyn TokenSigner>,
}

/// Decorates an adapter twice.
macro_rules! twice {
    ($faulty:ident, $adapter:expr, $outer:expr, $inner:expr) => {
        Arc::new($faulty::new(Arc::new($faulty::new(Arc::new($adapter), &$inner)), &$outer))
    };
}

impl Rig {
    pub(crate) fn new() -> Self {
        let (outer, inner) = (Faults::new(), Faults::new());
        let database = MemoryDatabase::new();
        let store = MemoryBlobStore::new(Arc::new(ManualClock::new(now())));
        Self {
            signal: twice!(FaultyJobSignal, database.signal(), outer, inner),
            db: twice!(FaultyDatabase, database, outer, inner),
            sessions: twice!(FaultySessionStore, MemorySessionStore::new(), outer, inner),
            lister: twice!(FaultyListBlobs, store.clone(), outer, inner),
            resumable: twice!(FaultyResumableStore, store.clone(), outer, inner),
            direct: twice!(FaultyDirectStore, store.clone(), outer, inner),
            receiver: twice!(FaultyPartReceiver, store.clone(), outer, inner),
            blobs: twice!(FaultyBlobStore, store, outer, inner),
            links: twice!(FaultySignDownload, PlainLinks, outer, inner),
            part_links: twice!(FaultySignParts, PlainPartLinks, outer, inner),
            thumbnailer: twice!(FaultyThumbnailer, FakeThumbnailer, outer, inner),
            passwords: twice!(FaultyPasswordHasher, FakePasswordHasher::default(), outer, inner),
            tokens: twice!(FaultyTokenSigner, FakeTokenSigner, outer, inner),
            faults: outer,
            reached: inner,
        }
    }
}

pub(crate) const fn now() -> Timestamp {
    Timestamp::from_unix_seconds(1_750_000_000)
}

pub(crate) fn key() -> BlobKey {
    BlobKey::file(BlobId::new(Uuid::now_v7()))
}

pub(crate) fn hint() -> PutHint {
    PutHint { owner: None, length: None, content_type: "text/plain".parse().unwrap() }
}

/// A body that comes in these chunks.
pub(crate) fn body(chunks: &[&'static str]) -> ByteStream {
    let chunks: Vec<_> = chunks.iter().map(|chunk| Ok((*chunk).into())).collect();
    stream::iter(chunks).boxed()
}

/// The answer, unless there is none within an hour of a clock that does not tick by itself.
pub(crate) async fn in_time<T>(call: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(Duration::from_hours(1), call).await.ok()
}

/// What a caller got.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Got {
    /// The adapter's own answer, whatever it is.
    Answer,
    Unavailable,
    Contended,
}

/// Errors that may carry one of the store's.
pub(crate) trait MayBeStores {
    fn stores(&self) -> Option<&PortError>;
}

impl MayBeStores for PortError {
    fn stores(&self) -> Option<&PortError> {
        Some(self)
    }
}

macro_rules! may_be_stores {
    ($($error:ident),+) => {$(
        impl MayBeStores for $error {
            fn stores(&self) -> Option<&PortError> {
                if let Self::Store(error) = self { Some(error) } else { None }
            }
        }
    )+};
}
may_be_stores!(
    InsertUser,
    ReserveBytes,
    EnterDrive,
    PlaceItem,
    UpdateFile,
    UpdateUpload,
    MarkStored,
    EnterWithBlob,
    PutBlob,
    AppendError,
    CompleteError,
    WritePart,
    CompleteParts,
    GetBlob,
    RenderThumbnail
);

impl MayBeStores for UpdateItem {
    fn stores(&self) -> Option<&PortError> {
        if let Self::Place(refusal) = self { refusal.stores() } else { None }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "callers are done with the answer")]
pub(crate) fn got<T, E: MayBeStores>(answer: Result<T, E>) -> Got {
    match answer.as_ref().err().and_then(MayBeStores::stores) {
        Some(PortError::Unavailable(_)) => Got::Unavailable,
        Some(PortError::Contended(_)) => Got::Contended,
        // Also the failure of an adapter that is asked to do twice what can be done once.
        Some(_) | None => Got::Answer,
    }
}
