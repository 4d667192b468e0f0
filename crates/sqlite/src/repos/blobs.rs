//! Blobs.

use std::collections::HashSet;

use async_trait::async_trait;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use diesel::sqlite::Sqlite;
use fm_domain::blobs::{
    BlobIntent, BlobKey, BlobRepo, Bucket, ExpiredIntent, MarkStored, StoredBlob, Tombstone,
};
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::ids::{BlobId, UserId};

use super::previews;
use crate::error::{corrupt, store_error};
use crate::rows::{Id, id_list, size, stored_size};
use crate::schema::blobs;
use crate::sql::fixed;
use crate::unit_of_work::SqliteUnitOfWork;

pub(crate) const INTENT: &str = "announced";
pub(crate) const STORED: &str = "settled";
pub(crate) const DELETED: &str = "doomed";

/// Counts what a list names, each blob as often as it is named.
const ADD_REFERENCES: &str = "UPDATE blobs SET ref_count = ref_count + times \
    FROM (SELECT unhex(value) AS named, count(*) AS times FROM json_each(?1) GROUP BY value) \
    WHERE blobs.id = named AND state = ?2";

/// The other way, and what is left of each.
const DROP_REFERENCES: &str = "UPDATE blobs SET ref_count = max(ref_count - times, 0) \
    FROM (SELECT unhex(value) AS named, count(*) AS times FROM json_each(?1) GROUP BY value) \
    WHERE blobs.id = named AND state = ?2 RETURNING blobs.id AS id, bucket, ref_count";

#[derive(QueryableByName)]
#[diesel(table_name = blobs, check_for_backend(Sqlite))]
struct DroppedRow {
    id: Id,
    bucket: String,
    ref_count: i64,
}

type TombstoneRow = (Id, String, Option<i64>, Option<i64>);

#[async_trait]
impl BlobRepo for SqliteUnitOfWork {
    async fn record_intent(&mut self, intent: &BlobIntent) -> PortResult<()> {
        let row = (
            blobs::id.eq(Id::of(intent.key.id.uuid())),
            blobs::bucket.eq(intent.key.bucket.as_str()),
            blobs::owner.eq(Id::of(intent.owner.uuid())),
            blobs::state.eq(INTENT),
            blobs::reserved_bytes.eq(stored_size(intent.reserved)),
            blobs::recorded_at.eq(intent.recorded_at.unix_micros()),
            blobs::expires_at.eq(intent.expires_at.unix_micros()),
        );
        self.run(move |connection| {
            diesel::insert_into(blobs::table)
                .values(row)
                .execute(connection)
                .map(|_one| ())
                .map_err(store_error)
        })
        .await
    }

    async fn renew(&mut self, id: BlobId, expires_at: Timestamp) -> PortResult<bool> {
        self.run(move |connection| {
            fixed(
                diesel::update(blobs::table.find(Id::of(id.uuid())).filter(blobs::state.eq(INTENT)))
                    .set(blobs::expires_at.eq(expires_at.unix_micros())),
            )
            .execute(connection)
            .map(|renewed| renewed > 0)
            .map_err(store_error)
        })
        .await
    }

    async fn mark_stored(&mut self, id: BlobId, stored: &StoredBlob) -> Result<(), MarkStored> {
        let size = stored_size(stored.size);
        let stored = self
            .run(move |connection| {
                fixed(
                    diesel::update(blobs::table.find(Id::of(id.uuid())).filter(blobs::state.eq(INTENT)))
                        .set((blobs::state.eq(STORED), blobs::size.eq(size))),
                )
                .execute(connection)
                .map_err(store_error)
            })
            .await?;
        if stored == 0 { Err(MarkStored::NoIntent) } else { Ok(()) }
    }

    async fn mark_deleted(&mut self, id: BlobId, at: Timestamp) -> PortResult<bool> {
        self.run(move |connection| mark_deleted(connection, Id::of(id.uuid()), at)).await
    }

    async fn cancel_intent(&mut self, id: BlobId, at: Timestamp) -> PortResult<bool> {
        self.run(move |connection| {
            fixed(diesel::update(blobs::table.find(Id::of(id.uuid())).filter(blobs::state.eq(INTENT))).set((
                blobs::state.eq(DELETED),
                blobs::deleted_at.eq(at.unix_micros()),
                blobs::due_at.eq(at.unix_micros()),
            )))
            .execute(connection)
            .map(|cancelled| cancelled > 0)
            .map_err(store_error)
        })
        .await
    }

    async fn cancel_expired(&mut self, now: Timestamp, limit: u32) -> PortResult<Vec<ExpiredIntent>> {
        self.run(move |connection| {
            let expired: Vec<(Id, String, Id, i64)> = blobs::table
                .filter(recorded())
                .filter(blobs::expires_at.lt(now.unix_micros()))
                .order((blobs::expires_at, blobs::id))
                .limit(limit.into())
                .select((blobs::id, blobs::bucket, blobs::owner, blobs::reserved_bytes))
                .load(connection)
                .map_err(store_error)?;
            let mut intents = Vec::with_capacity(expired.len());
            for (id, bucket, owner, reserved) in expired {
                mark_deleted(connection, id, now)?;
                intents.push(ExpiredIntent {
                    key: key(id, &bucket)?,
                    owner: UserId::new(owner.uuid()),
                    reserved: size("blobs.reserved_bytes", reserved)?,
                });
            }
            Ok(intents)
        })
        .await
    }

