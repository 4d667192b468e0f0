//! Blobs.

use async_trait::async_trait;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use fm_domain::blobs::{BlobIntent, BlobKey, BlobRepo, ExpiredIntent, MarkStored, StoredBlob, Tombstone};
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::ids::{BlobId, UserId};

use crate::error::{corrupt, store_error};
use crate::rows::{Id, size, stored_size};
use crate::schema::blobs;
use crate::unit_of_work::SqliteUnitOfWork;

const INTENT: &str = "announced";
const STORED: &str = "settled";
const DELETED: &str = "doomed";

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
            diesel::update(blobs::table.find(Id::of(id.uuid())).filter(blobs::state.eq(INTENT)))
                .set(blobs::expires_at.eq(expires_at.unix_micros()))
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
                diesel::update(blobs::table.find(Id::of(id.uuid())).filter(blobs::state.eq(INTENT)))
                    .set((blobs::state.eq(STORED), blobs::size.eq(size)))
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
            diesel::update(blobs::table.find(Id::of(id.uuid())).filter(blobs::state.eq(INTENT)))
                .set((
                    blobs::state.eq(DELETED),
                    blobs::deleted_at.eq(at.unix_micros()),
                    blobs::due_at.eq(at.unix_micros()),
                ))
                .execute(connection)
                .map(|cancelled| cancelled > 0)
                .map_err(store_error)
        })
        .await
    }

    async fn mark_owned_deleted(&mut self, owner: UserId, at: Timestamp) -> PortResult<u64> {
        self.run(move |connection| {
            let kept = blobs::table.filter(blobs::owner.eq(Id::of(owner.uuid()))).filter(kept());
            diesel::update(kept)
                .set((
                    blobs::state.eq(DELETED),
                    blobs::deleted_at.eq(at.unix_micros()),
                    blobs::due_at.eq(at.unix_micros()),
                ))
                .execute(connection)
                .map(|deleted| deleted as u64)
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

    async fn find_tombstone(&mut self, key: &BlobKey) -> PortResult<Option<Tombstone>> {
        let BlobKey { id, bucket } = *key;
        self.run(move |connection| {
            blobs::table
                .find(Id::of(id.uuid()))
                .filter(blobs::bucket.eq(bucket.as_str()))
                .filter(blobs::state.eq(DELETED))
                .select((blobs::id, blobs::bucket, blobs::deleted_at, blobs::size))
                .first::<TombstoneRow>(connection)
                .optional()
                .map_err(store_error)?
                .map(tombstone)
                .transpose()
        })
        .await
    }

    async fn postpone(&mut self, id: BlobId, until: Timestamp) -> PortResult<()> {
        self.run(move |connection| {
            diesel::update(blobs::table.find(Id::of(id.uuid())).filter(blobs::state.eq(DELETED)))
                .set(blobs::due_at.eq(until.unix_micros()))
                .execute(connection)
                .map(|_postponed| ())
                .map_err(store_error)
        })
        .await
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

/// Literal, for the index on all but tombstones.
fn kept() -> diesel::expression::SqlLiteral<Bool> {
    sql("state <> 'doomed'")
}

fn mark_deleted(connection: &mut SqliteConnection, id: Id, at: Timestamp) -> PortResult<bool> {
    diesel::update(blobs::table.find(id).filter(blobs::state.ne(DELETED)))
        .set((
            blobs::state.eq(DELETED),
            blobs::deleted_at.eq(at.unix_micros()),
            blobs::due_at.eq(at.unix_micros()),
        ))
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
