//! What the database learns of a piece while it comes: in one unit each time, fenced by the epoch.

use super::ResumableError;
use super::context::Context;
use super::piece::Piece;
use super::take_up::prolong;
use crate::engine::retry::{confirm_commit, retry_conflicts, roll_back};
use crate::files::doom_blob;
use fm_domain::blobs::{BlobKey, StoredBlob, WrittenPart};
use fm_domain::body::ByteSize;
use fm_domain::database::UnitOfWork;
use fm_domain::error::PortResult;
use fm_domain::ids::BlobId;
use fm_domain::uploads::Upload;

/// Where the store writes each byte at its place, the database learns of it each time so many came.
pub(super) const CHECKPOINT: u64 = 32 * 1024 * 1024;

/// What was done, and the database does not know yet.
#[derive(Default)]
pub(super) struct Unsaved {
    pub(super) parts: Vec<WrittenPart>,
    pub(super) aside: Option<(BlobId, StoredBlob)>,
    pub(super) used: Vec<BlobId>,
    pub(super) bytes: u64,
}

impl Piece<'_> {
    pub(super) async fn save_if_due(&mut self, is_end: bool) -> Result<(), ResumableError> {
        if self.is_unchecked {
            // Until it was checked nothing of it counts; only the numbers of its parts are spent.
            if !self.unsaved.parts.is_empty() {
                self.saved.next_part = self.upload.next_part;
                retry_conflicts(|| self.context.update(&self.saved)).await?;
            }
            return Ok(());
        }
        if is_end || !self.unsaved.parts.is_empty() || self.unsaved.bytes >= CHECKPOINT {
            self.save(is_end).await?;
        }
        Ok(())
    }

    /// One unit: what came is the upload's.
    async fn save(&mut self, is_end: bool) -> Result<(), ResumableError> {
        if let Some(write) = self.upload.part_write() {
            self.context.parts.sync(&write).await?;
        }
        self.hash().await?;
        // Where all came, it is held until it is a file.
        self.upload.is_held = !is_end || self.upload.is_whole();
        self.context.slide(&mut self.upload);
        if self.upload.length.is_none() {
            // Nobody knows how long it will be, so what came is reserved as it comes.
            self.upload.reserved = self.context.reservation(self.upload.offset);
        }
        self.is_unsure = true;
        retry_conflicts(|| self.try_save()).await?;
        self.is_unsure = false;
        self.saved = self.upload.clone();
        self.unsaved = Unsaved::default();
        Ok(())
    }

    async fn try_save(&self) -> Result<(), ResumableError> {
        let mut unit = self.context.db.begin().await?;
        match self.saving(unit.as_mut()).await {
            Ok(()) => Ok(confirm_commit(unit.commit().await, self.is_saved()).await?),
            Err(error) => Err(roll_back(unit, error).await),
        }
    }

    async fn saving(&self, unit: &mut dyn UnitOfWork) -> Result<(), ResumableError> {
        let Self { context, upload, unsaved, .. } = self;
        unit.uploads().update(upload, upload.epoch).await?;
        for part in &unsaved.parts {
            unit.uploads().add_part(upload.id, part).await?;
        }
        if let Some((blob, stored)) = &unsaved.aside {
            unit.blobs().settle(*blob, stored).await?;
        }
        for used in &unsaved.used {
            doom_blob(unit, BlobKey::file(*used), context.ids.as_ref(), context.clock.now()).await?;
        }
        if upload.expires_at != self.saved.expires_at {
            prolong(unit, upload).await?;
        }
        let more = upload.reserved.bytes().saturating_sub(self.saved.reserved.bytes());
        if more > 0 {
            unit.users().reserve(upload.owner, ByteSize::new(more), context.quota).await?;
        }
        Ok(())
    }

    async fn is_saved(&self) -> PortResult<bool> {
        let mut reads = self.context.db.read().await?;
        let found = reads.uploads().find(self.upload.owner, self.upload.id).await?;
        Ok(found.is_some_and(|found| found.epoch == self.upload.epoch && found.offset == self.upload.offset))
    }

    /// After an error: what was not saved is nobody's, and the next request finds the upload free, unless it has it
    /// already.
    pub(super) async fn put_down(&mut self, error: &ResumableError) -> Result<(), ResumableError> {
        if let Some((blob, _)) = self.unsaved.aside.take() {
            self.context.take_back(blob).await;
        }
        let lost = matches!(error, ResumableError::TakenOver { .. } | ResumableError::Expired);
        if lost || self.is_unsure || !self.saved.is_held {
            return Ok(());
        }
        // A part whose write failed may still come: its number is spent.
        self.saved.next_part = self.upload.next_part + 1;
        self.saved.is_held = false;
        retry_conflicts(|| self.context.update(&self.saved)).await
    }
}

impl Context {
    /// Replaces the row, if the epoch is still the same.
    pub(super) async fn update(&self, upload: &Upload) -> Result<(), ResumableError> {
        let mut unit = self.db.begin().await?;
        match unit.uploads().update(upload, upload.epoch).await {
            Ok(()) => Ok(unit.commit().await?),
            Err(error) => Err(roll_back(unit, error.into()).await),
        }
    }
}
