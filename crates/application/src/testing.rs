//! One double for every port, and the settings of a deployment.

use std::num::NonZero;
use std::sync::Arc;
use std::time::Duration;

use crate::jobs::JobRegistry;
use crate::ports::{DirectPorts, PasswordQueue, Ports, Retention, Settings};
use fm_domain::accounts::MockPasswordHasher;
use fm_domain::blobs::{
    BlobLimits, ListBlobs, MockBlobStore, MockDirectStore, MockListBlobs, MockPartReceiver, PartReceiver,
};
use fm_domain::body::ByteSize;
use fm_domain::limits::{MockRateLimiter, RatePolicies};
use fm_domain::sessions::{MockSessionStore, MockTokenSigner};
use fm_domain::testing::{CountingIds, FakeDatabase, FixedClock, PlainLinks, PlainMacs, PlainPartLinks};
use fm_domain::thumbnails::MockThumbnailer;
use fm_domain::uploads::{MockResumableStore, ResumableStore};
use fm_streaming::hashing::HashThreads;
use fm_streaming::{BufferBudget, PictureHandover};

/// Doubles for every port: mocks where effects matter, fakes that behave where they do not.
#[derive(Default)]
#[expect(missing_docs, reason = "each field is the double of the port of the same name")]
pub struct TestPorts {
    pub db: FakeDatabase,
    pub sessions: MockSessionStore,
    pub limits: MockRateLimiter,
    pub blobs: MockBlobStore,
    pub resumable: Option<MockResumableStore>,
    pub direct: Option<DirectDoubles>,
    pub lister: Option<MockListBlobs>,
    pub thumbnailer: MockThumbnailer,
    pub passwords: MockPasswordHasher,
    pub tokens: MockTokenSigner,
}

impl TestPorts {
    /// The ports, for the constructor of a use case. The clock stands at [`FixedClock::NEW_YEAR`], ids count from 1,
    /// and links say in plain text what they lead to.
    #[must_use]
    pub fn ports(mut self) -> Ports {
        self.blobs.expect_limits().return_const(BlobLimits { max_blob: ByteSize::new(u64::MAX) });
        self.thumbnailer.expect_formats().returning(Vec::new);
        Ports {
            db: Arc::new(self.db),
            sessions: Arc::new(self.sessions),
            limits: Arc::new(self.limits),
            blobs: Arc::new(self.blobs),
            resumable: self.resumable.map(|store| Arc::new(store) as Arc<dyn ResumableStore>),
            direct: self.direct.map(DirectDoubles::ports),
            lister: self.lister.map(|lister| Arc::new(lister) as Arc<dyn ListBlobs>),
            moving: None,
            links: Arc::new(PlainLinks),
            thumbnailer: Arc::new(self.thumbnailer),
            handover: PictureHandover::default(),
            passwords: Arc::new(self.passwords),
            tokens: Arc::new(self.tokens),
            macs: Arc::new(PlainMacs),
            clock: Arc::new(FixedClock::NEW_YEAR),
            ids: Arc::new(CountingIds::default()),
            follow_ups: JobRegistry::standard().follow_ups(),
            audit_retention: Duration::from_hours(90 * 24),
        }
    }
}

/// Doubles of what direct uploads need. Links say in plain text what they allow to send.
#[derive(Default)]
pub struct DirectDoubles {
    /// Begins and completes blobs.
    pub store: MockDirectStore,
    /// Writes the parts that are sent to us; `None` where they are sent to the store.
    pub receiver: Option<MockPartReceiver>,
}

impl DirectDoubles {
    fn ports(self) -> DirectPorts {
        DirectPorts {
            store: Arc::new(self.store),
            links: Arc::new(PlainPartLinks),
            receiver: self.receiver.map(|receiver| Arc::new(receiver) as Arc<dyn PartReceiver>),
        }
    }
}

/// The defaults of a deployment, without a quota.
#[must_use]
pub fn settings() -> Settings {
    Settings {
        access_token_ttl: Duration::from_mins(15),
        refresh_token_ttl: Duration::from_hours(720),
        session_max_ttl: None,
        max_sessions_per_user: 100,
        password_queue: PasswordQueue::new(NonZero::<usize>::MIN),
        signed_url_ttl: Duration::from_hours(1),
        max_upload: ByteSize::new(52_428_800),
        max_resumable: ByteSize::new(5 << 30),
        max_unfinished_uploads: 1000,
        upload_ttl: Duration::from_hours(24),
        upload_buffer: BufferBudget::new(ByteSize::new(64 << 20)),
        hash_threads: HashThreads::default(),
        resumable_uploads: true,
        direct_uploads: true,
        quota: None,
        max_items: None,
        rate_policies: RatePolicies::none(),
        registration_open: true,
        serves_blobs: true,
        retention: Retention::default(),
        names_portable: false,
        eager_previews: false,
    }
}
