//! A user whom an operator makes.

use crate::accounts::{AccountView, Register, RegisterCommand, RegisterError};
use crate::ports::{Ports, Presence, Settings};

use fm_domain::access::Client;
use fm_domain::accounts::{DisplayName, Email, Password, Role};
use fm_domain::body::ByteSize;

/// The user to make.
#[derive(Debug, Clone)]
pub struct CreateUserCommand {
    /// The address to log in with.
    pub email: Email,
    /// The password to log in with.
    pub password: Password,
    /// What to be called.
    pub name: Option<DisplayName>,
    /// What they may do.
    pub role: Role,
    /// Their own quota.
    pub quota: Option<ByteSize>,
}

/// Makes users, whether registration is open or not.
pub struct CreateUser {
    register: Register,
    quota: Option<ByteSize>,
}

impl CreateUser {
    pub(crate) fn new(ports: &Ports, settings: &Settings) -> Self {
        Self { register: Register::new(ports, settings), quota: settings.quota }
    }

    /// The new user's account, for an operator.
    pub async fn run(&self, command: CreateUserCommand) -> Result<AccountView, RegisterError> {
        let CreateUserCommand { email, password, name, role, quota } = command;
        let (client, presence) = (Client::default(), Presence::default());
        let command = RegisterCommand { email, password, name, client, presence };
        let account = self.register.for_operator(command, role, quota).await?;
        Ok(AccountView::new(account, self.quota))
    }
}

#[cfg(test)]
mod tests;
