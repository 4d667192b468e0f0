//! Jobs that keep the trace which asked for them, where nothing else is decorated.

use std::sync::Arc;

use async_trait::async_trait;
use fm_domain::accounts::UserRepo;
use fm_domain::audit::AuditRepo;
use fm_domain::blobs::{BlobRepo, StoredBlob};
use fm_domain::body::ByteSize;
use fm_domain::clock::Timestamp;
use fm_domain::database::{Database, EnterWithBlob, ReadRepos, Repos, UnitOfWork};
use fm_domain::error::PortResult;
use fm_domain::files::FileRepo;
use fm_domain::idempotency::KeyRepo;
use fm_domain::ids::{BlobId, DriveId, JobId};
use fm_domain::jobs::{ClaimedJob, Enqueued, JobKind, JobQueue, JobRecord, NewJob};
use fm_domain::previews::PreviewRepo;
use fm_domain::tree::{Delta, DriveRepo, Entered, NodeRepo, OperationRepo, VersionRepo};
use fm_domain::uploads::UploadRepo;

/// A database whose jobs get their place in the trace that they are enqueued in, as those of [`ObservedDatabase`](crate::ObservedDatabase) do. Reads
/// and all other calls pass as they are.
pub struct TracedJobs {
    inner: Arc<dyn Database>,
}

impl TracedJobs {
    /// The jobs of `inner`.
    #[must_use]
    pub const fn new(inner: Arc<dyn Database>) -> Self {
        Self { inner }
    }
}

#[async_trait]
impl Database for TracedJobs {
    async fn begin(&self) -> PortResult<Box<dyn UnitOfWork>> {
        Ok(Box::new(TracedUnit { inner: self.inner.begin().await? }))
    }

    async fn begin_single(&self) -> PortResult<Box<dyn UnitOfWork>> {
        Ok(Box::new(TracedUnit { inner: self.inner.begin_single().await? }))
    }

    async fn read(&self) -> PortResult<Box<dyn ReadRepos>> {
        self.inner.read().await
    }

    async fn ping(&self) -> PortResult<()> {
        self.inner.ping().await
    }
}

/// A unit of work, and its queue.
struct TracedUnit {
    inner: Box<dyn UnitOfWork>,
}

#[async_trait]
impl UnitOfWork for TracedUnit {
    async fn commit(self: Box<Self>) -> PortResult<()> {
        self.inner.commit().await
    }

    async fn rollback(self: Box<Self>) -> PortResult<()> {
        self.inner.rollback().await
    }

    async fn enter_with_blob(
        &mut self,
        blob: BlobId,
        stored: &StoredBlob,
        drive: DriveId,
        delta: &Delta,
        quota: Option<ByteSize>,
    ) -> Result<Entered, EnterWithBlob> {
        self.inner.enter_with_blob(blob, stored, drive, delta, quota).await
    }
}

impl Repos for TracedUnit {
    fn users(&mut self) -> &mut dyn UserRepo {
        self.inner.users()
    }

    fn files(&mut self) -> &mut dyn FileRepo {
        self.inner.files()
    }

    fn drives(&mut self) -> &mut dyn DriveRepo {
        self.inner.drives()
    }

    fn nodes(&mut self) -> &mut dyn NodeRepo {
        self.inner.nodes()
    }

    fn versions(&mut self) -> &mut dyn VersionRepo {
        self.inner.versions()
    }

    fn operations(&mut self) -> &mut dyn OperationRepo {
        self.inner.operations()
    }

    fn blobs(&mut self) -> &mut dyn BlobRepo {
        self.inner.blobs()
    }

    fn previews(&mut self) -> &mut dyn PreviewRepo {
        self.inner.previews()
    }

    fn keys(&mut self) -> &mut dyn KeyRepo {
        self.inner.keys()
    }

    fn uploads(&mut self) -> &mut dyn UploadRepo {
        self.inner.uploads()
    }

    fn jobs(&mut self) -> &mut dyn JobQueue {
        self
    }

    fn audit(&mut self) -> &mut dyn AuditRepo {
        self.inner.audit()
    }
}

#[async_trait]
impl JobQueue for TracedUnit {
    async fn enqueue(&mut self, job: &NewJob) -> PortResult<Enqueued> {
        let trace = job.trace.or_else(fm_traces::current);
        self.inner.jobs().enqueue(&NewJob { trace, ..job.clone() }).await
    }

    async fn claim(
        &mut self,
        kinds: &[JobKind],
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> PortResult<Vec<ClaimedJob>> {
        self.inner.jobs().claim(kinds, now, lease_until, limit).await
    }

    async fn renew(&mut self, id: JobId, attempt: u32, lease_until: Timestamp) -> PortResult<bool> {
        self.inner.jobs().renew(id, attempt, lease_until).await
    }

    async fn complete(&mut self, id: JobId, attempt: u32) -> PortResult<bool> {
        self.inner.jobs().complete(id, attempt).await
    }

    async fn fail(
        &mut self,
        id: JobId,
        attempt: u32,
        retry_at: Option<Timestamp>,
        reason: &str,
    ) -> PortResult<bool> {
        self.inner.jobs().fail(id, attempt, retry_at, reason).await
    }

    async fn put_back(
        &mut self,
        id: JobId,
        attempt: u32,
        retry_at: Timestamp,
        reason: &str,
    ) -> PortResult<bool> {
        self.inner.jobs().put_back(id, attempt, retry_at, reason).await
    }

    async fn next_due(&mut self, kinds: &[JobKind]) -> PortResult<Option<Timestamp>> {
        self.inner.jobs().next_due(kinds).await
    }

    async fn count_living(&mut self) -> PortResult<u64> {
        self.inner.jobs().count_living().await
    }

    async fn take_dead(&mut self, id: JobId) -> PortResult<Option<JobRecord>> {
        self.inner.jobs().take_dead(id).await
    }
}
