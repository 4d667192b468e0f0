//! How much of an owner's quota is left.

use fm_domain::body::ByteSize;
use fm_domain::database::Database;
use fm_domain::error::PortResult;
use fm_domain::ids::UserId;

/// How many bytes the owner may still store within their own quota, or else `default`: beside what is used and reserved, but
/// for `own`, which was reserved for, or is replaced by, the very bytes that are asked for. It may be outdated when it is
/// answered: the unit that reserves for the owner, or charges them, decides. Without a default most owners have no quota, so
/// none is asked about: `None`.
pub(crate) async fn quota_left(
    db: &dyn Database,
    default: Option<ByteSize>,
    owner: UserId,
    own: u64,
) -> PortResult<Option<ByteSize>> {
    let Some(default) = default else { return Ok(None) };
    let account = db.read().await?.users().find(owner).await?;
    let quota = account.as_ref().and_then(|account| account.quota).unwrap_or(default);
    let storage = account.map(|account| account.storage).unwrap_or_default();
    let taken = storage.used.bytes().saturating_add(storage.reserved.bytes());
    let others = taken.saturating_sub(own);
    Ok(Some(ByteSize::new(quota.bytes().saturating_sub(others))))
}

#[cfg(test)]
mod tests;
