//! The end of a file.

use std::sync::Arc;

use super::precondition::{EditError, IfMatch};
use crate::engine::events::EventRecorder;
use crate::engine::retry::{confirm_commit, retry_conflicts};
use crate::ports::Ports;
use fm_domain::access::{Access, Actor, Right};
use fm_domain::accounts::{Charge, ReserveBytes};
use fm_domain::blobs::BlobKey;
use fm_domain::clock::{Clock, Timestamp};
use fm_domain::database::{Database, UnitOfWork};
use fm_domain::error::PortResult;
use fm_domain::events::Change;
use fm_domain::files::File;
use fm_domain::ids::FileId;

/// The file to remove.
#[derive(Debug, Clone)]
pub struct RemoveCommand {
    /// The file.
    pub file: FileId,
    /// The revisions in which it may be removed.
    pub if_match: Option<IfMatch>,
}

/// Removes files. The bytes go after the commit, by jobs that were committed with it.
pub struct RemoveFile {
    db: Arc<dyn Database>,
    clock: Arc<dyn Clock>,
    events: EventRecorder,
}

impl RemoveFile {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self { db: ports.db.clone(), clock: ports.clock.clone(), events: EventRecorder::new(ports) }
    }

    /// Removes it: from the answer on it is gone for every route.
    pub async fn run(&self, actor: &Actor, command: RemoveCommand) -> Result<(), EditError> {
        let access = actor.access(Right::Delete)?;
        let events = self.events.by(actor);
        retry_conflicts(|| self.remove(&access, &command, &events)).await
    }

    async fn remove(
        &self,
        access: &Access,
        command: &RemoveCommand,
        events: &EventRecorder,
    ) -> Result<(), EditError> {
        let mut unit = self.db.begin().await?;
        let Some(file) = unit.files().find_for_update(access, command.file).await? else {
            unit.rollback().await?;
            return Err(EditError::NotFound);
        };
        if !IfMatch::allows(command.if_match.as_ref(), file.revision) {
            unit.rollback().await?;
            return Err(EditError::PreconditionFailed);
        }
        let now = self.clock.now();
        if !withdraw(unit.as_mut(), access, &file, events, now).await? {
            unit.rollback().await?;
            return Err(EditError::NotFound);
        }
        Ok(confirm_commit(unit.commit().await, self.is_gone(&file)).await?)
    }

    async fn is_gone(&self, file: &File) -> PortResult<bool> {
        let own = Access::on_behalf_of(file.owner, Right::Read);
        Ok(self.db.read().await?.files().find(&own, file.id).await?.is_none())
    }
}

/// Takes a file out, with its bytes, its keys and the uploads it was made by; false, and then the unit is to be rolled
/// back, when its owner is gone.
pub(crate) async fn withdraw(
    unit: &mut dyn UnitOfWork,
    access: &Access,
    file: &File,
    events: &EventRecorder,
    now: Timestamp,
) -> PortResult<bool> {
    unit.keys().free_file(file.id).await?;
    if file.sha256.is_none() {
        // No job has read its bytes yet, so its attempt still holds the key.
        unit.keys().free(file.blob).await?;
    }
    unit.uploads().remove_of_file(file.id).await?;
    if unit.files().remove(access, file.id).await?.is_none() {
        return Ok(false);
    }
    mark_blobs_deleted(unit, file, events, now).await?;
    events.record(unit, now, Change::FileRemoved { file }).await?;
    // The row of the user comes last in every unit: it is the one that uploads of one user wait for.
    let charge = Charge { free: file.size, files_removed: 1, ..Charge::default() };
    match unit.users().charge(file.owner, &charge, None).await {
        Ok(()) => Ok(true),
        Err(ReserveBytes::Store(error)) => Err(error),
        Err(ReserveBytes::NoUser | ReserveBytes::QuotaExceeded) => Ok(false),
    }
}

/// Marks the blobs of a file as deleted.
pub(super) async fn mark_blobs_deleted(
    unit: &mut dyn UnitOfWork,
    file: &File,
    events: &EventRecorder,
    now: Timestamp,
) -> PortResult<()> {
    let thumbnail = file.thumbnail.blob().map(BlobKey::thumbnail);
    for key in std::iter::once(BlobKey::file(file.blob)).chain(thumbnail) {
        mark_blob_deleted(unit, key, events, now).await?;
    }
    Ok(())
}

/// Marks one blob as deleted.
pub(super) async fn mark_blob_deleted(
    unit: &mut dyn UnitOfWork,
    key: BlobKey,
    events: &EventRecorder,
    now: Timestamp,
) -> PortResult<()> {
    unit.blobs().mark_deleted(key.id, now).await?;
    events.record(unit, now, Change::BlobMarkedDeleted { key }).await
}

#[cfg(test)]
mod tests;