    async fn due(&mut self, now: Timestamp, limit: u32) -> PortResult<Vec<Tombstone>> {
        self.run(move |connection| {
            blobs::table
                .filter(deleted())
                .filter(blobs::due_at.le(now.unix_micros()))
                .order((blobs::due_at, blobs::id))
                .limit(limit.into())
                .select((blobs::id, blobs::bucket, blobs::deleted_at, blobs::size))
                .load::<TombstoneRow>(connection)
                .map_err(store_error)?
                .into_iter()
                .map(tombstone)
                .collect()
        })
        .await
    }

    async fn find_tombstones(&mut self, keys: &[BlobKey]) -> PortResult<Vec<Tombstone>> {
        let keys = keys.to_vec();
        self.run(move |connection| {
            let mut tombstones = Vec::new();
            for BlobKey { id, bucket } in keys {
                let found = blobs::table
                    .find(Id::of(id.uuid()))
                    .filter(blobs::bucket.eq(bucket.as_str()))
                    .filter(blobs::state.eq(DELETED))
                    .select((blobs::id, blobs::bucket, blobs::deleted_at, blobs::size))
                    .first::<TombstoneRow>(connection)
                    .optional()
                    .map_err(store_error)?;
                tombstones.extend(found.map(tombstone).transpose()?);
            }
            Ok(tombstones)
        })
        .await
    }

    async fn postpone(&mut self, id: BlobId, until: Timestamp) -> PortResult<()> {
        self.run(move |connection| {
            fixed(
                diesel::update(blobs::table.find(Id::of(id.uuid())).filter(blobs::state.eq(DELETED)))
                    .set(blobs::due_at.eq(until.unix_micros())),
            )
            .execute(connection)
            .map(|_postponed| ())
            .map_err(store_error)
        })
        .await
    }

    async fn add_references(&mut self, ids: &[BlobId]) -> PortResult<bool> {
        let named: HashSet<BlobId> = ids.iter().copied().collect();
        let list = id_list(ids.iter().map(|id| Id::of(id.uuid())));
        self.run(move |connection| {
            let added =
                fixed(diesel::sql_query(ADD_REFERENCES).bind::<Text, _>(list).bind::<Text, _>(STORED));
            Ok(added.execute(connection).map_err(store_error)? == named.len())
        })
        .await
    }

    async fn drop_references(&mut self, ids: &[BlobId], at: Timestamp) -> PortResult<Vec<BlobKey>> {
        let ids: Vec<Id> = ids.iter().map(|id| Id::of(id.uuid())).collect();
        self.run(move |connection| drop_references(connection, ids, at)).await
    }

    async fn remove(&mut self, id: BlobId) -> PortResult<()> {
        self.run(move |connection| {
            diesel::delete(blobs::table.find(Id::of(id.uuid())).filter(blobs::state.eq(DELETED)))
                .execute(connection)
                .map(|_forgotten| ())
                .map_err(store_error)
        })
        .await
    }
}

/// Literal, so that SQLite sees that the index on intents holds all that is asked for.
pub(crate) fn recorded() -> diesel::expression::SqlLiteral<Bool> {
    sql("state = 'announced'")
}

/// Literal, for the index on tombstones.
pub(crate) fn deleted() -> diesel::expression::SqlLiteral<Bool> {
    sql("state = 'doomed'")
}

/// Drops a reference of each of these stored blobs; the keys of those that had no other, which are tombstones then, and of their previews.
pub(super) fn drop_references(
    connection: &mut SqliteConnection,
    ids: Vec<Id>,
    at: Timestamp,
) -> PortResult<Vec<BlobKey>> {
    let rows: Vec<DroppedRow> =
        fixed(diesel::sql_query(DROP_REFERENCES).bind::<Text, _>(id_list(ids)).bind::<Text, _>(STORED))
            .load(connection)
            .map_err(store_error)?;
    let (mut gone, mut originals) = (Vec::new(), Vec::new());
    for row in rows.into_iter().filter(|row| row.ref_count == 0) {
        mark_deleted(connection, row.id, at)?;
        let key = key(row.id, &row.bucket)?;
        if key.bucket == Bucket::Files {
            originals.push(row.id);
        }
        gone.push(key);
    }
    if !originals.is_empty() {
        gone.extend(previews::drop_of(connection, originals, at)?);
    }
    Ok(gone)
}

pub(super) fn mark_deleted(connection: &mut SqliteConnection, id: Id, at: Timestamp) -> PortResult<bool> {
    fixed(diesel::update(blobs::table.find(id).filter(blobs::state.ne(DELETED))).set((
        blobs::state.eq(DELETED),
        blobs::deleted_at.eq(at.unix_micros()),
        blobs::due_at.eq(at.unix_micros()),
    )))
    .execute(connection)
    .map(|deleted| deleted > 0)
    .map_err(store_error)
}

pub(crate) fn key(id: Id, bucket: &str) -> PortResult<BlobKey> {
    Ok(BlobKey { bucket: bucket.parse().map_err(corrupt("blobs.bucket"))?, id: BlobId::new(id.uuid()) })
}

fn tombstone((id, bucket, deleted_at, size): TombstoneRow) -> PortResult<Tombstone> {
    let deleted_at = deleted_at.ok_or("is missing").map_err(corrupt("blobs.doomed_at"))?;
    Ok(Tombstone {
        key: key(id, &bucket)?,
        deleted_at: Timestamp::from_unix_micros(deleted_at),
        was_stored: size.is_some(),
    })
}
