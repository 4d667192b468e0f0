//! Uploads inside a unit of work.

use async_trait::async_trait;
use diesel::dsl::{AsSelect, SqlTypeOf, exists, not};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::sql_types::{BigInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel::upsert::excluded;
use diesel::{Expression, QueryResult};
use diesel_async::RunQueryDsl;
use fm_domain::access::Access;
use fm_domain::blobs::WrittenPart;
use fm_domain::clock::Timestamp;
use fm_domain::error::{PortError, PortResult};
use fm_domain::idempotency::IdempotencyKey;
use fm_domain::ids::{FileId, UploadId, UserId};
use fm_domain::uploads::{Epoch, UpdateUpload, Upload, UploadRepo};
use futures_util::FutureExt as _;
use uuid::Uuid;

use crate::access::{removed_owner_of_upload, visible_uploads};
use crate::rows::{NewUploadRow, PartRow, UploadEdit, UploadRow};
use crate::schema::{upload_parts, uploads};
use crate::sql::{fixed, of_any_row, statement, typed};
use crate::unit_of_work::{PgUnitOfWork, Target};
use crate::value::{Moment, bigint, count};

/// In the order of [`UploadRow`]. The status is no value of the statement, so that every plan of it can use the index
/// on open ones. Two sweeps at once take different uploads, and neither waits for one that a request is using.
pub(crate) const EXPIRED: &str = "SELECT id, owner_id, transport, blob_id, name, claimed_type, promised_sha256, \
        metadata, idempotency_key, length_bytes, offset_bytes, reserved_bytes, epoch, is_locked, write_state, \
        write_name, hash_state, charset_check, head, status, file_id, created_at, expires_at, \
        parent_id, path, on_conflict, strict_parent, modified_at, precondition \
    FROM uploads WHERE status = 'open' AND expires_at < ? \
    AND NOT EXISTS (SELECT FROM users WHERE users.id = uploads.owner_id AND users.removed_at IS NOT NULL) \
    ORDER BY expires_at, id LIMIT ? FOR UPDATE SKIP LOCKED";

pub(crate) const PURGE_ENDED: &str = "WITH ended AS MATERIALIZED (\
        SELECT id AS ended_id FROM uploads WHERE status <> 'open' AND expires_at < ? \
        ORDER BY expires_at, id LIMIT ? FOR UPDATE SKIP LOCKED\
    ) DELETE FROM uploads USING ended WHERE id = ended_id";

/// The status is no value of the statement here either.
pub(crate) const COUNT_OPEN: &str = "SELECT count(*) FROM uploads WHERE owner_id = ? AND status = 'open'";

/// What is read of an upload.
pub(crate) type UploadColumns = SqlTypeOf<AsSelect<UploadRow, Pg>>;

/// The latest upload with a key.
#[diesel::dsl::auto_type]
pub(crate) fn latest<'k>(access: &'k Access, key: &'k str) -> _ {
    let visible: visible_uploads = visible_uploads(access);
    let row: AsSelect<UploadRow, Pg> = UploadRow::as_select();
    uploads::table
        .filter(visible)
        .filter(uploads::idempotency_key.eq(key))
        .order((uploads::created_at.desc(), uploads::id.desc()))
        .limit(1_i64)
        .select(row)
}

/// The parts of an upload, by number.
#[diesel::dsl::auto_type]
pub(crate) fn parts_of(upload: Uuid) -> _ {
    let row: AsSelect<PartRow, Pg> = PartRow::as_select();
    upload_parts::table.filter(upload_parts::upload_id.eq(upload)).order(upload_parts::number).select(row)
}

/// The uploads that a file was made by.
#[diesel::dsl::auto_type]
pub(crate) fn made_by(file: Uuid) -> _ {
    uploads::table.filter(uploads::file_id.eq(file))
}

const CHANGED: &str = "the upload has changed since it was found";

/// The version of an upload's row: the transaction that wrote it.
#[derive(Debug, Clone, Copy)]
struct RowVersion;

impl QueryFragment<Pg> for RowVersion {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("uploads.xmin::text");
        Ok(())
    }
}

impl Expression for RowVersion {
    type SqlType = Text;
}

of_any_row!(RowVersion);

#[async_trait]
impl UploadRepo for PgUnitOfWork {
    async fn insert(&mut self, upload: &Upload) -> PortResult<()> {
        let insert = diesel::insert_into(uploads::table).values(NewUploadRow::of(upload));
        self.defer_insert(Target::Uploads, insert).await
    }

    async fn find_for_update(&mut self, access: &Access, id: UploadId) -> PortResult<Option<Upload>> {
        if self.is_single() && self.is_untouched() {
            return self.find_version(access, id.uuid()).await;
        }
        let upload = uploads::table.find(id.uuid()).filter(visible_uploads(access));
        let upload = upload.select(UploadRow::as_select()).for_update();
        let row = self.run(async |connection| upload.get_result(connection).await.optional()).await?;
        self.understood(row.map(UploadRow::into_upload).transpose())
    }

