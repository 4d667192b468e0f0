//! What an access reaches, as conditions on rows: the one place that reads it.

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use fm_domain::access::Access;
use fm_domain::ids::UserId;

use crate::rows::Id;
use crate::schema::{nodes, uploads, users};

/// The user, if they are marked as removed: nothing of them is reached any more.
#[diesel::dsl::auto_type]
pub(crate) fn removed_user(id: Id) -> _ {
    users::table.find(id).filter(users::removed_at.is_not_null())
}

/// The user, unless they are marked as removed.
#[diesel::dsl::auto_type]
pub(crate) fn living_user(id: UserId) -> _ {
    let id: Id = Id::of(id.uuid());
    users::table.find(id).filter(users::removed_at.is_null())
}

/// The owner of an item, if they are marked as removed: the drive is theirs.
#[diesel::dsl::auto_type]
pub(crate) fn removed_owner_of_item() -> _ {
    users::table.filter(users::id.eq(nodes::drive)).filter(users::removed_at.is_not_null())
}

/// The owner of an upload, if they are marked as removed.
#[diesel::dsl::auto_type]
pub(crate) fn removed_owner_of_upload() -> _ {
    users::table.filter(users::id.eq(uploads::owner)).filter(users::removed_at.is_not_null())
}

/// The items that `access` reaches, living or not.
#[diesel::dsl::auto_type]
pub(crate) fn visible_items(access: &Access) -> _ {
    let owner: Id = Id::of(access.owner().uuid());
    let removed: removed_user = removed_user(owner);
    nodes::drive.eq(owner).and(not(exists(removed)))
}

/// The same in the text of a statement whose row is `item` and whose second value is [`reached`]. The plus keeps the condition from the
/// planner, which would walk along an index of the whole drive.
pub(crate) const VISIBLE_ITEM: &str = "+item.drive = ?2 AND NOT EXISTS \
    (SELECT 1 FROM users WHERE users.id = ?2 AND removed_at IS NOT NULL)";

/// The row, of this name, hangs below the root of its drive, as a condition. While an operation runs what hangs below a top that it has
/// not taken along yet does not; no other item is asked for the way up.
macro_rules! leads_to_root {
    ($row:literal) => {
        concat!(
            "(NOT EXISTS (SELECT 1 FROM operations WHERE operations.owner = ",
            $row,
            ".drive AND operations.ended_at IS NULL) OR EXISTS (WITH RECURSIVE up (id, parent, step) AS (SELECT ",
            $row,
            ".id, ",
            $row,
            ".parent, 0 UNION ALL SELECT above.id, above.parent, step + 1 \
             FROM up JOIN nodes AS above ON above.id = up.parent WHERE step <= 65\
             ) SELECT 1 FROM up WHERE up.id = ",
            $row,
            ".drive))"
        )
    };
}
pub(crate) use leads_to_root;

/// A living item that is reached and hangs below the root, in the text of a statement like that of [`VISIBLE_ITEM`].
pub(crate) fn living_item() -> String {
    format!("trash IS NULL AND {VISIBLE_ITEM} AND {}", leads_to_root!("item"))
}

/// The drive that `access` reaches.
pub(crate) const fn reached(access: &Access) -> Id {
    Id::of(access.drive().uuid())
}

/// The uploads that `access` reaches.
#[diesel::dsl::auto_type]
pub(crate) fn visible_uploads(access: &Access) -> _ {
    let owner: Id = Id::of(access.owner().uuid());
    let removed: removed_user = removed_user(owner);
    uploads::owner.eq(owner).and(not(exists(removed)))
}
