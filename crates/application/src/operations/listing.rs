//! The store beside the database: which of its blobs does no row know?

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::retry::retry_idempotent;
use fm_domain::blobs::{BlobKey, BlobStore, Bucket, ListBlobs, ListedBlob};
use fm_domain::clock::Timestamp;
use fm_domain::database::Database;
use fm_domain::error::PortResult;
use fm_domain::ids::BlobId;

/// How many blobs the database is asked about at once: all that is ever held of a list.
const BATCH: usize = 500;
/// How many blobs are asked for at once.
const AT_ONCE: usize = 16;

/// A list of one bucket, batch by batch.
pub(super) struct Listing {
    blobs: BoxStream<'static, PortResult<ListedBlob>>,
}

impl Listing {
    pub(super) async fn of(lister: &dyn ListBlobs, bucket: Bucket) -> PortResult<Self> {
        retry_idempotent(async || lister.list(bucket).await)
            .await
            .map(|blobs| Self { blobs: blobs.fuse().boxed() })
    }

    /// The next of its blobs, at least one; `None` at the end, however often it is asked.
    pub(super) async fn next_batch(&mut self) -> PortResult<Option<Vec<ListedBlob>>> {
        let batch: Vec<ListedBlob> = self.blobs.by_ref().take(BATCH).try_collect().await?;
        Ok(if batch.is_empty() { None } else { Some(batch) })
    }
}

/// The database that the lists are compared with.
#[derive(Clone)]
pub(super) struct Rows {
    pub(super) db: Arc<dyn Database>,
    pub(super) blobs: Arc<dyn BlobStore>,
}

impl Rows {
    /// Those of the blobs that the database knows, in whatever state.
    pub(super) async fn known(&self, blobs: &[ListedBlob]) -> PortResult<BTreeSet<BlobKey>> {
        let ids: Vec<BlobId> = blobs.iter().map(|blob| blob.key.id).collect();
        if ids.is_empty() {
            return Ok(BTreeSet::new());
        }
        let records = retry_idempotent(async || self.db.read().await?.blobs().find(&ids).await).await?;
        Ok(records.into_iter().map(|record| record.key).collect())
    }

    /// Those of the blobs, written before `before`, that no row knows.
    ///
    /// A row is there before the first byte and goes after the last one. So a blob that had no row, was still there
    /// afterwards, and had no row even then, is not one that is just being written or purged.
    pub(super) async fn unknown(
        &self,
        batch: &[ListedBlob],
        before: Timestamp,
    ) -> PortResult<Vec<ListedBlob>> {
        let old: Vec<ListedBlob> = batch.iter().filter(|blob| blob.written_at < before).copied().collect();
        let suspects = without(old, &self.known(batch).await?);
        let asked = stream::iter(suspects).map(|blob| async move {
            let head = retry_idempotent(async || self.blobs.head(&blob.key).await).await?;
            PortResult::Ok(head.map(|_there| blob))
        });
        let there: Vec<Option<ListedBlob>> = asked.buffered(AT_ONCE).try_collect().await?;
        let there: Vec<ListedBlob> = there.into_iter().flatten().collect();
        let known = self.known(&there).await?;
        Ok(without(there, &known))
    }
}

fn without(mut blobs: Vec<ListedBlob>, known: &BTreeSet<BlobKey>) -> Vec<ListedBlob> {
    blobs.retain(|blob| !known.contains(&blob.key));
    blobs
}