    async fn find_by_key(&mut self, access: &Access, key: &IdempotencyKey) -> PortResult<Option<Upload>> {
        let latest = latest(access, key.as_str());
        let row = self.run(async |connection| latest.get_result(connection).await.optional()).await?;
        self.understood(row.map(UploadRow::into_upload).transpose())
    }

    async fn count_open(&mut self, owner: UserId) -> PortResult<u64> {
        // A statement of its own: it sees what was committed while the one before waited for the lock of the user.
        let count_open = statement::<BigInt, _>(COUNT_OPEN, (typed::<SqlUuid, _>(owner.uuid()),));
        let open: i64 = self.run(|connection| count_open.get_result(connection)).await?;
        self.understood(count("uploads", open))
    }

    async fn update(&mut self, upload: &Upload, seen: Epoch) -> Result<(), UpdateUpload> {
        let stored = uploads::table.find(upload.id.uuid()).filter(uploads::epoch.eq(bigint(seen.number())));
        let stored = stored.filter(not(exists(removed_owner_of_upload())));
        if let Some((_, version)) = self.found.take_if(|(id, _)| *id == upload.id.uuid()) {
            let update = diesel::update(stored.filter(RowVersion.eq(version))).set(UploadEdit::of(upload));
            return match self.run_repeatable(update).await? {
                0 => Ok(self.understood(Err(PortError::Contended(CHANGED.into())))?),
                _ => Ok(()),
            };
        }
        let update = diesel::update(stored).set(UploadEdit::of(upload));
        match self.run_repeatable(update).await? {
            0 => Err(UpdateUpload::Fenced),
            _ => Ok(()),
        }
    }

    async fn add_part(&mut self, id: UploadId, part: &WrittenPart) -> PortResult<()> {
        let upsert = diesel::insert_into(upload_parts::table)
            .values(PartRow::of(id, part))
            .on_conflict((upload_parts::upload_id, upload_parts::number))
            .do_update()
            .set((
                upload_parts::size_bytes.eq(excluded(upload_parts::size_bytes)),
                upload_parts::tag.eq(excluded(upload_parts::tag)),
            ));
        let upsert = fixed(upsert);
        self.run(|connection| upsert.execute(connection)).await.map(|_one| ())
    }

    async fn parts(&mut self, id: UploadId) -> PortResult<Vec<WrittenPart>> {
        let parts = parts_of(id.uuid());
        let rows: Vec<PartRow> = self.run(|connection| parts.load(connection)).await?;
        self.understood(rows.into_iter().map(PartRow::into_part).collect())
    }

    async fn remove(&mut self, id: UploadId) -> PortResult<bool> {
        // Its parts go with it: ON DELETE CASCADE.
        let delete = diesel::delete(uploads::table.find(id.uuid()));
        Ok(self.run(|connection| delete.execute(connection)).await? > 0)
    }

    async fn remove_of_file(&mut self, file: FileId) -> PortResult<()> {
        let delete = diesel::delete(made_by(file.uuid()));
        self.defer_change(Target::Uploads, delete).await
    }

    async fn expired(&mut self, now: Timestamp, limit: u32) -> PortResult<Vec<Upload>> {
        let expired = statement::<UploadColumns, _>(
            EXPIRED,
            (typed::<Timestamptz, _>(Moment(now)), typed::<BigInt, _>(i64::from(limit))),
        );
        let rows: Vec<UploadRow> = self.run(|connection| expired.load(connection)).await?;
        self.understood(rows.into_iter().map(UploadRow::into_upload).collect())
    }

    async fn purge_ended(&mut self, now: Timestamp, limit: u32) -> PortResult<u32> {
        let purge = statement::<(), _>(
            PURGE_ENDED,
            (typed::<Timestamptz, _>(Moment(now)), typed::<BigInt, _>(i64::from(limit))),
        );
        let purged = self.run(|connection| purge.execute(connection)).await?;
        Ok(u32::try_from(purged).unwrap_or(u32::MAX))
    }
}

impl PgUnitOfWork {
    /// The upload, which is not locked: the update that is the one call of the unit is made of this version of its row alone.
    async fn find_version(&mut self, access: &Access, id: Uuid) -> PortResult<Option<Upload>> {
        let mut rows: Vec<(UploadRow, String)> = self
            .ask(|connection| {
                let row: AsSelect<UploadRow, Pg> = UploadRow::as_select();
                let upload = uploads::table.find(id).filter(visible_uploads(access));
                upload.select((row, RowVersion)).load::<(UploadRow, String)>(connection).boxed()
            })
            .await?;
        let Some((row, version)) = rows.pop() else { return Ok(None) };
        self.found = Some((id, version));
        self.understood(row.into_upload()).map(Some)
    }
}
