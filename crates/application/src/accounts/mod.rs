//! Accounts: registered, shown, renamed, removed, and their passwords changed.

mod change_password;
mod find_by_email;
mod reauthenticate;
mod register;
mod remove_account;
mod rename_account;
mod show_account;

pub use change_password::{ChangePassword, ChangePasswordCommand, ChangePasswordError};
pub(crate) use find_by_email::find_by_email;
pub use reauthenticate::ReauthenticateError;
pub use register::{Register, RegisterCommand, RegisterError};
pub use remove_account::{RemoveAccount, RemoveAccountError};
pub use rename_account::RenameAccount;
pub use show_account::{AccountView, ShowAccount};

use crate::ports::{Ports, Settings};

/// The use cases of accounts.
#[expect(missing_docs, reason = "each field is documented by its type")]
pub struct Accounts {
    pub register: Register,
    pub show: ShowAccount,
    pub rename: RenameAccount,
    pub remove: RemoveAccount,
    pub change_password: ChangePassword,
}

impl Accounts {
    /// The use cases on these ports.
    #[must_use]
    pub fn new(ports: &Ports, settings: &Settings) -> Self {
        Self {
            register: Register::new(ports, settings),
            show: ShowAccount::new(ports, settings),
            rename: RenameAccount::new(ports),
            remove: RemoveAccount::new(ports, settings),
            change_password: ChangePassword::new(ports, settings),
        }
    }
}

#[cfg(test)]
mod tests;
