//! Items on their way into the trash, out of it, and away for good.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use diesel::sqlite::Sqlite;
use fm_domain::clock::Timestamp;
use fm_domain::error::{PortError, PortResult};
use fm_domain::ids::{BlobId, NodeId};
use fm_domain::tree::{Item, Marked, Measure, PlaceItem, Removed, Seq};

use super::place;
use crate::error::store_error;
use crate::rows::{Id, PlaceRow, id_list, size, stored_number};
use crate::schema::nodes;
use crate::sql::fixed;
use crate::unit_of_work::EnteredDrives;

/// An item of which a batch takes hold.
#[derive(Queryable, Selectable, QueryableByName)]
#[diesel(table_name = nodes, check_for_backend(Sqlite))]
struct TakenRow {
    id: Id,
    drive: Id,
    parent: Option<Id>,
    size: Option<i64>,
    blob: Option<Id>,
    thumbnail_blob: Option<Id>,
    trash: Option<Id>,
}

/// What hangs in the folders of a trash and is not in it. The plus keeps the condition from the planner, which would look for all of a trash.
const BELOW: &str = "SELECT entry.* FROM nodes AS folder CROSS JOIN nodes AS entry ON entry.parent = folder.id \
    WHERE folder.trash = ?1 AND folder.kind = 'folder' AND +entry.trash IS NOT ?1 LIMIT ?2";

/// What a top took into the trash, itself left out.
const TAKEN: &str = "SELECT * FROM nodes WHERE trash = ?1 AND id <> ?1 LIMIT ?2";

/// What of it has no entries, itself too: from the last row on, so that few folders have to be passed over.
const LEAVES: &str = "SELECT * FROM nodes AS item WHERE trash = ?1 \
    AND NOT EXISTS (SELECT 1 FROM nodes AS entry WHERE entry.parent = item.id) ORDER BY item.rowid DESC LIMIT ?2";

const MARK: &str =
    "UPDATE nodes SET trash = ?1, changed_seq = ?2 WHERE id IN (SELECT unhex(value) FROM json_each(?3))";

const VERSIONS: &str =
    "SELECT blob, size FROM file_versions WHERE file IN (SELECT unhex(value) FROM json_each(?1))";

/// What goes with the items of a list, and they themselves; their versions by ON DELETE CASCADE.
const REMOVALS: [&str; 3] = [
    "DELETE FROM idempotency_keys WHERE file IN (SELECT unhex(value) FROM json_each(?1))",
    "DELETE FROM uploads WHERE file IN (SELECT unhex(value) FROM json_each(?1))",
    "DELETE FROM nodes WHERE id IN (SELECT unhex(value) FROM json_each(?1))",
];

/// Of a file whose bytes no job has read yet its attempt still holds the key.
const FREE_KEYS: &str = "DELETE FROM idempotency_keys \
    WHERE attempt IN (SELECT unhex(value) FROM json_each(?1)) AND file IS NULL";

#[derive(QueryableByName)]
struct OldRow {
    #[diesel(sql_type = Binary)]
    blob: Id,
    #[diesel(sql_type = BigInt)]
    size: i64,
}

fn find(connection: &mut SqliteConnection, id: Id) -> PortResult<Option<TakenRow>> {
    let row = nodes::table.find(id).select(TakenRow::as_select());
    row.first(connection).optional().map_err(store_error)
}

fn batch(
    connection: &mut SqliteConnection,
    statement: &str,
    top: Id,
    limit: u32,
) -> PortResult<Vec<TakenRow>> {
    let rows = fixed(diesel::sql_query(statement).bind::<Binary, _>(top).bind::<BigInt, _>(i64::from(limit)));
    rows.load(connection).map_err(store_error)
}

/// The versions of those of these items that are files.
fn versions(connection: &mut SqliteConnection, rows: &[TakenRow]) -> PortResult<Vec<OldRow>> {
    let files = id_list(rows.iter().filter(|row| row.blob.is_some()).map(|row| row.id));
    fixed(diesel::sql_query(VERSIONS).bind::<Text, _>(files)).load(connection).map_err(store_error)
}

/// What these items and their versions hold.
fn measure(rows: &[TakenRow], old: &[OldRow]) -> PortResult<Measure> {
    let mut measure = Measure::default();
    for row in rows {
        let one = Measure { nodes: 1, ..Measure::default() };
        let one = match row.size {
            Some(bytes) => Measure { files: 1, bytes: size("nodes.size", bytes)?, ..one },
            None => one,
        };
        measure = measure.plus(one);
    }
    for version in old {
        let version_bytes = size("file_versions.size", version.size)?;
        measure = measure.plus(Measure { version_bytes, ..Measure::default() });
    }
    Ok(measure)
}

fn measured(connection: &mut SqliteConnection, rows: &[TakenRow]) -> PortResult<Measure> {
    let old = versions(connection, rows)?;
    measure(rows, &old)
}

fn mark(connection: &mut SqliteConnection, rows: &[TakenRow], trash: Option<Id>, seq: Seq) -> PortResult<()> {
    fixed(
        diesel::sql_query(MARK)
            .bind::<Nullable<Binary>, _>(trash)
            .bind::<BigInt, _>(stored_number(seq.number()))
            .bind::<Text, _>(id_list(rows.iter().map(|row| row.id))),
    )
    .execute(connection)
    .map(|_marked| ())
    .map_err(store_error)
}

fn count(rows: &[TakenRow]) -> PortResult<u32> {
    u32::try_from(rows.len()).map_err(|error| PortError::Unexpected(Box::new(error)))
}

