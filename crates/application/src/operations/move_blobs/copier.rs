//! One blob, from store to store.

use std::sync::Arc;

use super::checked::checked;
use crate::operations::needed::Needed;
use crate::operations::retry::retry_idempotent;
use crate::operations::verify::Wrong;
use crate::ports::MovePorts;
use fm_domain::blobs::{BlobKey, BlobReader, BlobState, GetBlob, PutBlob, PutHint};
use fm_domain::body::ByteSize;
use fm_domain::database::Database;
use fm_domain::error::{PortResult, Retry, chain};

/// What became of a blob.
#[derive(Debug)]
pub(super) enum CopyOutcome {
    /// It was copied, or would be.
    Made(ByteSize),
    /// The current store has it already.
    Present,
    /// Nothing needs it any more.
    Deleted,
    /// It was not copied.
    Wrong(Wrong),
}

/// Copies blobs.
pub(super) struct Copier {
    db: Arc<dyn Database>,
    stores: MovePorts,
    dry_run: bool,
}

impl Copier {
    pub(super) fn new(db: Arc<dyn Database>, stores: MovePorts, dry_run: bool) -> Self {
        Self { db, stores, dry_run }
    }

    /// What seems wrong is looked at again, and counts only if the blob is still needed *afterwards*. A store that is out of reach
    /// ends the run in the end; one that can't give this blob alone does not.
    pub(super) async fn copy(&self, needed: &Needed) -> PortResult<CopyOutcome> {
        if !needed.is_stored {
            return Ok(CopyOutcome::Deleted);
        }
        let first = retry_idempotent(async || self.try_copy(needed).await).await?;
        let CopyOutcome::Wrong(_) = first else { return Ok(first) };
        let again = retry_idempotent(async || self.try_copy(needed).await).await?;
        let CopyOutcome::Wrong(_) = again else { return Ok(again) };
        Ok(if self.is_stored(&needed.key).await? { again } else { CopyOutcome::Deleted })
    }

    async fn try_copy(&self, needed: &Needed) -> PortResult<CopyOutcome> {
        let key = &needed.key;
        if let Some(head) = self.stores.current.head(key).await? {
            return Ok(wrong_size(needed, head.size).map_or(CopyOutcome::Present, CopyOutcome::Wrong));
        }
        if self.dry_run {
            return self.try_out(needed).await;
        }
        let BlobReader { size, bytes, .. } = match self.stores.previous.get(key, None).await {
            Ok(reader) => reader,
            Err(GetBlob::NotFound) => return Ok(CopyOutcome::Wrong(Wrong::Missing)),
            Err(GetBlob::Store(error)) if error.retry() != Retry::No => return Err(error),
            Err(error @ (GetBlob::Store(_) | GetBlob::Range(_))) => return Ok(unreadable(chain(&error))),
        };
        if let Some(wrong) = wrong_size(needed, size) {
            return Ok(CopyOutcome::Wrong(wrong));
        }
        let (bytes, verdict) = checked(bytes, size, needed.sha256);
        let hint = PutHint { owner: None, length: Some(size), content_type: needed.content_type.clone() };
        match self.stores.current.put(key, bytes, &hint).await {
            Ok(_stored) => self.confirm(key, size).await,
            Err(PutBlob::Body(error)) => {
                let wrong = verdict.get().cloned();
                Ok(wrong.map_or_else(|| unreadable(chain(&error)), CopyOutcome::Wrong))
            }
            Err(error @ PutBlob::TooLarge) => Ok(unreadable(format!("it was not copied: {error}"))),
            Err(PutBlob::Store(error)) => Err(error),
        }
    }

    /// Without a copy.
    async fn try_out(&self, needed: &Needed) -> PortResult<CopyOutcome> {
        let Some(head) = self.stores.previous.head(&needed.key).await? else {
            return Ok(CopyOutcome::Wrong(Wrong::Missing));
        };
        Ok(wrong_size(needed, head.size).map_or(CopyOutcome::Made(head.size), CopyOutcome::Wrong))
    }

    /// A blob that was deleted while it was copied must not come back: its row is looked at once the copy is there. A
    /// deletion that comes later is one from both stores.
    async fn confirm(&self, key: &BlobKey, size: ByteSize) -> PortResult<CopyOutcome> {
        let head = retry_idempotent(async || self.stores.current.head(key).await).await?;
        if !self.is_stored(key).await? {
            retry_idempotent(async || self.stores.current.delete(key).await).await?;
            return Ok(CopyOutcome::Deleted);
        }
        Ok(match head {
            None => CopyOutcome::Wrong(Wrong::Missing),
            Some(head) if head.size == size => CopyOutcome::Made(size),
            Some(head) => CopyOutcome::Wrong(Wrong::Size { recorded: size, stored: head.size }),
        })
    }

    /// Whether the blob may still be needed.
    async fn is_stored(&self, key: &BlobKey) -> PortResult<bool> {
        let rows = retry_idempotent(async || self.db.read().await?.blobs().find(&[key.id]).await).await?;
        Ok(rows.iter().any(|row| row.key == *key && matches!(row.state, BlobState::Stored { .. })))
    }

    /// Deletes the blob from the previous store, if the current one has it; whether it was there.
    pub(super) async fn delete_source(&self, needed: &Needed) -> PortResult<bool> {
        let key = &needed.key;
        let current = retry_idempotent(async || self.stores.current.head(key).await).await?;
        let is_copied = current.is_some_and(|head| wrong_size(needed, head.size).is_none());
        // A dry run has copied nothing.
        if !needed.is_stored || !(is_copied || self.dry_run) {
            return Ok(false);
        }
        if retry_idempotent(async || self.stores.previous.head(key).await).await?.is_none() {
            return Ok(false);
        }
        if !self.dry_run {
            retry_idempotent(async || self.stores.previous.delete(key).await).await?;
        }
        Ok(true)
    }
}

fn wrong_size(needed: &Needed, stored: ByteSize) -> Option<Wrong> {
    let recorded = needed.size.filter(|size| *size != stored)?;
    Some(Wrong::Size { recorded, stored })
}

fn unreadable(reason: String) -> CopyOutcome {
    CopyOutcome::Wrong(Wrong::Unreadable(reason))
}
