//! What a check of everything asks, along primary keys and the indexes of sweeps.

use async_trait::async_trait;
use diesel::dsl::{exists, not};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use fm_domain::accounts::{Kept, Tally};
use fm_domain::blobs::{BlobQueries, BlobRecord, BlobState, Sweepable};
use fm_domain::clock::Timestamp;
use fm_domain::error::{PortError, PortResult};
use fm_domain::ids::{BlobId, FileId, UserId};
use fm_domain::tree::ItemKind;
use uuid::Uuid;

use crate::access::removed_owner_of_node;
use crate::blobs::{DELETED, INTENT, STORED, key};
use crate::read::PgReadRepos;
use crate::rows::NodeRow;
use crate::schema::{blobs, nodes};
use crate::sql::{statement, typed};
use crate::value::{Moment, count, size};

/// One statement, so that both sides are of one moment.
const TALLY: &str = "SELECT users.id, users.used_bytes, users.file_count, kept.bytes + old.bytes, kept.files \
    FROM users, LATERAL (\
        SELECT coalesce(sum(size_bytes), 0)::bigint AS bytes, \
            count(*) FILTER (WHERE kind = 'file' AND trash_id IS NULL) AS files \
        FROM nodes WHERE drive_id = users.id\
    ) AS kept, LATERAL (\
        SELECT coalesce(sum(file_versions.size_bytes), 0)::bigint AS bytes \
        FROM nodes JOIN file_versions ON file_id = nodes.id WHERE drive_id = users.id\
    ) AS old WHERE users.id > ? AND users.removed_at IS NULL ORDER BY users.id LIMIT ?";

/// Each side stops counting at its limit.
const COUNT_SWEEPABLE: &str = "SELECT \
    (SELECT count(*) FROM (\
        SELECT FROM blobs WHERE state = 'announced' AND expires_at < ? ORDER BY expires_at, id LIMIT ?) AS expired), \
    (SELECT count(*) FROM (\
        SELECT FROM blobs WHERE state = 'doomed' AND due_at <= ? ORDER BY due_at, id LIMIT ?) AS due)";

type TallyTypes = (SqlUuid, BigInt, BigInt, BigInt, BigInt);
pub(crate) type TallyRow = (Uuid, i64, i64, i64, i64);

/// Before the first id: UUIDv7 begin with the time, so none of them is nil.
fn place(after: Option<Uuid>) -> Uuid {
    after.unwrap_or(Uuid::nil())
}

/// A page of files of every owner, living and in the trash.
#[diesel::dsl::auto_type(no_type_alias)]
pub(crate) fn walk(after: Option<FileId>, limit: u32) -> _ {
    let after: Uuid = place(after.map(FileId::uuid));
    let limit: i64 = i64::from(limit);
    let kind: &'static str = ItemKind::File.as_str();
    let row: diesel::dsl::AsSelect<NodeRow, Pg> = NodeRow::as_select();
    let removed: removed_owner_of_node = removed_owner_of_node();
    nodes::table
        .filter(nodes::id.gt(after).and(nodes::kind.eq(kind)).and(not(exists(removed))))
        .order(nodes::id)
        .limit(limit)
        .select(row)
}

/// Those of these blobs that are known.
#[diesel::dsl::auto_type(no_type_alias)]
pub(crate) fn find(ids: Vec<Uuid>) -> _ {
    blobs::table.filter(blobs::id.eq_any(ids)).select((
        blobs::id,
        blobs::bucket,
        blobs::state,
        blobs::size_bytes,
    ))
}

/// A page of tallies.
pub(crate) fn tally(
    after: Option<UserId>,
    limit: u32,
) -> impl Query<SqlType = TallyTypes> + QueryFragment<Pg> + QueryId + Send + 'static {
    let after = typed::<SqlUuid, _>(place(after.map(UserId::uuid)));
    statement::<TallyTypes, _>(TALLY, (after, typed::<BigInt, _>(i64::from(limit))))
}

/// The tally that a row holds.
pub(crate) fn understood((id, used_bytes, file_count, bytes, files): TallyRow) -> PortResult<Tally> {
    let recorded =
        Kept { bytes: size("users.used_bytes", used_bytes)?, files: count("users.file_count", file_count)? };
    let counted = Kept { bytes: size("nodes.size_bytes", bytes)?, files: count("nodes", files)? };
    Ok(Tally { user: UserId::new(id), recorded, counted })
}

/// How much a sweep would find.
pub(crate) fn count_sweepable(
    now: Timestamp,
    limit: u32,
) -> impl Query<SqlType = (BigInt, BigInt)> + QueryFragment<Pg> + QueryId + Send + 'static {
    let (now, limit) = (|| typed::<Timestamptz, _>(Moment(now)), || typed::<BigInt, _>(i64::from(limit)));
    statement::<(BigInt, BigInt), _>(COUNT_SWEEPABLE, (now(), limit(), now(), limit()))
}

/// The blob that a row holds.
pub(crate) fn record(
    (id, bucket, state, bytes): (Uuid, String, String, Option<i64>),
) -> PortResult<BlobRecord> {
    let state = match (state.as_str(), bytes) {
        (INTENT, _) => BlobState::Intent,
        (STORED, Some(bytes)) => BlobState::Stored { size: size("blobs.size_bytes", bytes)? },
        (DELETED, _) => BlobState::Deleted,
        (other, _) => {
            let source = format!("{other} is no state, or lacks its size").into();
            return Err(PortError::Corrupt { what: "blobs.state", source });
        }
    };
    Ok(BlobRecord { key: key(&bucket, id)?, state })
}

#[async_trait]
impl BlobQueries for PgReadRepos {
    async fn find(&mut self, ids: &[BlobId]) -> PortResult<Vec<BlobRecord>> {
        let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
        let query = find(ids);
        let mut lease = self.pool.lease().await?;
        let rows = lease.run(|connection| query.load(connection)).await?;
        rows.into_iter().map(record).collect()
    }

    async fn count_sweepable(&mut self, now: Timestamp, limit: u32) -> PortResult<Sweepable> {
        let query = count_sweepable(now, limit);
        let mut lease = self.pool.lease().await?;
        let (expired, due): (i64, i64) = lease.run(|connection| query.get_result(connection)).await?;
        Ok(Sweepable { expired: count("blobs", expired)?, due: count("blobs", due)? })
    }
}
