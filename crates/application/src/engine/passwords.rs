//! Comparing passwords with hashes of every version.

use fm_domain::accounts::{Password, PasswordCheck, PasswordHash, PasswordHasher};
use fm_domain::error::PortResult;

/// Compares the password as it is normalised, and then as it was typed: hashes were made of such texts before passwords
/// were normalised, and are outdated.
///
/// Both are compared with a decoy too, so that the time tells of the text that was sent and not of the account.
pub(crate) async fn verify(
    passwords: &dyn PasswordHasher,
    password: &Password,
    hash: &PasswordHash,
) -> PortResult<PasswordCheck> {
    let check = passwords.verify(password, hash).await?;
    let (PasswordCheck::Wrong, Some(typed)) = (check, password.as_typed()) else { return Ok(check) };
    Ok(match passwords.verify(&typed, hash).await? {
        PasswordCheck::Right | PasswordCheck::RightButOutdated => PasswordCheck::RightButOutdated,
        PasswordCheck::Wrong => PasswordCheck::Wrong,
    })
}
