//! What asks for the password again.

use std::sync::Arc;

use super::Caller;
use crate::store::{Database, StoreError};
use crate::usecase::retry::failure;
use crate::user::{Account, Password, PasswordCheck, PasswordHasher};

/// Why something that asks for the password again was not done.
#[derive(Debug, thiserror::Error)]
pub enum PasswordAskedError {
    /// It is not the password.
    #[error("the password is not right")]
    WrongPassword,
    /// The account is gone.
    #[error("the credentials are not valid")]
    Unauthenticated,
    /// A store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

failure!(PasswordAskedError);

/// The caller's account, once its password was given.
pub(super) async fn confirmed(
    db: &Arc<dyn Database>,
    passwords: &Arc<dyn PasswordHasher>,
    caller: &Caller,
    password: &Password,
) -> Result<Account, PasswordAskedError> {
    let account =
        db.read().await?.users().find(caller.user).await?.ok_or(PasswordAskedError::Unauthenticated)?;
    match passwords.verify(password, &account.user.password_hash).await? {
        PasswordCheck::Right | PasswordCheck::RightButOutdated => Ok(account),
        PasswordCheck::Wrong => Err(PasswordAskedError::WrongPassword),
    }
}
