//! New content under the same id.

use std::sync::Arc;

use super::presenter::{FilePresenter, FileView};
use super::transfer::{IntentOutcome, IntentRequest, Transfer, Written};
use super::upload_body::{UploadBody, UploadError};
use crate::engine::intents::Intent;
use crate::engine::retry::{confirm_commit, retry_conflicts, roll_back};
use crate::ports::{Ports, Settings};
use crate::tree::{NewContent, TreeContext, file_in, replace};
use fm_domain::access::{Access, Actor, Right};
use fm_domain::body::ByteSize;
use fm_domain::clock::Timestamp;
use fm_domain::database::UnitOfWork;
use fm_domain::error::{PortError, PortResult};
use fm_domain::files::{File, IfMatch, ThumbnailState};
use fm_domain::ids::FileId;
use fm_domain::thumbnails::Thumbnailer;
use fm_domain::tree::Delta;

/// The file and its new content.
pub struct ReplaceCommand {
    /// The file.
    pub file: FileId,
    /// The revisions in which it may be replaced.
    pub if_match: Option<IfMatch>,
    /// When the content was last changed where it comes from; none: now.
    pub modified_at: Option<Timestamp>,
    /// The bytes. The file keeps its name.
    pub body: UploadBody,
}

/// The file to switch, and who does it.
struct Edit<'a> {
    access: &'a Access,
    file: FileId,
    if_match: Option<&'a IfMatch>,
    modified_at: Option<Timestamp>,
    tree: &'a TreeContext,
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
        let ReplaceCommand { file, if_match, modified_at, body } = command;
        let present = self.replaceable(&access, file, if_match.as_ref()).await?;
        // What is kept as a version frees nothing.
        let replaces = if self.transfer.tree.retention.versions == 0 { present } else { ByteSize::ZERO };
        let intent_request = IntentRequest { owner: actor.user(), length: body.length, replaces, key: None };
        let recorded = self.transfer.record_intent(&intent_request).await?;
        let IntentOutcome::Ready { intent, quota } = recorded else {
            return Err(PortError::Unexpected("an upload without a key found an earlier one".into()).into());
        };
        let tree = self.transfer.tree.by(actor);
        let outcome = match self.transfer.write(&intent, quota, body).await {
            Ok(mut written) => {
                let if_match = if_match.as_ref();
                let edit = Edit { access: &access, file, if_match, modified_at, tree: &tree };
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
                Err(self.transfer.explained(actor, error).await)
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
        let mut unit = self.transfer.db.begin().await?;
        match self.switch_in(unit.as_mut(), edit, intent, written).await {
            Ok(after) => {
                confirm_commit(unit.commit().await, self.read_back(&after)).await?;
                Ok(after)
            }
            Err(error) => Err(roll_back(unit, error).await),
        }
    }

    async fn switch_in(
        &self,
        unit: &mut dyn UnitOfWork,
        edit: &Edit<'_>,
        intent: &Intent,
        written: &Written,
    ) -> Result<File, UploadError> {
        let Edit { access, file: id, if_match, modified_at, tree } = *edit;
        // The bytes are charged when it is known what becomes of the old ones.
        let charged = Delta { unreserve: intent.reserved, ..Delta::default() };
        let (blob, stored) = (intent.key.id, &written.stored);
        unit.enter_with_blob(blob, stored, access.drive(), &charged, self.transfer.quota).await?;
        // It may have gone to the trash while the bytes came.
        let before = file_in(unit, access, id).await?.ok_or(UploadError::NotFound)?;
        if !IfMatch::allows(if_match, before.revision) {
            return Err(UploadError::PreconditionFailed);
        }
        let now = self.transfer.clock.now();
        let pictured = self.thumbnailer.accepts(&written.content_type);
        let content = NewContent {
            content_type: written.content_type.clone(),
            size: written.stored.size,
            sha256: Some(written.sha256),
            blob: intent.key.id,
            thumbnail: if pictured { ThumbnailState::Pending } else { ThumbnailState::None },
            modified_at: modified_at.unwrap_or(now),
            at: now,
        };
        Ok(replace(tree, unit, &before, &content, &charged).await?)
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
