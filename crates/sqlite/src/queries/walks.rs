//! Walks up and down a tree.
//!
//! Each stops one level after the deepest that there may be: what goes on there is nested in itself.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
use fm_domain::access::Access;
use fm_domain::error::{PortError, PortResult};
use fm_domain::ids::NodeId;
use fm_domain::tree::{Ancestor, Item, MAX_DEPTH, Seq, Usage};

use crate::access::{living_item, reached};
use crate::error::{corrupt, store_error};
use crate::rows::{Id, NodeRow, folder_name, id_list, number, size};
use crate::sql::fixed;

/// How many steps down from a root no item is: folders are at 64 levels below it, and files may lie in the deepest.
pub(super) const TOO_DEEP: i64 = MAX_DEPTH as i64 + 2;

/// The error where a walk has come so deep.
pub(super) fn refuse_cycle(depth: i64) -> PortResult<()> {
    if depth < TOO_DEEP {
        return Ok(());
    }
    Err(corrupt("nodes.parent")("folders are nested in themselves, or too deeply"))
}

const LINEAGE: &str = "WITH RECURSIVE way (id, parent, name, depth) AS (\
        SELECT id, parent, name, 0 FROM nodes WHERE id = ?1 AND kind = 'folder' AND trash IS NULL \
        UNION ALL \
        SELECT folder.id, folder.parent, folder.name, depth + 1 FROM way JOIN nodes AS folder ON folder.id = way.parent \
        WHERE depth < ?2\
    ) SELECT id, name, depth FROM way ORDER BY depth";

#[derive(QueryableByName)]
struct FolderRow {
    #[diesel(sql_type = Binary)]
    id: Id,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    depth: i64,
}

/// A living folder and those above it, up to the root.
pub(crate) fn lineage(connection: &mut SqliteConnection, folder: NodeId) -> PortResult<Vec<Ancestor>> {
    let rows: Vec<FolderRow> = fixed(
        diesel::sql_query(LINEAGE).bind::<Binary, _>(Id::of(folder.uuid())).bind::<BigInt, _>(TOO_DEEP),
    )
    .load(connection)
    .map_err(store_error)?;
    refuse_cycle(rows.last().map_or(0, |row| row.depth))?;
    let folder = |row: FolderRow| Ancestor { id: NodeId::new(row.id.uuid()), name: folder_name(row.name) };
    Ok(rows.into_iter().map(folder).collect())
}

const HEIGHT: &str = "WITH RECURSIVE level (id, depth) AS (\
        SELECT ?1, 0 \
        UNION \
        SELECT entry.id, depth + 1 FROM level JOIN nodes AS entry ON entry.parent = level.id \
        WHERE entry.kind = 'folder' AND depth < ?2\
    ) SELECT max(depth) AS depth FROM level";

#[derive(QueryableByName)]
struct HeightRow {
    #[diesel(sql_type = BigInt)]
    depth: i64,
}

/// How many levels of folders are below a folder: what went into the trash apart has left its folder.
pub(crate) fn height(connection: &mut SqliteConnection, folder: NodeId) -> PortResult<u32> {
    let row: HeightRow =
        fixed(diesel::sql_query(HEIGHT).bind::<Binary, _>(Id::of(folder.uuid())).bind::<BigInt, _>(TOO_DEEP))
            .get_result(connection)
            .map_err(store_error)?;
    refuse_cycle(row.depth)?;
    number("the height of a folder", row.depth)
}

/// The living items of a list that are reached, and the folders above them, each once.
fn ancestors_statement() -> String {
    let living_item = living_item();
    format!(
        "WITH RECURSIVE asked (id, parent) AS (\
            SELECT id, parent FROM nodes AS item WHERE id IN (SELECT unhex(value) FROM json_each(?1)) AND {living_item}\
        ), above (id, depth) AS (\
            SELECT parent, 1 FROM asked WHERE parent IS NOT NULL \
            UNION \
            SELECT folder.parent, depth + 1 FROM above JOIN nodes AS folder ON folder.id = above.id \
            WHERE folder.parent IS NOT NULL AND depth < ?3\
        ) SELECT id, parent, '' AS name, 1 AS is_asked FROM asked \
        UNION ALL \
        SELECT id, parent, name, 0 AS is_asked FROM nodes WHERE id IN (SELECT id FROM above)"
    )
}

#[derive(QueryableByName)]
struct AboveRow {
    #[diesel(sql_type = Binary)]
    id: Id,
    #[diesel(sql_type = Nullable<Binary>)]
    parent: Option<Id>,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Bool)]
    is_asked: bool,
}

