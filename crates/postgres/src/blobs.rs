//! The states of blobs inside a unit of work.

use std::collections::HashSet;

use async_trait::async_trait;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{Query, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Bool, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use fm_domain::blobs::{
    BlobIntent, BlobKey, BlobRepo, Bucket, ExpiredIntent, MarkStored, StoredBlob, Tombstone,
};
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::ids::{BlobId, UserId};
use futures_util::FutureExt as _;
use uuid::Uuid;

use crate::error::corrupt;
use crate::schema::blobs;
use crate::sql::{fixed, statement, typed};
use crate::unit_of_work::{PgUnitOfWork, Target};
use crate::value::{Moment, bigint, size};

pub(crate) const INTENT: &str = "announced";
pub(crate) const STORED: &str = "settled";
pub(crate) const DELETED: &str = "doomed";

/// What makes a row a tombstone, at two times that are the same.
macro_rules! deleted_columns {
    () => {
        "state = 'doomed', doomed_at = ?, due_at = ?"
    };
}
pub(crate) use deleted_columns;

const RECORD_INTENT: &str = "INSERT INTO blobs (id, bucket, owner_id, state, reserved_bytes, announced_at, expires_at) \
    SELECT ?, ?, ?, ?, ?, ?, ?";

/// Two sweeps at once take different intents, and neither waits for an upload that is just marking its blob stored.
pub(crate) const CANCEL_EXPIRED: &str = concat!(
    "WITH expired AS MATERIALIZED (\
        SELECT id, expires_at FROM blobs WHERE state = 'announced' AND expires_at < ? \
        ORDER BY expires_at, id LIMIT ? FOR UPDATE SKIP LOCKED\
    ), cancelled AS (\
        UPDATE blobs SET ",
    deleted_columns!(),
    " FROM expired WHERE blobs.id = expired.id \
        RETURNING blobs.id, blobs.bucket, blobs.owner_id, blobs.reserved_bytes, expired.expires_at\
    ) SELECT id, bucket, owner_id, reserved_bytes FROM cancelled ORDER BY expires_at, id"
);

/// So many as are named, of each blob that is stored. They are locked in the order of their ids before any is written.
const ADD_REFERENCES: &str = "WITH named AS MATERIALIZED (\
        SELECT id, count(*)::integer AS times FROM unnest(?) AS ids (id) GROUP BY id\
    ), locked AS MATERIALIZED (\
        SELECT id FROM blobs WHERE id = ANY (?) AND state = ? ORDER BY id FOR NO KEY UPDATE\
    ) UPDATE blobs SET ref_count = ref_count + times FROM named \
    WHERE blobs.id = named.id AND blobs.id = ANY (ARRAY(SELECT id FROM locked)) AND state = ?";

/// It begins with its queries. A row that another unit changed while this one waited for its lock is judged by what it has become (READ
/// COMMITTED): of several units that drop the last references the last one finds that none is left.
const DROP_REFERENCES: &str = "named AS MATERIALIZED (\
        SELECT id, count(*)::integer AS times FROM unnest(?) AS ids (id) GROUP BY id\
    ), locked AS MATERIALIZED (\
        SELECT id FROM blobs WHERE id = ANY (?) AND state = ? ORDER BY id FOR NO KEY UPDATE\
    ), dropped AS (\
        UPDATE blobs SET ref_count = greatest(ref_count - times, 0), \
            state = CASE WHEN ref_count > times THEN state ELSE ? END, \
            doomed_at = CASE WHEN ref_count > times THEN NULL ELSE ? END, \
            due_at = CASE WHEN ref_count > times THEN NULL ELSE ? END \
        FROM named WHERE blobs.id = named.id AND blobs.id = ANY (ARRAY(SELECT id FROM locked)) AND state = ? \
        RETURNING blobs.id, bucket, ref_count, has_previews\
    ) SELECT id, bucket, has_previews FROM dropped WHERE ref_count = 0 ORDER BY id";

type ExpiredRow = (SqlUuid, Text, SqlUuid, BigInt);

/// In the order of [`TombstoneRow`].
const TOMBSTONES: &str =
    "SELECT id, bucket, was_settled, doomed_at FROM blobs WHERE id = ANY (?) AND state = ?";

type TombstoneTypes = (SqlUuid, Text, Bool, Timestamptz);

/// The tombstones with the ids of these blobs.
fn tombstones(
    keys: &[BlobKey],
) -> impl Query<SqlType = TombstoneTypes> + QueryFragment<Pg> + QueryId + Send + use<> {
    let ids: Vec<Uuid> = keys.iter().map(|key| key.id.uuid()).collect();
    let values = (typed::<Array<SqlUuid>, _>(ids), typed::<Text, _>(DELETED));
    statement::<TombstoneTypes, _>(TOMBSTONES, values)
}

pub(crate) fn key(bucket: &str, id: Uuid) -> PortResult<BlobKey> {
    let bucket = bucket.parse::<Bucket>().map_err(corrupt("blobs.bucket"))?;
    Ok(BlobKey { bucket, id: BlobId::new(id) })
}

/// A tombstone, as it is read.
#[derive(Queryable, Selectable)]
#[diesel(table_name = blobs, check_for_backend(Pg))]
struct TombstoneRow {
    id: Uuid,
    bucket: String,
    was_stored: bool,
    #[diesel(select_expression = blobs::deleted_at.assume_not_null())]
    deleted_at: Moment,
}

impl TombstoneRow {
    fn into_blob(self) -> PortResult<Tombstone> {
        let key = key(&self.bucket, self.id)?;
        Ok(Tombstone { key, deleted_at: self.deleted_at.0, was_stored: self.was_stored })
    }
}

#[async_trait]
impl BlobRepo for PgUnitOfWork {
    async fn record_intent(&mut self, intent: &BlobIntent) -> PortResult<()> {
        let values = (
            typed::<SqlUuid, _>(intent.key.id.uuid()),
            typed::<Text, _>(intent.key.bucket.as_str()),
            typed::<SqlUuid, _>(intent.owner.uuid()),
            typed::<Text, _>(INTENT),
            typed::<BigInt, _>(bigint(intent.reserved.bytes())),
            typed::<Timestamptz, _>(Moment(intent.recorded_at)),
            typed::<Timestamptz, _>(Moment(intent.expires_at)),
        );
        self.defer_insert_select(Target::Blobs, statement::<(), _>(RECORD_INTENT, values)).await
    }

    async fn renew(&mut self, id: BlobId, expires_at: Timestamp) -> PortResult<bool> {
        let blob = blobs::table.find(id.uuid()).filter(blobs::state.eq(INTENT));
        let update = diesel::update(blob).set(blobs::expires_at.eq(Moment(expires_at)));
        Ok(self.run_repeatable(update).await? > 0)
    }

    async fn mark_stored(&mut self, id: BlobId, stored: &StoredBlob) -> Result<(), MarkStored> {
        let update = stored_update(id, *stored);
        match self.run(|connection| update.execute(connection)).await? {
            0 => Err(MarkStored::NoIntent),
            _ => Ok(()),
        }
    }

    async fn mark_deleted(&mut self, id: BlobId, at: Timestamp) -> PortResult<bool> {
        let blob = blobs::table.find(id.uuid()).filter(blobs::state.ne(DELETED));
        let update = fixed(diesel::update(blob).set(deleted(at)));
        Ok(self.run(|connection| update.execute(connection)).await? > 0)
    }

    async fn cancel_intent(&mut self, id: BlobId, at: Timestamp) -> PortResult<bool> {
        let blob = blobs::table.find(id.uuid()).filter(blobs::state.eq(INTENT));
        let update = fixed(diesel::update(blob).set(deleted(at)));
        Ok(self.run(|connection| update.execute(connection)).await? > 0)
    }

    async fn cancel_expired(&mut self, now: Timestamp, limit: u32) -> PortResult<Vec<ExpiredIntent>> {
        let mark_deleted = statement::<ExpiredRow, _>(
            CANCEL_EXPIRED,
            (
                typed::<Timestamptz, _>(Moment(now)),
                typed::<BigInt, _>(i64::from(limit)),
                typed::<Timestamptz, _>(Moment(now)),
                typed::<Timestamptz, _>(Moment(now)),
            ),
        );
        let rows: Vec<(Uuid, String, Uuid, i64)> =
            self.run(|connection| mark_deleted.load(connection)).await?;
        let expired = rows.into_iter().map(|(id, bucket, owner, reserved)| {
            let reserved = size("blobs.reserved_bytes", reserved)?;
            Ok(ExpiredIntent { key: key(&bucket, id)?, owner: UserId::new(owner), reserved })
        });
        let expired = expired.collect();
        self.understood(expired)
    }

    async fn due(&mut self, now: Timestamp, limit: u32) -> PortResult<Vec<Tombstone>> {
        let due = blobs::table
            .filter(blobs::state.eq(DELETED))
            .filter(blobs::due_at.le(Moment(now)))
            .order((blobs::due_at, blobs::id))
            .limit(i64::from(limit))
            .select(TombstoneRow::as_select());
        let rows = self.run(|connection| due.load(connection)).await?;
        self.understood(rows.into_iter().map(TombstoneRow::into_blob).collect())
    }

    async fn find_tombstones(&mut self, keys: &[BlobKey]) -> PortResult<Vec<Tombstone>> {
        let rows = self.ask(|connection| tombstones(keys).load::<TombstoneRow>(connection).boxed()).await?;
        let found: PortResult<Vec<Tombstone>> = rows.into_iter().map(TombstoneRow::into_blob).collect();
        let mut found = self.understood(found)?;
        found.retain(|tombstone| keys.contains(&tombstone.key));
        Ok(found)
    }

    async fn postpone(&mut self, id: BlobId, until: Timestamp) -> PortResult<()> {
        let blob = blobs::table.find(id.uuid()).filter(blobs::state.eq(DELETED));
        let update = fixed(diesel::update(blob).set(blobs::due_at.eq(Moment(until))));
        self.defer_change_of(Target::Blobs, id.uuid(), update).await
    }

    async fn add_references(&mut self, ids: &[BlobId]) -> PortResult<bool> {
        if ids.is_empty() {
            return Ok(true);
        }
        let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
        let different: HashSet<&Uuid> = ids.iter().collect();
        let number = different.len();
        let add = statement::<(), _>(
            ADD_REFERENCES,
            (
                typed::<Array<SqlUuid>, _>(ids.clone()),
                typed::<Array<SqlUuid>, _>(ids),
                typed::<Text, _>(STORED),
                typed::<Text, _>(STORED),
            ),
        );
        Ok(self.run(|connection| add.execute(connection)).await? == number)
    }

    async fn drop_references(&mut self, ids: &[BlobId], at: Timestamp) -> PortResult<Vec<BlobKey>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
        let update = statement::<(SqlUuid, Text, Bool), _>(
            DROP_REFERENCES,
            (
                typed::<Array<SqlUuid>, _>(ids.clone()),
                typed::<Array<SqlUuid>, _>(ids),
                typed::<Text, _>(STORED),
                typed::<Text, _>(DELETED),
                typed::<Timestamptz, _>(Moment(at)),
                typed::<Timestamptz, _>(Moment(at)),
                typed::<Text, _>(STORED),
            ),
        );
        let update = self.together_with_queries(&[Target::Blobs], update).await?;
        let rows: Vec<(Uuid, String, bool)> = self.run(|connection| update.load(connection)).await?;
        let originals: Vec<Uuid> =
            rows.iter().filter(|(_, _, has_previews)| *has_previews).map(|(id, ..)| *id).collect();
        let gone = rows.into_iter().map(|(id, bucket, _)| key(&bucket, id)).collect();
        let mut gone: Vec<BlobKey> = self.understood(gone)?;
        if !originals.is_empty() {
            gone.extend(self.drop_previews(originals, at).await?);
        }
        Ok(gone)
    }

    async fn remove(&mut self, id: BlobId) -> PortResult<()> {
        let delete = diesel::delete(blobs::table.find(id.uuid()).filter(blobs::state.eq(DELETED)));
        self.defer_change_of(Target::Blobs, id.uuid(), delete).await
    }
}

/// What marks an intent as stored. The states are values, so that no plan looks for the blob among all intents.
pub(crate) fn stored_update(
    id: BlobId,
    stored: StoredBlob,
) -> impl QueryFragment<Pg> + QueryId + Send + Sync + use<> {
    let blob = blobs::table.find(id.uuid()).filter(blobs::state.eq(INTENT));
    let size = bigint(stored.size.bytes());
    let stored = (blobs::state.eq(STORED), blobs::was_stored.eq(true), blobs::size_bytes.eq(size));
    fixed(diesel::update(blob).set(stored))
}

type Deleted = (
    diesel::dsl::Eq<blobs::state, &'static str>,
    diesel::dsl::Eq<blobs::deleted_at, Moment>,
    diesel::dsl::Eq<blobs::due_at, Moment>,
    diesel::dsl::Eq<blobs::ref_count, i32>,
);

/// The columns that make a row a tombstone. `was_stored` stays as it is.
fn deleted(at: Timestamp) -> Deleted {
    let at = Moment(at);
    (blobs::state.eq(DELETED), blobs::deleted_at.eq(at), blobs::due_at.eq(at), blobs::ref_count.eq(0))
}
