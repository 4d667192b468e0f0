//! What a user who is marked as removed had, batch by batch.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary};
use fm_domain::clock::Timestamp;
use fm_domain::error::{PortError, PortResult};

use crate::access::removed_user;
use crate::error::store_error;
use crate::rows::Id;

/// The state is literal, for the index on all but tombstones.
const MARK_BLOBS: &str = "UPDATE blobs SET state = 'doomed', doomed_at = ?3, due_at = ?3 WHERE id IN \
    (SELECT id FROM blobs WHERE owner = ?1 AND state <> 'doomed' LIMIT ?2)";

/// What is removed then, in this order. The parts are those of the uploads that come next: an upload that goes has none left,
/// so that nothing goes uncounted by ON DELETE CASCADE.
const REMOVALS: [&str; 4] = [
    "DELETE FROM upload_parts WHERE (upload, number) IN \
        (SELECT upload, number FROM upload_parts WHERE upload IN \
            (SELECT id FROM uploads WHERE owner = ?1 ORDER BY idempotency_key, created_at, id LIMIT ?2) LIMIT ?2)",
    "DELETE FROM uploads WHERE id IN \
        (SELECT id FROM uploads WHERE owner = ?1 ORDER BY idempotency_key, created_at, id LIMIT ?2)",
    "DELETE FROM files WHERE id IN (SELECT id FROM files WHERE owner = ?1 ORDER BY created_at, id LIMIT ?2)",
    "DELETE FROM idempotency_keys WHERE (user_id, key) IN \
        (SELECT user_id, key FROM idempotency_keys WHERE user_id = ?1 LIMIT ?2)",
];

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
    let blobs = diesel::sql_query(MARK_BLOBS).bind::<Binary, _>(user).bind::<BigInt, _>(i64::from(limit));
    let blobs = blobs.bind::<BigInt, _>(at.unix_micros()).execute(connection).map_err(store_error)?;
    let mut removed = number(blobs)?;
    for statement in REMOVALS {
        if removed == limit {
            break;
        }
        let rows = diesel::sql_query(statement).bind::<Binary, _>(user);
        let rows = rows.bind::<BigInt, _>(i64::from(limit - removed));
        removed += number(rows.execute(connection).map_err(store_error)?)?;
    }
    Ok(removed)
}

fn number(rows: usize) -> PortResult<u32> {
    u32::try_from(rows).map_err(|error| PortError::Unexpected(Box::new(error)))
}
