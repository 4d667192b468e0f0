//! Accounts by the address that a client sends.

use fm_domain::accounts::{Account, Email};
use fm_domain::database::Database;
use fm_domain::error::PortResult;

/// The account with the address as it was typed, or else with the form that all its spellings have in common. Addresses were
/// compared more strictly at first: such an account stays its owner's, though another one has the common form by now.
pub(crate) async fn find_by_email(db: &dyn Database, email: &Email) -> PortResult<Option<Account>> {
    let mut reads = db.read().await?;
    let mut found = None;
    // All are asked for in any case, so that the time tells of the text that was sent and not of the account.
    for spelling in email.spellings() {
        let account = reads.users().find_by_email(&spelling).await?;
        found = found.or(account);
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
