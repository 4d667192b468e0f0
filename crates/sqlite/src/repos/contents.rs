//! What a user who is marked as removed had, batch by batch.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Nullable};
use fm_domain::clock::Timestamp;
use fm_domain::error::{PortError, PortResult};

use super::blobs::drop_references;
use crate::access::removed_user;
use crate::error::store_error;
use crate::rows::Id;
use crate::sql::fixed;

/// Items without entries, the root left out: a folder can't go before what is in it. Ids grow with time, so that from the newest on few
/// folders have to be passed over.
macro_rules! leaves {
    () => {
        "SELECT id FROM nodes AS item WHERE drive = ?1 AND id <> ?1 \
        AND NOT EXISTS (SELECT 1 FROM nodes AS entry WHERE entry.parent = item.id) ORDER BY id DESC LIMIT ?2"
    };
}

/// The parts are those of the uploads that come next: an upload that goes has none left, so that nothing goes uncounted by ON DELETE
/// CASCADE.
const REMOVE_PARTS: &str = "DELETE FROM upload_parts WHERE (upload, number) IN \
    (SELECT upload, number FROM upload_parts WHERE upload IN \
        (SELECT id FROM uploads WHERE owner = ?1 ORDER BY idempotency_key, created_at, id LIMIT ?2) LIMIT ?2)";

const REMOVE_UPLOADS: &str = "DELETE FROM uploads WHERE id IN \
    (SELECT id FROM uploads WHERE owner = ?1 ORDER BY idempotency_key, created_at, id LIMIT ?2)";

/// Those of the items that come next, like the parts of uploads.
const REMOVE_VERSIONS: &str = concat!(
    "DELETE FROM file_versions WHERE (file, number) IN \
        (SELECT file, number FROM file_versions WHERE file IN (",
    leaves!(),
    ") LIMIT ?2) RETURNING blob, NULL AS thumbnail_blob"
);

const REMOVE_ITEMS: &str =
    concat!("DELETE FROM nodes WHERE id IN (", leaves!(), ") RETURNING blob, thumbnail_blob");

const REMOVE_KEYS: &str = "DELETE FROM idempotency_keys WHERE (user_id, key) IN \
    (SELECT user_id, key FROM idempotency_keys WHERE user_id = ?1 LIMIT ?2)";

/// After the items: of the blobs that are no tombstones, along whose index it goes by the literal state, hardly any but intents are left.
const CANCEL_INTENTS: &str = "UPDATE blobs SET state = 'doomed', doomed_at = ?3, due_at = ?3 WHERE id IN \
    (SELECT id FROM blobs WHERE owner = ?1 AND state <> 'doomed' AND size IS NULL LIMIT ?2)";

/// What a row referred to.
#[derive(QueryableByName)]
struct ReferringRow {
    #[diesel(sql_type = Nullable<Binary>)]
    blob: Option<Id>,
    #[diesel(sql_type = Nullable<Binary>)]
    thumbnail_blob: Option<Id>,
}

/// Removes up to `limit` rows; answers how many.
pub(super) fn remove(
    connection: &mut SqliteConnection,
    user: Id,
    at: Timestamp,
    limit: u32,
) -> PortResult<u32> {
    let marked = diesel::select(diesel::dsl::exists(removed_user(user)));
    if !marked.get_result::<bool>(connection).map_err(store_error)? {
        return Ok(0);
    }
    let mut removed = remove_some(connection, REMOVE_PARTS, user, limit)?;
    removed += remove_some(connection, REMOVE_UPLOADS, user, limit - removed)?;
    let mut blobs = Vec::new();
    // Once more where it removed some: they may have been all that was in a folder.
    loop {
        let before = removed;
        for statement in [REMOVE_VERSIONS, REMOVE_ITEMS] {
            removed += remove_referring(connection, statement, user, limit - removed, &mut blobs)?;
        }
        if removed == before {
            break;
        }
    }
    removed += remove_some(connection, REMOVE_KEYS, user, limit - removed)?;
    if removed < limit {
        let left = i64::from(limit - removed);
        let intents = diesel::sql_query(CANCEL_INTENTS)
            .bind::<Binary, _>(user)
            .bind::<BigInt, _>(left)
            .bind::<BigInt, _>(at.unix_micros());
        let intents = fixed(intents);
        removed += number(intents.execute(connection).map_err(store_error)?)?;
    }
    drop_references(connection, blobs, at)?;
    Ok(removed)
}

fn remove_some(connection: &mut SqliteConnection, statement: &str, user: Id, most: u32) -> PortResult<u32> {
    if most == 0 {
        return Ok(0);
    }
    let rows = fixed(diesel::sql_query(statement).bind::<Binary, _>(user).bind::<BigInt, _>(i64::from(most)));
    number(rows.execute(connection).map_err(store_error)?)
}

/// Removes rows that refer to blobs, which are added to `blobs`.
fn remove_referring(
    connection: &mut SqliteConnection,
    statement: &str,
    user: Id,
    most: u32,
    blobs: &mut Vec<Id>,
) -> PortResult<u32> {
    if most == 0 {
        return Ok(0);
    }
    let rows = fixed(diesel::sql_query(statement).bind::<Binary, _>(user).bind::<BigInt, _>(i64::from(most)));
    let rows: Vec<ReferringRow> = rows.load(connection).map_err(store_error)?;
    blobs.extend(rows.iter().flat_map(|row| [row.blob, row.thumbnail_blob]).flatten());
    number(rows.len())
}

fn number(rows: usize) -> PortResult<u32> {
    u32::try_from(rows).map_err(|error| PortError::Unexpected(Box::new(error)))
}
