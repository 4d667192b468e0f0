//! What rows add up to.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool, Text};
use fm_domain::archive::{BlobTally, DriveCounters, DriveTally, TreeFault, WrongPlace};
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::ids::{BlobId, DriveId, NodeId};
use uuid::Uuid;

use crate::error::{corrupt, store_error};
use crate::repos::blobs::{DELETED, STORED, key};
use crate::repos::previews;
use crate::rows::{Id, number, size};
use crate::schema::blobs;

/// Counters of one drive after another: a drive is read along its own index.
const TALLIES: &str = "SELECT id, used_bytes, trash_bytes, version_bytes, file_count, node_count FROM users \
    WHERE id > ?1 AND removed_at IS NULL ORDER BY id LIMIT ?2";

/// What the rows of a drive add up to.
const COUNTED: &str = "SELECT items.nodes, items.files, items.bytes + old.bytes AS used, items.trash + old.trash AS trash, \
        old.bytes - old.trash AS versions \
    FROM (SELECT count(*) AS nodes, count(*) FILTER (WHERE kind = 'file' AND trash IS NULL) AS files, \
            coalesce(sum(size), 0) AS bytes, coalesce(sum(size) FILTER (WHERE trash IS NOT NULL), 0) AS trash \
        FROM nodes WHERE drive = ?1) AS items, \
    (SELECT coalesce(sum(file_versions.size), 0) AS bytes, \
            coalesce(sum(file_versions.size) FILTER (WHERE trash IS NOT NULL), 0) AS trash \
        FROM file_versions JOIN nodes ON nodes.id = file WHERE drive = ?1) AS old";

const SET_COUNTERS: &str = "UPDATE users SET used_bytes = ?1, trash_bytes = ?2, version_bytes = ?3, file_count = ?4, \
        node_count = ?5 WHERE id = ?6";

/// Blobs that count other references than there are. The rows that refer are put together once: they have no index of blobs. A preview of a
/// blob that is not stored refers to nothing.
macro_rules! wrong {
    () => {
        "SELECT blobs.id, bucket, ref_count, coalesce(counted, 0) AS counted FROM blobs LEFT JOIN (\
            SELECT id, count(*) AS counted FROM (\
                SELECT blob AS id FROM nodes WHERE blob IS NOT NULL \
                UNION ALL SELECT thumbnail_blob FROM nodes WHERE thumbnail_blob IS NOT NULL \
                UNION ALL SELECT blob FROM file_versions \
                UNION ALL SELECT previews.blob FROM previews \
                    JOIN blobs AS originals ON originals.id = original AND originals.state = ?1 \
                    WHERE previews.blob IS NOT NULL) GROUP BY id\
        ) AS counts ON counts.id = blobs.id WHERE state = ?1 AND ref_count <> coalesce(counted, 0) "
    };
}

const WRONG_REFERENCES: &str = concat!(wrong!(), "AND blobs.id > ?2 ORDER BY blobs.id LIMIT ?3");

const RECOUNT_REFERENCES: &str = concat!(
    "UPDATE blobs SET ref_count = wrong.counted FROM (",
    wrong!(),
    ") AS wrong WHERE blobs.id = wrong.id"
);

/// A walk down from all roots and tops of the trash, as deep as folders may be, and what it did not meet.
const FAULTS: &str = "WITH RECURSIVE reached (id, drive, kind, level) AS (\
        SELECT id, drive, kind, 0 FROM nodes WHERE parent IS NULL AND (id = drive OR trash = id) \
        UNION ALL SELECT nodes.id, nodes.drive, nodes.kind, level + 1 \
        FROM reached JOIN nodes ON nodes.parent = reached.id AND nodes.drive = reached.drive \
        WHERE reached.kind = 'folder' AND level <= 64\
    ) SELECT drive, id, 'unreachable' AS wrong FROM nodes WHERE id NOT IN (SELECT id FROM reached) \
    UNION ALL SELECT nodes.drive, nodes.id, 'mismarked' FROM nodes JOIN nodes AS folders ON folders.id = nodes.parent \
    WHERE nodes.trash IS NOT folders.trash \
        AND NOT EXISTS (SELECT 1 FROM operations WHERE owner = nodes.drive AND status = 'running') \
    UNION ALL SELECT drive, id, 'name_taken' FROM (\
        SELECT drive, id, row_number() OVER (PARTITION BY parent, name_search ORDER BY id) AS place \
        FROM nodes WHERE parent IS NOT NULL) WHERE place > 1 \
    LIMIT ?1";

#[derive(QueryableByName)]
struct RecordedRow {
    #[diesel(sql_type = Binary)]
    id: Id,
    #[diesel(sql_type = BigInt)]
    used_bytes: i64,
    #[diesel(sql_type = BigInt)]
    trash_bytes: i64,
    #[diesel(sql_type = BigInt)]
    version_bytes: i64,
    #[diesel(sql_type = BigInt)]
    file_count: i64,
    #[diesel(sql_type = BigInt)]
    node_count: i64,
}

#[derive(QueryableByName)]
struct CountedRow {
    #[diesel(sql_type = BigInt)]
    nodes: i64,
    #[diesel(sql_type = BigInt)]
    files: i64,
    #[diesel(sql_type = BigInt)]
    used: i64,
    #[diesel(sql_type = BigInt)]
    trash: i64,
    #[diesel(sql_type = BigInt)]
    versions: i64,
}

