//! Who administers, and whether they may.

use crate::engine::events::EventRecorder;
use crate::engine::retry::failure;
use fm_domain::access::Actor;
use fm_domain::database::{Database, UnitOfWork};
use fm_domain::error::{PortError, PortResult};
use fm_domain::ids::UserId;

/// Who administers.
#[derive(Debug, Clone)]
pub enum Administrator {
    /// A user, by a request: whether they are an admin is asked each time.
    Admin(Actor),
    /// An operator, by a command: with the database at hand they may do everything.
    Operator,
}

/// Why a question of an administrator was not answered.
#[derive(Debug, thiserror::Error)]
pub enum NotAllowed {
    /// The user is no admin.
    #[error("the user is no admin")]
    NotAdmin,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] PortError),
}

failure!(NotAllowed);

impl Administrator {
    /// Refuses users who are no admins, and those who are suspended.
    pub(super) async fn check(&self, db: &dyn Database) -> Result<(), NotAllowed> {
        let Self::Admin(actor) = self else { return Ok(()) };
        let account = db.read().await?.users().find(actor.user()).await?;
        let is_admin = account.is_some_and(|account| account.is_active_admin());
        if is_admin { Ok(()) } else { Err(NotAllowed::NotAdmin) }
    }

    /// Whether they may change something in this unit: the admins stay what they are until it ends.
    pub(super) async fn may_change(&self, unit: &mut dyn UnitOfWork) -> PortResult<bool> {
        let Self::Admin(actor) = self else { return Ok(true) };
        Ok(unit.users().lock_admins().await?.contains(&actor.user()))
    }

    /// Whether the account is their own.
    pub(super) fn is(&self, user: UserId) -> bool {
        matches!(self, Self::Admin(actor) if actor.user() == user)
    }

    /// What records what they change.
    pub(super) fn recorder(&self, events: &EventRecorder) -> EventRecorder {
        match self {
            Self::Admin(actor) => events.by(actor),
            Self::Operator => events.clone(),
        }
    }
}
