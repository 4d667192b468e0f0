//! What units of work ask of the entries of a folder.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Text};
use fm_domain::error::{PortError, PortResult};
use fm_domain::ids::NodeId;
use fm_domain::tree::Item;
use uuid::Uuid;

use crate::error::store_error;
use crate::rows::{Id, NodeRow, id_list, number, stored_number};
use crate::schema::nodes;
use crate::sql::fixed;

/// The living entry of a folder whose name has this key.
pub(super) fn entry(
    connection: &mut SqliteConnection,
    folder: NodeId,
    key: &str,
) -> PortResult<Option<Item>> {
    nodes::table
        .filter(nodes::parent.eq(Id::of(folder.uuid())))
        .filter(nodes::name_search.eq(key))
        .filter(nodes::trash.is_null())
        .select(NodeRow::as_select())
        .first(connection)
        .optional()
        .map_err(store_error)?
        .map(Item::try_from)
        .transpose()
}

const TAKEN: &str = "SELECT name_search AS text FROM nodes \
    WHERE parent = ?1 AND name_search IN (SELECT value FROM json_each(?2))";

#[derive(QueryableByName)]
struct KeyRow {
    #[diesel(sql_type = Text)]
    text: String,
}

/// Those of these keys that entries of a folder have.
pub(super) fn taken(
    connection: &mut SqliteConnection,
    folder: NodeId,
    keys: &[String],
) -> PortResult<Vec<String>> {
    let keys = serde_json::to_string(keys).map_err(|error| PortError::Unexpected(Box::new(error)))?;
    let rows: Vec<KeyRow> =
        fixed(diesel::sql_query(TAKEN).bind::<Binary, _>(Id::of(folder.uuid())).bind::<Text, _>(keys))
            .load(connection)
            .map_err(store_error)?;
    Ok(rows.into_iter().map(|row| row.text).collect())
}

const COUNT_ENTRIES: &str = "SELECT count(*) AS count FROM (SELECT 1 FROM nodes WHERE parent = ?1 LIMIT ?2)";

#[derive(QueryableByName)]
struct CountRow {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// How many entries a folder has, `limit` at most.
pub(super) fn count_entries(
    connection: &mut SqliteConnection,
    folder: NodeId,
    limit: u64,
) -> PortResult<u64> {
    let row: CountRow = fixed(
        diesel::sql_query(COUNT_ENTRIES)
            .bind::<Binary, _>(Id::of(folder.uuid()))
            .bind::<BigInt, _>(stored_number(limit)),
    )
    .get_result(connection)
    .map_err(store_error)?;
    number("the entries of a folder", row.count)
}

/// The pluses keep the ids from the planner, which would walk along those of all items.
const ENTRIES: &str = "SELECT * FROM nodes WHERE parent IN (SELECT unhex(value) FROM json_each(?1)) \
    AND trash IS NULL AND +id > ?2 ORDER BY +id LIMIT ?3";

/// The living entries of these folders by their ids.
pub(super) fn entries(
    connection: &mut SqliteConnection,
    folders: &[Id],
    after: Option<NodeId>,
    limit: u32,
) -> PortResult<Vec<Item>> {
    // UUIDv7 begin with the time, so none of them is nil.
    let after = Id::of(after.map_or(Uuid::nil(), NodeId::uuid));
    let rows: Vec<NodeRow> = fixed(
        diesel::sql_query(ENTRIES)
            .bind::<Text, _>(id_list(folders.iter().copied()))
            .bind::<Binary, _>(after)
            .bind::<BigInt, _>(i64::from(limit)),
    )
    .load(connection)
    .map_err(store_error)?;
    rows.into_iter().map(Item::try_from).collect()
}
