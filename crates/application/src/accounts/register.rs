//! A new account.

use std::sync::Arc;

use super::find_by_email;
use crate::engine::events::EventRecorder;
use crate::engine::password_queue::{Asker, Busy, NoRoom, PasswordQueue, Presence};
use crate::engine::passwords;
use crate::engine::retry::{confirm_commit, failure, retry_conflicts};
use crate::ports::{Ports, Settings};
use fm_domain::access::Client;
use fm_domain::accounts::{
    DisplayName, Email, InsertUser, Password, PasswordHasher, Role, User, WeakPassword,
};
use fm_domain::clock::Clock;
use fm_domain::database::Database;
use fm_domain::error::PortError;
use fm_domain::events::Change;
use fm_domain::ids::{IdSource, UserId};

/// The account to open.
#[derive(Debug, Clone)]
pub struct RegisterCommand {
    /// The address to log in with.
    pub email: Email,
    /// The password to log in with.
    pub password: Password,
    /// What to be called.
    pub name: Option<DisplayName>,
    /// The client that asks.
    pub client: Client,
    /// Whether it is still there.
    pub presence: Presence,
}

/// Why there is no new account.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// The operator has closed registration.
    #[error("registration is closed")]
    Closed,
    /// Another user has this address.
    #[error("the address is taken")]
    EmailTaken,
    /// The password is one that is tried first.
    #[error(transparent)]
    WeakPassword(#[from] WeakPassword),
    /// Too many passwords are being checked.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// A store failed.
    #[error(transparent)]
    Store(#[from] PortError),
}

failure!(RegisterError);

impl From<InsertUser> for RegisterError {
    fn from(error: InsertUser) -> Self {
        match error {
            InsertUser::EmailTaken => Self::EmailTaken,
            InsertUser::Store(error) => Self::Store(error),
        }
    }
}

/// Opens accounts.
pub struct Register {
    db: Arc<dyn Database>,
    passwords: Arc<dyn PasswordHasher>,
    queue: PasswordQueue,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    events: EventRecorder,
    open: bool,
}

impl Register {
    pub(crate) fn new(ports: &Ports, settings: &Settings) -> Self {
        Self {
            db: ports.db.clone(),
            passwords: ports.passwords.clone(),
            queue: settings.password_queue.clone(),
            clock: ports.clock.clone(),
            ids: ports.ids.clone(),
            events: EventRecorder::new(ports),
            open: settings.registration_open,
        }
    }

    /// The new user.
    pub async fn run(&self, command: RegisterCommand) -> Result<User, RegisterError> {
        if !self.open {
            return Err(RegisterError::Closed);
        }
        command.password.check_strength(&command.email, command.name.as_ref())?;
        // First, and of the memory of this process: a flood that is refused never reaches the database.
        let room = self.queue.reserve(Asker::Anonymous).map_err(NoRoom::refuse::<RegisterError>)?;
        // Hashing is slow on purpose: a taken address need not pay for it.
        if find_by_email(self.db.as_ref(), &command.email).await?.is_some() {
            return Err(RegisterError::EmailTaken);
        }
        let turn = room.wait(&command.presence).await?;
        let password_hash = passwords::hash(&turn, &self.passwords, &command.password).await?;
        drop(turn);
        let user = User {
            id: UserId::new(self.ids.uuid()),
            email: command.email,
            name: command.name,
            role: Role::User,
            password_hash,
            created_at: self.clock.now(),
        };
        let events = self.events.by_user(user.id, command.client);
        retry_conflicts(|| self.insert(&user, &events)).await?;
        Ok(user)
    }

    async fn insert(&self, user: &User, events: &EventRecorder) -> Result<(), RegisterError> {
        let mut unit = self.db.begin().await?;
        if let Err(refusal) = unit.users().insert(user).await {
            unit.rollback().await?;
            return Err(refusal.into());
        }
        let change = Change::AccountRegistered { user: user.id };
        events.record(unit.as_mut(), user.created_at, change).await?;
        let happened = async { Ok(self.db.read().await?.users().find(user.id).await?.is_some()) };
        Ok(confirm_commit(unit.commit().await, happened).await?)
    }
}

#[cfg(test)]
mod tests;