fn counted(connection: &mut SqliteConnection, drive: Id) -> PortResult<CountedRow> {
    let query = diesel::sql_query(COUNTED).bind::<Binary, _>(drive);
    query.get_result(connection).map_err(store_error)
}

/// A page of the counters of drives.
pub(super) fn tallies(
    connection: &mut SqliteConnection,
    after: Option<DriveId>,
    limit: u32,
) -> PortResult<Vec<DriveTally>> {
    let rows: Vec<RecordedRow> = diesel::sql_query(TALLIES)
        .bind::<Binary, _>(Id::of(after.map_or(Uuid::nil(), DriveId::uuid)))
        .bind::<BigInt, _>(i64::from(limit))
        .load(connection)
        .map_err(store_error)?;
    let mut tallies = Vec::with_capacity(rows.len());
    for row in rows {
        let counted = counted(connection, row.id)?;
        tallies.push(DriveTally {
            drive: DriveId::new(row.id.uuid()),
            recorded: DriveCounters {
                used: size("users.used_bytes", row.used_bytes)?,
                trash: size("users.trash_bytes", row.trash_bytes)?,
                versions: size("users.version_bytes", row.version_bytes)?,
                files: number("users.file_count", row.file_count)?,
                nodes: number("users.node_count", row.node_count)?,
            },
            counted: DriveCounters {
                used: size("nodes.size", counted.used)?,
                trash: size("nodes.size", counted.trash)?,
                versions: size("file_versions.size", counted.versions)?,
                files: number("nodes", counted.files)?,
                nodes: number("nodes", counted.nodes)?,
            },
        });
    }
    Ok(tallies)
}

/// Makes the counters of a drive what its rows add up to.
pub(super) fn recount_drive(connection: &mut SqliteConnection, drive: DriveId) -> PortResult<()> {
    let id = Id::of(drive.uuid());
    let counted = counted(connection, id)?;
    let update = diesel::sql_query(SET_COUNTERS)
        .bind::<BigInt, _>(counted.used)
        .bind::<BigInt, _>(counted.trash)
        .bind::<BigInt, _>(counted.versions)
        .bind::<BigInt, _>(counted.files)
        .bind::<BigInt, _>(counted.nodes)
        .bind::<Binary, _>(id);
    update.execute(connection).map(|_rows| ()).map_err(store_error)
}

#[derive(QueryableByName)]
struct ReferenceRow {
    #[diesel(sql_type = Binary)]
    id: Id,
    #[diesel(sql_type = Text)]
    bucket: String,
    #[diesel(sql_type = BigInt)]
    ref_count: i64,
    #[diesel(sql_type = BigInt)]
    counted: i64,
}

/// A page of blobs that count other references than there are.
pub(super) fn wrong_references(
    connection: &mut SqliteConnection,
    after: Option<BlobId>,
    limit: u32,
) -> PortResult<Vec<BlobTally>> {
    let rows: Vec<ReferenceRow> = diesel::sql_query(WRONG_REFERENCES)
        .bind::<Text, _>(STORED)
        .bind::<Binary, _>(Id::of(after.map_or(Uuid::nil(), BlobId::uuid)))
        .bind::<BigInt, _>(i64::from(limit))
        .load(connection)
        .map_err(store_error)?;
    let tally = |row: ReferenceRow| {
        Ok(BlobTally {
            key: key(row.id, &row.bucket)?,
            recorded: number("blobs.ref_count", row.ref_count)?,
            counted: number("blobs.ref_count", row.counted)?,
        })
    };
    rows.into_iter().map(tally).collect()
}

/// Makes blobs count the rows that refer to them; how many were changed.
pub(super) fn recount_references(connection: &mut SqliteConnection, at: Timestamp) -> PortResult<u64> {
    let update = diesel::sql_query(RECOUNT_REFERENCES).bind::<Text, _>(STORED);
    let changed = update.execute(connection).map_err(store_error)?;
    diesel::update(blobs::table.filter(blobs::state.eq(STORED)).filter(sql::<Bool>("ref_count = 0")))
        .set((
            blobs::state.eq(DELETED),
            blobs::deleted_at.eq(at.unix_micros()),
            blobs::due_at.eq(at.unix_micros()),
        ))
        .execute(connection)
        .map_err(store_error)?;
    let dropped = previews::remove_unowned(connection, at)?;
    Ok((changed + dropped) as u64)
}

#[derive(QueryableByName)]
struct FaultRow {
    #[diesel(sql_type = Binary)]
    drive: Id,
    #[diesel(sql_type = Binary)]
    id: Id,
    #[diesel(sql_type = Text)]
    wrong: String,
}

/// Items that are not where they may be.
pub(super) fn faults(connection: &mut SqliteConnection, limit: u32) -> PortResult<Vec<TreeFault>> {
    let query = diesel::sql_query(FAULTS).bind::<BigInt, _>(i64::from(limit));
    let rows: Vec<FaultRow> = query.load(connection).map_err(store_error)?;
    let fault = |row: FaultRow| {
        let wrong = match row.wrong.as_str() {
            "unreachable" => WrongPlace::Unreachable,
            "mismarked" => WrongPlace::Mismarked,
            "name_taken" => WrongPlace::NameTaken,
            other => return Err(corrupt("nodes")(format!("{other} is no fault"))),
        };
        let (drive, node) = (DriveId::new(row.drive.uuid()), NodeId::new(row.id.uuid()));
        Ok(TreeFault { drive, node, wrong })
    };
    rows.into_iter().map(fault).collect()
}
