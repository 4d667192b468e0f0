//! What an access reaches, as a condition on items: the one place that reads it.

use fm_domain::access::Access;
use fm_domain::ids::UserId;

use super::users::Users;

/// The owner of every file and upload that `access` reaches; `None` when it reaches none, because the user is marked as
/// removed.
pub(super) fn visible_owner(access: &Access, users: &Users) -> Option<UserId> {
    Some(access.owner()).filter(|owner| !users.is_removed(*owner))
}
