//! How much of an owner's quota is left.

use fm_domain::body::ByteSize;
use fm_domain::database::Database;
use fm_domain::error::PortResult;
use fm_domain::ids::UserId;

/// How many bytes the owner may still store within their own quota, or else `default`: beside what is used and reserved, but
/// for `own`, which was reserved for, or is replaced by, the very bytes that are asked for; `None`: any number. It may be
/// outdated when it is answered: the unit that reserves for the owner, or charges them, decides.
pub(crate) async fn quota_left(
    db: &dyn Database,
    default: Option<ByteSize>,
    owner: UserId,
    own: u64,
) -> PortResult<Option<ByteSize>> {
    let account = db.read().await?.users().find(owner).await?;
    let Some(quota) = account.as_ref().and_then(|account| account.quota).or(default) else { return Ok(None) };
    let storage = account.map(|account| account.storage).unwrap_or_default();
    let taken = storage.used.bytes().saturating_add(storage.reserved.bytes());
    let others = taken.saturating_sub(own);
    Ok(Some(ByteSize::new(quota.bytes().saturating_sub(others))))
}

#[cfg(test)]
mod tests;
