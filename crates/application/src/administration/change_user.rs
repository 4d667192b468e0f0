//! Another standing, role or quota of a user.

use std::sync::Arc;

use super::Administrator;
use crate::accounts::AccountView;
use crate::engine::events::EventRecorder;
use crate::engine::retry::{confirm_commit, failure, retry_conflicts, roll_back};
use crate::ports::{Ports, Settings};
use crate::sessions::{CLOCK_SKEW, left_to_the_job};
use fm_domain::accounts::{Account, Role};
use fm_domain::body::ByteSize;
use fm_domain::clock::{Clock, Timestamp};
use fm_domain::database::{Database, UnitOfWork};
use fm_domain::error::PortError;
use fm_domain::events::Change;
use fm_domain::ids::UserId;
use fm_domain::sessions::SessionStore;

/// Whose quota counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuotaChange {
    /// That of the configuration.
    Default,
    /// The user's own.
    Own(ByteSize),
}

impl QuotaChange {
    const fn own(self) -> Option<ByteSize> {
        match self {
            Self::Default => None,
            Self::Own(bytes) => Some(bytes),
        }
    }
}

/// What to change; `None` leaves it as it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UserChanges {
    /// Whether the user is suspended.
    pub suspended: Option<bool>,
    /// What they may do.
    pub role: Option<Role>,
    /// How much they may keep.
    pub quota: Option<QuotaChange>,
}

/// Why a user was not changed or removed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeUserError {
    /// The one who asks is no admin.
    #[error("the user is no admin")]
    NotAdmin,
    /// There is no such user.
    #[error("there is no such user")]
    NotFound,
    /// Admins don't suspend, demote or remove themselves: another admin does, so that one is left.
    #[error("an admin can't suspend, demote or remove the own account here")]
    OwnAccount,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] PortError),
}

failure!(ChangeUserError);

/// Changes users.
pub struct ChangeUser {
    db: Arc<dyn Database>,
    sessions: Arc<dyn SessionStore>,
    clock: Arc<dyn Clock>,
    events: EventRecorder,
    quota: Option<ByteSize>,
}

impl ChangeUser {
    pub(crate) fn new(ports: &Ports, settings: &Settings) -> Self {
        Self {
            db: ports.db.clone(),
            sessions: ports.sessions.clone(),
            clock: ports.clock.clone(),
            events: EventRecorder::new(ports),
            quota: settings.quota,
        }
    }

    /// The user as they are now. Sessions of a user who is suspended end before the answer, or by a job that was committed with
    /// the change; also of one who was suspended before. What is as asked for already leaves no entry.
    pub async fn run(
        &self,
        by: &Administrator,
        user: UserId,
        changes: UserChanges,
    ) -> Result<AccountView, ChangeUserError> {
        let (account, now) = retry_conflicts(|| self.change(by, user, changes)).await?;
        if changes.suspended == Some(true) {
            left_to_the_job(self.sessions.revoke_all(user, None, now.plus(CLOCK_SKEW)).await);
        }
        Ok(AccountView::new(account, self.quota))
    }

    async fn change(
        &self,
        by: &Administrator,
        user: UserId,
        changes: UserChanges,
    ) -> Result<(Account, Timestamp), ChangeUserError> {
        let now = self.clock.now();
        let mut unit = self.db.begin().await?;
        match self.change_in(unit.as_mut(), by, user, changes, now).await {
            Ok(account) => {
                let stored = async { self.db.read().await?.users().find(user).await };
                let is_changed = async { Ok(stored.await?.is_some_and(|stored| is_as(&stored, &account))) };
                confirm_commit(unit.commit().await, is_changed).await?;
                Ok((account, now))
            }
            Err(error) => Err(roll_back(unit, error).await),
        }
    }

    async fn change_in(
        &self,
        unit: &mut dyn UnitOfWork,
        by: &Administrator,
        user: UserId,
        UserChanges { suspended, role, quota }: UserChanges,
        now: Timestamp,
    ) -> Result<Account, ChangeUserError> {
        if !by.may_change(unit).await? {
            return Err(ChangeUserError::NotAdmin);
        }
        if by.is(user) && (suspended == Some(true) || role == Some(Role::User)) {
            return Err(ChangeUserError::OwnAccount);
        }
        let found = unit.users().find_for_update(user).await?;
        let mut account = found.ok_or(ChangeUserError::NotFound)?;
        let mut changed = Vec::new();
        if let Some(suspended) = suspended.filter(|suspended| *suspended != account.is_suspended()) {
            account.suspended_at = suspended.then_some(now);
            unit.users().set_suspended(user, account.suspended_at).await?;
            changed.push(if suspended {
                Change::AccountSuspended { user }
            } else {
                Change::AccountResumed { user }
            });
        }
        if let Some(role) = role.filter(|role| *role != account.user.role) {
            account.user.role = role;
            unit.users().set_role(user, role).await?;
            changed.push(Change::RoleChanged { user, role });
        }
        if let Some(quota) = quota.map(QuotaChange::own).filter(|quota| *quota != account.quota) {
            account.quota = quota;
            unit.users().set_quota(user, quota).await?;
            changed.push(Change::QuotaChanged { user });
        }
        let recorder = by.recorder(&self.events);
        for change in changed {
            recorder.record(unit, now, change).await?;
        }
        Ok(account)
    }
}

/// Whether both have the same standing, role and quota.
fn is_as(one: &Account, other: &Account) -> bool {
    let standing = |account: &Account| (account.suspended_at, account.user.role, account.quota);
    standing(one) == standing(other)
}

#[cfg(test)]
mod tests;
