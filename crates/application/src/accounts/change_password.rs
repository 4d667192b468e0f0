//! Another password.

use std::sync::Arc;

use super::reauthenticate::{ReauthenticateError, Reauthentication};
use crate::engine::events::EventRecorder;
use crate::engine::password_queue::Presence;
use crate::engine::passwords;
use crate::engine::retry::{confirm_commit, retry_conflicts};
use crate::ports::{Ports, Settings};
use crate::sessions::{CLOCK_SKEW, left_to_the_job};
use fm_domain::access::Actor;
use fm_domain::accounts::{Password, PasswordHash, PasswordHasher, WeakPassword};
use fm_domain::clock::{Clock, Timestamp};
use fm_domain::database::Database;
use fm_domain::error::{PortError, PortResult};
use fm_domain::events::Change;
use fm_domain::sessions::SessionStore;

/// The present password and the new one.
#[derive(Debug, Clone)]
pub struct ChangePasswordCommand {
    /// The present one.
    pub current: Password,
    /// The new one.
    pub new: Password,
    /// The client that asks.
    pub presence: Presence,
}

/// Why the password stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum ChangePasswordError {
    /// The new password is one that is tried first.
    #[error(transparent)]
    WeakPassword(#[from] WeakPassword),
    /// The present password was not confirmed, or a store failed.
    #[error(transparent)]
    Reauthenticate(#[from] ReauthenticateError),
}

impl From<PortError> for ChangePasswordError {
    fn from(error: PortError) -> Self {
        Self::Reauthenticate(error.into())
    }
}

/// Replaces the password of an account and ends all its sessions but the caller's.
pub struct ChangePassword {
    db: Arc<dyn Database>,
    sessions: Arc<dyn SessionStore>,
    passwords: Arc<dyn PasswordHasher>,
    reauthentication: Reauthentication,
    clock: Arc<dyn Clock>,
    events: EventRecorder,
}

impl ChangePassword {
    pub(crate) fn new(ports: &Ports, settings: &Settings) -> Self {
        Self {
            db: ports.db.clone(),
            sessions: ports.sessions.clone(),
            passwords: ports.passwords.clone(),
            reauthentication: Reauthentication::new(ports, settings),
            clock: ports.clock.clone(),
            events: EventRecorder::new(ports),
        }
    }

    /// Changes it. The database commits first; the sessions end before the answer, or, should their store be out of
    /// reach, by the job that was committed with the change: then the answer does not wait for them.
    pub async fn run(
        &self,
        actor: &Actor,
        command: ChangePasswordCommand,
    ) -> Result<(), ChangePasswordError> {
        let ChangePasswordCommand { current, new, presence } = command;
        let (account, permit) = self.reauthentication.confirm(actor, &current, &presence).await?;
        new.check_strength(&account.user.email, account.user.name.as_ref())?;
        let hash = passwords::hash(&permit, &self.passwords, &new).await?;
        drop(permit);
        let now = retry_conflicts(|| self.change(actor, &account.user.password_hash, &hash)).await?;
        let revoked =
            self.sessions.revoke_all(actor.user(), Some(actor.session()), now.plus(CLOCK_SKEW)).await;
        left_to_the_job(revoked);
        Ok(())
    }

    async fn change(
        &self,
        actor: &Actor,
        seen: &PasswordHash,
        new: &PasswordHash,
    ) -> Result<Timestamp, ReauthenticateError> {
        let mut unit = self.db.begin().await?;
        if !unit.users().set_password(actor.user(), seen, new).await? {
            unit.rollback().await?;
            // Another request changed it a moment ago: the given password is the old one.
            return Err(ReauthenticateError::WrongPassword);
        }
        let now = self.clock.now();
        let change = Change::PasswordChanged { user: actor.user(), session: actor.session() };
        self.events.by(actor).record(unit.as_mut(), now, change).await?;
        confirm_commit(unit.commit().await, self.is_set(actor, new)).await?;
        Ok(now)
    }

    async fn is_set(&self, actor: &Actor, new: &PasswordHash) -> PortResult<bool> {
        let account = self.db.read().await?.users().find(actor.user()).await?;
        Ok(account.is_some_and(|account| account.user.password_hash == *new))
    }
}
