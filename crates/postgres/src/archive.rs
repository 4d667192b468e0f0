//! Moving the database: snapshots of it, and its seal.

use async_trait::async_trait;
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl;
use fm_domain::access::{Access, Right};
use fm_domain::accounts::{Account, UserFilter};
use fm_domain::archive::{
    Archive, ArchivedFile, ArchivedKey, FilePlace, LooseBlob, LooseState, RowCounts, SealOutcome, Snapshot,
};
use fm_domain::audit::{AuditEntry, AuditFilter, AuditKey, AuditPage};
use fm_domain::blobs::{BlobRecord, BlobState};
use fm_domain::error::PortResult;
use fm_domain::files::{File, FileFilter, FileName, FilePage, FileSort, PageKey, SortOrder};
use fm_domain::idempotency::{FinishedUpload, IdempotencyKey};
use fm_domain::ids::{BlobId, FileId, UserId};
use uuid::Uuid;

use crate::blobs::{DELETED, INTENT, key};
use crate::database::PgDatabase;
use crate::error::corrupt;
use crate::lease::PgLease;
use crate::list::list_files;
use crate::rows::{AuditRow, FileRow, UserRow};
use crate::schema::{blobs, idempotency_keys as keys, users};
use crate::seal::SealChange;
use crate::value::{Moment, count, sha256};
use crate::{audit, checks, directory};

/// What a snapshot begins with: its isolation before its first statement, which fixes what it sees. The client may be slow to
/// write what it read.
const SNAPSHOT: &str = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; \
    SET LOCAL idle_in_transaction_session_timeout = 0; SELECT 1 FROM users LIMIT 1";

#[async_trait]
impl Archive for PgDatabase {
    async fn snapshot(&self) -> PortResult<Box<dyn Snapshot>> {
        let mut lease = self.pool.lease().await?;
        lease.begin().await?;
        lease.batch(SNAPSHOT).await?;
        Ok(Box::new(PgSnapshot { lease }))
    }

    async fn seal(&self) -> PortResult<SealOutcome> {
        SealChange::new(&self.pool).put_on().await
    }

    async fn unseal(&self) -> PortResult<()> {
        SealChange::new(&self.pool).take_off().await
    }
}

/// One transaction that sees what was committed before it (REPEATABLE READ).
struct PgSnapshot {
    lease: PgLease,
}

#[async_trait]
impl Snapshot for PgSnapshot {
    async fn accounts(&mut self, after: Option<UserId>, limit: u32) -> PortResult<Vec<Account>> {
        let query = directory::list(&UserFilter::default(), after, limit);
        let rows: Vec<UserRow> = self.lease.run(|connection| query.load(connection)).await?;
        rows.into_iter().map(UserRow::into_account).collect()
    }

    async fn files(
        &mut self,
        owner: UserId,
        after: Option<FilePlace>,
        limit: u32,
    ) -> PortResult<Vec<ArchivedFile>> {
        let after = after.map(|(at, id)| PageKey::CreatedAt(at, id));
        let page = FilePage { sort: FileSort::CreatedAt, order: SortOrder::Ascending, after, limit };
        let (access, filter) = (Access::on_behalf_of(owner, Right::Read), FileFilter::default());
        let Some(query) = list_files(&access, &filter, &page) else { return Ok(Vec::new()) };
        let rows: Vec<FileRow> = self.lease.run(|connection| query.load(connection)).await?;
        let files: Vec<File> = rows.into_iter().map(FileRow::into_file).collect::<PortResult<_>>()?;
        let thumbnails = files.iter().filter_map(|file| Some(file.thumbnail.blob()?.uuid())).collect();
        let query = checks::find(thumbnails);
        let rows = self.lease.run(|connection| query.load(connection)).await?;
        let found: Vec<BlobRecord> = rows.into_iter().map(checks::record).collect::<PortResult<_>>()?;
        let size = |id: BlobId| {
            let record = found.iter().find(|record| record.key.id == id)?;
            if let BlobState::Stored { size } = record.state { Some(size) } else { None }
        };
        let archived =
            |file: File| ArchivedFile { thumbnail_size: file.thumbnail.blob().and_then(size), file };
        Ok(files.into_iter().map(archived).collect())
    }

    async fn keys(
        &mut self,
        owner: UserId,
        after: Option<IdempotencyKey>,
        limit: u32,
    ) -> PortResult<Vec<ArchivedKey>> {
        let query = keys::table
            .filter(keys::user_id.eq(owner.uuid()))
            .filter(keys::key.gt(after.as_ref().map_or("", IdempotencyKey::as_str)))
            .filter(keys::file_id.is_not_null())
            .order(keys::key)
            .limit(limit.into())
            .select((keys::key, keys::held_until, keys::file_id, keys::file_name, keys::sha256));
        let rows: Vec<KeyColumns> = self.lease.run(|connection| query.load(connection)).await?;
        rows.into_iter().map(archived_key).collect()
    }

