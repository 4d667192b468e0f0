//! What the database learns of an upload while its bytes come: in one unit each time, fenced by the epoch.

use std::time::Duration;

use fm_domain::access::{Access, Right};
use fm_domain::blobs::BlobKey;
use fm_domain::body::ByteSize;
use fm_domain::database::UnitOfWork;
use fm_domain::error::{PortResult, chain};
use fm_domain::uploads::{ResumableStore, Upload, WriteState};
use tokio::time::timeout;

use super::ResumableError;
use super::acquire::extend_holdings;
use super::context::Context;
use crate::engine::retry::{confirm_commit, retry_conflicts, roll_back};

/// How many bytes are lost at most by a kill, where the store's state does not change with each append.
const CHECKPOINT_BYTES: u64 = 32 * 1024 * 1024;

/// How long an upload waits for the store to free storage that it does not need.
const CLEAN_UP_TIMEOUT: Duration = Duration::from_secs(5);

/// The saved state of one upload, as the request that has it knows it.
pub(super) struct Checkpoints<'a> {
    context: &'a Context,
    store: &'a dyn ResumableStore,
    /// As the database has it.
    saved: Upload,
    /// The store's state that has the bytes of `saved` and no more; that of `saved` may be rewound from it.
    counted: Option<WriteState>,
    /// Bytes received since.
    unsaved: u64,
    /// Whether the database may know more than `saved` says: a store failed during a save.
    is_unsure: bool,
}

impl<'a> Checkpoints<'a> {
    pub(super) fn new(context: &'a Context, store: &'a dyn ResumableStore, saved: Upload) -> Self {
        Self { context, store, counted: saved.state.clone(), saved, unsaved: 0, is_unsure: false }
    }

    pub(super) const fn unsaved(&self) -> u64 {
        self.unsaved
    }

    pub(super) const fn count(&mut self, bytes: u64) {
        self.unsaved += bytes;
    }

    pub(super) const fn is_due(&self) -> bool {
        self.unsaved >= CHECKPOINT_BYTES
    }

    pub(super) fn has_new_state(&self, upload: &Upload) -> bool {
        upload.state != self.saved.state
    }

    /// Saves that the blob was begun.
    pub(super) async fn save_begun(&mut self, state: WriteState) -> Result<(), ResumableError> {
        self.saved.state = Some(state.clone());
        self.counted = Some(state.clone());
        let saved = retry_conflicts(|| update(self.context, &self.saved)).await;
        if matches!(saved, Err(ResumableError::TakenOver { .. })) {
            // No later request knows of it: after the blob is complete it would stay beside it.
            self.clean_up(self.store.abort(&BlobKey::file(self.saved.blob), &state)).await;
        }
        saved
    }

    /// Saves that appends were made whose bytes do not count yet, so that those of a later request are never mixed up with
    /// them.
    pub(super) async fn save_uncounted(&mut self, upload: &Upload) -> Result<(), ResumableError> {
        if self.rewind(upload) {
            retry_conflicts(|| update(self.context, &self.saved)).await?;
        }
        Ok(())
    }

    /// One unit: the bytes that were received are the upload's.
    pub(super) async fn save(&mut self, upload: &mut Upload, is_end: bool) -> Result<(), ResumableError> {
        // A whole upload stays locked until it is a file.
        upload.is_locked = !is_end || upload.is_whole();
        self.context.extend(upload);
        if upload.length.is_none() {
            // The final length is unknown, so bytes are reserved as they come.
            upload.reserved = upload.offset;
        }
        let outcome = retry_conflicts(|| self.try_save(upload)).await;
        self.is_unsure = matches!(outcome, Err(ResumableError::Store(_)));
        outcome?;
        let before = std::mem::replace(&mut self.saved, upload.clone());
        self.counted.clone_from(&self.saved.state);
        self.unsaved = 0;
        self.prune(&before).await;
        Ok(())
    }

