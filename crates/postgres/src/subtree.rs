//! Statements about an item and all that is below it.

use diesel::pg::Pg;
use diesel::query_builder::{Query, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use fm_domain::clock::Timestamp;
use fm_domain::error::{PortError, PortResult};
use fm_domain::ids::{BlobId, NodeId};
use fm_domain::tree::{MAX_DEPTH, Marked, Measure, Removed};
use uuid::Uuid;

use crate::drives::Stamp;
use crate::error::corrupt;
use crate::sql::{statement, typed};
use crate::value::{Moment, count, size};

/// How many levels a walk goes at most: those that a tree may have, and one more that tells a cycle.
pub(crate) fn levels() -> i64 {
    i64::from(MAX_DEPTH) + 1
}

/// What a walk that did not end in time has met.
pub(crate) fn cycle() -> PortError {
    corrupt("nodes.parent_id")("folders are nested in themselves, or too deeply")
}

/// A row that is written inside its drive: in another one the number would be null, which no row has.
macro_rules! inside {
    () => {
        "(?)[array_position(?, drive_id)]"
    };
}

/// The bytes of the versions of the files in a table of the statement.
macro_rules! old_bytes {
    ($of:literal) => {
        concat!(
            "(SELECT coalesce(sum(size_bytes), 0)::bigint FROM file_versions WHERE file_id = ",
            $of,
            ".id)"
        )
    };
}

/// Whether an item is a top of the trash, and was not restored meanwhile.
macro_rules! is_top {
    () => {
        "EXISTS (SELECT FROM nodes AS top WHERE top.id = ? AND top.trash_id = top.id)"
    };
}

const LINEAGE: &str = "WITH RECURSIVE way (id, name, parent_id, level) AS (\
        SELECT id, name, parent_id, 1 FROM nodes WHERE id = ? AND kind = 'folder' AND trash_id IS NULL \
        UNION ALL \
        SELECT folder.id, folder.name, folder.parent_id, level + 1 \
        FROM way JOIN nodes AS folder ON folder.id = way.parent_id WHERE level <= ?\
    ) SELECT id, name FROM way ORDER BY level";

/// A living folder and those above it.
pub(crate) fn lineage(
    folder: NodeId,
) -> impl Query<SqlType = (SqlUuid, Text)> + QueryFragment<Pg> + QueryId + Send {
    let values = (typed::<SqlUuid, _>(folder.uuid()), typed::<BigInt, _>(levels()));
    statement::<(SqlUuid, Text), _>(LINEAGE, values)
}

const HEIGHT: &str = "WITH RECURSIVE below (id, level) AS (\
        SELECT id, 0 FROM nodes WHERE id = ? \
        UNION ALL \
        SELECT folder.id, level + 1 FROM below JOIN nodes AS folder ON folder.parent_id = below.id \
        WHERE folder.kind = 'folder' AND level < ?\
    ) SELECT coalesce(max(level), 0) FROM below";

/// How many levels of folders are below one; [`levels`] where there are more than there may be.
pub(crate) fn height(folder: NodeId) -> impl Query<SqlType = Integer> + QueryFragment<Pg> + QueryId + Send {
    let values = (typed::<SqlUuid, _>(folder.uuid()), typed::<BigInt, _>(levels()));
    statement::<Integer, _>(HEIGHT, values)
}

/// What was living is told by the row as it was before.
const TRASH: &str = concat!(
    "UPDATE nodes SET parent_id = NULL, trash_id = id, trashed_from = parent_id, trashed_at = ?, \
        trashed_path = ?, changed_seq = ",
    inside!(),
    " FROM (SELECT id AS old_id, trash_id AS old_trash FROM nodes WHERE id = ?) AS old \
    WHERE id = old_id AND parent_id IS NOT NULL \
    RETURNING old_trash IS NULL, size_bytes, ",
    old_bytes!("nodes")
);

pub(crate) type TrashTypes = (Bool, Nullable<BigInt>, BigInt);
pub(crate) type TrashRow = (bool, Option<i64>, i64);

/// Makes an item a top of the trash.
pub(crate) fn trash(
    id: NodeId,
    at: Timestamp,
    path: &str,
    inside: Stamp,
) -> impl Query<SqlType = TrashTypes> + QueryFragment<Pg> + QueryId + Send + use<> {
    let values = (
        typed::<Timestamptz, _>(Moment(at)),
        typed::<Text, _>(path.to_owned()),
        typed::<Array<BigInt>, _>(inside.seqs),
        typed::<Array<SqlUuid>, _>(inside.drives),
        typed::<SqlUuid, _>(id.uuid()),
    );
    statement::<TrashTypes, _>(TRASH, values)
}

/// What an item holds that has this size, if it is a file, and so many bytes of versions.
pub(crate) fn measure(bytes: Option<i64>, old: i64) -> PortResult<Measure> {
    Ok(Measure {
        nodes: 1,
        files: bytes.is_some().into(),
        bytes: size("nodes.size_bytes", bytes.unwrap_or_default())?,
        version_bytes: size("file_versions.size_bytes", old)?,
    })
}

/// Entries of what the top has taken come first, then what is below them, level by level: what is left by one call hangs in what it took.
const MARK: &str = concat!(
    "WITH RECURSIVE below (id, kind, is_living, level) AS (\
        SELECT entry.id, entry.kind, entry.trash_id IS NULL, 1 \
        FROM nodes AS folder JOIN nodes AS entry ON entry.parent_id = folder.id \
        WHERE folder.trash_id = ? AND folder.kind = 'folder' AND entry.trash_id IS DISTINCT FROM ? AND ",
    is_top!(),
    " \
        UNION ALL \
        SELECT entry.id, entry.kind, entry.trash_id IS NULL, level + 1 \
        FROM below JOIN nodes AS entry ON entry.parent_id = below.id WHERE below.kind = 'folder' AND level <= ?\
    ), next AS MATERIALIZED (SELECT id, is_living FROM below LIMIT ?), \
    marked AS (\
        UPDATE nodes SET trash_id = ?, changed_seq = ",
    inside!(),
    " WHERE id = ANY (ARRAY(SELECT id FROM next)) RETURNING id, size_bytes\
    ) SELECT count(*), count(*) FILTER (WHERE is_living), count(size_bytes) FILTER (WHERE is_living), \
        coalesce(sum(size_bytes) FILTER (WHERE is_living), 0)::bigint, \
        (SELECT coalesce(sum(size_bytes), 0)::bigint FROM file_versions \
            WHERE file_id = ANY (ARRAY(SELECT id FROM next WHERE is_living))) \
    FROM marked JOIN next USING (id)"
);

const UNMARK: &str = concat!(
    "WITH freed AS (\
        UPDATE nodes SET trash_id = NULL, changed_seq = ",
    inside!(),
    " WHERE id = ANY (ARRAY(\
            SELECT id FROM nodes WHERE trash_id = ? AND id <> ? \
            AND EXISTS (SELECT FROM nodes AS top WHERE top.id = ? AND top.trash_id IS NULL) LIMIT ?)) \
        RETURNING id, size_bytes\
    ) SELECT count(*), count(*), count(size_bytes), coalesce(sum(size_bytes), 0)::bigint, coalesce(sum(",
    old_bytes!("freed"),
    "), 0)::bigint FROM freed"
);

pub(crate) type MarkedTypes = (BigInt, BigInt, BigInt, BigInt, BigInt);
pub(crate) type MarkedRow = (i64, i64, i64, i64, i64);

/// Takes so many items below a top along.
pub(crate) fn mark(
    top: NodeId,
    limit: u32,
    inside: Stamp,
) -> impl Query<SqlType = MarkedTypes> + QueryFragment<Pg> + QueryId + Send {
    let top = || typed::<SqlUuid, _>(top.uuid());
    let values = (
        top(),
        top(),
        top(),
        typed::<BigInt, _>(levels()),
        typed::<BigInt, _>(i64::from(limit)),
        top(),
        typed::<Array<BigInt>, _>(inside.seqs),
        typed::<Array<SqlUuid>, _>(inside.drives),
    );
    statement::<MarkedTypes, _>(MARK, values)
}

/// Frees so many items that a top took along.
pub(crate) fn unmark(
    top: NodeId,
    limit: u32,
    inside: Stamp,
) -> impl Query<SqlType = MarkedTypes> + QueryFragment<Pg> + QueryId + Send {
    let values = (
        typed::<Array<BigInt>, _>(inside.seqs),
        typed::<Array<SqlUuid>, _>(inside.drives),
        typed::<SqlUuid, _>(top.uuid()),
        typed::<SqlUuid, _>(top.uuid()),
        typed::<SqlUuid, _>(top.uuid()),
        typed::<BigInt, _>(i64::from(limit)),
    );
    statement::<MarkedTypes, _>(UNMARK, values)
}

/// What was marked, as a row tells it.
pub(crate) fn marked((items, nodes, files, bytes, old): MarkedRow) -> PortResult<Marked> {
    Ok(Marked {
        items: u32::try_from(items).map_err(corrupt("nodes"))?,
        measure: Measure {
            nodes: count("nodes", nodes)?,
            files: count("nodes", files)?,
            bytes: size("nodes.size_bytes", bytes)?,
            version_bytes: size("file_versions.size_bytes", old)?,
        },
    })
}

/// All of it where no more is left than may go at once, and else what has no entries. Folders and their entries may go by one statement:
/// the reference is checked at its end. An entry is looked for in the order of their index, so that no plan looks for it in the whole table.
const REMOVE: &str = concat!(
    "next AS MATERIALIZED (\
        SELECT id FROM nodes AS node WHERE trash_id = ? AND drive_id = ANY (?) AND ",
    is_top!(),
    " AND (\
            (SELECT count(*) <= ? FROM (SELECT FROM nodes WHERE trash_id = ? LIMIT ?) AS taken) \
            OR (SELECT entry.id FROM nodes AS entry WHERE entry.parent_id = node.id \
                ORDER BY entry.name_search LIMIT 1) IS NULL) \
        LIMIT ?\
    ), gone AS (\
        DELETE FROM nodes WHERE id = ANY (ARRAY(SELECT id FROM next)) \
        RETURNING id, size_bytes, blob_id, thumbnail_blob_id\
    ), finished AS (\
        DELETE FROM idempotency_keys WHERE file_id = ANY (ARRAY(SELECT id FROM gone))\
    ), running AS (\
        DELETE FROM idempotency_keys WHERE attempt_id = ANY (ARRAY(SELECT blob_id FROM gone)) AND file_id IS NULL\
    ), made AS (\
        DELETE FROM uploads WHERE file_id = ANY (ARRAY(SELECT id FROM gone))\
    ) SELECT id, size_bytes, blob_id, thumbnail_blob_id, coalesce(bytes, 0), coalesce(blobs, '{}') \
    FROM gone, LATERAL (\
        SELECT sum(size_bytes)::bigint AS bytes, array_agg(blob_id) AS blobs \
        FROM file_versions WHERE file_id = gone.id\
    ) AS old"
);

pub(crate) type RemovedTypes =
    (SqlUuid, Nullable<BigInt>, Nullable<SqlUuid>, Nullable<SqlUuid>, BigInt, Array<SqlUuid>);
pub(crate) type RemovedRow = (Uuid, Option<i64>, Option<Uuid>, Option<Uuid>, i64, Vec<Uuid>);

/// Removes so many items that a top took into the trash: a statement that begins with its queries.
pub(crate) fn remove(
    top: NodeId,
    most: i64,
    inside: Stamp,
) -> impl Query<SqlType = RemovedTypes> + QueryFragment<Pg> + Send {
    let values = (
        typed::<SqlUuid, _>(top.uuid()),
        typed::<Array<SqlUuid>, _>(inside.drives),
        typed::<SqlUuid, _>(top.uuid()),
        typed::<BigInt, _>(most),
        typed::<SqlUuid, _>(top.uuid()),
        typed::<BigInt, _>(most.saturating_add(1)),
        typed::<BigInt, _>(most),
    );
    statement::<RemovedTypes, _>(REMOVE, values)
}

/// Adds what rows held to what was removed.
pub(crate) fn add_removed(removed: &mut Removed, rows: Vec<RemovedRow>) -> PortResult<()> {
    for (_, bytes, blob, thumbnail, old, versions) in rows {
        removed.measure = removed.measure.plus(measure(bytes, old)?);
        removed.blobs.extend(blob.into_iter().chain(thumbnail).chain(versions).map(BlobId::new));
    }
    Ok(())
}
