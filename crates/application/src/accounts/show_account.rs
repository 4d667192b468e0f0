//! The caller's own account.

use std::sync::Arc;

use crate::ports::{Ports, Settings};
use crate::sessions::Refused;
use fm_domain::access::Actor;
use fm_domain::accounts::Account;
use fm_domain::body::ByteSize;
use fm_domain::database::Database;

/// An account and its limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountView {
    /// The account.
    pub account: Account,
    /// How much it may keep; `None`: any amount.
    pub quota: Option<ByteSize>,
}

impl AccountView {
    /// An account where `default` is the quota of the configuration.
    pub(crate) fn new(account: Account, default: Option<ByteSize>) -> Self {
        let quota = account.quota_or(default);
        Self { account, quota }
    }
}

/// Shows the caller's account.
pub struct ShowAccount {
    db: Arc<dyn Database>,
    quota: Option<ByteSize>,
}

impl ShowAccount {
    pub(crate) fn new(ports: &Ports, settings: &Settings) -> Self {
        Self { db: ports.db.clone(), quota: settings.quota }
    }

    /// The account. One that was removed a moment ago is refused as unauthenticated.
    pub async fn run(&self, actor: &Actor) -> Result<AccountView, Refused> {
        let account =
            self.db.read().await?.users().find(actor.user()).await?.ok_or(Refused::Unauthenticated)?;
        Ok(AccountView::new(account, self.quota))
    }
}
