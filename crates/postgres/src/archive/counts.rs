//! What rows add up to.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Integer, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use fm_domain::archive::{BlobTally, DriveCounters, DriveTally, TreeFault, WrongPlace};
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::ids::{BlobId, DriveId, NodeId};
use uuid::Uuid;

use crate::blobs::{DELETED, STORED, deleted_columns, key};
use crate::error::corrupt;
use crate::lease::PgLease;
use crate::schema::blobs;
use crate::sql::{statement, typed};
use crate::unit_of_work::PgUnitOfWork;
use crate::value::{Moment, count, size};

/// What the rows of each user's drive add up to, as `items` and `old`.
macro_rules! counted {
    () => {
        "LATERAL (\
            SELECT count(*) AS nodes, count(*) FILTER (WHERE kind = 'file' AND trash_id IS NULL) AS files, \
                coalesce(sum(size_bytes), 0)::bigint AS bytes, \
                coalesce(sum(size_bytes) FILTER (WHERE trash_id IS NOT NULL), 0)::bigint AS trash \
            FROM nodes WHERE drive_id = users.id\
        ) AS items, LATERAL (\
            SELECT coalesce(sum(file_versions.size_bytes), 0)::bigint AS bytes, \
                coalesce(sum(file_versions.size_bytes) FILTER (WHERE trash_id IS NOT NULL), 0)::bigint AS trash \
            FROM file_versions JOIN nodes ON nodes.id = file_id WHERE drive_id = users.id\
        ) AS old "
    };
}

const TALLIES: &str = concat!(
    "SELECT users.id, used_bytes, trash_bytes, version_bytes, file_count, node_count, items.nodes, items.files, \
        items.bytes, items.trash, old.bytes AS old_bytes, old.trash AS old_trash FROM users, ",
    counted!(),
    "WHERE users.id > $1 AND removed_at IS NULL ORDER BY users.id LIMIT $2"
);

const RECOUNT_DRIVE: &str = concat!(
    "UPDATE users SET used_bytes = counted.bytes, trash_bytes = counted.trash, version_bytes = counted.versions, \
        file_count = counted.files, node_count = counted.nodes \
    FROM (SELECT users.id, items.bytes + old.bytes AS bytes, items.trash + old.trash AS trash, \
            old.bytes - old.trash AS versions, items.files, items.nodes FROM users, ",
    counted!(),
    "WHERE users.id = $1) AS counted WHERE users.id = counted.id"
);

/// Blobs that count other references than there are. The rows that refer are put together once: they have no index of blobs. A preview of a
/// blob that is not stored refers to nothing: a node that knows no previews has let that blob go.
macro_rules! wrong {
    () => {
        "SELECT blobs.id, bucket, ref_count, coalesce(counted, 0) AS counted FROM blobs LEFT JOIN (\
            SELECT id, count(*) AS counted FROM (\
                SELECT blob_id AS id FROM nodes WHERE blob_id IS NOT NULL \
                UNION ALL SELECT thumbnail_blob_id FROM nodes WHERE thumbnail_blob_id IS NOT NULL \
                UNION ALL SELECT blob_id FROM file_versions \
                UNION ALL SELECT previews.blob_id FROM previews \
                    JOIN blobs AS original ON original.id = original_id AND original.state = $1 \
                    WHERE previews.blob_id IS NOT NULL) AS every GROUP BY id\
        ) AS rows ON rows.id = blobs.id WHERE state = $1 AND ref_count <> coalesce(counted, 0) "
    };
}

const WRONG_REFERENCES: &str = concat!(wrong!(), "AND blobs.id > $2 ORDER BY blobs.id LIMIT $3");

const RECOUNT_REFERENCES: &str = concat!(
    "UPDATE blobs SET ref_count = wrong.counted FROM (",
    wrong!(),
    ") AS wrong WHERE blobs.id = wrong.id"
);

/// After blobs without references were marked as deleted: what they leave of previews.
const DROP_PREVIEWS: &str = concat!(
    "WITH gone AS (\
        DELETE FROM previews WHERE NOT EXISTS (SELECT FROM blobs WHERE blobs.id = original_id AND state = ?) \
        RETURNING blob_id\
    ) UPDATE blobs SET ",
    deleted_columns!(),
    ", ref_count = 0 WHERE id = ANY (ARRAY(SELECT blob_id FROM gone)) AND state = ?"
);

/// A walk down from all roots and tops of the trash, as deep as folders may be, and what it did not meet. Drives are compared in a way that no
/// index serves: a plan that reads all of a drive for each folder would take minutes.
pub(super) const FAULTS: &str = "WITH RECURSIVE reached (id, drive_id, kind, level) AS (\
        SELECT id, drive_id, kind, 0 FROM nodes WHERE parent_id IS NULL AND (id = drive_id OR trash_id = id) \
        UNION ALL SELECT nodes.id, nodes.drive_id, nodes.kind, level + 1 \
        FROM reached JOIN nodes ON nodes.parent_id = reached.id AND nodes.drive_id IS NOT DISTINCT FROM reached.drive_id \
        WHERE reached.kind = 'folder' AND level <= 64\
    ) SELECT drive_id, id, 'unreachable' AS wrong FROM nodes \
    WHERE NOT EXISTS (SELECT FROM reached WHERE reached.id = nodes.id) \
    UNION ALL SELECT nodes.drive_id, nodes.id, 'mismarked' FROM nodes JOIN nodes AS folders ON folders.id = nodes.parent_id \
    WHERE nodes.trash_id IS DISTINCT FROM folders.trash_id \
        AND NOT EXISTS (SELECT FROM operations WHERE owner_id = nodes.drive_id AND status = 'running') \
    UNION ALL SELECT drive_id, id, 'name_taken' FROM (\
        SELECT drive_id, id, row_number() OVER (PARTITION BY parent_id, name_search ORDER BY id) AS place \
        FROM nodes WHERE parent_id IS NOT NULL) AS placed WHERE place > 1 \
    LIMIT $1";

