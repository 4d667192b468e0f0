//! New content under the same id.

use std::sync::Arc;

use super::precondition::IfMatch;
use super::presenter::{FilePresenter, FileView};
use super::remove_file::mark_blobs_deleted;
use super::transfer::{IntentOutcome, IntentRequest, Transfer, Written};
use super::upload_body::{UploadBody, UploadError};
use crate::engine::events::EventRecorder;
use crate::engine::intents::Intent;
use crate::engine::retry::{confirm_commit, retry_conflicts};
use crate::ports::{Ports, Settings};
use fm_domain::access::{Access, Actor, Right};
use fm_domain::accounts::Charge;
use fm_domain::body::ByteSize;
use fm_domain::error::{PortError, PortResult};
use fm_domain::events::Change;
use fm_domain::files::{File, Revision, ThumbnailState};
use fm_domain::ids::FileId;
use fm_domain::thumbnails::Thumbnailer;

/// The file and its new content.
pub struct ReplaceCommand {
    /// The file.
    pub file: FileId,
    /// The revisions in which it may be replaced.
    pub if_match: Option<IfMatch>,
    /// The bytes. The file keeps its name.
    pub body: UploadBody,
}

/// The file to switch, and who does it.
struct Edit<'a> {
    access: &'a Access,
    file: FileId,
    if_match: Option<&'a IfMatch>,
    events: &'a EventRecorder,
}

/// Replaces the content of files: the new bytes are a blob of their own, then a pointer switches, so that readers see
/// the old or the new and never a mixture.
///
/// Run it to its end, even when the client is gone: it cleans up behind itself.
pub struct ReplaceContent {
    transfer: Transfer,
    thumbnailer: Arc<dyn Thumbnailer>,
    presenter: FilePresenter,
}

impl ReplaceContent {
    pub(crate) fn new(ports: &Ports, settings: &Settings) -> Self {
        Self {
            transfer: Transfer::new(ports, settings),
            thumbnailer: ports.thumbnailer.clone(),
            presenter: FilePresenter::new(ports, settings),
        }
    }

    /// The file with its new content.
    pub async fn run(&self, actor: &Actor, command: ReplaceCommand) -> Result<FileView, UploadError> {
        let access = actor.access(Right::Write)?;
        let ReplaceCommand { file, if_match, body } = command;
        let replaces = self.replaceable(&access, file, if_match.as_ref()).await?;
        let intent_request = IntentRequest { owner: actor.user(), length: body.length, replaces, key: None };
        let recorded = self.transfer.record_intent(&intent_request).await?;
        let IntentOutcome::Ready { intent, quota } = recorded else {
            return Err(PortError::Unexpected("an upload without a key found an earlier one".into()).into());
        };
        let events = self.transfer.events.by(actor);
        let outcome = match self.transfer.write(&intent, quota, body).await {
            Ok(mut written) => {
                let edit = Edit { access: &access, file, if_match: if_match.as_ref(), events: &events };
                let picture = written.picture.take();
                let switched = Box::pin(retry_conflicts(|| self.switch(&edit, &intent, &written)));
                self.transfer.hand_over(&intent, picture, switched).await
            }
            Err(error) => Err(error),
        };
        match outcome {
            Ok(file) => Ok(self.presenter.view(file).await?),
            Err(error) => {
                self.transfer.intents.cancel(&intent).await;
                Err(error)
            }
        }
    }

    /// Whether a replacement is worth reading: the refusals that are known without its bytes.
    pub async fn check(
        &self,
        actor: &Actor,
        id: FileId,
        if_match: Option<&IfMatch>,
    ) -> Result<(), UploadError> {
        let access = actor.access(Right::Write)?;
        self.replaceable(&access, id, if_match).await.map(drop)
    }

    /// Refuses early, before any byte is read; the size of the present content. The unit that switches decides.
    async fn replaceable(
        &self,
        access: &Access,
        id: FileId,
        if_match: Option<&IfMatch>,
    ) -> Result<ByteSize, UploadError> {
        let found = self.transfer.db.read().await?.files().find(access, id).await?;
        let file = found.ok_or(UploadError::NotFound)?;
        if IfMatch::allows(if_match, file.revision) {
            Ok(file.size)
        } else {
            Err(UploadError::PreconditionFailed)
        }
    }

    async fn switch(&self, edit: &Edit<'_>, intent: &Intent, written: &Written) -> Result<File, UploadError> {
        let Edit { access, file: id, if_match, events } = *edit;
        let mut unit = self.transfer.db.begin().await?;
        let Some(before) = unit.files().find_for_update(access, id).await? else {
            unit.rollback().await?;
            return Err(UploadError::NotFound);
        };
        let seen = before.revision;
        if !IfMatch::allows(if_match, seen) {
            unit.rollback().await?;
            return Err(UploadError::PreconditionFailed);
        }
        if let Err(refusal) = unit.blobs().mark_stored(intent.key.id, &written.stored).await {
            unit.rollback().await?;
            return Err(refusal.into());
        }
        let after = self.replaced(&before, seen, intent, written);
        unit.files().update(&after, seen).await?;
        mark_blobs_deleted(unit.as_mut(), &before, events, after.updated_at).await?;
        events.record(unit.as_mut(), after.updated_at, Change::ContentReplaced { file: &after }).await?;
        let charge =
            Charge { unreserve: intent.reserved, add: after.size, free: before.size, ..Charge::default() };
        if let Err(refusal) = unit.users().charge(intent.owner, &charge, self.transfer.quota).await {
            unit.rollback().await?;
            return Err(refusal.into());
        }
        confirm_commit(unit.commit().await, self.read_back(&after)).await?;
        Ok(after)
    }

    fn replaced(&self, before: &File, seen: Revision, intent: &Intent, written: &Written) -> File {
        let pictured = self.thumbnailer.accepts(&written.content_type);
        File {
            content_type: written.content_type.clone(),
            size: written.stored.size,
            sha256: Some(written.sha256),
            blob: intent.key.id,
            thumbnail: if pictured { ThumbnailState::Pending } else { ThumbnailState::None },
            revision: seen.next(),
            updated_at: self.transfer.clock.now(),
            ..before.clone()
        }
    }

    /// Whether this is what is kept, or was until its name changed.
    async fn read_back(&self, after: &File) -> PortResult<bool> {
        let own = Access::on_behalf_of(after.owner, Right::Read);
        let found = self.transfer.db.read().await?.files().find(&own, after.id).await?;
        Ok(found.is_some_and(|file| file.blob == after.blob))
    }
}

#[cfg(test)]
mod tests;
