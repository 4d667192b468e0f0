//! How much of an owner's quota is left.

use fm_domain::body::ByteSize;
use fm_domain::database::Database;
use fm_domain::error::PortResult;
use fm_domain::ids::UserId;

/// How many bytes the owner may still store: beside what is used and reserved, but for `own`, which was reserved for, or
/// is replaced by, the very bytes that are asked for. `None` without a quota. It may be outdated when it is answered: the
/// unit that charges the owner decides.
pub(crate) async fn quota_left(
    db: &dyn Database,
    quota: Option<ByteSize>,
    owner: UserId,
    own: u64,
) -> PortResult<Option<ByteSize>> {
    let Some(quota) = quota else { return Ok(None) };
    let account = db.read().await?.users().find(owner).await?;
    let storage = account.map(|account| account.storage).unwrap_or_default();
    let taken = storage.used.bytes().saturating_add(storage.reserved.bytes());
    let others = taken.saturating_sub(own);
    Ok(Some(ByteSize::new(quota.bytes().saturating_sub(others))))
}

#[cfg(test)]
mod tests;
