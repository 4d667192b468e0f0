//! Units of work of databases with one fault: how they end.

use std::sync::atomic::Ordering;

use async_trait::async_trait;
use fm_domain::blobs::StoredBlob;
use fm_domain::body::ByteSize;
use fm_domain::database::{EnterWithBlob, Repos as _, UnitOfWork};
use fm_domain::error::{PortError, PortResult};
use fm_domain::ids::{BlobId, DriveId};
use fm_domain::tree::{Delta, Entered};
use futures_util::FutureExt as _;

use crate::mutants::broken_database::{BrokenUnit, Fault};

impl BrokenUnit {
    pub(crate) fn is(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    /// The honest unit beneath.
    pub(crate) fn honest(&mut self) -> &mut dyn UnitOfWork {
        &mut **self.inner.as_mut().unwrap()
    }
}

#[async_trait]
impl UnitOfWork for BrokenUnit {
    async fn commit(mut self: Box<Self>) -> PortResult<()> {
        let inner = self.inner.take().unwrap();
        if self.hurt && self.is(Fault::PoisonsOnConflict) {
            return Err(PortError::Poisoned);
        }
        if self.hurt && self.is(Fault::LiesAboutCommit) {
            return inner.rollback().await;
        }
        self.own_previews.commit(&self.common);
        inner.commit().await
    }

    async fn rollback(mut self: Box<Self>) -> PortResult<()> {
        let inner = self.inner.take().unwrap();
        if self.is(Fault::CommitsOnRollback) { inner.commit().await } else { inner.rollback().await }
    }

    async fn enter_with_blob(
        &mut self,
        blob: BlobId,
        stored: &StoredBlob,
        drive: DriveId,
        delta: &Delta,
        quota: Option<ByteSize>,
    ) -> Result<Entered, EnterWithBlob> {
        if self.is(Fault::EntersBeforeItIsRefused) {
            let entered = self.drives().enter(drive, delta, quota).await?;
            self.blobs().mark_stored(blob, stored).await?;
            return Ok(entered);
        }
        let marked = self.blobs().mark_stored(blob, stored).await;
        if !self.is(Fault::EntersWithAnyBlob) {
            marked?;
        }
        Ok(self.drives().enter(drive, delta, quota).await?)
    }
}

impl Drop for BrokenUnit {
    fn drop(&mut self) {
        let Some(inner) = self.inner.take() else { return };
        if self.is(Fault::CommitsOnDrop) {
            inner.commit().now_or_never().unwrap().unwrap();
        } else if self.is(Fault::KeepsItsLocksWhenDropped) {
            std::mem::forget(inner);
        } else if self.is(Fault::LosesConnectionsOfDroppedUnits) {
            self.common.lost.fetch_add(1, Ordering::SeqCst);
        }
    }
}
