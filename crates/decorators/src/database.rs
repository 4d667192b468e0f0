//! The database, its units of work and its reads.

use std::sync::Arc;

use async_trait::async_trait;
use fm_domain::blobs::StoredBlob;
use fm_domain::body::ByteSize;
use fm_domain::database::{Database, EnterWithBlob, ReadRepos, UnitOfWork};
use fm_domain::error::PortResult;
use fm_domain::ids::{BlobId, DriveId};
use fm_domain::tree::{Delta, Entered};
use thread_local::ThreadLocal;

use crate::PortObserver;
use crate::observe::{observe, port_span};

/// A database, and with it its units of work and its reads. A job that is enqueued in a trace gets its place in the trace.
pub struct ObservedDatabase {
    inner: Arc<dyn Database>,
    observer: Arc<dyn PortObserver>,
    handles: ThreadLocal<Handle>,
}

impl ObservedDatabase {
    /// `inner`, whose calls are reported to `observer`.
    #[must_use]
    pub fn new(inner: Arc<dyn Database>, observer: &Arc<dyn PortObserver>) -> Self {
        Self { inner, observer: Arc::clone(observer), handles: ThreadLocal::new() }
    }

    /// The observer, for a unit of work or reads that begin on this thread.
    fn handle(&self) -> Handle {
        let own = self.handles.get_or(|| Handle(Arc::new(Shared(Arc::clone(&self.observer)))));
        Handle(Arc::clone(&own.0))
    }
}

/// An observer by way of one thread: almost every request begins reads, and a count of references that all threads change costs
/// each of them a wait for the others.
pub(crate) struct Handle(Arc<Shared>);

struct Shared(Arc<dyn PortObserver>);

impl AsRef<dyn PortObserver> for Handle {
    fn as_ref(&self) -> &(dyn PortObserver + 'static) {
        self.0.0.as_ref()
    }
}

#[async_trait]
impl Database for ObservedDatabase {
    async fn begin(&self) -> PortResult<Box<dyn UnitOfWork>> {
        let span = port_span!(DEBUG, "database.begin");
        let inner = observe(self.observer.as_ref(), "database.begin", span, self.inner.begin()).await?;
        Ok(Box::new(ObservedUnit { inner, observer: self.handle() }))
    }

    async fn begin_single(&self) -> PortResult<Box<dyn UnitOfWork>> {
        let span = port_span!(DEBUG, "database.begin");
        let inner =
            observe(self.observer.as_ref(), "database.begin", span, self.inner.begin_single()).await?;
        Ok(Box::new(ObservedUnit { inner, observer: self.handle() }))
    }

    async fn read(&self) -> PortResult<Box<dyn ReadRepos>> {
        // Reads wait by themselves, each call for itself.
        let inner = self.inner.read().await?;
        Ok(Box::new(ObservedReads { inner, observer: self.handle() }))
    }

    async fn ping(&self) -> PortResult<()> {
        let span = port_span!(DEBUG, "database.ping");
        observe(self.observer.as_ref(), "database.ping", span, self.inner.ping()).await
    }
}

/// A unit of work. One that is dropped is rolled back, which is no call.
pub(crate) struct ObservedUnit {
    pub(crate) inner: Box<dyn UnitOfWork>,
    pub(crate) observer: Handle,
}

#[async_trait]
impl UnitOfWork for ObservedUnit {
    async fn commit(self: Box<Self>) -> PortResult<()> {
        let Self { inner, observer } = *self;
        let span = port_span!(DEBUG, "database.commit");
        observe(observer.as_ref(), "database.commit", span, inner.commit()).await
    }

    async fn rollback(self: Box<Self>) -> PortResult<()> {
        let Self { inner, observer } = *self;
        let span = port_span!(DEBUG, "database.rollback");
        observe(observer.as_ref(), "database.rollback", span, inner.rollback()).await
    }

    async fn enter_with_blob(
        &mut self,
        blob: BlobId,
        stored: &StoredBlob,
        drive: DriveId,
        delta: &Delta,
        quota: Option<ByteSize>,
    ) -> Result<Entered, EnterWithBlob> {
        let Self { inner, observer } = self;
        let span = port_span!(DEBUG, "database.enter_with_blob");
        let call = inner.enter_with_blob(blob, stored, drive, delta, quota);
        observe(observer.as_ref(), "database.enter_with_blob", span, call).await
    }
}

/// Reads.
pub(crate) struct ObservedReads {
    pub(crate) inner: Box<dyn ReadRepos>,
    pub(crate) observer: Handle,
}
