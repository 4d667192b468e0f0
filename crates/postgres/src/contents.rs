//! What a user who is marked as removed had, batch by batch.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use fm_domain::blobs::BlobRepo;
use fm_domain::clock::Timestamp;
use fm_domain::error::{PortError, PortResult};
use fm_domain::ids::BlobId;
use uuid::Uuid;

use crate::access::removed_user;
use crate::blobs::deleted_columns;
use crate::schema::users;
use crate::sql::{Typed, statement, typed};
use crate::unit_of_work::PgUnitOfWork;
use crate::value::Moment;

/// The parts of the uploads that come next: an upload that goes has none left, so that nothing goes uncounted by ON DELETE
/// CASCADE. Here and below rows are found in the order of an index, so that no plan reads other rows, and those that another unit has
/// locked are waited for: fewer than the limit are found only where there are no more.
pub(crate) const REMOVE_PARTS: &str = "WITH next AS MATERIALIZED (\
        SELECT id AS next_id FROM uploads WHERE owner_id = ? ORDER BY idempotency_key, created_at, id LIMIT ?\
    ) DELETE FROM upload_parts WHERE ctid = ANY (ARRAY(\
        SELECT part FROM next, LATERAL (\
            SELECT ctid AS part FROM upload_parts WHERE upload_id = next_id LIMIT ? FOR UPDATE\
        ) AS parts LIMIT ?))";

pub(crate) const REMOVE_UPLOADS: &str = "DELETE FROM uploads WHERE ctid = ANY (ARRAY(\
        SELECT ctid FROM uploads WHERE owner_id = ? ORDER BY idempotency_key, created_at, id LIMIT ? FOR UPDATE))";

/// Items without entries, but for the root, which goes with the row of the user. The newest first: mostly they are in the others, so
/// that few folders are passed over. An entry is looked for in the order of their index, so that no plan looks for it in the whole table;
/// `OFFSET 0` keeps that from being planned as a join with all of a drive. Of a condition of this form half of the rows are taken to fulfil
/// it, so that a walk to the limit looks cheaper than all of the drive, sorted.
macro_rules! leaves {
    ($column:literal) => {
        concat!(
            "SELECT ",
            $column,
            " FROM nodes AS node WHERE drive_id = ? AND id <> drive_id \
            AND NOT EXISTS (SELECT FROM nodes AS entry WHERE entry.parent_id = node.id \
                 ORDER BY entry.name_search OFFSET 0) \
            ORDER BY id DESC LIMIT ?"
        )
    };
}

/// The old versions of the items that come next, like the parts of uploads.
pub(crate) const REMOVE_VERSIONS: &str = concat!(
    "WITH next AS MATERIALIZED (",
    leaves!("id AS next_id"),
    ") DELETE FROM file_versions WHERE ctid = ANY (ARRAY(\
        SELECT version FROM next, LATERAL (\
            SELECT ctid AS version FROM file_versions WHERE file_id = next_id LIMIT ? FOR UPDATE\
        ) AS versions LIMIT ?)) RETURNING blob_id"
);

pub(crate) const REMOVE_NODES: &str = concat!(
    "DELETE FROM nodes WHERE ctid = ANY (ARRAY(",
    leaves!("ctid"),
    " FOR UPDATE OF node)) RETURNING blob_id, thumbnail_blob_id"
);

pub(crate) const REMOVE_KEYS: &str = "DELETE FROM idempotency_keys WHERE ctid = ANY (ARRAY(\
        SELECT ctid FROM idempotency_keys WHERE user_id = ? ORDER BY key LIMIT ? FOR UPDATE))";

/// After the items: of the blobs that are no tombstones, along whose index it goes, hardly any but intents are left. The state is no value
/// of the statement, so that every plan of it can use that index.
pub(crate) const CANCEL_INTENTS: &str = concat!(
    "UPDATE blobs SET ",
    deleted_columns!(),
    " WHERE ctid = ANY (ARRAY(\
        SELECT ctid FROM blobs WHERE owner_id = ? AND state <> 'doomed' AND NOT was_settled \
        ORDER BY id LIMIT ? FOR UPDATE))"
);

