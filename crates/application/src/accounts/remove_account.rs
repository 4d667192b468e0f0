//! Removes an account.

use std::sync::Arc;

use super::reauthenticate::{ReauthenticateError, Reauthentication};
use crate::engine::events::EventRecorder;
use crate::engine::password_queue::Presence;
use crate::engine::retry::{confirm_commit, retry_conflicts};
use crate::ports::{Ports, Settings};
use crate::sessions::{CLOCK_SKEW, left_to_the_job};
use fm_domain::access::Actor;
use fm_domain::accounts::Password;
use fm_domain::clock::{Clock, Timestamp};
use fm_domain::database::Database;
use fm_domain::error::PortResult;
use fm_domain::events::Change;
use fm_domain::sessions::SessionStore;

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
    ) -> Result<(), ReauthenticateError> {
        let (_account, turn) = self.reauthentication.confirm(actor, &password, presence).await?;
        drop(turn);
        let now = retry_conflicts(|| self.remove(actor)).await?;
        left_to_the_job(self.sessions.revoke_all(actor.user(), None, now.plus(CLOCK_SKEW)).await);
        Ok(())
    }

    async fn remove(&self, actor: &Actor) -> Result<Timestamp, ReauthenticateError> {
        let mut unit = self.db.begin().await?;
        let now = self.clock.now();
        // From now on the units of uploads find no user to charge.
        if !unit.users().mark_removed(actor.user(), now).await? {
            unit.rollback().await?;
            return Err(ReauthenticateError::Unauthenticated);
        }
        let change = Change::AccountRemoved { user: actor.user() };
        self.events.by(actor).record(unit.as_mut(), now, change).await?;
        confirm_commit(unit.commit().await, self.is_gone(actor)).await?;
        Ok(now)
    }

    async fn is_gone(&self, actor: &Actor) -> PortResult<bool> {
        Ok(self.db.read().await?.users().find(actor.user()).await?.is_none())
    }
}
