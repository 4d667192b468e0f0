//! Questions about users.

use async_trait::async_trait;
use diesel::prelude::*;
use fm_domain::ids::UserId;
use fm_domain::store::Stored;
use fm_domain::user::{Account, Email, UserQueries};

use crate::database::SqliteReadRepos;
use crate::error::store_error;
use crate::rows::{Id, UserRow};
use crate::schema::users;

/// The user with this id.
pub(crate) fn find(connection: &mut SqliteConnection, id: UserId) -> Stored<Option<Account>> {
    users::table
        .find(Id::of(id.uuid()))
        .select(UserRow::as_select())
        .first(connection)
        .optional()
        .map_err(store_error)?
        .map(Account::try_from)
        .transpose()
}

#[async_trait]
impl UserQueries for SqliteReadRepos {
    async fn find(&mut self, id: UserId) -> Stored<Option<Account>> {
        self.ask(move |connection| find(connection, id)).await
    }

    async fn find_by_email(&mut self, email: &Email) -> Stored<Option<Account>> {
        let key = email.key().to_owned();
        self.ask(move |connection| {
            users::table
                .filter(users::email_key.eq(key))
                .select(UserRow::as_select())
                .first(connection)
                .optional()
                .map_err(store_error)?
                .map(Account::try_from)
                .transpose()
        })
        .await
    }
}
