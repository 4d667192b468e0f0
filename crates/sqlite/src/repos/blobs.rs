//! Blobs.

use async_trait::async_trait;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use fm_domain::blobs::{BlobIntent, BlobKey, BlobRepo, DoomedBlob, ExpiredIntent, SettleBlob, StoredBlob};
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::ids::{BlobId, UserId};

use crate::error::{corrupt, store_error};
use crate::rows::{Id, size, stored_size};
use crate::schema::blobs;
use crate::unit_of_work::SqliteUnitOfWork;

const ANNOUNCED: &str = "announced";
const SETTLED: &str = "settled";
const DOOMED: &str = "doomed";

type DoomedRow = (Id, String, Option<i64>, Option<i64>);

#[async_trait]
impl BlobRepo for SqliteUnitOfWork {
    async fn announce(&mut self, intent: &BlobIntent) -> PortResult<()> {
        let row = (
            blobs::id.eq(Id::of(intent.key.id.uuid())),
            blobs::bucket.eq(intent.key.bucket.as_str()),
            blobs::owner.eq(Id::of(intent.owner.uuid())),
            blobs::state.eq(ANNOUNCED),
            blobs::reserved_bytes.eq(stored_size(intent.reserved)),
            blobs::announced_at.eq(intent.announced_at.unix_micros()),
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
            diesel::update(blobs::table.find(Id::of(id.uuid())).filter(blobs::state.eq(ANNOUNCED)))
                .set(blobs::expires_at.eq(expires_at.unix_micros()))
                .execute(connection)
                .map(|renewed| renewed > 0)
                .map_err(store_error)
        })
        .await
    }

    async fn settle(&mut self, id: BlobId, stored: &StoredBlob) -> Result<(), SettleBlob> {
        let size = stored_size(stored.size);
        let settled = self
            .run(move |connection| {
                diesel::update(blobs::table.find(Id::of(id.uuid())).filter(blobs::state.eq(ANNOUNCED)))
                    .set((blobs::state.eq(SETTLED), blobs::size.eq(size)))
                    .execute(connection)
                    .map_err(store_error)
            })
            .await?;
        if settled == 0 { Err(SettleBlob::Doomed) } else { Ok(()) }
    }

    async fn doom(&mut self, id: BlobId, at: Timestamp) -> PortResult<bool> {
        self.run(move |connection| doom(connection, Id::of(id.uuid()), at)).await
    }

    async fn abandon(&mut self, id: BlobId, at: Timestamp) -> PortResult<bool> {
        self.run(move |connection| {
            diesel::update(blobs::table.find(Id::of(id.uuid())).filter(blobs::state.eq(ANNOUNCED)))
                .set((
                    blobs::state.eq(DOOMED),
                    blobs::doomed_at.eq(at.unix_micros()),
                    blobs::due_at.eq(at.unix_micros()),
                ))
                .execute(connection)
                .map(|abandoned| abandoned > 0)
                .map_err(store_error)
        })
        .await
    }

    async fn doom_owned(&mut self, owner: UserId, at: Timestamp) -> PortResult<u64> {
        self.run(move |connection| {
            let kept =
                blobs::table.filter(blobs::owner.eq(Id::of(owner.uuid()))).filter(blobs::state.ne(DOOMED));
            diesel::update(kept)
                .set((
                    blobs::state.eq(DOOMED),
                    blobs::doomed_at.eq(at.unix_micros()),
                    blobs::due_at.eq(at.unix_micros()),
                ))
                .execute(connection)
                .map(|doomed| doomed as u64)
                .map_err(store_error)
        })
        .await
    }

    async fn doom_expired(&mut self, now: Timestamp, limit: u32) -> PortResult<Vec<ExpiredIntent>> {
        self.run(move |connection| {
            let expired: Vec<(Id, String, Id, i64)> = blobs::table
                .filter(announced())
                .filter(blobs::expires_at.lt(now.unix_micros()))
                .order((blobs::expires_at, blobs::id))
                .limit(limit.into())
                .select((blobs::id, blobs::bucket, blobs::owner, blobs::reserved_bytes))
                .load(connection)
                .map_err(store_error)?;
            let mut intents = Vec::with_capacity(expired.len());
            for (id, bucket, owner, reserved) in expired {
                doom(connection, id, now)?;
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

    async fn due(&mut self, now: Timestamp, limit: u32) -> PortResult<Vec<DoomedBlob>> {
        self.run(move |connection| {
            blobs::table
                .filter(doomed())
                .filter(blobs::due_at.le(now.unix_micros()))
                .order((blobs::due_at, blobs::id))
                .limit(limit.into())
                .select((blobs::id, blobs::bucket, blobs::doomed_at, blobs::size))
                .load::<DoomedRow>(connection)
                .map_err(store_error)?
                .into_iter()
                .map(doomed_blob)
                .collect()
        })
        .await
    }

    async fn find_doomed(&mut self, key: &BlobKey) -> PortResult<Option<DoomedBlob>> {
        let BlobKey { id, bucket } = *key;
        self.run(move |connection| {
            blobs::table
                .find(Id::of(id.uuid()))
                .filter(blobs::bucket.eq(bucket.as_str()))
                .filter(blobs::state.eq(DOOMED))
                .select((blobs::id, blobs::bucket, blobs::doomed_at, blobs::size))
                .first::<DoomedRow>(connection)
                .optional()
                .map_err(store_error)?
                .map(doomed_blob)
                .transpose()
        })
        .await
    }

    async fn postpone(&mut self, id: BlobId, until: Timestamp) -> PortResult<()> {
        self.run(move |connection| {
            diesel::update(blobs::table.find(Id::of(id.uuid())).filter(blobs::state.eq(DOOMED)))
                .set(blobs::due_at.eq(until.unix_micros()))
                .execute(connection)
                .map(|_postponed| ())
                .map_err(store_error)
        })
        .await
    }

    async fn forget(&mut self, id: BlobId) -> PortResult<()> {
        self.run(move |connection| {
            diesel::delete(blobs::table.find(Id::of(id.uuid())).filter(blobs::state.eq(DOOMED)))
                .execute(connection)
                .map(|_forgotten| ())
                .map_err(store_error)
        })
        .await
    }
}

/// Literal, so that SQLite sees that the index on announced blobs holds all that is asked for.
pub(crate) fn announced() -> diesel::expression::SqlLiteral<Bool> {
    sql("state = 'announced'")
}

/// Literal too.
pub(crate) fn doomed() -> diesel::expression::SqlLiteral<Bool> {
    sql("state = 'doomed'")
}

fn doom(connection: &mut SqliteConnection, id: Id, at: Timestamp) -> PortResult<bool> {
    diesel::update(blobs::table.find(id).filter(blobs::state.ne(DOOMED)))
        .set((
            blobs::state.eq(DOOMED),
            blobs::doomed_at.eq(at.unix_micros()),
            blobs::due_at.eq(at.unix_micros()),
        ))
        .execute(connection)
        .map(|doomed| doomed > 0)
        .map_err(store_error)
}

pub(crate) fn key(id: Id, bucket: &str) -> PortResult<BlobKey> {
    Ok(BlobKey { bucket: bucket.parse().map_err(corrupt("blobs.bucket"))?, id: BlobId::new(id.uuid()) })
}

fn doomed_blob((id, bucket, doomed_at, size): DoomedRow) -> PortResult<DoomedBlob> {
    let doomed_at = doomed_at.ok_or("is missing").map_err(corrupt("blobs.doomed_at"))?;
    Ok(DoomedBlob {
        key: key(id, &bucket)?,
        doomed_at: Timestamp::from_unix_micros(doomed_at),
        was_settled: size.is_some(),
    })
}
