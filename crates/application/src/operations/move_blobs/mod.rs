//! The blobs of all files, copied from the previous store to the current one while the service runs.
//!
//! The service writes to the current store alone meanwhile and deletes from both. What is there already is passed over, so a
//! run that was killed is simply run again. Rows come before bytes: a blob whose row is gone after it was copied was deleted meanwhile,
//! and its copy goes too; where the run dies before that, the tombstone, which is kept for an hour while blobs move, deletes the copy.

mod checked;
mod copier;
mod moved;

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::{StreamExt as _, stream};

pub use moved::{MoveEvent, MovedBlobs};

use self::copier::{Copier, CopyOutcome};
use super::needed::{Needed, Place, needed_after};
use super::retry::retry_idempotent;
use super::verify::Finding;
use crate::ports::{MovePorts, Ports};
use fm_domain::blobs::{BlobKey, PutBlob, PutHint};
use fm_domain::body::ByteSize;
use fm_domain::database::Database;
use fm_domain::error::{PortError, PortResult};
use fm_domain::files::MediaType;
use fm_domain::ids::{BlobId, IdSource};

/// How blobs are moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MoveBlobsCommand {
    /// How many blobs are copied at once; each holds a bounded part of its bytes in memory.
    pub parallel: usize,
    /// Whether nothing is changed: it is counted what would be moved.
    pub dry_run: bool,
    /// Whether blobs are deleted from the previous store, once the current one has every blob that a file needs.
    pub empty_source: bool,
}

/// Why blobs were not moved.
#[derive(Debug, thiserror::Error)]
pub enum MoveBlobsError {
    /// There is one store alone.
    #[error("there is no previous store")]
    NotMoving,
    /// What is written to one store is in the other one too: emptying one would empty both.
    #[error("the current and the previous store are one and the same place")]
    SamePlace,
    /// A store failed, the database or one of bytes.
    #[error(transparent)]
    Store(#[from] PortError),
}

/// Moves blobs.
pub struct MoveBlobs {
    db: Arc<dyn Database>,
    stores: Option<MovePorts>,
    ids: Arc<dyn IdSource>,
}

/// A run, and who hears of it.
struct Run<'a> {
    moved: MovedBlobs,
    tell: &'a mut (dyn FnMut(MoveEvent<'_>) + Send),
}

impl MoveBlobs {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self { db: ports.db.clone(), stores: ports.moving.clone(), ids: ports.ids.clone() }
    }

    /// Goes through all files by their ids, then through their old versions and all previews, in memory that does not grow with their
    /// number. Tells each finding as it is made, and how far it is. A finding is a blob that was not moved; with one the previous store is
    /// not emptied, unless it is of a preview, which is told and not counted. An error means that the run did not get to its end: what was
    /// moved until then is.
    pub async fn run(
        &self,
        command: MoveBlobsCommand,
        tell: &mut (dyn FnMut(MoveEvent<'_>) + Send),
    ) -> Result<MovedBlobs, MoveBlobsError> {
        let stores = self.stores.clone().ok_or(MoveBlobsError::NotMoving)?;
        if command.empty_source && !command.dry_run && self.is_same_place(&stores).await? {
            return Err(MoveBlobsError::SamePlace);
        }
        let copier = Copier::new(self.db.clone(), stores, command.dry_run);
        let mut run = Run { moved: MovedBlobs::default(), tell };
        self.copy_all(&copier, command.parallel, &mut run).await?;
        if command.empty_source && run.moved.is_complete() {
            self.empty(&copier, command.parallel, &mut run).await?;
        }
        Ok(run.moved)
    }

    async fn copy_all(&self, copier: &Copier, parallel: usize, run: &mut Run<'_>) -> PortResult<()> {
        let mut place = Place::START;
        while let Some(page) = needed_after(&self.db, place).await? {
            place = page.next;
            let mut outcomes = stream::iter(each_once(page.blobs))
                .map(|needed| async move {
                    let copy = copier.copy(&needed).await?;
                    PortResult::Ok((needed, copy))
                })
                .buffer_unordered(parallel.max(1));
            while let Some(outcome) = outcomes.next().await {
                let (needed, copy) = outcome?;
                run.note(&needed, copy);
            }
            run.moved.files += page.files;
            run.tell_progress();
        }
        Ok(())
    }

    async fn empty(&self, copier: &Copier, parallel: usize, run: &mut Run<'_>) -> PortResult<()> {
        let mut place = Place::START;
        while let Some(page) = needed_after(&self.db, place).await? {
            place = page.next;
            let mut deletions = stream::iter(each_once(page.blobs))
                .map(|needed| async move { copier.delete_source(&needed).await })
                .buffer_unordered(parallel.max(1));
            while let Some(is_deleted) = deletions.next().await {
                run.moved.emptied += u64::from(is_deleted?);
                run.tell_progress();
            }
        }
        Ok(())
    }

    /// Asks by a blob of no bytes: paths and addresses tell too little.
    async fn is_same_place(&self, stores: &MovePorts) -> PortResult<bool> {
        let key = BlobKey::file(BlobId::new(self.ids.uuid()));
        let hint =
            PutHint { owner: None, length: Some(ByteSize::ZERO), content_type: MediaType::octet_stream() };
        match stores.current.put(&key, stream::empty().boxed(), &hint).await {
            Ok(_stored) => {}
            Err(PutBlob::Store(error)) => return Err(error),
            Err(error @ (PutBlob::Body(_) | PutBlob::TooLarge)) => {
                return Err(PortError::Unexpected(error.into()));
            }
        }
        let seen = retry_idempotent(async || stores.previous.head(&key).await).await;
        retry_idempotent(async || stores.current.delete(&key).await).await?;
        Ok(seen?.is_some())
    }
}

/// Copies of a file share its blob: no two of one page are moved side by side.
fn each_once(needed: Vec<Needed>) -> impl Iterator<Item = Needed> {
    let mut seen = BTreeSet::new();
    needed.into_iter().filter(move |needed| seen.insert(needed.key))
}

impl Run<'_> {
    fn note(&mut self, needed: &Needed, copy: CopyOutcome) {
        let moved = &mut self.moved;
        moved.blobs += 1;
        match copy {
            CopyOutcome::Made(size) => {
                moved.moved += 1;
                moved.bytes = moved.bytes.saturating_add(size.bytes());
            }
            CopyOutcome::Present => moved.skipped += 1,
            CopyOutcome::Deleted => moved.deleted += 1,
            CopyOutcome::Wrong(wrong) => {
                let finding = needed.finding(wrong);
                // The bytes of a preview can be made anew: they hold nothing up.
                if !matches!(finding, Finding::Preview { .. }) {
                    moved.findings.count(&finding);
                }
                (self.tell)(MoveEvent::Found(&finding));
            }
        }
        self.tell_progress();
    }

    fn tell_progress(&mut self) {
        (self.tell)(MoveEvent::Progress(&self.moved));
    }
}

#[cfg(test)]
mod tests;
