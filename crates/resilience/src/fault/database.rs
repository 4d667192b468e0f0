//! The database, its units of work and its reads.

use std::sync::Arc;

use async_trait::async_trait;
use fm_domain::blobs::StoredBlob;
use fm_domain::body::ByteSize;
use fm_domain::database::{Database, EnterWithBlob, ReadRepos, UnitOfWork};
use fm_domain::error::{PortError, PortResult};
use fm_domain::ids::{BlobId, DriveId};
use fm_domain::tree::{Delta, Entered};

use super::faults::Passage;
use super::{Faults, Operation};

/// A database with faults, and with them its units of work and reads.
pub struct FaultyDatabase {
    inner: Arc<dyn Database>,
    faults: Faults,
}

impl FaultyDatabase {
    /// `inner`, with whatever is planned in `faults`.
    #[must_use]
    pub fn new(inner: Arc<dyn Database>, faults: &Faults) -> Self {
        Self { inner, faults: faults.clone() }
    }
}

#[async_trait]
impl Database for FaultyDatabase {
    async fn begin(&self) -> PortResult<Box<dyn UnitOfWork>> {
        let passage = self.faults.enter(Operation::DatabaseBegin).await?;
        if passage.repeats() {
            drop(self.inner.begin().await);
        }
        let inner = passage.leave(self.inner.begin().await).await?;
        Ok(Box::new(FaultyUnitOfWork { inner, faults: self.faults.clone(), failed: false }))
    }

    async fn begin_single(&self) -> PortResult<Box<dyn UnitOfWork>> {
        let passage = self.faults.enter(Operation::DatabaseBegin).await?;
        if passage.repeats() {
            drop(self.inner.begin_single().await);
        }
        let inner = passage.leave(self.inner.begin_single().await).await?;
        Ok(Box::new(FaultyUnitOfWork { inner, faults: self.faults.clone(), failed: false }))
    }

    async fn read(&self) -> PortResult<Box<dyn ReadRepos>> {
        let passage = self.faults.enter(Operation::DatabaseRead).await?;
        if passage.repeats() {
            drop(self.inner.read().await);
        }
        let inner = passage.leave(self.inner.read().await).await?;
        Ok(Box::new(FaultyReads { inner, faults: self.faults.clone() }))
    }

    async fn ping(&self) -> PortResult<()> {
        let passage = self.faults.enter(Operation::DatabasePing).await?;
        if passage.repeats() {
            drop(self.inner.ping().await);
        }
        passage.leave(self.inner.ping().await).await
    }
}

/// A unit of work with faults. A planned failure poisons it, as one of the adapter's own would.
pub(super) struct FaultyUnitOfWork {
    pub(super) inner: Box<dyn UnitOfWork>,
    faults: Faults,
    failed: bool,
}

impl FaultyUnitOfWork {
    pub(super) async fn enter(&mut self, operation: Operation) -> PortResult<Passage> {
        let passage = self.faults.enter(operation).await;
        self.failed |= passage.as_ref().map_or(true, Passage::loses_answer);
        passage
    }
}

#[async_trait]
impl UnitOfWork for FaultyUnitOfWork {
    async fn commit(self: Box<Self>) -> PortResult<()> {
        let Self { inner, faults, failed } = *self;
        let passage = faults.enter(Operation::UnitCommit).await?;
        if failed {
            inner.rollback().await?;
            return Err(PortError::Poisoned);
        }
        passage.leave(inner.commit().await).await
    }

    async fn rollback(self: Box<Self>) -> PortResult<()> {
        let passage = self.faults.enter(Operation::UnitRollback).await?;
        passage.leave(self.inner.rollback().await).await
    }

    async fn enter_with_blob(
        &mut self,
        blob: BlobId,
        stored: &StoredBlob,
        drive: DriveId,
        delta: &Delta,
        quota: Option<ByteSize>,
    ) -> Result<Entered, EnterWithBlob> {
        let passage = self.enter(Operation::UnitEnterWithBlob).await?;
        if passage.repeats() {
            drop(self.inner.enter_with_blob(blob, stored, drive, delta, quota).await);
        }
        passage.leave(self.inner.enter_with_blob(blob, stored, drive, delta, quota).await).await
    }
}

/// Reads with faults.
pub(super) struct FaultyReads {
    pub(super) inner: Box<dyn ReadRepos>,
    faults: Faults,
}

impl FaultyReads {
    pub(super) async fn enter(&mut self, operation: Operation) -> PortResult<Passage> {
        self.faults.enter(operation).await
    }
}
