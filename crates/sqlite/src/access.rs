//! What an access reaches, as conditions on rows: the one place that reads it.

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use fm_domain::access::Access;

use crate::rows::Id;
use crate::schema::{files, uploads, users};

/// The user, if they are marked as removed: nothing of them is reached any more.
#[diesel::dsl::auto_type]
pub(crate) fn removed_user(id: Id) -> _ {
    users::table.find(id).filter(users::removed_at.is_not_null())
}

/// The owner of a file, if they are marked as removed.
#[diesel::dsl::auto_type]
pub(crate) fn removed_owner_of_file() -> _ {
    users::table.filter(users::id.eq(files::owner)).filter(users::removed_at.is_not_null())
}

/// The owner of an upload, if they are marked as removed.
#[diesel::dsl::auto_type]
pub(crate) fn removed_owner_of_upload() -> _ {
    users::table.filter(users::id.eq(uploads::owner)).filter(users::removed_at.is_not_null())
}

/// The files that `access` reaches.
#[diesel::dsl::auto_type]
pub(crate) fn visible_files(access: &Access) -> _ {
    let owner: Id = Id::of(access.owner().uuid());
    let removed: removed_user = removed_user(owner);
    files::owner.eq(owner).and(not(exists(removed)))
}

/// The uploads that `access` reaches.
#[diesel::dsl::auto_type]
pub(crate) fn visible_uploads(access: &Access) -> _ {
    let owner: Id = Id::of(access.owner().uuid());
    let removed: removed_user = removed_user(owner);
    uploads::owner.eq(owner).and(not(exists(removed)))
}
