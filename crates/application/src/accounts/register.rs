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
    Account, DisplayName, Email, InsertUser, Password, PasswordHasher, Role, User, WeakPassword,
};
use fm_domain::body::ByteSize;
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
    is_open: bool,
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
            is_open: settings.registration_open,
        }
    }

    /// The new user.
    pub async fn run(&self, command: RegisterCommand) -> Result<User, RegisterError> {
        if !self.is_open {
            return Err(RegisterError::Closed);
        }
        Ok(self.create(command, None).await?.user)
    }

    /// The account of a user whom an operator makes, whether registration is open or not.
    pub(crate) async fn for_operator(
        &self,
        command: RegisterCommand,
        role: Role,
        quota: Option<ByteSize>,
    ) -> Result<Account, RegisterError> {
        self.create(command, Some((role, quota))).await
    }

    async fn create(
        &self,
        command: RegisterCommand,
        by_operator: Option<(Role, Option<ByteSize>)>,
    ) -> Result<Account, RegisterError> {
        command.password.check_strength(&command.email, command.name.as_ref())?;
        // First, and of the memory of this process: a flood that is refused never reaches the database.
        let room = self.queue.reserve(Asker::Anonymous).map_err(NoRoom::refuse::<RegisterError>)?;
        // Hashing is slow on purpose: a taken address need not pay for it.
        if find_by_email(self.db.as_ref(), &command.email).await?.is_some() {
            return Err(RegisterError::EmailTaken);
        }
        let permit = room.wait(&command.presence).await?;
        let password_hash = passwords::hash(&permit, &self.passwords, &command.password).await?;
        drop(permit);
        let id = UserId::new(self.ids.uuid());
        let (role, quota) = by_operator.unwrap_or((Role::User, None));
        let user = User {
            id,
            email: command.email,
            name: command.name,
            role,
            password_hash,
            created_at: self.clock.now(),
        };
        let account = Account { quota, ..Account::new(user) };
        let by_user = || self.events.by_user(id, command.client.clone());
        let events = by_operator.map_or_else(by_user, |_| self.events.clone());
        retry_conflicts(|| self.insert(&account, &events)).await?;
        Ok(account)
    }

    async fn insert(&self, account: &Account, events: &EventRecorder) -> Result<(), RegisterError> {
        let user = &account.user;
        let mut unit = self.db.begin().await?;
        if let Err(refusal) = unit.users().insert(user).await {
            unit.rollback().await?;
            return Err(refusal.into());
        }
        if account.quota.is_some() {
            unit.users().set_quota(user.id, account.quota).await?;
        }
        let change = Change::AccountRegistered { user: user.id };
        events.record(unit.as_mut(), user.created_at, change).await?;
        let happened = async { Ok(self.db.read().await?.users().find(user.id).await?.is_some()) };
        Ok(confirm_commit(unit.commit().await, happened).await?)
    }
}

#[cfg(test)]
mod tests;
