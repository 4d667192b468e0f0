//! Idempotency keys inside a unit of work.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use fm_domain::clock::Timestamp;
use fm_domain::error::{PortError, PortResult};
use fm_domain::files::FileName;
use fm_domain::idempotency::{Claimed, FinishedUpload, KeyClaim, KeyRepo};
use fm_domain::ids::{BlobId, FileId};
use uuid::Uuid;

use crate::error::corrupt;
use crate::schema::idempotency_keys as keys;
use crate::sql::{fixed, statement, typed};
use crate::unit_of_work::{PgUnitOfWork, Target};
use crate::value::{Moment, sha256};

/// A free key is taken, and so is one whose time ran out, that the attempt holds already, or whose user is marked as removed. Any other stays as it
/// is; it is locked all the same, and so it can be read next. Two that claim one key at once: the second waits.
const CLAIM: &str = "INSERT INTO idempotency_keys AS held (user_id, key, attempt_id, held_until) \
    VALUES (?, ?, ?, ?) ON CONFLICT (user_id, key) DO UPDATE \
    SET attempt_id = excluded.attempt_id, held_until = excluded.held_until, \
        file_id = NULL, file_name = NULL, sha256 = NULL \
    WHERE held.held_until <= ? OR (held.attempt_id = excluded.attempt_id AND held.file_id IS NULL) \
        OR EXISTS (SELECT FROM users WHERE users.id = held.user_id AND users.removed_at IS NOT NULL)";

/// Keys that others are just claiming are passed over.
const PURGE: &str = "WITH expired AS MATERIALIZED (\
        SELECT user_id, key FROM idempotency_keys WHERE held_until < ? \
        ORDER BY held_until LIMIT ? FOR UPDATE SKIP LOCKED\
    ) DELETE FROM idempotency_keys AS gone USING expired \
    WHERE gone.user_id = expired.user_id AND gone.key = expired.key";

/// A key that another attempt holds, as it is read.
#[derive(Queryable, Selectable)]
#[diesel(table_name = keys, check_for_backend(diesel::pg::Pg))]
struct KeyRow {
    held_until: Moment,
    file_id: Option<Uuid>,
    file_name: Option<String>,
    sha256: Option<Vec<u8>>,
}

impl KeyRow {
    fn into_claimed(self) -> PortResult<Claimed> {
        let (Some(file), Some(name), Some(hash)) = (self.file_id, self.file_name, self.sha256) else {
            return Ok(Claimed::Running { lease_until: self.held_until.0 });
        };
        Ok(Claimed::Done(FinishedUpload {
            file: FileId::new(file),
            name: FileName::from_stored(&name).map_err(corrupt("idempotency_keys.file_name"))?,
            sha256: sha256("idempotency_keys.sha256", &hash)?,
        }))
    }
}

/// The key that the unfinished attempt holds.
#[diesel::dsl::auto_type]
fn running(attempt: Uuid) -> _ {
    keys::table.filter(keys::attempt_id.eq(attempt)).filter(keys::file_id.is_null())
}

#[async_trait]
impl KeyRepo for PgUnitOfWork {
    async fn claim(&mut self, claim: &KeyClaim, now: Timestamp) -> PortResult<Claimed> {
        let take = statement::<(), _>(
            CLAIM,
            (
                typed::<SqlUuid, _>(claim.user.uuid()),
                typed::<Text, _>(claim.key.as_str().to_owned()),
                typed::<SqlUuid, _>(claim.attempt.uuid()),
                typed::<Timestamptz, _>(Moment(claim.lease_until)),
                typed::<Timestamptz, _>(Moment(now)),
            ),
        );
        if self.run(|connection| take.execute(connection)).await? > 0 {
            return Ok(Claimed::Held);
        }
        let held = keys::table.find((claim.user.uuid(), claim.key.as_str())).select(KeyRow::as_select());
        let row = self.run(async |connection| held.get_result(connection).await.optional()).await?;
        let row = row.ok_or_else(|| PortError::Unexpected("a key vanished while it was locked".into()));
        self.understood(row.and_then(KeyRow::into_claimed))
    }

    async fn renew(&mut self, attempt: BlobId, lease_until: Timestamp) -> PortResult<bool> {
        let renewed = keys::held_until.eq(Moment(lease_until));
        let update = fixed(diesel::update(running(attempt.uuid())).set(renewed));
        Ok(self.run(|connection| update.execute(connection)).await? > 0)
    }

    async fn finish(
        &mut self,
        attempt: BlobId,
        upload: &FinishedUpload,
        expires_at: Timestamp,
    ) -> PortResult<bool> {
        let finished = (
            keys::held_until.eq(Moment(expires_at)),
            keys::file_id.eq(upload.file.uuid()),
            keys::file_name.eq(upload.name.as_str()),
            keys::sha256.eq(upload.sha256.as_bytes().as_slice()),
        );
        let update = fixed(diesel::update(running(attempt.uuid())).set(finished));
        Ok(self.run(|connection| update.execute(connection)).await? > 0)
    }

    async fn free(&mut self, attempt: BlobId) -> PortResult<()> {
        let delete = diesel::delete(running(attempt.uuid()));
        self.defer_change(Target::Keys, delete).await
    }

    async fn free_file(&mut self, file: FileId) -> PortResult<()> {
        let delete = diesel::delete(keys::table.filter(keys::file_id.eq(file.uuid())));
        self.defer_change(Target::Keys, delete).await
    }

    async fn purge_expired(&mut self, now: Timestamp, limit: u32) -> PortResult<u32> {
        let purge = statement::<(), _>(
            PURGE,
            (typed::<Timestamptz, _>(Moment(now)), typed::<BigInt, _>(i64::from(limit))),
        );
        let purged = self.run(|connection| purge.execute(connection)).await?;
        Ok(u32::try_from(purged).unwrap_or(u32::MAX))
    }
}
