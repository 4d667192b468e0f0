//! Removes an account.

use std::sync::Arc;

use super::reauthenticate::{ReauthenticateError, Reauthentication};
use crate::engine::events::EventRecorder;
use crate::engine::password_queue::Presence;
use crate::engine::retry::{confirm_commit, retry_conflicts};
use crate::ports::{Ports, Settings};
use crate::sessions::{CLOCK_SKEW, left_to_the_job};
use fm_domain::access::Actor;
use fm_domain::accounts::{Password, Role};
use fm_domain::clock::{Clock, Timestamp};
use fm_domain::database::Database;
use fm_domain::error::PortResult;
use fm_domain::events::Change;
use fm_domain::sessions::SessionStore;

/// Why an account was not removed by its user.
#[derive(Debug, thiserror::Error)]
pub enum RemoveAccountError {
    /// No other admin would be left.
    #[error("the last admin can't remove the account")]
    LastAdmin,
    /// The password was not confirmed, or a store failed.
    #[error(transparent)]
    Reauthenticate(#[from] ReauthenticateError),
}

/// Removes an account and ends its sessions; its files, uploads and blobs follow in the background, batch by batch.
pub struct RemoveAccount {
    db: Arc<dyn Database>,
    sessions: Arc<dyn SessionStore>,
    reauthentication: Reauthentication,
    clock: Arc<dyn Clock>,
    events: EventRecorder,
}

impl RemoveAccount {
    pub(crate) fn new(ports: &Ports, settings: &Settings) -> Self {
        Self {
            db: ports.db.clone(),
            sessions: ports.sessions.clone(),
            reauthentication: Reauthentication::new(ports, settings),
            clock: ports.clock.clone(),
            events: EventRecorder::new(ports),
        }
    }

    /// Removes it. The database commits first, one row and two jobs however much the account has: from then on nothing of it is
    /// found. The sessions end before the answer, or by a job that was committed with the removal.
    pub async fn run(
        &self,
        actor: &Actor,
        password: Password,
        presence: &Presence,
    ) -> Result<(), RemoveAccountError> {
        let (account, permit) = self.reauthentication.confirm(actor, &password, presence).await?;
        drop(permit);
        let is_admin = account.user.role == Role::Admin;
        let removed = retry_conflicts(|| self.remove(actor, is_admin)).await?;
        let now = removed.ok_or(RemoveAccountError::LastAdmin)?;
        left_to_the_job(self.sessions.revoke_all(actor.user(), None, now.plus(CLOCK_SKEW)).await);
        Ok(())
    }

    /// When it was removed; `None` when no other admin would be left.
    async fn remove(&self, actor: &Actor, is_admin: bool) -> Result<Option<Timestamp>, ReauthenticateError> {
        let mut unit = self.db.begin().await?;
        let now = self.clock.now();
        if is_admin && unit.users().lock_admins().await? == [actor.user()] {
            unit.rollback().await?;
            return Ok(None);
        }
        // From now on the units of uploads find no user to charge.
        if !unit.users().mark_removed(actor.user(), now).await? {
            unit.rollback().await?;
            return Err(ReauthenticateError::Unauthenticated);
        }
        let change = Change::AccountRemoved { user: actor.user() };
        self.events.by(actor).record(unit.as_mut(), now, change).await?;
        confirm_commit(unit.commit().await, self.is_gone(actor)).await?;
        Ok(Some(now))
    }

    async fn is_gone(&self, actor: &Actor) -> PortResult<bool> {
        Ok(self.db.read().await?.users().find(actor.user()).await?.is_none())
    }
}
