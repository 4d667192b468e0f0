//! One user, as administrators see them.

use std::sync::Arc;

use super::{Administrator, NotAllowed};
use crate::accounts::{AccountView, find_by_email};
use crate::ports::{Ports, Settings};
use crate::sessions::NamedAccount;
use fm_domain::body::ByteSize;
use fm_domain::database::Database;
use fm_domain::error::PortError;

/// Why no user was shown.
#[derive(Debug, thiserror::Error)]
pub enum ShowUserError {
    /// The one who asks is no admin.
    #[error("the user is no admin")]
    NotAdmin,
    /// There is no such user.
    #[error("there is no such user")]
    NotFound,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] PortError),
}

impl From<NotAllowed> for ShowUserError {
    fn from(error: NotAllowed) -> Self {
        match error {
            NotAllowed::NotAdmin => Self::NotAdmin,
            NotAllowed::Store(error) => Self::Store(error),
        }
    }
}

/// Shows users.
pub struct ShowUser {
    db: Arc<dyn Database>,
    quota: Option<ByteSize>,
}

impl ShowUser {
    pub(crate) fn new(ports: &Ports, settings: &Settings) -> Self {
        Self { db: ports.db.clone(), quota: settings.quota }
    }

    /// The user that is named so.
    pub async fn run(&self, by: &Administrator, user: &NamedAccount) -> Result<AccountView, ShowUserError> {
        by.check(self.db.as_ref()).await?;
        let found = match user {
            NamedAccount::Id(id) => self.db.read().await?.users().find(*id).await?,
            NamedAccount::Email(email) => find_by_email(self.db.as_ref(), email).await?,
        };
        Ok(AccountView::new(found.ok_or(ShowUserError::NotFound)?, self.quota))
    }
}

#[cfg(test)]
mod tests;
