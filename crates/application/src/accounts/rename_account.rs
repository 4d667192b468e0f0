//! Another name for the caller.

use std::sync::Arc;

use crate::engine::events::EventRecorder;
use crate::engine::retry::retry_conflicts;
use crate::ports::Ports;
use crate::sessions::Refused;
use fm_domain::access::Actor;
use fm_domain::accounts::{DisplayName, User};
use fm_domain::clock::Clock;
use fm_domain::database::Database;
use fm_domain::events::Change;

/// Replaces the name of an account.
pub struct RenameAccount {
    db: Arc<dyn Database>,
    clock: Arc<dyn Clock>,
    events: EventRecorder,
}

impl RenameAccount {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self { db: ports.db.clone(), clock: ports.clock.clone(), events: EventRecorder::new(ports) }
    }

    /// The user as they are called now; `None` clears the name.
    pub async fn run(&self, actor: &Actor, name: Option<DisplayName>) -> Result<User, Refused> {
        retry_conflicts(|| self.rename(actor, name.clone())).await
    }

    async fn rename(&self, actor: &Actor, name: Option<DisplayName>) -> Result<User, Refused> {
        let mut unit = self.db.begin().await?;
        let Some(account) = unit.users().find_for_update(actor.user()).await? else {
            unit.rollback().await?;
            return Err(Refused::Unauthenticated);
        };
        let user = User { name: name.clone(), ..account.user };
        unit.users().set_name(user.id, name).await?;
        let change = Change::AccountRenamed { user: user.id };
        self.events.by(actor).record(unit.as_mut(), self.clock.now(), change).await?;
        unit.commit().await?;
        Ok(user)
    }
}
