//! A process: the use cases on adapters that faults are injected into.

use std::num::NonZero;
use std::sync::Arc;
use std::time::Duration;

use fm_application::jobs::JobRegistry;
use fm_application::ports::{DirectPorts, PasswordQueue, Ports, Retention, Settings};
use fm_application::wiring::UseCases;
use fm_domain::body::ByteSize;
use fm_domain::error::PortResult;
use fm_domain::limits::RatePolicies;
use fm_domain::testing::{NoLimits, PlainLinks, PlainPartLinks};
use fm_domain::uploads::ResumableStore;
use fm_streaming::hashing::HashThreads;
use fm_streaming::{BufferBudget, PictureHandover};

use super::Environment;
use crate::fault::{
    Faults, FaultyBlobStore, FaultyDatabase, FaultyDirectStore, FaultyPartReceiver, FaultyPasswordHasher,
    FaultyResumableStore, FaultySessionStore, FaultySignDownload, FaultySignParts, FaultyThumbnailer,
    FaultyTokenSigner,
};
use fm_contract::fakes::{FakeIds, FakeMacSigner, FakePasswordHasher, FakeThumbnailer, FakeTokenSigner};
use fm_contract::{DirectAccess, SendPart};

/// What one process of the service is made of.
pub struct Process {
    /// Its ports, decorated with the faults that it was given.
    pub ports: Ports,
    /// Its use cases, on these ports.
    pub cases: Box<UseCases>,
    /// A client that sends parts, where the store takes them itself.
    pub part_client: Option<Arc<dyn SendPart>>,
}

fn direct_ports(access: DirectAccess, faults: &Faults) -> DirectPorts {
    let store = |store| Arc::new(FaultyDirectStore::new(store, faults));
    let links = Arc::new(FaultySignParts::new(Arc::new(PlainPartLinks), faults));
    match access {
        DirectAccess::Received(inner, receiver) => {
            DirectPorts::received(store(inner), Arc::new(FaultyPartReceiver::new(receiver, faults)), links)
        }
        DirectAccess::Sent(inner, _client) => DirectPorts::signed(store(inner), links),
    }
}

impl Process {
    /// Enqueues the periodic jobs.
    pub async fn schedule_jobs(&self) -> PortResult<()> {
        let schedule = &self.cases.jobs.schedule;
        for periodic in schedule.periodic() {
            schedule.run(periodic).await?;
        }
        Ok(())
    }

    /// The largest file it takes.
    pub const MAX_UPLOAD: u64 = 4_000;
    /// How much one user may keep.
    pub const QUOTA: u64 = 10_000;
    /// What its hasher takes for up to date.
    pub const STRENGTH: u32 = 2;

    /// A process on the adapters of the environment.
    pub(super) fn new(environment: &Environment, faults: &Faults) -> Self {
        Self::with_jobs(environment, faults, &JobRegistry::standard())
    }

    /// The same, which knows these jobs and no others.
    #[must_use]
    pub fn with_jobs(environment: &Environment, faults: &Faults, jobs: &JobRegistry) -> Self {
        let hasher = FakePasswordHasher { strength: Self::STRENGTH };
        let ports = Ports {
            db: Arc::new(FaultyDatabase::new(environment.database.clone(), faults)),
            sessions: Arc::new(FaultySessionStore::new(environment.sessions.clone(), faults)),
            limits: Arc::new(NoLimits),
            blobs: Arc::new(FaultyBlobStore::new(environment.blobs.clone(), faults)),
            lister: environment.lister.clone(),
            moving: None,
            resumable: environment
                .resumable
                .clone()
                .map(|store| Arc::new(FaultyResumableStore::new(store, faults)) as Arc<dyn ResumableStore>),
            direct: environment.direct.clone().map(|access| direct_ports(access, faults)),
            links: Arc::new(FaultySignDownload::new(Arc::new(PlainLinks), faults)),
            thumbnailer: Arc::new(FaultyThumbnailer::new(Arc::new(FakeThumbnailer), faults)),
            // Every job reads the store, which may fail.
            handover: PictureHandover::default(),
            passwords: Arc::new(FaultyPasswordHasher::new(Arc::new(hasher), faults)),
            tokens: Arc::new(FaultyTokenSigner::new(Arc::new(FakeTokenSigner), faults)),
            macs: Arc::new(FakeMacSigner),
            clock: environment.clock.clone(),
            ids: Arc::new(FakeIds),
            follow_ups: jobs.follow_ups(),
            // No sweep removes what the invariants look for.
            audit_retention: Duration::MAX,
        };
        let settings = Settings {
            access_token_ttl: Duration::from_mins(15),
            refresh_token_ttl: Duration::from_hours(720),
            session_max_ttl: None,
            max_sessions_per_user: 100,
            password_queue: PasswordQueue::new(NonZero::<usize>::MIN),
            signed_url_ttl: Duration::from_hours(1),
            max_upload: ByteSize::new(Self::MAX_UPLOAD),
            max_resumable: ByteSize::new(Self::MAX_UPLOAD),
            max_unfinished_uploads: 1000,
            // Shorter than what passes while everything recovers.
            upload_ttl: Duration::from_hours(1),
            upload_buffer: BufferBudget::new(ByteSize::new(1 << 20)),
            hash_threads: HashThreads::default(),
            resumable_uploads: true,
            direct_uploads: true,
            quota: Some(ByteSize::new(Self::QUOTA)),
            rate_policies: RatePolicies::none(),
            registration_open: true,
            serves_blobs: true,
            retention: Retention::default(),
            names_portable: false,
            max_items: None,
            eager_previews: false,
        };
        let part_client = match &environment.direct {
            Some(DirectAccess::Sent(_, client)) => Some(Arc::clone(client)),
            Some(DirectAccess::Received(..)) | None => None,
        };
        Self { cases: Box::new(UseCases::with_jobs(&ports, &settings, jobs)), ports, part_client }
    }
}
