//! Bytes that are too few for a part: kept in a blob of their own until more come, and then read once.

use std::sync::Arc;
use std::time::Duration;

use super::ResumableError;
use super::context::Context;
use super::finish::defect;
use crate::blob::{BlobIntent, BlobKey, GetBlob, StoredBlob};
use crate::body::gather::{Filled, Gatherer};
use crate::body::{BufferPermit, ByteSize, PartBytes};
use crate::file::MediaType;
use crate::ids::{BlobId, UserId};
use crate::store::{StoreError, Stored, chain};
use crate::upload::{Tail, Upload};
use crate::usecase::retry::{committed, contended};

/// How long the intent of such a blob lives until it is the upload's: longer than the bytes of a part take.
const LEASE: Duration = Duration::from_mins(10);

impl Context {
    /// Keeps bytes in a fresh blob, announced and not yet settled.
    pub(super) async fn put_aside(
        &self,
        owner: UserId,
        bytes: PartBytes,
        content_type: &MediaType,
    ) -> Result<(BlobId, StoredBlob), ResumableError> {
        let blob = BlobId::new(self.ids.uuid());
        contended(|| self.announce(blob, owner)).await?;
        let size = ByteSize::new(bytes.len() as u64);
        match self.parts.keep(&BlobKey::file(blob), bytes, content_type).await {
            Ok(stored) if stored.size == size => Ok((blob, stored)),
            Ok(_) => {
                self.take_back(blob).await;
                Err(defect("the store kept another number of bytes than it was sent").into())
            }
            Err(error) => {
                self.take_back(blob).await;
                Err(error.into())
            }
        }
    }

    async fn announce(&self, blob: BlobId, owner: UserId) -> Stored<()> {
        let now = self.clock.now();
        let intent = BlobIntent {
            key: BlobKey::file(blob),
            owner,
            reserved: ByteSize::ZERO,
            announced_at: now,
            expires_at: now.plus(LEASE),
        };
        let mut unit = self.db.begin().await?;
        unit.blobs().announce(&intent).await?;
        // Whether an intent is there is not asked for: one that is there for nothing is swept.
        committed(unit.commit().await, async { Ok(false) }).await
    }

    /// Gives such a blob up at once: what a sweep would do later. It is only a courtesy.
    pub(super) async fn take_back(&self, blob: BlobId) {
        let taken = contended(|| async {
            let mut unit = self.db.begin().await?;
            if unit.blobs().abandon(blob, self.clock.now()).await? {
                unit.commit().await?;
                Stored::Ok(true)
            } else {
                unit.rollback().await?;
                Ok(false)
            }
        })
        .await;
        let discarded = match taken {
            Ok(true) => self.blobs.discard(&BlobKey::file(blob)).await,
            Ok(false) => Ok(()),
            Err(error) => Err(error),
        };
        if let Err(error) = discarded {
            tracing::info!(blob.id = %blob, error = chain(&error), "bytes put aside are left to the sweep");
        }
    }

    /// The bytes that were put aside, in memory that the caller holds.
    pub(super) async fn read_aside(
        &self,
        upload: &Upload,
        permit: &Arc<BufferPermit>,
    ) -> Result<PartBytes, ResumableError> {
        let mut bytes = PartBytes::new();
        for tail in &upload.tails {
            bytes.append(self.read_tail(tail, permit).await?);
        }
        Ok(bytes)
    }

    async fn read_tail(&self, tail: &Tail, permit: &Arc<BufferPermit>) -> Result<PartBytes, ResumableError> {
        let reader = match self.blobs.get(&BlobKey::file(tail.blob), None).await {
            Ok(reader) => reader,
            Err(GetBlob::Store(error)) => return Err(error.into()),
            // Whoever took the upload over has used it.
            Err(GetBlob::NotFound | GetBlob::Range(_)) => return Err(ResumableError::TAKEN_OVER),
        };
        let wanted = usize::try_from(tail.size.bytes()).unwrap_or(usize::MAX);
        let mut body = Gatherer::new(reader.bytes);
        let (bytes, filled) = body.fill(wanted, &self.pool, permit).await;
        // The end is asked for as well: only it says that the bytes are good.
        let end = if filled == Filled::Full { body.fill(1, &self.pool, permit).await.1 } else { filled };
        match end {
            Filled::Ended if bytes.len() == wanted => Ok(bytes),
            Filled::Broken(error) => Err(StoreError::Unavailable(error.into()).into()),
            Filled::Ended | Filled::Full => Err(defect("bytes that were put aside are not whole").into()),
        }
    }
}