/// Removes up to `limit` rows; answers how many.
pub(crate) async fn remove(
    unit: &mut PgUnitOfWork,
    user: Uuid,
    at: Timestamp,
    limit: u32,
) -> PortResult<u32> {
    // As in a unit that enters the drive: of two runs at once the second sees what the first left.
    let marked = removed_user(user).select(users::id).for_no_key_update();
    let marked: Option<Uuid> =
        unit.run(async |connection| marked.get_result(connection).await.optional()).await?;
    if marked.is_none() {
        return Ok(0);
    }
    let most = || rows(limit);
    let parts = statement::<(), _>(REMOVE_PARTS, (typed::<SqlUuid, _>(user), most(), most(), most()));
    let mut removed = number(unit.run(|connection| parts.execute(connection)).await?)?;
    removed += remove_some(unit, REMOVE_UPLOADS, user, limit - removed).await?;
    let mut blobs = Vec::new();
    // Folders have no entries once those are gone: one level after the other.
    loop {
        let more = remove_items(unit, user, limit - removed, &mut blobs).await?;
        removed += more;
        if more == 0 {
            break;
        }
    }
    removed += remove_some(unit, REMOVE_KEYS, user, limit - removed).await?;
    removed += cancel_intents(unit, user, at, limit - removed).await?;
    unit.drop_references(&blobs, at).await?;
    Ok(removed)
}

/// Removes items, each after its old versions; what those rows referred to is added to `blobs`.
async fn remove_items(
    unit: &mut PgUnitOfWork,
    user: Uuid,
    most: u32,
    blobs: &mut Vec<BlobId>,
) -> PortResult<u32> {
    if most == 0 {
        return Ok(0);
    }
    let (owner, left) = (|| typed::<SqlUuid, _>(user), || rows(most));
    let versions = statement::<SqlUuid, _>(REMOVE_VERSIONS, (owner(), left(), left(), left()));
    let versions: Vec<Uuid> = unit.run(|connection| versions.load(connection)).await?;
    let removed = number(versions.len())?;
    blobs.extend(versions.into_iter().map(BlobId::new));
    if removed == most {
        return Ok(removed);
    }
    let items =
        statement::<(Nullable<SqlUuid>, Nullable<SqlUuid>), _>(REMOVE_NODES, (owner(), rows(most - removed)));
    let items: Vec<(Option<Uuid>, Option<Uuid>)> = unit.run(|connection| items.load(connection)).await?;
    let removed = removed + number(items.len())?;
    let of_items = items.into_iter().flat_map(|(blob, thumbnail)| blob.into_iter().chain(thumbnail));
    blobs.extend(of_items.map(BlobId::new));
    Ok(removed)
}

async fn remove_some(unit: &mut PgUnitOfWork, text: &'static str, user: Uuid, most: u32) -> PortResult<u32> {
    if most == 0 {
        return Ok(0);
    }
    let removal = statement::<(), _>(text, (typed::<SqlUuid, _>(user), rows(most)));
    number(unit.run(|connection| removal.execute(connection)).await?)
}

async fn cancel_intents(unit: &mut PgUnitOfWork, user: Uuid, at: Timestamp, most: u32) -> PortResult<u32> {
    if most == 0 {
        return Ok(0);
    }
    let at = || typed::<Timestamptz, _>(Moment(at));
    let values = (at(), at(), typed::<SqlUuid, _>(user), rows(most));
    let intents = statement::<(), _>(CANCEL_INTENTS, values);
    number(unit.run(|connection| intents.execute(connection)).await?)
}

fn rows(limit: u32) -> Typed<BigInt, i64> {
    typed(i64::from(limit))
}

fn number(rows: usize) -> PortResult<u32> {
    u32::try_from(rows).map_err(|error| PortError::Unexpected(Box::new(error)))
}
