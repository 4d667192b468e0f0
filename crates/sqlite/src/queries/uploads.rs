//! Questions about uploads.

use async_trait::async_trait;
use diesel::prelude::*;
use fm_domain::access::Access;
use fm_domain::error::PortResult;
use fm_domain::ids::UploadId;
use fm_domain::uploads::{Upload, UploadQueries};

use crate::access::visible_uploads;
use crate::database::SqliteReadRepos;
use crate::error::store_error;
use crate::rows::{Id, UploadRow};
use crate::schema::uploads;

/// The upload, if `access` reaches it.
pub(crate) fn find(
    connection: &mut SqliteConnection,
    access: &Access,
    id: UploadId,
) -> PortResult<Option<Upload>> {
    uploads::table
        .find(Id::of(id.uuid()))
        .filter(visible_uploads(access))
        .select(UploadRow::as_select())
        .first(connection)
        .optional()
        .map_err(store_error)?
        .map(Upload::try_from)
        .transpose()
}

#[async_trait]
impl UploadQueries for SqliteReadRepos {
    async fn find(&mut self, access: &Access, id: UploadId) -> PortResult<Option<Upload>> {
        let access = access.clone();
        self.ask(move |connection| find(connection, &access, id)).await
    }
}
