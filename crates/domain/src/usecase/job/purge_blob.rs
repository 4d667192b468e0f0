//! The end of a blob whose file is gone.

use std::sync::Arc;

use super::{Done, JobError};
use crate::blob::{BlobKey, BlobStore, DoomedBlob};
use crate::clock::Clock;
use crate::ids::BlobId;
use crate::store::Database;
use crate::usecase::Ports;
use crate::usecase::job::sweep_blobs::discard;

/// Purges blobs.
pub(super) struct PurgeBlob {
    db: Arc<dyn Database>,
    blobs: Arc<dyn BlobStore>,
    clock: Arc<dyn Clock>,
}

impl PurgeBlob {
    pub(super) fn new(ports: &Ports) -> Self {
        Self { db: ports.db.clone(), blobs: ports.blobs.clone(), clock: ports.clock.clone() }
    }

    /// Discards the bytes, then the row: a purge that dies in between is simply run again.
    pub(super) async fn run(&self, blob: BlobId, thumbnail: bool) -> Result<Done, JobError> {
        let key = if thumbnail { BlobKey::thumbnail(blob) } else { BlobKey::file(blob) };
        if let Some(doomed) = self.find(&key).await? {
            discard(self.db.as_ref(), self.blobs.as_ref(), &doomed, self.clock.now()).await?;
        }
        Ok(Done::Moot)
    }

    async fn find(&self, key: &BlobKey) -> Result<Option<DoomedBlob>, JobError> {
        let mut unit = self.db.begin().await?;
        let doomed = unit.blobs().find_doomed(key).await?;
        unit.rollback().await?;
        Ok(doomed)
    }
}