#[derive(QueryableByName)]
struct TallyRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
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
    #[diesel(sql_type = BigInt)]
    nodes: i64,
    #[diesel(sql_type = BigInt)]
    files: i64,
    #[diesel(sql_type = BigInt)]
    bytes: i64,
    #[diesel(sql_type = BigInt)]
    trash: i64,
    #[diesel(sql_type = BigInt)]
    old_bytes: i64,
    #[diesel(sql_type = BigInt)]
    old_trash: i64,
}

impl TallyRow {
    fn into_tally(self) -> PortResult<DriveTally> {
        let recorded = DriveCounters {
            used: size("users.used_bytes", self.used_bytes)?,
            trash: size("users.trash_bytes", self.trash_bytes)?,
            versions: size("users.version_bytes", self.version_bytes)?,
            files: count("users.file_count", self.file_count)?,
            nodes: count("users.node_count", self.node_count)?,
        };
        let counted = DriveCounters {
            used: size("nodes.size_bytes", self.bytes.saturating_add(self.old_bytes))?,
            trash: size("nodes.size_bytes", self.trash.saturating_add(self.old_trash))?,
            versions: size("file_versions.size_bytes", self.old_bytes.saturating_sub(self.old_trash))?,
            files: count("nodes", self.files)?,
            nodes: count("nodes", self.nodes)?,
        };
        Ok(DriveTally { drive: DriveId::new(self.id), recorded, counted })
    }
}

/// A page of the counters of drives.
pub(super) async fn tallies(
    lease: &mut PgLease,
    after: Option<DriveId>,
    limit: u32,
) -> PortResult<Vec<DriveTally>> {
    let query = diesel::sql_query(TALLIES)
        .bind::<SqlUuid, _>(after.map_or(Uuid::nil(), DriveId::uuid))
        .bind::<BigInt, _>(i64::from(limit));
    let rows: Vec<TallyRow> = lease.run(|connection| query.load(connection)).await?;
    rows.into_iter().map(TallyRow::into_tally).collect()
}

#[derive(QueryableByName)]
struct ReferenceRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    bucket: String,
    #[diesel(sql_type = Integer)]
    ref_count: i32,
    #[diesel(sql_type = BigInt)]
    counted: i64,
}

impl ReferenceRow {
    fn into_tally(self) -> PortResult<BlobTally> {
        Ok(BlobTally {
            key: key(&self.bucket, self.id)?,
            recorded: count("blobs.ref_count", self.ref_count.into())?,
            counted: count("blobs.ref_count", self.counted)?,
        })
    }
}

/// A page of blobs that count other references than there are.
pub(super) async fn wrong_references(
    lease: &mut PgLease,
    after: Option<BlobId>,
    limit: u32,
) -> PortResult<Vec<BlobTally>> {
    let query = diesel::sql_query(WRONG_REFERENCES)
        .bind::<Text, _>(STORED)
        .bind::<SqlUuid, _>(after.map_or(Uuid::nil(), BlobId::uuid))
        .bind::<BigInt, _>(i64::from(limit));
    let rows: Vec<ReferenceRow> = lease.run(|connection| query.load(connection)).await?;
    rows.into_iter().map(ReferenceRow::into_tally).collect()
}

/// An item that is not where it may be, as it is read.
#[derive(QueryableByName)]
pub(super) struct FaultRow {
    #[diesel(sql_type = SqlUuid)]
    drive_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    wrong: String,
}

/// What such rows say.
pub(super) fn understood(rows: Vec<FaultRow>) -> PortResult<Vec<TreeFault>> {
    let fault = |row: FaultRow| {
        let wrong = match row.wrong.as_str() {
            "unreachable" => WrongPlace::Unreachable,
            "mismarked" => WrongPlace::Mismarked,
            "name_taken" => WrongPlace::NameTaken,
            other => return Err(corrupt("nodes")(format!("{other} is no fault"))),
        };
        Ok(TreeFault { drive: DriveId::new(row.drive_id), node: NodeId::new(row.id), wrong })
    };
    rows.into_iter().map(fault).collect()
}

/// Makes the counters of a drive what its rows add up to.
pub(super) async fn recount_drive(unit: &mut PgUnitOfWork, drive: DriveId) -> PortResult<()> {
    let update = diesel::sql_query(RECOUNT_DRIVE).bind::<SqlUuid, _>(drive.uuid());
    unit.run(|connection| update.execute(connection)).await.map(|_rows| ())
}

/// Makes blobs count the rows that refer to them; how many were changed.
pub(super) async fn recount_references(unit: &mut PgUnitOfWork, at: Timestamp) -> PortResult<u64> {
    let update = diesel::sql_query(RECOUNT_REFERENCES).bind::<Text, _>(STORED);
    let changed = unit.run(|connection| update.execute(connection)).await?;
    let without = blobs::table.filter(blobs::state.eq(STORED)).filter(sql::<Bool>("ref_count = 0"));
    let gone = diesel::update(without).set((
        blobs::state.eq(DELETED),
        blobs::deleted_at.eq(Moment(at)),
        blobs::due_at.eq(Moment(at)),
    ));
    unit.run(|connection| gone.execute(connection)).await?;
    let (stored, at) = (|| typed::<Text, _>(STORED), || typed::<Timestamptz, _>(Moment(at)));
    let previews = statement::<(), _>(DROP_PREVIEWS, (stored(), at(), at(), stored()));
    let dropped = unit.run(|connection| previews.execute(connection)).await?;
    Ok((changed + dropped) as u64)
}
