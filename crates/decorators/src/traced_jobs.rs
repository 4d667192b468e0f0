//! Jobs that keep the trace which asked for them, where nothing else is decorated.

use std::sync::Arc;

use async_trait::async_trait;
use fm_domain::accounts::UserRepo;
use fm_domain::audit::AuditRepo;
use fm_domain::blobs::{BlobRepo, StoredBlob};
use fm_domain::body::ByteSize;
use fm_domain::database::{Database, EnterWithBlob, ReadRepos, Repos, UnitOfWork};
use fm_domain::error::PortResult;
use fm_domain::files::FileRepo;
use fm_domain::idempotency::KeyRepo;
use fm_domain::ids::{BlobId, DriveId};
use fm_domain::jobs::JobQueue;
use fm_domain::previews::PreviewRepo;
use fm_domain::tree::{Delta, DriveRepo, Entered, NodeRepo, OperationRepo, VersionRepo};
use fm_domain::uploads::UploadRepo;

use crate::decorate::forward_repos;

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

/// A unit of work, whose queue alone is its own.
pub(crate) struct TracedUnit {
    pub(crate) inner: Box<dyn UnitOfWork>,
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

forward_repos! {
    impl Repos for TracedUnit;
    users: UserRepo,
    files: FileRepo,
    drives: DriveRepo,
    nodes: NodeRepo,
    versions: VersionRepo,
    operations: OperationRepo,
    blobs: BlobRepo,
    previews: PreviewRepo,
    keys: KeyRepo,
    uploads: UploadRepo,
    audit: AuditRepo;
    {
        fn jobs(&mut self) -> &mut dyn JobQueue {
            self
        }
    }
}