    /// After an error: what was not saved is lost, and the next request finds the upload free, unless it has it already.
    /// Where every append was answered (`is_answered`), the appends of the next request take the place of those that do not
    /// count, so that tries without end hold no more storage than one.
    pub(super) async fn release(
        &mut self,
        upload: &Upload,
        error: &ResumableError,
        is_answered: bool,
    ) -> Result<(), ResumableError> {
        let lost = matches!(error, ResumableError::TakenOver { .. } | ResumableError::Expired);
        if lost || self.is_unsure || !self.saved.is_locked {
            return Ok(());
        }
        if is_answered {
            self.saved.state.clone_from(&self.counted);
        } else {
            self.rewind(upload);
        }
        self.saved.is_locked = false;
        retry_conflicts(|| update(self.context, &self.saved)).await
    }

    /// Whether the state to go on from has changed, now that appends were made that do not count.
    fn rewind(&mut self, upload: &Upload) -> bool {
        let (Some(counted), Some(reached)) = (&self.counted, &upload.state) else { return false };
        let rewound = Some(self.store.rewind(counted, reached));
        let has_changed = rewound != self.saved.state;
        self.saved.state = rewound;
        has_changed
    }

    async fn try_save(&self, upload: &Upload) -> Result<(), ResumableError> {
        let db = &self.context.db;
        let is_row_alone =
            upload.expires_at == self.saved.expires_at && upload.reserved <= self.saved.reserved;
        let mut unit = if is_row_alone { db.begin_single().await? } else { db.begin().await? };
        match self.save_in(unit.as_mut(), upload).await {
            Ok(()) => Ok(confirm_commit(unit.commit().await, self.is_saved(upload)).await?),
            // The call may have been the commit.
            Err(ResumableError::Store(error)) if is_row_alone => {
                drop(unit);
                Ok(confirm_commit(Err(error), self.is_saved(upload)).await?)
            }
            Err(error) => Err(roll_back(unit, error).await),
        }
    }

    async fn save_in(&self, unit: &mut dyn UnitOfWork, upload: &Upload) -> Result<(), ResumableError> {
        unit.uploads().update(upload, upload.epoch).await?;
        if upload.expires_at != self.saved.expires_at {
            extend_holdings(unit, upload).await?;
        }
        let more = upload.reserved.bytes().saturating_sub(self.saved.reserved.bytes());
        if more > 0 {
            unit.users().reserve(upload.owner, ByteSize::new(more), self.context.quota).await?;
        }
        Ok(())
    }

    async fn is_saved(&self, upload: &Upload) -> PortResult<bool> {
        let mut reads = self.context.db.read().await?;
        let own = Access::on_behalf_of(upload.owner, Right::Read);
        let found = reads.uploads().find(&own, upload.id).await?;
        // The last save of a request without new bytes changes the lock and the state alone.
        Ok(found.is_some_and(|found| {
            (found.epoch, found.offset, found.is_locked, &found.state)
                == (upload.epoch, upload.offset, upload.is_locked, &upload.state)
        }))
    }

    /// Frees the storage that only the state before needed.
    async fn prune(&self, before: &Upload) {
        let (Some(before), Some(after)) = (&before.state, &self.saved.state) else { return };
        if before != after {
            self.clean_up(self.store.prune(&BlobKey::file(self.saved.blob), before, after)).await;
        }
    }

    /// Waits for the store to free storage, but not for long: a failure costs storage until the upload ends.
    async fn clean_up(&self, cleaning: impl Future<Output = PortResult<()>>) {
        let id = self.saved.id;
        match timeout(CLEAN_UP_TIMEOUT, cleaning).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::info!(upload.id = %id, error = chain(&error), "storage was not freed"),
            Err(_elapsed) => tracing::info!(upload.id = %id, "storage was not freed in time"),
        }
    }
}

/// Replaces the row, if the epoch is still the same.
async fn update(context: &Context, upload: &Upload) -> Result<(), ResumableError> {
    let mut unit = context.db.begin_single().await?;
    match unit.uploads().update(upload, upload.epoch).await {
        Ok(()) => Ok(unit.commit().await?),
        Err(error) => Err(roll_back(unit, error.into()).await),
    }
}

#[cfg(test)]
mod tests;
