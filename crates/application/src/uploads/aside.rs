//! Bytes that are too few for a part: kept in a blob of their own until more come, and then read once.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::ResumableError;
use super::context::Context;
use super::finish::defect;
use crate::engine::retry::{confirm_commit, retry_conflicts};
use fm_domain::blobs::{BlobIntent, BlobKey, GetBlob, StoredBlob};
use fm_domain::body::{ByteSize, PartBytes};
use fm_domain::error::{PortError, PortResult, chain};
use fm_domain::files::MediaType;
use fm_domain::ids::{BlobId, UserId};
use fm_domain::uploads::{Tail, Upload};
use fm_streaming::BufferPermit;
use fm_streaming::{ChunkReader, ReadOutcome};

/// How long the intent of such a blob lives until it is the upload's: longer than the bytes of a part take.
const LEASE: Duration = Duration::from_mins(10);
/// How long it is waited for their discarding: a store that hangs is left to the sweep.
const COURTESY: Duration = Duration::from_secs(5);

impl Context {
    /// Keeps bytes in a fresh blob, announced and not yet settled.
    pub(super) async fn put_aside(
        &self,
        owner: UserId,
        bytes: PartBytes,
        content_type: &MediaType,
    ) -> Result<(BlobId, StoredBlob), ResumableError> {
        let blob = BlobId::new(self.ids.uuid());
        retry_conflicts(|| self.announce(blob, owner)).await?;
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

    async fn announce(&self, blob: BlobId, owner: UserId) -> PortResult<()> {
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
        confirm_commit(unit.commit().await, async { Ok(false) }).await
    }

    /// Gives such a blob up at once: what a sweep would do later. It is only a courtesy.
    pub(super) async fn take_back(&self, blob: BlobId) {
        let taken = retry_conflicts(|| async {
            let mut unit = self.db.begin().await?;
            if unit.blobs().abandon(blob, self.clock.now()).await? {
                unit.commit().await?;
                PortResult::Ok(true)
            } else {
                unit.rollback().await?;
                Ok(false)
            }
        })
        .await;
        let discarded = match taken {
            Ok(true) => match timeout(COURTESY, self.blobs.discard(&BlobKey::file(blob))).await {
                Ok(discarded) => discarded,
                Err(elapsed) => Err(PortError::Unavailable(Box::new(elapsed))),
            },
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
        let mut body = ChunkReader::new(reader.bytes);
        let (bytes, filled) = body.fill(wanted, &self.pool, permit).await;
        // The end is asked for as well: only it says that the bytes are good.
        let end = if filled == ReadOutcome::Full { body.fill(1, &self.pool, permit).await.1 } else { filled };
        match end {
            ReadOutcome::Ended if bytes.len() == wanted => Ok(bytes),
            ReadOutcome::Broken(error) => Err(PortError::Unavailable(error.into()).into()),
            ReadOutcome::Ended | ReadOutcome::Full => {
                Err(defect("bytes that were put aside are not whole").into())
            }
        }
    }
}
