//! Questions about what is in the trash.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
use diesel::sqlite::Sqlite;
use fm_domain::access::Access;
use fm_domain::clock::Timestamp;
use fm_domain::error::{PortError, PortResult};
use fm_domain::files::SortOrder;
use fm_domain::ids::{DriveId, NodeId};
use fm_domain::tree::{ChildPage, ItemKind, TrashFilter, TrashKey, TrashPage, TrashSort, TrashedItem};

use super::children::Listed;
use super::walks::{TOO_DEEP, refuse_cycle};
use crate::access::{VISIBLE_ITEM, reached, visible_items};
use crate::error::{corrupt, store_error};
use crate::rows::{Id, NodeRow, id_list, size, stored_size};
use crate::schema::nodes;
use crate::sql::fixed;

/// An item in the trash, with its path, what its top knows, and what it holds.
#[derive(QueryableByName)]
struct TrashedRow {
    #[diesel(embed)]
    node: NodeRow,
    #[diesel(sql_type = Nullable<BigInt>)]
    since: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    path: Option<String>,
    #[diesel(sql_type = BigInt)]
    total: i64,
    #[diesel(sql_type = Bool)]
    has_parent: bool,
    #[diesel(sql_type = BigInt)]
    depth: i64,
}

impl TryFrom<TrashedRow> for TrashedItem {
    type Error = PortError;

    fn try_from(row: TrashedRow) -> PortResult<Self> {
        refuse_cycle(row.depth)?;
        let (Some(top), Some(since), Some(original_path)) = (row.node.trash, row.since, row.path) else {
            return Err(corrupt("nodes.trash")(
                "what took it into the trash does not say when, or from where",
            ));
        };
        Ok(Self {
            item: row.node.try_into()?,
            has_parent: row.has_parent,
            top: NodeId::new(top.uuid()),
            trashed_at: Timestamp::from_unix_micros(since),
            original_path,
            size: size("nodes.size", row.total)?,
        })
    }
}

/// Whether the folder of an item is there still: that of a top may be gone.
const HAS_PARENT: &str =
    "item.trash <> item.id OR EXISTS (SELECT 1 FROM nodes AS former WHERE former.id = item.trashed_from)";

/// The way from a top down to an item that it took along.
const BELOW_TOP: &str = "WITH RECURSIVE way (parent, path, level) AS (\
        SELECT item.parent, '/' || item.name, 0 \
        UNION ALL \
        SELECT folder.parent, '/' || folder.name || way.path, level + 1 \
        FROM way JOIN nodes AS folder ON folder.id = way.parent WHERE folder.trash <> folder.id AND level < ?3\
    ) SELECT path FROM way ORDER BY level DESC LIMIT 1";

/// Items of a list that are in the trash. What each holds is found by walking down, but for tops; the pluses keep conditions from the planner,
/// which would look for all of a trash.
fn items_statement() -> String {
    format!(
        "WITH RECURSIVE below (start, id, size, trash, depth) AS (\
            SELECT id, id, size, trash, 0 FROM nodes AS item WHERE id IN (SELECT unhex(value) FROM json_each(?1)) \
            AND +trash IS NOT NULL AND {VISIBLE_ITEM} \
            UNION \
            SELECT start, entry.id, entry.size, below.trash, depth + 1 \
            FROM below JOIN nodes AS entry ON entry.parent = below.id \
            WHERE start <> below.trash AND +entry.trash = below.trash AND depth < ?3\
        ), held (start, total, depth) AS (\
            SELECT start, coalesce(sum(size), 0), max(depth) FROM below GROUP BY start\
        ) SELECT item.*, top.trashed_at AS since, {HAS_PARENT} AS has_parent, held.depth, \
            CASE WHEN item.trash = item.id THEN top.trashed_path ELSE top.trashed_path || ({BELOW_TOP}) END AS path, \
            CASE WHEN item.trash = item.id THEN {TOTAL} ELSE held.total END AS total \
        FROM held JOIN nodes AS item ON item.id = held.start JOIN nodes AS top ON top.id = item.trash"
    )
}

/// Those of these items that are in the trash and that `access` reaches, in no particular order.
fn items(
    connection: &mut SqliteConnection,
    access: &Access,
    ids: impl IntoIterator<Item = Id>,
) -> PortResult<Vec<TrashedItem>> {
    let rows: Vec<TrashedRow> = fixed(
        diesel::sql_query(items_statement())
            .bind::<Text, _>(id_list(ids))
            .bind::<Binary, _>(reached(access))
            .bind::<BigInt, _>(TOO_DEEP),
    )
    .load(connection)
    .map_err(store_error)?;
    rows.into_iter().map(TrashedItem::try_from).collect()
}

/// The item in the trash, if `access` reaches it.
pub(crate) fn find(
    connection: &mut SqliteConnection,
    access: &Access,
    id: NodeId,
) -> PortResult<Option<TrashedItem>> {
    Ok(items(connection, access, [Id::of(id.uuid())])?.pop())
}

