//! A new file.

use std::sync::Arc;

use super::commit_file::{NewFile, commit_file, fingerprint};
use super::presenter::{FilePresenter, FileView};
use super::transfer::{IntentOutcome, IntentRequest, Transfer, Written};
use super::upload_body::{UploadBody, UploadError};
use crate::engine::intents::Intent;
use crate::engine::retry::{confirm_commit, retry_conflicts, roll_back};
use crate::ports::{Ports, Settings};
use crate::tree::{Placed, TreeContext, path_in_root};
use fm_domain::access::{Access, Actor, Right};
use fm_domain::body::{BodyError, ByteSize};
use fm_domain::error::PortResult;
use fm_domain::files::{File, FileName, Revision, ThumbnailState, VersionNumber};
use fm_domain::idempotency::{FinishedUpload, IdempotencyKey};
use fm_domain::ids::{DriveId, FileId, NodeId};
use fm_domain::thumbnails::Thumbnailer;
use fm_domain::tree::Placing;

/// The upload.
pub struct UploadCommand {
    /// The idempotency key by which a retry finds this upload.
    pub key: Option<IdempotencyKey>,
    /// The name, where it is known before the bytes: what is refused for it is refused before they are sent.
    pub name: Option<FileName>,
    /// The bytes.
    pub body: UploadBody,
    /// Where the file goes.
    pub placing: Placing,
}

impl UploadCommand {
    /// A file in the root, under a free name.
    #[must_use]
    pub fn new(key: Option<IdempotencyKey>, body: UploadBody) -> Self {
        Self { key, name: None, body, placing: Placing::default() }
    }
}

/// A file that is kept.
#[derive(Debug, Clone)]
pub struct Uploaded {
    /// The file.
    pub view: FileView,
    /// Whether this very upload made it; false for a retry that found the first one.
    pub fresh: bool,
    /// Whether it was there before, with another content.
    pub replaced: bool,
    /// The name that was asked for, where it was taken.
    pub requested_name: Option<FileName>,
    /// The folder that was asked for, where it went away while the bytes came: the file is in the root.
    pub moved_from: Option<NodeId>,
    /// The path of the file, where it is known without a further question: in the root, in a folder there, and below a path that was asked
    /// for; not of more than 16 KiB.
    pub path: Option<String>,
}

impl Uploaded {
    /// What this upload has placed.
    pub(crate) async fn of(presenter: &FilePresenter, placed: Placed) -> PortResult<Self> {
        let path = placed.path();
        let Placed { file, requested_name, moved_from, replaced, .. } = placed;
        let view = presenter.view(file).await?;
        Ok(Self { view, fresh: true, replaced, requested_name, moved_from, path })
    }

