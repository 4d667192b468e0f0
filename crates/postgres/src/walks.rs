//! Statements that go up and down living trees.

use diesel::pg::Pg;
use diesel::query_builder::{Query, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Integer, Text, Uuid as SqlUuid};
use fm_domain::access::Access;
use fm_domain::error::PortResult;
use fm_domain::ids::NodeId;
use fm_domain::tree::{Seq, Usage};
use uuid::Uuid;

use crate::access::{leads_to_root, living_node};
use crate::rows::node_columns;
use crate::sql::{statement, typed};
use crate::subtree::{cycle, levels};
use crate::trash::NodeColumns;
use crate::value::{count, size};

/// Each folder with entries among the items is gone up from once.
const ANCESTORS: &str = concat!(
    "WITH RECURSIVE items AS MATERIALIZED (\
        SELECT id, parent_id FROM nodes WHERE id = ANY (?) AND ",
    living_node!(),
    "\
    ), way (start, id, name, parent_id, level) AS (\
        SELECT folder.id, folder.id, folder.name, folder.parent_id, 1 \
        FROM (SELECT DISTINCT parent_id FROM items) AS starts JOIN nodes AS folder ON folder.id = starts.parent_id \
        UNION ALL \
        SELECT way.start, folder.id, folder.name, folder.parent_id, level + 1 \
        FROM way JOIN nodes AS folder ON folder.id = way.parent_id WHERE level <= ?\
    ) SELECT items.id, way.id, way.name, way.level FROM items JOIN way ON way.start = items.parent_id \
    ORDER BY way.level DESC"
);

pub(crate) type AncestorTypes = (SqlUuid, SqlUuid, Text, Integer);
pub(crate) type AncestorRow = (Uuid, Uuid, String, i32);

/// The folders above each of these items, from the root down; [`levels`] is passed by what is no tree.
pub(crate) fn ancestors(
    access: &Access,
    items: &[NodeId],
) -> impl Query<SqlType = AncestorTypes> + QueryFragment<Pg> + QueryId + Send + use<> {
    let ids: Vec<Uuid> = items.iter().map(|id| id.uuid()).collect();
    let values = (
        typed::<Array<SqlUuid>, _>(ids),
        typed::<SqlUuid, _>(access.drive().uuid()),
        typed::<SqlUuid, _>(access.owner().uuid()),
        typed::<BigInt, _>(levels()),
    );
    statement::<AncestorTypes, _>(ANCESTORS, values)
}

/// From folder to folder by the unique index on names.
const RESOLVE: &str = concat!(
    "WITH RECURSIVE walk (id, step) AS (\
        SELECT id, 0 FROM nodes WHERE id = ? AND kind = 'folder' AND ",
    living_node!(),
    " UNION ALL \
        SELECT entry.id, step + 1 FROM walk JOIN nodes AS entry ON entry.parent_id = walk.id \
            AND entry.name_search = (?)[step + 1] AND entry.trash_id IS NULL \
        WHERE step < ?\
    ) SELECT ",
    node_columns!("node"),
    " FROM walk JOIN nodes AS node ON node.id = walk.id WHERE step = ?"
);

/// The item so many steps below a folder.
pub(crate) fn resolve(
    access: &Access,
    from: NodeId,
    keys: &[String],
    steps: i64,
) -> impl Query<SqlType = NodeColumns> + QueryFragment<Pg> + QueryId + Send + use<> {
    let values = (
        typed::<SqlUuid, _>(from.uuid()),
        typed::<SqlUuid, _>(access.drive().uuid()),
        typed::<SqlUuid, _>(access.owner().uuid()),
        typed::<Array<Text>, _>(keys.to_vec()),
        typed::<BigInt, _>(steps),
        typed::<BigInt, _>(steps),
    );
    statement::<NodeColumns, _>(RESOLVE, values)
}

const USAGE: &str = concat!(
    "WITH RECURSIVE below (id, kind, size_bytes, level) AS (\
        SELECT id, kind, size_bytes, 0 FROM nodes \
        WHERE id = ? AND drive_id = ? AND kind = 'folder' AND trash_id IS NULL AND ",
    leads_to_root!("nodes"),
    " UNION ALL \
        SELECT entry.id, entry.kind, entry.size_bytes, level + 1 \
        FROM below JOIN nodes AS entry ON entry.parent_id = below.id WHERE below.kind = 'folder' AND level <= ?\
    ) SELECT users.seq, count(*) FILTER (WHERE kind = 'file'), \
        count(*) FILTER (WHERE kind = 'folder' AND level > 0), coalesce(sum(size_bytes), 0)::bigint, max(level) \
    FROM users, below WHERE users.id = ? AND users.removed_at IS NULL GROUP BY users.seq"
);

pub(crate) type UsageTypes = (BigInt, BigInt, BigInt, BigInt, Integer);
pub(crate) type UsageRow = (i64, i64, i64, i64, i32);

/// What is below a folder.
pub(crate) fn usage(
    access: &Access,
    folder: NodeId,
) -> impl Query<SqlType = UsageTypes> + QueryFragment<Pg> + QueryId + Send + use<> {
    let values = (
        typed::<SqlUuid, _>(folder.uuid()),
        typed::<SqlUuid, _>(access.drive().uuid()),
        typed::<BigInt, _>(levels()),
        typed::<SqlUuid, _>(access.owner().uuid()),
    );
    statement::<UsageTypes, _>(USAGE, values)
}

/// The usage that a row holds.
pub(crate) fn used((seq, files, folders, bytes, deepest): UsageRow) -> PortResult<Usage> {
    if i64::from(deepest) > levels() {
        return Err(cycle());
    }
    Ok(Usage {
        files: count("nodes", files)?,
        folders: count("nodes", folders)?,
        size: size("nodes.size_bytes", bytes)?,
        seq: Seq::new(count("users.seq", seq)?),
    })
}

#[cfg(test)]
mod tests;
