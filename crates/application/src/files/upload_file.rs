//! A new file.

use std::sync::Arc;

use super::commit_file::{NewFile, commit_file};
use super::presenter::{FilePresenter, FileView};
use super::transfer::{IntentOutcome, IntentRequest, Transfer, Written};
use super::upload_body::{UploadBody, UploadError};
use crate::engine::events::EventRecorder;
use crate::engine::intents::Intent;
use crate::engine::retry::{confirm_commit, retry_conflicts, roll_back};
use crate::ports::{Ports, Settings};
use fm_domain::access::{Access, Actor, Right};
use fm_domain::body::{BodyError, ByteSize};
use fm_domain::error::{PortError, PortResult};
use fm_domain::files::{File, FileName, Revision, ThumbnailState};
use fm_domain::idempotency::{FinishedUpload, IdempotencyKey};
use fm_domain::ids::FileId;
use fm_domain::thumbnails::Thumbnailer;

/// The upload.
pub struct UploadCommand {
    /// The idempotency key by which a retry finds this upload.
    pub key: Option<IdempotencyKey>,
    /// The bytes.
    pub body: UploadBody,
}

/// A file that is kept.
#[derive(Debug, Clone)]
pub struct Uploaded {
    /// The file.
    pub view: FileView,
    /// Whether this very upload made it; false for a retry that found the first one.
    pub fresh: bool,
}

/// Takes uploads.
///
/// Run it to its end, even when the client is gone: it cleans up behind itself. A kill leaves at most an
/// intent, which the sweep cancels.
pub struct UploadFile {
    transfer: Transfer,
    thumbnailer: Arc<dyn Thumbnailer>,
    presenter: FilePresenter,
}

impl UploadFile {
    pub(crate) fn new(ports: &Ports, settings: &Settings) -> Self {
        Self {
            transfer: Transfer::new(ports, settings),
            thumbnailer: ports.thumbnailer.clone(),
            presenter: FilePresenter::new(ports, settings),
        }
    }

    /// The new file, or the one that an earlier upload with the same key made.
    pub async fn run(&self, actor: &Actor, command: UploadCommand) -> Result<Uploaded, UploadError> {
        let access = actor.access(Right::Write)?;
        let UploadCommand { key, body } = command;
        let intent_request = IntentRequest {
            owner: actor.user(),
            length: body.length,
            replaces: ByteSize::ZERO,
            key: key.as_ref(),
        };
        let (intent, quota) = match self.transfer.record_intent(&intent_request).await? {
            IntentOutcome::Ready { intent, quota } => (intent, quota),
            IntentOutcome::Done(first) => return self.repeat(&access, &first, body).await,
        };
        let outcome = match self.transfer.write(&intent, quota, body).await {
            Ok(mut written) => match required(written.name.take()) {
                Ok(name) => {
                    let picture = written.picture.take();
                    let commit = Box::pin(self.commit(actor, &intent, &written, name));
                    self.transfer.hand_over(&intent, picture, commit).await
                }
                Err(error) => Err(error),
            },
            Err(error) => Err(error),
        };
        match outcome {
            Ok(file) => Ok(Uploaded { view: self.presenter.view(file).await?, fresh: true }),
            Err(error) => {
                self.transfer.intents.cancel(&intent).await;
                Err(self.explained(actor, error).await)
            }
        }
    }

    /// Unit 2: from its commit on the file exists.
    async fn commit(
        &self,
        actor: &Actor,
        intent: &Intent,
        written: &Written,
        name: FileName,
    ) -> Result<File, UploadError> {
        let now = self.transfer.clock.now();
        let pictured = self.thumbnailer.accepts(&written.content_type);
        let file = File {
            id: FileId::new(self.transfer.ids.uuid()),
            owner: intent.owner,
            name,
            content_type: written.content_type.clone(),
            size: written.stored.size,
            sha256: Some(written.sha256),
            blob: intent.key.id,
            thumbnail: if pictured { ThumbnailState::Pending } else { ThumbnailState::None },
            revision: Revision::FIRST,
            created_at: now,
            updated_at: now,
        };
        let events = self.transfer.events.by(actor);
        retry_conflicts(|| self.try_commit(intent, written, &file, &events)).await?;
        Ok(file)
    }

    async fn try_commit(
        &self,
        intent: &Intent,
        written: &Written,
        file: &File,
        events: &EventRecorder,
    ) -> Result<(), UploadError> {
        let new = NewFile {
            file,
            stored: written.stored,
            reserved: intent.reserved,
            keyed: intent.keyed.then_some(intent.key.id),
        };
        let mut unit = self.transfer.db.begin().await?;
        let committed = commit_file(unit.as_mut(), &new, events, self.transfer.quota).await;
        if let Err(error) = committed {
            return Err(roll_back(unit, error).await);
        }
        Ok(confirm_commit(unit.commit().await, self.read_back(file)).await?)
    }

    /// What was lost because the account went meanwhile is not for the client to try again.
    async fn explained(&self, actor: &Actor, error: UploadError) -> UploadError {
        if !matches!(error, UploadError::Store(PortError::Unavailable(_))) {
            return error;
        }
        let Ok(mut reads) = self.transfer.db.read().await else { return error };
        match reads.users().find(actor.user()).await {
            Ok(None) => UploadError::Unauthenticated,
            Ok(Some(_)) | Err(_) => error,
        }
    }

    async fn read_back(&self, file: &File) -> PortResult<bool> {
        let own = Access::on_behalf_of(file.owner, Right::Read);
        Ok(self.transfer.db.read().await?.files().find(&own, file.id).await?.is_some())
    }

    /// A retry: its bytes are read and compared, but nothing is stored twice.
    async fn repeat(
        &self,
        access: &Access,
        first: &FinishedUpload,
        body: UploadBody,
    ) -> Result<Uploaded, UploadError> {
        let (sha256, name) = self.transfer.read(body).await?;
        if sha256 != first.sha256 || required(name)? != first.name {
            return Err(UploadError::KeyConflict);
        }
        let found = self.transfer.db.read().await?.files().find(access, first.file).await?;
        // Removed while the retry was read: its key is free again by now.
        let file = found.ok_or(UploadError::KeyBusy { retry_after: std::time::Duration::from_secs(1) })?;
        Ok(Uploaded { view: self.presenter.view(file).await?, fresh: false })
    }
}

/// A new file has a name.
fn required(name: Option<FileName>) -> Result<FileName, UploadError> {
    let missing = || BodyError::Invalid { field: Some("name"), detail: "is required".to_owned() };
    name.ok_or_else(|| missing().into())
}

#[cfg(test)]
mod tests;