    /// What an earlier request has placed that asked for this name.
    pub(crate) async fn again(presenter: &FilePresenter, file: File, name: &FileName) -> PortResult<Self> {
        let (path, requested_name) = (path_in_root(&file), (file.name != *name).then(|| name.clone()));
        let view = presenter.view(file).await?;
        Ok(Self { view, fresh: false, replaced: false, requested_name, moved_from: None, path })
    }
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
        let UploadCommand { key, name, body, placing } = command;
        let intent_request = IntentRequest {
            owner: actor.user(),
            length: body.length,
            replaces: ByteSize::ZERO,
            key: key.as_ref(),
        };
        let (intent, quota) = match self.begin(&access, &intent_request).await? {
            IntentOutcome::Ready { intent, quota } => (intent, quota),
            IntentOutcome::Done(first) => return self.repeat(&access, &first, body, &placing).await,
        };
        let tree = &self.transfer.tree;
        let early = tree.check_early(&access, &placing, name.as_ref()).await;
        if let Err(refusal) = early {
            self.transfer.intents.cancel(&intent).await;
            return Err(refusal.into());
        }
        let outcome = match self.transfer.write(&intent, quota, body).await {
            Ok(mut written) => match required(written.name.take()) {
                Ok(name) => {
                    let picture = written.picture.take();
                    let commit = Box::pin(self.commit(actor, &intent, &written, name, &placing));
                    self.transfer.hand_over(&intent, picture, commit).await
                }
                Err(error) => Err(error),
            },
            Err(error) => Err(error),
        };
        match outcome {
            Ok(placed) => Ok(Uploaded::of(&self.presenter, placed).await?),
            Err(error) => {
                self.transfer.intents.cancel(&intent).await;
                Err(self.transfer.explained(actor, error).await)
            }
        }
    }

    /// Unit 1. The key of a file that was put into the trash is free, as that of one that was deleted.
    async fn begin(
        &self,
        access: &Access,
        intent_request: &IntentRequest<'_>,
    ) -> Result<IntentOutcome, UploadError> {
        let outcome = self.transfer.record_intent(intent_request).await?;
        let file = match &outcome {
            IntentOutcome::Ready { .. } => return Ok(outcome),
            IntentOutcome::Done(first) => first.file,
        };
        if self.transfer.db.read().await?.files().find(access, file).await?.is_some() {
            return Ok(outcome);
        }
        retry_conflicts(|| self.free_key(file)).await?;
        self.transfer.record_intent(intent_request).await
    }

    /// Unit 2: from its commit on the file exists.
    async fn commit(
        &self,
        actor: &Actor,
        intent: &Intent,
        written: &Written,
        name: FileName,
        placing: &Placing,
    ) -> Result<Placed, UploadError> {
        let now = self.transfer.clock.now();
        let pictured = self.thumbnailer.accepts(&written.content_type);
        let file = File {
            id: FileId::new(self.transfer.ids.uuid()),
            owner: intent.owner,
            parent: NodeId::root(DriveId::of_user(intent.owner)),
            name,
            content_type: written.content_type.clone(),
            size: written.stored.size,
            sha256: Some(written.sha256),
            blob: intent.key.id,
            version: VersionNumber::FIRST,
            thumbnail: if pictured { ThumbnailState::Pending } else { ThumbnailState::None },
            revision: Revision::FIRST,
            created_at: now,
            updated_at: now,
            content_at: now,
            modified_at: now,
        };
        let tree = self.transfer.tree.by(actor);
        retry_conflicts(|| self.try_commit(intent, written, &file, placing, &tree)).await
    }

    async fn try_commit(
        &self,
        intent: &Intent,
        written: &Written,
        file: &File,
        placing: &Placing,
        tree: &TreeContext,
    ) -> Result<Placed, UploadError> {
        let new = NewFile {
            file,
            stored: written.stored,
            reserved: intent.reserved,
            keyed: intent.keyed.then_some(intent.key.id),
            placing,
        };
        let mut unit = self.transfer.db.begin().await?;
        match commit_file(unit.as_mut(), &new, tree).await {
            Ok(placed) => {
                confirm_commit(unit.commit().await, self.read_back(&placed.file)).await?;
                Ok(placed)
            }
            Err(error) => Err(roll_back(unit, error).await),
        }
    }

    async fn read_back(&self, file: &File) -> PortResult<bool> {
        let own = Access::on_behalf_of(file.owner, Right::Read);
        let found = self.transfer.db.read().await?.files().find(&own, file.id).await?;
        Ok(found.is_some_and(|found| found.blob == file.blob))
    }

    /// A retry: its bytes are read and compared, but nothing is stored twice.
    async fn repeat(
        &self,
        access: &Access,
        first: &FinishedUpload,
        body: UploadBody,
        placing: &Placing,
    ) -> Result<Uploaded, UploadError> {
        let (sha256, name) = self.transfer.read(body).await?;
        if fingerprint(sha256, access, placing) != first.sha256 || required(name)? != first.name {
            return Err(UploadError::KeyConflict);
        }
        let found = self.transfer.db.read().await?.files().find(access, first.file).await?;
        let Some(file) = found else {
            // Removed while the retry was read: from now on the key is free, and the next retry is an upload.
            retry_conflicts(|| self.free_key(first.file)).await?;
            return Err(UploadError::KeyBusy { retry_after: std::time::Duration::from_secs(1) });
        };
        Ok(Uploaded::again(&self.presenter, file, &first.name).await?)
    }

    async fn free_key(&self, file: FileId) -> PortResult<()> {
        let mut unit = self.transfer.db.begin().await?;
        unit.keys().free_file(file).await?;
        unit.commit().await
    }
}

/// A new file has a name.
fn required(name: Option<FileName>) -> Result<FileName, UploadError> {
    let missing = || BodyError::Invalid { field: Some("name"), detail: "is required".to_owned() };
    name.ok_or_else(|| missing().into())
}

#[cfg(test)]
mod tests;
