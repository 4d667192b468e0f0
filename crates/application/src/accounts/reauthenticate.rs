//! Use cases that ask for the password again.

use std::sync::Arc;

use crate::engine::audit::Act;
use crate::engine::failed_attempts::FailedAttempts;
use crate::engine::password_queue::{Asker, Busy, HashPermit, PasswordQueue, Presence};
use crate::engine::passwords;
use crate::engine::retry::failure;
use crate::ports::{Ports, Settings};
use fm_domain::access::Actor;
use fm_domain::accounts::{Account, Password, PasswordCheck, PasswordHasher};
use fm_domain::audit::AuditAction;
use fm_domain::database::Database;
use fm_domain::error::PortError;

/// Why something that asks for the password again was not done.
#[derive(Debug, thiserror::Error)]
pub enum ReauthenticateError {
    /// It is not the password.
    #[error("the password is not right")]
    WrongPassword,
    /// The account is gone.
    #[error("the credentials are not valid")]
    Unauthenticated,
    /// Too many passwords are being checked.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// A store failed.
    #[error(transparent)]
    Store(#[from] PortError),
}

failure!(ReauthenticateError);

/// Asks for the password again.
pub(super) struct Reauthentication {
    db: Arc<dyn Database>,
    passwords: Arc<dyn PasswordHasher>,
    queue: PasswordQueue,
    failures: FailedAttempts,
}

impl Reauthentication {
    pub(super) fn new(ports: &Ports, settings: &Settings) -> Self {
        Self {
            db: ports.db.clone(),
            passwords: ports.passwords.clone(),
            queue: settings.password_queue.clone(),
            failures: FailedAttempts::new(ports),
        }
    }

    /// The caller's account, once its password was given, and the permit under which it was checked.
    pub(super) async fn confirm(
        &self,
        actor: &Actor,
        password: &Password,
        presence: &Presence,
    ) -> Result<(Account, HashPermit), ReauthenticateError> {
        let permit = self.queue.enter(Asker::SignedIn(actor.user()), presence).await?;
        let account = self.db.read().await?.users().find(actor.user()).await?;
        let account = account.ok_or(ReauthenticateError::Unauthenticated)?;
        match passwords::verify(&permit, &self.passwords, password, &account.user.password_hash).await? {
            PasswordCheck::Right | PasswordCheck::RightButOutdated => Ok((account, permit)),
            PasswordCheck::Wrong => {
                drop(permit);
                let act = Act::by(actor, AuditAction::PASSWORD_REFUSED, None);
                self.failures.record(&actor.user().to_string(), act).await;
                Err(ReauthenticateError::WrongPassword)
            }
        }
    }
}
