//! The removal of a user by others.

use std::sync::Arc;

use super::{Administrator, ChangeUserError};
use crate::engine::events::EventRecorder;
use crate::engine::retry::{confirm_commit, retry_conflicts, roll_back};
use crate::ports::Ports;
use crate::sessions::{CLOCK_SKEW, left_to_the_job};
use fm_domain::clock::{Clock, Timestamp};
use fm_domain::database::{Database, UnitOfWork};
use fm_domain::events::Change;
use fm_domain::ids::UserId;
use fm_domain::sessions::SessionStore;

/// Removes users and ends their sessions; what they had follows in the background, batch by batch, as when users remove their
/// accounts themselves.
pub struct RemoveUser {
    db: Arc<dyn Database>,
    sessions: Arc<dyn SessionStore>,
    clock: Arc<dyn Clock>,
    events: EventRecorder,
}

impl RemoveUser {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self {
            db: ports.db.clone(),
            sessions: ports.sessions.clone(),
            clock: ports.clock.clone(),
            events: EventRecorder::new(ports),
        }
    }

    /// Removes the user. The sessions end before the answer, or by a job that was committed with the removal.
    pub async fn run(&self, by: &Administrator, user: UserId) -> Result<(), ChangeUserError> {
        let now = retry_conflicts(|| self.remove(by, user)).await?;
        left_to_the_job(self.sessions.revoke_all(user, None, now.plus(CLOCK_SKEW)).await);
        Ok(())
    }

    async fn remove(&self, by: &Administrator, user: UserId) -> Result<Timestamp, ChangeUserError> {
        let now = self.clock.now();
        let mut unit = self.db.begin().await?;
        if let Err(error) = self.remove_in(unit.as_mut(), by, user, now).await {
            return Err(roll_back(unit, error).await);
        }
        let is_gone = async { Ok(self.db.read().await?.users().find(user).await?.is_none()) };
        confirm_commit(unit.commit().await, is_gone).await?;
        Ok(now)
    }

    async fn remove_in(
        &self,
        unit: &mut dyn UnitOfWork,
        by: &Administrator,
        user: UserId,
        now: Timestamp,
    ) -> Result<(), ChangeUserError> {
        if !by.may_change(unit).await? {
            return Err(ChangeUserError::NotAdmin);
        }
        if by.is(user) {
            return Err(ChangeUserError::OwnAccount);
        }
        if !unit.users().mark_removed(user, now).await? {
            return Err(ChangeUserError::NotFound);
        }
        Ok(by.recorder(&self.events).record(unit, now, Change::AccountRemoved { user }).await?)
    }
}

#[cfg(test)]
mod tests;
