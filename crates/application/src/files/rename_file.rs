//! Another name for a file.

use std::sync::Arc;

use super::precondition::{EditError, IfMatch};
use super::presenter::{FilePresenter, FileView};
use crate::engine::events::EventRecorder;
use crate::engine::retry::{confirm_commit, retry_conflicts};
use crate::ports::{Ports, Settings};
use fm_domain::access::{Access, Actor, Right};
use fm_domain::clock::Clock;
use fm_domain::database::Database;
use fm_domain::error::PortResult;
use fm_domain::events::Change;
use fm_domain::files::{File, FileName};
use fm_domain::ids::FileId;

/// The file and its new name.
#[derive(Debug, Clone)]
pub struct RenameCommand {
    /// The file.
    pub file: FileId,
    /// The revisions in which it may be renamed.
    pub if_match: Option<IfMatch>,
    /// The new name.
    pub name: FileName,
}

/// Renames files; no bytes move.
pub struct RenameFile {
    db: Arc<dyn Database>,
    clock: Arc<dyn Clock>,
    events: EventRecorder,
    presenter: FilePresenter,
}

impl RenameFile {
    pub(crate) fn new(ports: &Ports, settings: &Settings) -> Self {
        Self {
            db: ports.db.clone(),
            clock: ports.clock.clone(),
            events: EventRecorder::new(ports),
            presenter: FilePresenter::new(ports, settings),
        }
    }

    /// The file under its new name.
    pub async fn run(&self, actor: &Actor, command: RenameCommand) -> Result<FileView, EditError> {
        let access = actor.access(Right::Write)?;
        let events = self.events.by(actor);
        let file = retry_conflicts(|| self.rename(&access, &command, &events)).await?;
        Ok(self.presenter.view(file).await?)
    }

    async fn rename(
        &self,
        access: &Access,
        command: &RenameCommand,
        events: &EventRecorder,
    ) -> Result<File, EditError> {
        let mut unit = self.db.begin().await?;
        let Some(before) = unit.files().find_for_update(access, command.file).await? else {
            unit.rollback().await?;
            return Err(EditError::NotFound);
        };
        let seen = before.revision;
        if !IfMatch::allows(command.if_match.as_ref(), seen) {
            unit.rollback().await?;
            return Err(EditError::PreconditionFailed);
        }
        let after = File {
            name: command.name.clone(),
            revision: seen.next(),
            updated_at: self.clock.now(),
            ..before
        };
        unit.files().update(&after, seen).await?;
        events.record(unit.as_mut(), after.updated_at, Change::FileRenamed { file: &after }).await?;
        confirm_commit(unit.commit().await, self.is_kept(&after)).await?;
        Ok(after)
    }

    /// Another change in the same moment has another time or name.
    async fn is_kept(&self, after: &File) -> PortResult<bool> {
        let own = Access::on_behalf_of(after.owner, Right::Read);
        let found = self.db.read().await?.files().find(&own, after.id).await?;
        Ok(found.is_some_and(|file| {
            (file.revision, &file.name, file.updated_at) == (after.revision, &after.name, after.updated_at)
        }))
    }
}

#[cfg(test)]
mod tests;
