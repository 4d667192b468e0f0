//! What a user who is marked as removed had, batch by batch.

use diesel::sql_types::{BigInt, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use fm_domain::clock::Timestamp;
use fm_domain::error::{PortError, PortResult};
use uuid::Uuid;

use crate::access::removed_user;
use crate::sql::{Typed, statement, typed};
use crate::unit_of_work::PgUnitOfWork;
use crate::value::Moment;

/// The state is no value of the statement, so that every plan of it can use the index on all but tombstones. Here and below
/// rows are found in the order of an index, so that no plan reads other rows, and those that another unit has locked are waited
/// for: fewer than the limit are found only where there are no more.
pub(crate) const MARK_BLOBS: &str = "UPDATE blobs SET state = 'doomed', doomed_at = ?, due_at = ? \
    WHERE ctid = ANY (ARRAY(\
        SELECT ctid FROM blobs WHERE owner_id = ? AND state <> 'doomed' ORDER BY id LIMIT ? FOR UPDATE))";

/// The parts of the uploads that come next: an upload that goes has none left, so that nothing goes uncounted by ON DELETE
/// CASCADE.
pub(crate) const REMOVE_PARTS: &str = "WITH next AS MATERIALIZED (\
        SELECT id AS next_id FROM uploads WHERE owner_id = ? ORDER BY idempotency_key, created_at, id LIMIT ?\
    ) DELETE FROM upload_parts WHERE ctid = ANY (ARRAY(\
        SELECT part FROM next, LATERAL (\
            SELECT ctid AS part FROM upload_parts WHERE upload_id = next_id LIMIT ? FOR UPDATE\
        ) AS parts LIMIT ?))";

/// What is removed then, in this order.
pub(crate) const REMOVALS: [&str; 3] = [
    "DELETE FROM uploads WHERE ctid = ANY (ARRAY(\
        SELECT ctid FROM uploads WHERE owner_id = ? ORDER BY idempotency_key, created_at, id LIMIT ? FOR UPDATE))",
    "DELETE FROM files WHERE ctid = ANY (ARRAY(\
        SELECT ctid FROM files WHERE owner_id = ? ORDER BY created_at, id LIMIT ? FOR UPDATE))",
    "DELETE FROM idempotency_keys WHERE ctid = ANY (ARRAY(\
        SELECT ctid FROM idempotency_keys WHERE user_id = ? ORDER BY key LIMIT ? FOR UPDATE))",
];

/// Removes up to `limit` rows; answers how many.
pub(crate) async fn remove(
    unit: &mut PgUnitOfWork,
    user: Uuid,
    at: Timestamp,
    limit: u32,
) -> PortResult<u32> {
    let marked = diesel::select(diesel::dsl::exists(removed_user(user)));
    if !unit.run(|connection| marked.get_result::<bool>(connection)).await? {
        return Ok(0);
    }
    let (user, at) = (|| typed::<SqlUuid, _>(user), || typed::<Timestamptz, _>(Moment(at)));
    let blobs = statement::<(), _>(MARK_BLOBS, (at(), at(), user(), rows(limit)));
    let mut removed = number(unit.run(|connection| blobs.execute(connection)).await?)?;
    if removed < limit {
        let left = || rows(limit - removed);
        let parts = statement::<(), _>(REMOVE_PARTS, (user(), left(), left(), left()));
        removed += number(unit.run(|connection| parts.execute(connection)).await?)?;
    }
    for text in REMOVALS {
        if removed < limit {
            let removal = statement::<(), _>(text, (user(), rows(limit - removed)));
            removed += number(unit.run(|connection| removal.execute(connection)).await?)?;
        }
    }
    Ok(removed)
}

fn rows(limit: u32) -> Typed<BigInt, i64> {
    typed(i64::from(limit))
}

fn number(rows: usize) -> PortResult<u32> {
    u32::try_from(rows).map_err(|error| PortError::Unexpected(Box::new(error)))
}