/// A page of the entries of a folder in the trash that went there with it.
pub(super) fn children(
    connection: &mut SqliteConnection,
    access: &Access,
    folder: NodeId,
    page: &ChildPage,
) -> PortResult<Option<Vec<TrashedItem>>> {
    let folder = Id::of(folder.uuid());
    let trash: Option<Option<Id>> = nodes::table
        .find(folder)
        .filter(nodes::kind.eq(ItemKind::Folder.as_str()))
        .filter(visible_items(access))
        .select(nodes::trash)
        .first(connection)
        .optional()
        .map_err(store_error)?;
    let Some(trash) = trash.flatten() else { return Ok(None) };
    let listed = Listed { drive: reached(access), folder, trash: Some(trash) };
    let entries = super::children::page(connection, listed, None, page)?;
    let ids: Vec<Id> = entries.iter().map(|entry| Id::of(entry.id().uuid())).collect();
    let found = items(connection, access, ids)?.into_iter().map(|found| (found.item.id(), found));
    let mut found: HashMap<NodeId, TrashedItem> = found.collect();
    Ok(Some(entries.iter().filter_map(|entry| found.remove(&entry.id())).collect()))
}

/// Named, for a planner without statistics takes the index of the whole drive.
const TOPS: &str = "nodes AS item INDEXED BY nodes_by_trashed_at";

/// Which tops a list is made of. A filter that is not given is null.
fn tops() -> String {
    format!(
        "item.drive = ?2 AND item.trash = item.id AND {VISIBLE_ITEM} \
        AND (?1 IS NULL OR instr(item.name_search, ?1) > 0) AND (?3 IS NULL OR item.trashed_from = ?3) \
        AND (?4 IS NULL OR item.trashed_at < ?4)"
    )
}

/// What a top took along, itself too.
const TOTAL: &str = "(SELECT coalesce(sum(taken.size), 0) FROM nodes AS taken WHERE taken.trash = item.id)";

/// A page of tops. Their sizes are counted for those of the page alone, unless they decide which these are.
fn list_statement(page: &TrashPage) -> String {
    let (direction, comparison) = match page.order {
        SortOrder::Ascending => ("ASC", ">"),
        SortOrder::Descending => ("DESC", "<"),
    };
    let tops = tops();
    let after = |key: &str, word: &str| match page.after {
        Some(_) => format!("{word} ({key}, item.id) {comparison} (?6, ?7)"),
        None => String::new(),
    };
    let columns = format!(
        "item.trashed_at AS since, item.trashed_path AS path, {HAS_PARENT} AS has_parent, 0 AS depth"
    );
    let key = match page.sort {
        TrashSort::TrashedAt => "item.trashed_at",
        TrashSort::Name => "item.name_sort",
        TrashSort::Size => {
            return format!(
                "WITH tops AS MATERIALIZED (\
                    SELECT item.*, {columns}, {TOTAL} AS total FROM {TOPS} WHERE {tops}\
                ) SELECT * FROM tops AS item {} ORDER BY item.total {direction}, item.id {direction} LIMIT ?5",
                after("item.total", "WHERE")
            );
        }
    };
    format!(
        "WITH tops AS MATERIALIZED (\
            SELECT * FROM {TOPS} WHERE {tops} {} ORDER BY {key} {direction}, item.id {direction} LIMIT ?5\
        ) SELECT item.*, {columns}, {TOTAL} AS total FROM tops AS item \
        ORDER BY {key} {direction}, item.id {direction}",
        after(key, "AND")
    )
}

/// A page of the tops of the trash of a drive.
pub(super) fn list(
    connection: &mut SqliteConnection,
    access: &Access,
    drive: DriveId,
    filter: TrashFilter,
    page: TrashPage,
) -> PortResult<Vec<TrashedItem>> {
    if drive != access.drive() {
        return Ok(Vec::new());
    }
    if page.after.as_ref().is_some_and(|after| after.sort() != page.sort) {
        return Err(PortError::Unexpected("the key of the page belongs to another order".into()));
    }
    let query = diesel::sql_query(list_statement(&page))
        .into_boxed::<Sqlite>()
        .bind::<Nullable<Text>, _>(filter.name_contains)
        .bind::<Binary, _>(reached(access))
        .bind::<Nullable<Binary>, _>(filter.from.map(|folder| Id::of(folder.uuid())))
        .bind::<Nullable<BigInt>, _>(filter.before.map(Timestamp::unix_micros))
        .bind::<BigInt, _>(i64::from(page.limit));
    let (query, id) = match page.after {
        Some(TrashKey::TrashedAt(at, id)) => (query.bind::<BigInt, _>(at.unix_micros()), Some(id)),
        Some(TrashKey::Name(name, id)) => (query.bind::<Text, _>(name), Some(id)),
        Some(TrashKey::Size(bytes, id)) => (query.bind::<BigInt, _>(stored_size(bytes)), Some(id)),
        None => (query, None),
    };
    let query = match id {
        Some(id) => query.bind::<Binary, _>(Id::of(id.uuid())),
        None => query,
    };
    let rows: Vec<TrashedRow> = fixed(query).load(connection).map_err(store_error)?;
    rows.into_iter().map(TrashedItem::try_from).collect()
}
