//! What an access reaches, as conditions on rows: the one place that reads it.

use diesel::dsl::Eq;
use diesel::prelude::*;
use fm_domain::access::Access;

use crate::rows::Id;
use crate::schema::{files, uploads};

/// The files that `access` reaches.
pub(crate) fn visible_files(access: &Access) -> Eq<files::owner, Id> {
    files::owner.eq(Id::of(access.owner().uuid()))
}

/// The uploads that `access` reaches.
pub(crate) fn visible_uploads(access: &Access) -> Eq<uploads::owner, Id> {
    uploads::owner.eq(Id::of(access.owner().uuid()))
}