/// The folders above each of these living items, from the root down.
pub(super) fn ancestors(
    connection: &mut SqliteConnection,
    access: &Access,
    items: &[Id],
) -> PortResult<Vec<Vec<Ancestor>>> {
    let rows: Vec<AboveRow> = fixed(
        diesel::sql_query(ancestors_statement())
            .bind::<Text, _>(id_list(items.iter().copied()))
            .bind::<Binary, _>(reached(access))
            .bind::<BigInt, _>(TOO_DEEP),
    )
    .load(connection)
    .map_err(store_error)?;
    let (asked, above): (Vec<AboveRow>, Vec<AboveRow>) = rows.into_iter().partition(|row| row.is_asked);
    let asked: HashMap<Id, Option<Id>> = asked.into_iter().map(|row| (row.id, row.parent)).collect();
    let above: HashMap<Id, AboveRow> = above.into_iter().map(|row| (row.id, row)).collect();
    items.iter().map(|item| way_down(asked.get(item).copied().flatten(), &above)).collect()
}

/// The folders from the root down to this one.
fn way_down(folder: Option<Id>, above: &HashMap<Id, AboveRow>) -> PortResult<Vec<Ancestor>> {
    let (mut way, mut depth, mut next) = (Vec::new(), 0, folder);
    while let Some(folder) = next.and_then(|id| above.get(&id)) {
        depth += 1;
        refuse_cycle(depth)?;
        way.push(Ancestor { id: NodeId::new(folder.id.uuid()), name: folder_name(folder.name.clone()) });
        next = folder.parent;
    }
    way.reverse();
    Ok(way)
}

/// Follows the keys of a list, one after the other.
fn resolve_statement() -> String {
    let living_item = living_item();
    format!(
        "WITH RECURSIVE way (id, step) AS (\
            SELECT id, 0 FROM nodes AS item WHERE id = ?1 AND kind = 'folder' AND {living_item} \
            UNION ALL \
            SELECT entry.id, step + 1 FROM way \
            JOIN nodes AS entry ON entry.parent = way.id AND entry.name_search = ?3 ->> step \
            WHERE step < ?4 AND entry.trash IS NULL\
        ) SELECT nodes.* FROM way JOIN nodes ON nodes.id = way.id WHERE step = ?4"
    )
}

/// The living item at the end of this path from a living folder.
pub(super) fn resolve(
    connection: &mut SqliteConnection,
    access: &Access,
    from: NodeId,
    keys: &[String],
) -> PortResult<Option<Item>> {
    let steps = i64::try_from(keys.len()).unwrap_or(i64::MAX);
    if steps >= TOO_DEEP {
        return Ok(None);
    }
    let keys = serde_json::to_string(keys).map_err(|error| PortError::Unexpected(Box::new(error)))?;
    let row: Option<NodeRow> = fixed(
        diesel::sql_query(resolve_statement())
            .bind::<Binary, _>(Id::of(from.uuid()))
            .bind::<Binary, _>(reached(access))
            .bind::<Text, _>(keys)
            .bind::<BigInt, _>(steps),
    )
    .get_result(connection)
    .optional()
    .map_err(store_error)?;
    row.map(Item::try_from).transpose()
}

/// All that is living below a folder, which counts too, and the number of the drive's last change of the same moment.
fn usage_statement() -> String {
    let living_item = living_item();
    format!(
        "WITH RECURSIVE below (id, kind, size, depth) AS (\
            SELECT id, kind, size, 0 FROM nodes AS item WHERE id = ?1 AND kind = 'folder' AND {living_item} \
            UNION ALL \
            SELECT entry.id, entry.kind, entry.size, depth + 1 FROM below JOIN nodes AS entry ON entry.parent = below.id \
            WHERE below.kind = 'folder' AND entry.trash IS NULL AND depth < ?3\
        ) SELECT count(*) AS items, count(*) FILTER (WHERE kind = 'file') AS files, coalesce(sum(size), 0) AS size, \
            coalesce(max(depth), 0) AS depth, coalesce((SELECT seq FROM users WHERE users.id = ?2), 0) AS seq FROM below"
    )
}

#[derive(QueryableByName)]
struct UsageRow {
    #[diesel(sql_type = BigInt)]
    items: i64,
    #[diesel(sql_type = BigInt)]
    files: i64,
    #[diesel(sql_type = BigInt)]
    size: i64,
    #[diesel(sql_type = BigInt)]
    depth: i64,
    #[diesel(sql_type = BigInt)]
    seq: i64,
}

/// What a living folder holds, all levels together.
pub(super) fn usage(
    connection: &mut SqliteConnection,
    access: &Access,
    folder: NodeId,
) -> PortResult<Option<Usage>> {
    let row: UsageRow = fixed(
        diesel::sql_query(usage_statement())
            .bind::<Binary, _>(Id::of(folder.uuid()))
            .bind::<Binary, _>(reached(access))
            .bind::<BigInt, _>(TOO_DEEP),
    )
    .get_result(connection)
    .map_err(store_error)?;
    refuse_cycle(row.depth)?;
    if row.items == 0 {
        return Ok(None);
    }
    Ok(Some(Usage {
        files: number("the files of a folder", row.files)?,
        folders: number("the folders of a folder", row.items - row.files - 1)?,
        size: size("nodes.size", row.size)?,
        seq: Seq::new(number("users.seq", row.seq)?),
    }))
}
