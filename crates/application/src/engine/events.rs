//! Events, recorded in the unit of work that makes the change.

use std::sync::Arc;
use std::time::Duration;

use fm_domain::access::{Actor, Client};
use fm_domain::accounts::Role;
use fm_domain::audit::AuditAction;
use fm_domain::clock::Timestamp;
use fm_domain::database::UnitOfWork;
use fm_domain::error::PortResult;
use fm_domain::events::{Change, Event};
use fm_domain::files::File;
use fm_domain::ids::{IdSource, JobId, OperationId, UserId};
use fm_domain::tree::Item;
use uuid::Uuid;

use super::audit::{Act, AuditTrail};
use super::follow_ups::FollowUps;
use crate::ports::Ports;

/// Records events: what follows from a change is enqueued in its unit, and its entry of the audit trail added to it, so that
/// a commit carries all of them or none. Cheap to clone.
#[derive(Clone)]
pub(crate) struct EventRecorder {
    follow_ups: FollowUps,
    ids: Arc<dyn IdSource>,
    trail: AuditTrail,
    origin: Arc<Origin>,
}

/// Who makes the changes, and from where: at first the program itself.
#[derive(Default)]
struct Origin {
    actor: Option<UserId>,
    client: Client,
}

impl EventRecorder {
    /// Records changes that the program makes by itself.
    pub(crate) fn new(ports: &Ports) -> Self {
        let (follow_ups, ids) = (ports.follow_ups.clone(), ports.ids.clone());
        Self { follow_ups, ids, trail: AuditTrail::new(ports), origin: Arc::default() }
    }

    /// The same for changes that this actor makes.
    pub(crate) fn by(&self, actor: &Actor) -> Self {
        self.by_user(actor.user(), actor.client().clone())
    }

    /// The same for changes that this user makes through this client.
    pub(crate) fn by_user(&self, user: UserId, client: Client) -> Self {
        Self { origin: Arc::new(Origin { actor: Some(user), client }), ..self.clone() }
    }

    /// Records a change that the unit makes. Nothing is stored but the jobs that follow from it and its entry of the trail.
    pub(crate) async fn record(
        &self,
        unit: &mut dyn UnitOfWork,
        at: Timestamp,
        change: Change<'_>,
    ) -> PortResult<()> {
        self.record_ahead(unit, at, Duration::ZERO, change).await
    }

    /// The same for a change whose jobs wait for so long before they are due.
    pub(crate) async fn record_ahead(
        &self,
        unit: &mut dyn UnitOfWork,
        at: Timestamp,
        head_start: Duration,
        change: Change<'_>,
    ) -> PortResult<()> {
        for follow_up in self.follow_ups.of(&Event { at, change })? {
            let job = follow_up.due(JobId::new(self.ids.uuid()), at.plus(head_start));
            // Where equal work waits already there is nothing to add.
            unit.jobs().enqueue(&job).await?;
        }
        let Some((action, account, target)) = audited(&change) else { return Ok(()) };
        let Origin { actor, client } = &*self.origin;
        let act = Act { action, actor: *actor, account: Some(account), target, client };
        self.trail.append(unit, at, act).await
    }
}

/// What the audit trail tells of a change: the action, the account and the target. Nothing of what the program does to
/// files and blobs, and nothing of uploads before they are files.
fn audited(change: &Change<'_>) -> Option<(AuditAction, UserId, Option<Uuid>)> {
    let account = |action, user: &UserId| Some((action, *user, None));
    let file = |action, file: &File| Some((action, file.owner, Some(file.id.uuid())));
    let item = |action, item: &Item| Some((action, item.drive().owner(), Some(item.id().uuid())));
    let operation = |action, id: &OperationId, owner: &UserId| Some((action, *owner, Some(id.uuid())));
    match change {
        Change::AccountRegistered { user } => account(AuditAction::ACCOUNT_REGISTERED, user),
        Change::AccountRenamed { user } => account(AuditAction::ACCOUNT_RENAMED, user),
        Change::PasswordChanged { user, .. } => account(AuditAction::PASSWORD_CHANGED, user),
        Change::PasswordReset { user } => account(AuditAction::PASSWORD_RESET, user),
        Change::AccountSuspended { user } => account(AuditAction::ACCOUNT_SUSPENDED, user),
        Change::AccountResumed { user } => account(AuditAction::ACCOUNT_RESUMED, user),
        Change::RoleChanged { user, role: Role::Admin } => account(AuditAction::ACCOUNT_PROMOTED, user),
        Change::RoleChanged { user, role: Role::User } => account(AuditAction::ACCOUNT_DEMOTED, user),
        Change::QuotaChanged { user } => account(AuditAction::ACCOUNT_QUOTA_CHANGED, user),
        Change::AccountRemoved { user } => account(AuditAction::ACCOUNT_REMOVED, user),
        Change::FileCreated { file: created } => file(AuditAction::FILE_UPLOADED, created),
        Change::FileRenamed { file: renamed } => file(AuditAction::FILE_RENAMED, renamed),
        Change::ContentReplaced { file: replaced } => file(AuditAction::FILE_REPLACED, replaced),
        Change::FileRemoved { file: removed } => file(AuditAction::FILE_REMOVED, removed),
        Change::VersionChanged { file: of } => file(AuditAction::VERSION_CHANGED, of),
        Change::VersionsRemoved { file: of } => file(AuditAction::VERSIONS_REMOVED, of),
        Change::FolderCreated { folder } => {
            Some((AuditAction::FOLDER_CREATED, folder.drive.owner(), Some(folder.id.uuid())))
        }
        Change::ItemMoved { item: moved } => item(AuditAction::ITEM_MOVED, moved),
        Change::ItemCopied { item: copy } => item(AuditAction::ITEM_COPIED, copy),
        Change::ItemTrashed { item: trashed } => item(AuditAction::ITEM_TRASHED, trashed),
        Change::ItemRestored { item: restored } => item(AuditAction::ITEM_RESTORED, restored),
        Change::ItemRemoved { item: removed } => item(AuditAction::ITEM_REMOVED, removed),
        Change::OperationBegun { operation: id, owner } => operation(AuditAction::OPERATION_BEGUN, id, owner),
        Change::OperationCancelled { operation: id, owner } => {
            operation(AuditAction::OPERATION_CANCELLED, id, owner)
        }
        Change::ContentsRemoved { .. }
        | Change::ContentHashed { .. }
        | Change::ThumbnailChanged { .. }
        | Change::UploadCreated { .. }
        | Change::UploadCompleted { .. }
        | Change::UploadCancelled { .. }
        | Change::UploadExpired { .. }
        | Change::FileCopied { .. }
        | Change::BlobsMarkedDeleted { .. } => None,
    }
}

#[cfg(test)]
mod tests;
