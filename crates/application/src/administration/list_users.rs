//! All users.

use std::sync::Arc;

use super::pages::List;
use super::{Administrator, PageError};
use crate::accounts::AccountView;
use crate::ports::{Ports, Settings};
use fm_domain::accounts::{Email, UserFilter};
use fm_domain::body::ByteSize;
use fm_domain::database::Database;
use fm_domain::ids::UserId;
use fm_domain::mac::MacSigner;

/// The users to list, from where on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListUsersCommand {
    /// Those with this part in their address, in any case.
    pub address_contains: Option<String>,
    /// The most users in a page.
    pub limit: u32,
    /// The end of the page before.
    pub cursor: Option<String>,
}

/// A page of users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserPage {
    /// The users, newest first.
    pub items: Vec<AccountView>,
    /// Where the next page begins, when there is one.
    pub next_cursor: Option<String>,
}

/// Lists users.
pub struct ListUsers {
    db: Arc<dyn Database>,
    macs: Arc<dyn MacSigner>,
    quota: Option<ByteSize>,
}

impl ListUsers {
    pub(crate) fn new(ports: &Ports, settings: &Settings) -> Self {
        Self { db: ports.db.clone(), macs: ports.macs.clone(), quota: settings.quota }
    }

    /// One page.
    pub async fn run(&self, by: &Administrator, command: ListUsersCommand) -> Result<UserPage, PageError> {
        by.check(self.db.as_ref()).await?;
        let ListUsersCommand { address_contains, limit, cursor } = command;
        let part = address_contains.as_deref().map(Email::fold_part).unwrap_or_default();
        let (list, macs) = (List { name: "users", filter: &part }, self.macs.as_ref());
        let after = list.place(cursor.as_deref(), macs)?.map(UserId::new);
        let filter = UserFilter { address_contains: Some(part.clone()).filter(|part| !part.is_empty()) };
        // One more than asked for tells whether there is a next page.
        let mut found = self.db.read().await?.users().list(&filter, after, limit.saturating_add(1)).await?;
        let next_cursor = list.next(&mut found, limit, |account| account.user.id.uuid(), macs)?;
        let items = found.into_iter().map(|account| AccountView::new(account, self.quota)).collect();
        Ok(UserPage { items, next_cursor })
    }
}

#[cfg(test)]
mod tests;
