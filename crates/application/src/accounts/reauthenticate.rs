//! Use cases that ask for the password again.

use std::sync::Arc;

use crate::engine::passwords::verify;
use crate::engine::retry::failure;
use fm_domain::access::Actor;
use fm_domain::accounts::{Account, Password, PasswordCheck, PasswordHasher};
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
    /// A store failed.
    #[error(transparent)]
    Store(#[from] PortError),
}

failure!(ReauthenticateError);

/// The caller's account, once its password was given.
pub(super) async fn confirmed(
    db: &Arc<dyn Database>,
    passwords: &Arc<dyn PasswordHasher>,
    actor: &Actor,
    password: &Password,
) -> Result<Account, ReauthenticateError> {
    let account =
        db.read().await?.users().find(actor.user()).await?.ok_or(ReauthenticateError::Unauthenticated)?;
    match verify(passwords.as_ref(), password, &account.user.password_hash).await? {
        PasswordCheck::Right | PasswordCheck::RightButOutdated => Ok(account),
        PasswordCheck::Wrong => Err(ReauthenticateError::WrongPassword),
    }
}
