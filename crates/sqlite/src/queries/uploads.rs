//! Questions about uploads.

use async_trait::async_trait;
use diesel::prelude::*;
use fm_domain::error::PortResult;
use fm_domain::ids::{UploadId, UserId};
use fm_domain::uploads::{Upload, UploadQueries};

use crate::database::SqliteReadRepos;
use crate::error::store_error;
use crate::rows::{Id, UploadRow};
use crate::schema::uploads;

/// The upload of this owner.
pub(crate) fn find(
    connection: &mut SqliteConnection,
    owner: UserId,
    id: UploadId,
) -> PortResult<Option<Upload>> {
    uploads::table
        .find(Id::of(id.uuid()))
        .filter(uploads::owner.eq(Id::of(owner.uuid())))
        .select(UploadRow::as_select())
        .first(connection)
        .optional()
        .map_err(store_error)?
        .map(Upload::try_from)
        .transpose()
}

#[async_trait]
impl UploadQueries for SqliteReadRepos {
    async fn find(&mut self, owner: UserId, id: UploadId) -> PortResult<Option<Upload>> {
        self.ask(move |connection| find(connection, owner, id)).await
    }
}
