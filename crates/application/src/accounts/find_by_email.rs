//! Accounts by the address that a client sends.

use fm_domain::accounts::{Account, Email};
use fm_domain::database::Database;
use fm_domain::error::PortResult;

/// The account with the address as it was typed, or else with its normalised form. Addresses were not normalised at
/// first: such an account stays its owner's, though another one has the normalised address by now.
pub(crate) async fn find_by_email(db: &dyn Database, email: &Email) -> PortResult<Option<Account>> {
    let mut reads = db.read().await?;
    let found = reads.users().find_by_email(email).await?;
    // Asked in either case, so that the time tells of the text that was sent and not of the account.
    let older = match email.as_typed() {
        Some(typed) => reads.users().find_by_email(&typed).await?,
        None => None,
    };
    Ok(older.or(found))
}
