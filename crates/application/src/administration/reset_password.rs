//! Another password for a user who has lost theirs.

use std::sync::Arc;

use crate::accounts::find_by_email;
use crate::engine::events::EventRecorder;
use crate::engine::password_queue::{Asker, Busy, PasswordQueue, Presence};
use crate::engine::passwords;
use crate::engine::retry::{confirm_commit, failure, retry_conflicts, roll_back};
use crate::ports::{Ports, Settings};
use crate::sessions::{CLOCK_SKEW, NamedAccount, left_to_the_job};
use fm_domain::accounts::{Account, Password, PasswordHash, PasswordHasher, WeakPassword};
use fm_domain::clock::{Clock, Timestamp};
use fm_domain::database::{Database, UnitOfWork};
use fm_domain::error::{PortError, PortResult};
use fm_domain::events::Change;
use fm_domain::ids::UserId;
use fm_domain::sessions::SessionStore;

/// Why the password stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum ResetPasswordError {
    /// There is no such user.
    #[error("there is no such user")]
    NotFound,
    /// The new password is one that is tried first.
    #[error(transparent)]
    WeakPassword(#[from] WeakPassword),
    /// Too many passwords are being checked.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// A store failed.
    #[error(transparent)]
    Store(#[from] PortError),
}

failure!(ResetPasswordError);

/// Replaces passwords without the one before, for operators, and ends all sessions.
pub struct ResetPassword {
    db: Arc<dyn Database>,
    sessions: Arc<dyn SessionStore>,
    passwords: Arc<dyn PasswordHasher>,
    queue: PasswordQueue,
    clock: Arc<dyn Clock>,
    events: EventRecorder,
}

impl ResetPassword {
    pub(crate) fn new(ports: &Ports, settings: &Settings) -> Self {
        Self {
            db: ports.db.clone(),
            sessions: ports.sessions.clone(),
            passwords: ports.passwords.clone(),
            queue: settings.password_queue.clone(),
            clock: ports.clock.clone(),
            events: EventRecorder::new(ports),
        }
    }

    /// The user who has the new password now. Their sessions end before the answer, or by a job that was committed with the
    /// change.
    pub async fn run(&self, user: &NamedAccount, new: &Password) -> Result<UserId, ResetPasswordError> {
        let found = match user {
            NamedAccount::Id(id) => self.db.read().await?.users().find(*id).await?,
            NamedAccount::Email(email) => find_by_email(self.db.as_ref(), email).await?,
        };
        let Account { user, .. } = found.ok_or(ResetPasswordError::NotFound)?;
        new.check_strength(&user.email, user.name.as_ref())?;
        let permit = self.queue.enter(Asker::Anonymous, &Presence::default()).await?;
        let hash = passwords::hash(&permit, &self.passwords, new).await?;
        drop(permit);
        let now = retry_conflicts(|| self.replace(user.id, &hash)).await?;
        left_to_the_job(self.sessions.revoke_all(user.id, None, now.plus(CLOCK_SKEW)).await);
        Ok(user.id)
    }

    async fn replace(&self, user: UserId, hash: &PasswordHash) -> Result<Timestamp, ResetPasswordError> {
        let now = self.clock.now();
        let mut unit = self.db.begin().await?;
        if let Err(error) = self.replace_in(unit.as_mut(), user, hash, now).await {
            return Err(roll_back(unit, error).await);
        }
        confirm_commit(unit.commit().await, self.is_set(user, hash)).await?;
        Ok(now)
    }

    async fn replace_in(
        &self,
        unit: &mut dyn UnitOfWork,
        user: UserId,
        hash: &PasswordHash,
        now: Timestamp,
    ) -> Result<(), ResetPasswordError> {
        let found = unit.users().find_for_update(user).await?;
        let seen = found.ok_or(ResetPasswordError::NotFound)?.user.password_hash;
        unit.users().set_password(user, &seen, hash).await?;
        Ok(self.events.record(unit, now, Change::PasswordReset { user }).await?)
    }

    async fn is_set(&self, user: UserId, hash: &PasswordHash) -> PortResult<bool> {
        let account = self.db.read().await?.users().find(user).await?;
        Ok(account.is_some_and(|account| account.user.password_hash == *hash))
    }
}

#[cfg(test)]
mod tests;
