//! What an access reaches, as conditions on rows: the one place that reads it.

use diesel::dsl::Eq;
use diesel::prelude::*;
use fm_domain::access::Access;
use uuid::Uuid;

use crate::schema::{files, uploads};

/// The files that `access` reaches.
pub(crate) fn visible_files(access: &Access) -> Eq<files::owner_id, Uuid> {
    files::owner_id.eq(access.owner().uuid())
}

/// The uploads that `access` reaches.
pub(crate) fn visible_uploads(access: &Access) -> Eq<uploads::owner_id, Uuid> {
    uploads::owner_id.eq(access.owner().uuid())
}