    async fn loose_blobs(&mut self, after: Option<BlobId>, limit: u32) -> PortResult<Vec<LooseBlob>> {
        let owner = users::table.filter(users::id.eq(blobs::owner_id)).filter(users::removed_at.is_null());
        let query = blobs::table
            // UUIDv7 begin with the time, so none of them is nil.
            .filter(blobs::id.gt(after.map_or(Uuid::nil(), BlobId::uuid)))
            .filter(blobs::state.eq(INTENT).or(blobs::state.eq(DELETED)).or(not(exists(owner))))
            .order(blobs::id)
            .limit(limit.into())
            .select((
                blobs::id,
                blobs::bucket,
                blobs::owner_id,
                blobs::was_stored,
                blobs::expires_at,
                blobs::deleted_at,
                blobs::due_at,
            ));
        let rows: Vec<BlobColumns> = self.lease.run(|connection| query.load(connection)).await?;
        rows.into_iter().map(loose_blob).collect()
    }

    async fn audit(&mut self, after: Option<AuditKey>, limit: u32) -> PortResult<Vec<AuditEntry>> {
        let query = audit::list(&AuditFilter::default(), &AuditPage { after, limit });
        let rows: Vec<AuditRow> = self.lease.run(|connection| query.load(connection)).await?;
        Ok(rows.into_iter().map(AuditRow::into_entry).collect())
    }

    async fn row_counts(&mut self) -> PortResult<RowCounts> {
        let query = diesel::sql_query(COUNT);
        let row: CountRow = self.lease.run(|connection| query.get_result(connection)).await?;
        Ok(RowCounts {
            users: count("users", row.users)?,
            removed_users: count("users", row.removed_users)?,
            files: count("files", row.files)?,
            blobs: count("blobs", row.blobs)?,
            audit_entries: count("audit_entries", row.audit_entries)?,
            open_uploads: count("uploads", row.open_uploads)?,
        })
    }
}

type KeyColumns = (String, Moment, Option<Uuid>, Option<String>, Option<Vec<u8>>);

fn archived_key((key, expires_at, file, name, hash): KeyColumns) -> PortResult<ArchivedKey> {
    let (Some(file), Some(name), Some(hash)) = (file, name, hash) else {
        return Err(corrupt("idempotency_keys.file_id")("a finished key lacks its upload"));
    };
    Ok(ArchivedKey {
        key: key.parse().map_err(corrupt("idempotency_keys.key"))?,
        upload: FinishedUpload {
            file: FileId::new(file),
            name: FileName::from_stored(&name).map_err(corrupt("idempotency_keys.file_name"))?,
            sha256: sha256("idempotency_keys.sha256", &hash)?,
        },
        expires_at: expires_at.0,
    })
}

type BlobColumns = (Uuid, String, Uuid, bool, Moment, Option<Moment>, Option<Moment>);

fn loose_blob(
    (id, bucket, owner, was_stored, expires_at, deleted_at, due_at): BlobColumns,
) -> PortResult<LooseBlob> {
    let state = match (deleted_at, due_at) {
        (Some(Moment(deleted_at)), Some(Moment(due_at))) => {
            LooseState::Deleted { deleted_at, due_at, was_stored }
        }
        (None, None) if was_stored => LooseState::Ownerless,
        (None, None) => LooseState::Intent { expires_at: expires_at.0 },
        _ => return Err(corrupt("blobs.state")("is not a state of a blob")),
    };
    Ok(LooseBlob { key: key(&bucket, id)?, owner: UserId::new(owner), state })
}

const COUNT: &str = "SELECT \
    (SELECT count(*) FROM users WHERE removed_at IS NULL) AS users, \
    (SELECT count(*) FROM users WHERE removed_at IS NOT NULL) AS removed_users, \
    (SELECT count(*) FROM files WHERE NOT EXISTS (\
        SELECT FROM users WHERE users.id = files.owner_id AND users.removed_at IS NOT NULL)) AS files, \
    (SELECT count(*) FROM blobs) AS blobs, \
    (SELECT count(*) FROM audit_entries) AS audit_entries, \
    (SELECT count(*) FROM uploads WHERE status = 'open') AS open_uploads";

#[derive(QueryableByName)]
struct CountRow {
    #[diesel(sql_type = BigInt)]
    users: i64,
    #[diesel(sql_type = BigInt)]
    removed_users: i64,
    #[diesel(sql_type = BigInt)]
    files: i64,
    #[diesel(sql_type = BigInt)]
    blobs: i64,
    #[diesel(sql_type = BigInt)]
    audit_entries: i64,
    #[diesel(sql_type = BigInt)]
    open_uploads: i64,
}
