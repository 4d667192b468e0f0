//! What an access reaches, as a condition on items: the one place that reads it.

use fm_domain::access::Access;
use fm_domain::ids::UserId;

/// The owner of every file and upload that `access` reaches.
pub(super) const fn visible_owner(access: &Access) -> UserId {
    access.owner()
}
