//! From the database to the store: is every blob that a file, a version or a preview needs there, and right?

use std::sync::Arc;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use sha2::Digest as _;

use super::{Finding, Wrong};
use crate::operations::needed::{Needed, NeededPage, Place, is_needed, needed_after};
use crate::operations::retry::retry_idempotent;
use fm_domain::blobs::{BlobKey, BlobStore, GetBlob};
use fm_domain::body::BodyError;
use fm_domain::database::Database;
use fm_domain::error::{PortResult, Retry, chain};
use fm_domain::files::Sha256;

/// How many blobs are asked for at once.
const HEADS_AT_ONCE: usize = 32;
/// How many blobs are read at once.
const READS_AT_ONCE: usize = 4;

/// Looks for the blobs of files.
pub(super) struct FileCheck {
    pub(super) db: Arc<dyn Database>,
    pub(super) blobs: Arc<dyn BlobStore>,
    pub(super) rehash: bool,
}

/// The outcome of a page.
pub(super) struct Page {
    pub(super) next: Place,
    pub(super) files: u64,
    pub(super) versions: u64,
    pub(super) blobs: u64,
    pub(super) findings: Vec<Finding>,
}

impl FileCheck {
    /// The page after this place; `None` when there are no more.
    pub(super) async fn page(&self, place: Place) -> PortResult<Option<Page>> {
        let Some(page) = needed_after(&self.db, place).await? else { return Ok(None) };
        let NeededPage { next, files, versions, blobs: needed } = page;
        let blobs = needed.len() as u64;
        let at_once = if self.rehash { READS_AT_ONCE } else { HEADS_AT_ONCE };
        let checks = stream::iter(needed).map(|needed| async move { self.check(&needed).await });
        let findings: Vec<Option<Finding>> = checks.buffered(at_once).try_collect().await?;
        let findings = findings.into_iter().flatten().collect();
        Ok(Some(Page { next, files, versions, blobs, findings }))
    }

    /// What seems wrong is looked at again. It counts only if the blob is still needed *afterwards*: it has been needed
    /// it all the time then, since every removal commits before the bytes are deleted.
    async fn check(&self, needed: &Needed) -> PortResult<Option<Finding>> {
        if self.look(needed).await?.is_none() {
            return Ok(None);
        }
        let Some(wrong) = self.look(needed).await? else { return Ok(None) };
        let still = retry_idempotent(async || is_needed(&self.db, &needed.holder).await).await?;
        Ok(still.then(|| needed.finding(wrong)))
    }

    /// A store that is out of reach ends the check in the end; one that can't give this blob alone does not.
    async fn look(&self, needed: &Needed) -> PortResult<Option<Wrong>> {
        match retry_idempotent(async || self.compare(needed).await).await {
            Err(error) if error.retry() == Retry::No => Ok(Some(Wrong::Unreadable(chain(&error)))),
            outcome => outcome,
        }
    }

    async fn compare(&self, needed: &Needed) -> PortResult<Option<Wrong>> {
        let key = &needed.key;
        let Some(head) = self.blobs.head(key).await? else { return Ok(Some(Wrong::Missing)) };
        if let Some(recorded) = needed.size.filter(|size| *size != head.size) {
            return Ok(Some(Wrong::Size { recorded, stored: head.size }));
        }
        if let Some(recorded) = needed.sha256.filter(|_| self.rehash) {
            match self.hash(key).await? {
                Ok(stored) if stored == recorded => {}
                Ok(stored) => return Ok(Some(Wrong::Hash { recorded, stored })),
                Err(wrong) => return Ok(Some(wrong)),
            }
        }
        Ok((!needed.is_stored).then_some(Wrong::NotStored))
    }

    /// Reads the blob to its end, and holds no more of it than a chunk.
    async fn hash(&self, key: &BlobKey) -> PortResult<Result<Sha256, Wrong>> {
        let mut reader = match self.blobs.get(key, None).await {
            Ok(reader) => reader,
            Err(GetBlob::NotFound) => return Ok(Err(Wrong::Missing)),
            Err(GetBlob::Range(error)) => return Ok(Err(Wrong::Unreadable(chain(&error)))),
            Err(GetBlob::Store(error)) => return Err(error),
        };
        let mut hash = sha2::Sha256::new();
        while let Some(chunk) = reader.bytes.next().await {
            match chunk {
                Ok(bytes) => hash.update(&bytes),
                Err(BodyError::Source(reason)) => return Ok(Err(Wrong::Unreadable(reason.to_string()))),
                Err(error) => return Ok(Err(Wrong::Unreadable(chain(&error)))),
            }
        }
        Ok(Ok(Sha256::new(hash.finalize().into())))
    }
}