/// Makes an item a top, it alone.
pub(super) fn trash(
    connection: &mut SqliteConnection,
    id: NodeId,
    at: Timestamp,
    path: String,
    entered: &EnteredDrives,
) -> PortResult<Option<Measure>> {
    let id = Id::of(id.uuid());
    let Some(row) = find(connection, id)?.filter(|row| row.drive != id && row.trash != Some(id)) else {
        return Ok(None);
    };
    let seq = entered.inside(row.drive)?;
    fixed(diesel::update(nodes::table.find(id)).set((
        nodes::parent.eq(None::<Id>),
        nodes::trash.eq(id),
        nodes::trashed_from.eq(row.parent),
        nodes::trashed_at.eq(at.unix_micros()),
        nodes::trashed_path.eq(path),
        nodes::changed_seq.eq(stored_number(seq.number())),
    )))
    .execute(connection)
    .map_err(store_error)?;
    if row.trash.is_some() {
        return Ok(Some(Measure::default()));
    }
    measured(connection, &[row]).map(Some)
}

/// Takes up to `limit` items below a top along, one level after the other; none where it is no top.
pub(super) fn mark_below(
    connection: &mut SqliteConnection,
    top: NodeId,
    limit: u32,
    entered: &EnteredDrives,
) -> PortResult<Marked> {
    let top = Id::of(top.uuid());
    let Some(row) = find(connection, top)?.filter(|row| row.trash == Some(top)) else {
        return Ok(Marked::default());
    };
    let seq = entered.inside(row.drive)?;
    let mut marked = Marked::default();
    while marked.items < limit {
        let rows = batch(connection, BELOW, top, limit - marked.items)?;
        if rows.is_empty() {
            break;
        }
        mark(connection, &rows, Some(top), seq)?;
        marked.items += count(&rows)?;
        let living: Vec<TakenRow> = rows.into_iter().filter(|row| row.trash.is_none()).collect();
        marked.measure = marked.measure.plus(measured(connection, &living)?);
    }
    Ok(marked)
}

/// Brings a top back, it alone.
pub(super) fn restore(
    connection: &mut SqliteConnection,
    item: &Item,
    entered: &EnteredDrives,
) -> PortResult<Result<Measure, PlaceItem>> {
    let id = Id::of(item.id().uuid());
    let seq = entered.inside(Id::of(item.drive().uuid()))?;
    let Some(row) = find(connection, id)?.filter(|row| row.trash == Some(id)) else {
        return Err(PortError::Unexpected("what is restored is no top of the trash".into()));
    };
    if let Err(refusal) = place::check(connection, item)? {
        return Ok(Err(refusal));
    }
    fixed(diesel::update(nodes::table.find(id)).set((
        PlaceRow::of(item, seq),
        nodes::trash.eq(None::<Id>),
        nodes::trashed_from.eq(None::<Id>),
        nodes::trashed_at.eq(None::<i64>),
        nodes::trashed_path.eq(None::<String>),
    )))
    .execute(connection)
    .map_err(store_error)?;
    measured(connection, &[row]).map(Ok)
}

/// Brings up to `limit` items back that a top took along; none while it is not back itself.
pub(super) fn unmark_below(
    connection: &mut SqliteConnection,
    top: NodeId,
    limit: u32,
    entered: &EnteredDrives,
) -> PortResult<Marked> {
    let top = Id::of(top.uuid());
    let Some(row) = find(connection, top)?.filter(|row| row.trash.is_none()) else {
        return Ok(Marked::default());
    };
    let seq = entered.inside(row.drive)?;
    let rows = batch(connection, TAKEN, top, limit)?;
    mark(connection, &rows, None, seq)?;
    Ok(Marked { items: count(&rows)?, measure: measured(connection, &rows)? })
}

/// Removes up to `limit` items of a trash for good, those without entries first; none where it is no top.
pub(super) fn remove(
    connection: &mut SqliteConnection,
    top: NodeId,
    limit: u32,
    entered: &EnteredDrives,
) -> PortResult<Removed> {
    let top = Id::of(top.uuid());
    let mut removed = Removed::default();
    let Some(row) = find(connection, top)?.filter(|row| row.trash == Some(top)) else { return Ok(removed) };
    entered.inside(row.drive)?;
    let mut items = 0;
    while items < limit {
        let rows = batch(connection, LEAVES, top, limit - items)?;
        if rows.is_empty() {
            break;
        }
        items += count(&rows)?;
        let old = versions(connection, &rows)?;
        removed.measure = removed.measure.plus(measure(&rows, &old)?);
        let blobs = rows.iter().flat_map(|row| [row.blob, row.thumbnail_blob]).flatten();
        let blobs = blobs.chain(old.iter().map(|version| version.blob));
        removed.blobs.extend(blobs.map(|blob| BlobId::new(blob.uuid())));
        forget(connection, &rows)?;
    }
    Ok(removed)
}

/// Removes items without entries, and what leads to them.
fn forget(connection: &mut SqliteConnection, rows: &[TakenRow]) -> PortResult<()> {
    let run = |connection: &mut SqliteConnection, statement: &str, ids: &str| {
        let done = fixed(diesel::sql_query(statement).bind::<Text, _>(ids)).execute(connection);
        done.map(|_rows| ()).map_err(store_error)
    };
    run(connection, FREE_KEYS, &id_list(rows.iter().filter_map(|row| row.blob)))?;
    let ids = id_list(rows.iter().map(|row| row.id));
    for statement in REMOVALS {
        run(connection, statement, &ids)?;
    }
    Ok(())
}
