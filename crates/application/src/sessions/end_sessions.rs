//! The end of all sessions of an account, by an operator.

use std::sync::Arc;

use super::revoke_other_sessions::CLOCK_SKEW;
use crate::accounts::find_by_email;
use crate::engine::audit::{Act, AuditTrail};
use crate::ports::Ports;
use fm_domain::accounts::Email;
use fm_domain::audit::AuditAction;
use fm_domain::clock::Clock;
use fm_domain::database::Database;
use fm_domain::error::PortError;
use fm_domain::ids::UserId;
use fm_domain::sessions::SessionStore;

/// An account, as an operator names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NamedAccount {
    /// By its id. An account that is gone may have sessions still.
    Id(UserId),
    /// By its address.
    Email(Email),
}

/// Why no session was ended.
#[derive(Debug, thiserror::Error)]
pub enum EndSessionsError {
    /// No account has the address.
    #[error("no account has this address")]
    NoSuchAddress,
    /// No account has the id, and no session is of one that had it.
    #[error("no account has this id, and no session is of it")]
    NoSuchId,
    /// A store failed.
    #[error(transparent)]
    Store(#[from] PortError),
}

/// Ends all sessions of an account.
pub struct EndSessions {
    db: Arc<dyn Database>,
    sessions: Arc<dyn SessionStore>,
    clock: Arc<dyn Clock>,
    trail: AuditTrail,
}

impl EndSessions {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self {
            db: ports.db.clone(),
            sessions: ports.sessions.clone(),
            clock: ports.clock.clone(),
            trail: AuditTrail::new(ports),
        }
    }

    /// Ends them, and every token of them; the account whose sessions they were.
    pub async fn run(&self, account: &NamedAccount) -> Result<UserId, EndSessionsError> {
        let user = match account {
            NamedAccount::Id(id) => {
                let account = self.db.read().await?.users().find(*id).await?;
                if account.is_none() && self.sessions.list(*id, self.clock.now()).await?.is_empty() {
                    return Err(EndSessionsError::NoSuchId);
                }
                *id
            }
            NamedAccount::Email(email) => {
                let found = find_by_email(self.db.as_ref(), email).await?;
                found.ok_or(EndSessionsError::NoSuchAddress)?.user.id
            }
        };
        self.sessions.revoke_all(user, None, self.clock.now().plus(CLOCK_SKEW)).await?;
        let act = Act::of_operator(AuditAction::SESSIONS_REVOKED, None);
        self.trail.record(Act { account: Some(user), ..act }).await;
        Ok(user)
    }
}

#[cfg(test)]
mod tests;
