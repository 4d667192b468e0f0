//! Accounts and sessions.

mod authenticate;
mod change_password;
mod list_sessions;
mod log_in;
mod log_out;
mod pair;
mod password_asked;
mod refresh;
mod register;
mod remove_account;
mod rename_account;
mod revoke_other_sessions;
mod revoke_session;
mod show_account;

pub use authenticate::{Authenticate, Caller, Client, Refused};
pub use change_password::{ChangePassword, ChangePasswordCommand};
pub use list_sessions::ListSessions;
pub use log_in::{LogIn, LogInCommand, LogInError};
pub use log_out::LogOut;
pub use pair::TokenPair;
pub use password_asked::PasswordAskedError;
pub use refresh::{Refresh, RefreshCommand};
pub use register::{Register, RegisterCommand, RegisterError};
pub use remove_account::RemoveAccount;
pub use rename_account::RenameAccount;
pub use revoke_other_sessions::RevokeOtherSessions;
pub use revoke_session::{RevokeSession, RevokeSessionError};
pub use show_account::{AccountView, ShowAccount};

#[cfg(test)]
mod tests;
