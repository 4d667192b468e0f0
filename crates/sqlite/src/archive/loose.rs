//! Blobs whose bytes no row of a user who is there needs.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use fm_domain::archive::{LooseBlob, LooseState};
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::ids::{BlobId, UserId};
use uuid::Uuid;

use crate::error::{corrupt, store_error};
use crate::repos::blobs::{STORED, key};
use crate::rows::Id;
use crate::schema::blobs;

/// All that is needed is put together once: a look-up for each blob would have no index.
const NOT_NEEDED: &str = "id NOT IN (\
        WITH kept AS (\
            SELECT nodes.id, blob, thumbnail_blob FROM nodes JOIN users ON users.id = nodes.drive \
            WHERE kind = 'file' AND users.removed_at IS NULL) \
        SELECT blob FROM kept \
        UNION SELECT thumbnail_blob FROM kept WHERE thumbnail_blob IS NOT NULL \
        UNION SELECT file_versions.blob FROM file_versions JOIN kept ON kept.id = file_versions.file)";

type BlobColumns = (Id, String, Id, Option<i64>, i64, Option<i64>, Option<i64>);

/// A page of them.
pub(super) fn page(
    connection: &mut SqliteConnection,
    after: Option<BlobId>,
    limit: u32,
) -> PortResult<Vec<LooseBlob>> {
    let rows = blobs::table
        // UUIDv7 begin with the time, so none of them is nil.
        .filter(blobs::id.gt(Id::of(after.map_or(Uuid::nil(), BlobId::uuid))))
        .filter(blobs::state.ne(STORED).or(sql::<Bool>(NOT_NEEDED)))
        .order(blobs::id)
        .limit(limit.into())
        .select((
            blobs::id,
            blobs::bucket,
            blobs::owner,
            blobs::size,
            blobs::expires_at,
            blobs::deleted_at,
            blobs::due_at,
        ))
        .load::<BlobColumns>(connection)
        .map_err(store_error)?;
    rows.into_iter().map(loose_blob).collect()
}

fn loose_blob(
    (id, bucket, owner, size, expires_at, deleted_at, due_at): BlobColumns,
) -> PortResult<LooseBlob> {
    let at = Timestamp::from_unix_micros;
    let was_stored = size.is_some();
    let state = match (deleted_at, due_at) {
        (Some(deleted_at), Some(due_at)) => {
            LooseState::Deleted { deleted_at: at(deleted_at), due_at: at(due_at), was_stored }
        }
        (None, None) if was_stored => LooseState::Unreferenced,
        (None, None) => LooseState::Intent { expires_at: at(expires_at) },
        _ => return Err(corrupt("blobs.state")("is not a state of a blob")),
    };
    Ok(LooseBlob { key: key(id, &bucket)?, owner: UserId::new(owner.uuid()), state })
}
