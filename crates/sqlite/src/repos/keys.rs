//! Idempotency keys.

use async_trait::async_trait;
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use fm_domain::clock::Timestamp;
use fm_domain::error::{PortError, PortResult};
use fm_domain::idempotency::{Claimed, FinishedUpload, KeyClaim, KeyRepo};
use fm_domain::ids::{BlobId, FileId};

use crate::access::removed_user;
use crate::error::store_error;
use crate::rows::{Bytes, Id, KeyRow};
use crate::schema::idempotency_keys as keys;
use crate::sql::fixed;
use crate::unit_of_work::SqliteUnitOfWork;

#[async_trait]
impl KeyRepo for SqliteUnitOfWork {
    async fn claim(&mut self, claim: &KeyClaim, now: Timestamp) -> PortResult<Claimed> {
        let claim = claim.clone();
        self.run(move |connection| {
            let (user, key) = (Id::of(claim.user.uuid()), claim.key.as_str());
            let found: Option<KeyRow> = keys::table
                .find((user, key))
                .filter(not(exists(removed_user(user))))
                .select(KeyRow::as_select())
                .first(connection)
                .optional()
                .map_err(store_error)?;
            let met = found.map_or(Ok(Claimed::Held), |row| row.meets(&claim, now))?;
            if met == Claimed::Held {
                diesel::replace_into(keys::table)
                    .values(KeyRow::from(&claim))
                    .execute(connection)
                    .map_err(store_error)?;
            }
            Ok(met)
        })
        .await
    }

    async fn renew(&mut self, attempt: BlobId, lease_until: Timestamp) -> PortResult<bool> {
        self.run(move |connection| {
            fixed(
                diesel::update(
                    keys::table.filter(keys::attempt.eq(Id::of(attempt.uuid()))).filter(keys::file.is_null()),
                )
                .set(keys::valid_until.eq(lease_until.unix_micros())),
            )
            .execute(connection)
            .map(|renewed| renewed > 0)
            .map_err(store_error)
        })
        .await
    }

    async fn finish(
        &mut self,
        attempt: BlobId,
        upload: &FinishedUpload,
        expires_at: Timestamp,
    ) -> PortResult<bool> {
        let upload = upload.clone();
        self.run(move |connection| {
            fixed(
                diesel::update(
                    keys::table.filter(keys::attempt.eq(Id::of(attempt.uuid()))).filter(keys::file.is_null()),
                )
                .set((
                    keys::valid_until.eq(expires_at.unix_micros()),
                    keys::file.eq(Id::of(upload.file.uuid())),
                    keys::name.eq(upload.name.as_str()),
                    keys::sha256.eq(Bytes(*upload.sha256.as_bytes())),
                )),
            )
            .execute(connection)
            .map(|finished| finished > 0)
            .map_err(store_error)
        })
        .await
    }

    async fn free(&mut self, attempt: BlobId) -> PortResult<()> {
        self.run(move |connection| {
            diesel::delete(
                keys::table.filter(keys::attempt.eq(Id::of(attempt.uuid()))).filter(keys::file.is_null()),
            )
            .execute(connection)
            .map(|_freed| ())
            .map_err(store_error)
        })
        .await
    }

    async fn free_file(&mut self, file: FileId) -> PortResult<()> {
        self.run(move |connection| {
            diesel::delete(keys::table.filter(keys::file.eq(Id::of(file.uuid()))))
                .execute(connection)
                .map(|_freed| ())
                .map_err(store_error)
        })
        .await
    }

    async fn purge_expired(&mut self, now: Timestamp, limit: u32) -> PortResult<u32> {
        self.run(move |connection| {
            let purged = fixed(diesel::sql_query(
                "DELETE FROM idempotency_keys WHERE (user_id, key) IN (SELECT user_id, key FROM idempotency_keys \
                 WHERE valid_until < ? ORDER BY valid_until LIMIT ?)",
            )
            .bind::<BigInt, _>(now.unix_micros())
            .bind::<BigInt, _>(i64::from(limit)))
            .execute(connection)
            .map_err(store_error)?;
            u32::try_from(purged).map_err(|error| PortError::Unexpected(Box::new(error)))
        })
        .await
    }
}
