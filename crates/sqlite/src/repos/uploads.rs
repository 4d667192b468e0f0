//! Uploads and their parts.

use async_trait::async_trait;
use diesel::dsl::{exists, not, sql};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};
use fm_domain::access::Access;
use fm_domain::blobs::WrittenPart;
use fm_domain::clock::Timestamp;
use fm_domain::error::{PortError, PortResult};
use fm_domain::idempotency::IdempotencyKey;
use fm_domain::ids::{FileId, UploadId, UserId};
use fm_domain::uploads::{Epoch, UpdateUpload, Upload, UploadRepo};

use crate::access::{removed_owner_of_upload, visible_uploads};
use crate::error::store_error;
use crate::queries;
use crate::rows::{Id, PartRow, UploadRow, number, stored_number};
use crate::schema::{upload_parts, uploads};
use crate::sql::fixed;
use crate::unit_of_work::SqliteUnitOfWork;

/// The statuses are literal here and below, so that SQLite sees which index holds all that is asked for.
const PURGE_ENDED: &str = "DELETE FROM uploads WHERE id IN (SELECT id FROM uploads \
    WHERE status <> 'open' AND expires_at < ? ORDER BY expires_at, id LIMIT ?)";

#[async_trait]
impl UploadRepo for SqliteUnitOfWork {
    async fn insert(&mut self, upload: &Upload) -> PortResult<()> {
        let row = UploadRow::from(upload);
        self.run(move |connection| {
            diesel::insert_into(uploads::table)
                .values(row)
                .execute(connection)
                .map(|_one| ())
                .map_err(store_error)
        })
        .await
    }

    async fn find_for_update(&mut self, access: &Access, id: UploadId) -> PortResult<Option<Upload>> {
        let access = access.clone();
        self.run(move |connection| queries::uploads::find(connection, &access, id)).await
    }

    async fn find_by_key(&mut self, access: &Access, key: &IdempotencyKey) -> PortResult<Option<Upload>> {
        let (visible, key) = (visible_uploads(access), key.as_str().to_owned());
        self.run(move |connection| {
            uploads::table
                .filter(visible)
                .filter(uploads::idempotency_key.eq(key))
                .order((uploads::created_at.desc(), uploads::id.desc()))
                .select(UploadRow::as_select())
                .first(connection)
                .optional()
                .map_err(store_error)?
                .map(Upload::try_from)
                .transpose()
        })
        .await
    }

    async fn count_open(&mut self, owner: UserId) -> PortResult<u64> {
        let theirs = uploads::table.filter(uploads::owner.eq(Id::of(owner.uuid())));
        let open = theirs.filter(sql::<Bool>("status = 'open'")).count();
        self.run(move |connection| {
            let count = open.get_result(connection).map_err(store_error)?;
            number("the number of open uploads", count)
        })
        .await
    }

    async fn update(&mut self, upload: &Upload, seen: Epoch) -> Result<(), UpdateUpload> {
        let (row, id) = (UploadRow::from(upload), Id::of(upload.id.uuid()));
        let changed = self
            .run(move |connection| {
                let stored = uploads::table.find(id).filter(uploads::epoch.eq(stored_number(seen.number())));
                let stored = stored.filter(not(exists(removed_owner_of_upload())));
                fixed(diesel::update(stored).set(row)).execute(connection).map_err(store_error)
            })
            .await?;
        if changed == 0 { Err(UpdateUpload::Fenced) } else { Ok(()) }
    }

    async fn add_part(&mut self, id: UploadId, part: &WrittenPart) -> PortResult<()> {
        let row = PartRow::of(id, part);
        self.run(move |connection| {
            diesel::replace_into(upload_parts::table)
                .values(row)
                .execute(connection)
                .map(|_one| ())
                .map_err(store_error)
        })
        .await
    }

    async fn parts(&mut self, id: UploadId) -> PortResult<Vec<WrittenPart>> {
        self.run(move |connection| {
            upload_parts::table
                .filter(upload_parts::upload.eq(Id::of(id.uuid())))
                .order(upload_parts::number)
                .select(PartRow::as_select())
                .load(connection)
                .map_err(store_error)?
                .into_iter()
                .map(WrittenPart::try_from)
                .collect()
        })
        .await
    }

    async fn remove(&mut self, id: UploadId) -> PortResult<bool> {
        // Its parts go with it: ON DELETE CASCADE.
        self.run(move |connection| {
            diesel::delete(uploads::table.find(Id::of(id.uuid())))
                .execute(connection)
                .map(|removed| removed > 0)
                .map_err(store_error)
        })
        .await
    }

    async fn remove_of_file(&mut self, file: FileId) -> PortResult<()> {
        self.run(move |connection| {
            diesel::delete(uploads::table.filter(uploads::file.eq(Id::of(file.uuid()))))
                .execute(connection)
                .map(|_forgotten| ())
                .map_err(store_error)
        })
        .await
    }

    async fn expired(&mut self, now: Timestamp, limit: u32) -> PortResult<Vec<Upload>> {
        self.run(move |connection| {
            uploads::table
                .filter(sql::<Bool>("status = 'open'"))
                .filter(uploads::expires_at.lt(now.unix_micros()))
                .filter(not(exists(removed_owner_of_upload())))
                .order((uploads::expires_at, uploads::id))
                .limit(limit.into())
                .select(UploadRow::as_select())
                .load(connection)
                .map_err(store_error)?
                .into_iter()
                .map(Upload::try_from)
                .collect()
        })
        .await
    }

    async fn purge_ended(&mut self, now: Timestamp, limit: u32) -> PortResult<u32> {
        self.run(move |connection| {
            let purged = fixed(
                diesel::sql_query(PURGE_ENDED)
                    .bind::<BigInt, _>(now.unix_micros())
                    .bind::<BigInt, _>(i64::from(limit)),
            )
            .execute(connection)
            .map_err(store_error)?;
            u32::try_from(purged).map_err(|error| PortError::Unexpected(Box::new(error)))
        })
        .await
    }
}
