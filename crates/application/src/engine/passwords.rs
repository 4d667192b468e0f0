//! Hashing passwords at a place of the queue, and comparing them with hashes of every version.

use std::sync::Arc;

use fm_domain::accounts::{Password, PasswordCheck, PasswordHash, PasswordHasher};
use fm_domain::error::PortResult;

use super::password_queue::HashPermit;

/// A new hash.
pub(crate) async fn hash(
    permit: &HashPermit,
    passwords: &Arc<dyn PasswordHasher>,
    password: &Password,
) -> PortResult<PasswordHash> {
    let (passwords, password) = (Arc::clone(passwords), password.clone());
    permit.run(async move { passwords.hash(&password).await }).await
}

/// Compares the password as it is normalised, and then as it was typed: hashes were made of such texts before passwords
/// were normalised, and are outdated.
///
/// Both are compared with a decoy too, so that the time tells of the text that was sent and not of the account.
pub(crate) async fn verify(
    permit: &HashPermit,
    passwords: &Arc<dyn PasswordHasher>,
    password: &Password,
    hash: &PasswordHash,
) -> PortResult<PasswordCheck> {
    let check = compare(permit, passwords, password.clone(), hash).await?;
    let (PasswordCheck::Wrong, Some(typed)) = (check, password.as_typed()) else { return Ok(check) };
    Ok(match compare(permit, passwords, typed, hash).await? {
        PasswordCheck::Right | PasswordCheck::RightButOutdated => PasswordCheck::RightButOutdated,
        PasswordCheck::Wrong => PasswordCheck::Wrong,
    })
}

async fn compare(
    permit: &HashPermit,
    passwords: &Arc<dyn PasswordHasher>,
    password: Password,
    hash: &PasswordHash,
) -> PortResult<PasswordCheck> {
    let (passwords, hash) = (Arc::clone(passwords), hash.clone());
    permit.run(async move { passwords.verify(&password, &hash).await }).await
}
