//! Moving the database: snapshots of it, its seal, and rows past all rules.

mod counts;
mod nodes;
mod operations;
mod rows;
mod versions;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use fm_domain::accounts::{Account, UserFilter};
use fm_domain::archive::{
    Archive, ArchiveUnit, ArchivedKey, ArchivedNode, BlobTally, DriveTally, LooseBlob, LooseState, RowCounts,
    SealOutcome, Snapshot, TreeFault, VersionPlace,
};
use fm_domain::audit::{AuditEntry, AuditFilter, AuditKey, AuditPage};
use fm_domain::error::PortResult;
use fm_domain::files::FileName;
use fm_domain::idempotency::{FinishedUpload, IdempotencyKey};
use fm_domain::ids::{BlobId, DriveId, FileId, NodeId, OperationId, UserId};
use fm_domain::tree::{Operation, Seq, Version};
use uuid::Uuid;

use crate::blobs::{STORED, key};
use crate::database::PgDatabase;
use crate::error::corrupt;
use crate::lease::PgLease;
use crate::rows::{AuditRow, UserRow};
use crate::schema::{blobs, idempotency_keys as keys};
use crate::seal::SealChange;
use crate::timing::ARCHIVE_STATEMENT;
use crate::turns::Turns;
use crate::unit_of_work::PgUnitOfWork;
use crate::value::{Moment, count, sha256};
use crate::{audit, directory};

pub(crate) use versions::walk as walk_versions;

/// What a snapshot begins with: its isolation before its first statement, which fixes what it sees. The client may be slow to
/// write what it read, and some of its questions are about all rows, which no index serves.
const SNAPSHOT: &str = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; \
    SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL statement_timeout = 0; SET LOCAL enable_seqscan = on; \
    SELECT 1 FROM users LIMIT 1";

/// What a unit of rows begins with: what it counts is of one moment and about all rows, and an item may come before what it lies in.
const ROWS: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ; SET LOCAL statement_timeout = 0; SET LOCAL enable_seqscan = on; \
    SET CONSTRAINTS nodes_parent_id_fkey DEFERRED";

#[async_trait]
impl Archive for PgDatabase {
    async fn snapshot(&self) -> PortResult<Box<dyn Snapshot>> {
        let mut lease = self.pool.lease().await?;
        lease.allow(ARCHIVE_STATEMENT);
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

    async fn begin_rows(&self) -> PortResult<Box<dyn ArchiveUnit>> {
        let mut lease = self.pool.lease().await?;
        lease.allow(ARCHIVE_STATEMENT);
        // It claims no job.
        let mut unit = PgUnitOfWork::new(self.pool.clone(), lease, Turns::default());
        unit.begin_by(ROWS).await?;
        Ok(Box::new(unit))
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

    async fn seq(&mut self, drive: DriveId) -> PortResult<Seq> {
        let query = diesel::sql_query("SELECT seq FROM users WHERE id = $1").bind::<SqlUuid, _>(drive.uuid());
        let rows: Vec<SeqRow> = self.lease.run(|connection| query.load(connection)).await?;
        rows.into_iter().next().map_or(Ok(Seq::default()), |row| count("users.seq", row.seq).map(Seq::new))
    }

    async fn nodes(
        &mut self,
        drive: DriveId,
        after: Option<NodeId>,
        limit: u32,
    ) -> PortResult<Vec<ArchivedNode>> {
        nodes::page(&mut self.lease, drive, after, limit).await
    }

    async fn versions(
        &mut self,
        drive: DriveId,
        after: Option<VersionPlace>,
        limit: u32,
    ) -> PortResult<Vec<Version>> {
        versions::page(&mut self.lease, drive, after, limit).await
    }

    async fn operations(
        &mut self,
        owner: UserId,
        after: Option<OperationId>,
        limit: u32,
    ) -> PortResult<Vec<Operation>> {
        operations::page(&mut self.lease, owner, after, limit).await
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
        let query = diesel::sql_query(LOOSE)
            // UUIDv7 begin with the time, so none of them is nil.
            .bind::<SqlUuid, _>(after.map_or(Uuid::nil(), BlobId::uuid))
            .bind::<Text, _>(STORED)
            .bind::<BigInt, _>(i64::from(limit));
        let ids: Vec<IdRow> = self.lease.run(|connection| query.load(connection)).await?;
        let ids: Vec<Uuid> = ids.into_iter().map(|row| row.id).collect();
        let query = blobs::table.filter(blobs::id.eq_any(ids)).order(blobs::id).select((
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
            files: count("nodes", row.files)?,
            folders: count("nodes", row.folders)?,
            versions: count("file_versions", row.versions)?,
            operations: count("operations", row.operations)?,
            blobs: count("blobs", row.blobs)?,
            audit_entries: count("audit_entries", row.audit_entries)?,
            open_uploads: count("uploads", row.open_uploads)?,
        })
    }

    async fn tallies(&mut self, after: Option<DriveId>, limit: u32) -> PortResult<Vec<DriveTally>> {
        counts::tallies(&mut self.lease, after, limit).await
    }

    async fn wrong_references(&mut self, after: Option<BlobId>, limit: u32) -> PortResult<Vec<BlobTally>> {
        counts::wrong_references(&mut self.lease, after, limit).await
    }

    async fn faults(&mut self, limit: u32) -> PortResult<Vec<TreeFault>> {
        let query = diesel::sql_query(counts::FAULTS).bind::<BigInt, _>(i64::from(limit));
        let rows = self.lease.run(|connection| query.load(connection)).await?;
        counts::understood(rows)
    }
}

#[derive(QueryableByName)]
struct SeqRow {
    #[diesel(sql_type = BigInt)]
    seq: i64,
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

/// Blobs whose bytes no row of a user who is there needs. All that is needed is put together once: a look-up for each blob would have no
/// index.
const LOOSE: &str = "WITH kept AS (\
        SELECT nodes.id, blob_id, thumbnail_blob_id FROM nodes JOIN users ON users.id = nodes.drive_id \
        WHERE kind = 'file' AND users.removed_at IS NULL\
    ), needed AS (\
        SELECT blob_id AS id FROM kept \
        UNION SELECT thumbnail_blob_id FROM kept WHERE thumbnail_blob_id IS NOT NULL \
        UNION SELECT file_versions.blob_id FROM file_versions JOIN kept ON kept.id = file_versions.file_id\
    ) SELECT blobs.id FROM blobs LEFT JOIN needed ON needed.id = blobs.id \
    WHERE blobs.id > $1 AND (blobs.state <> $2 OR needed.id IS NULL) ORDER BY blobs.id LIMIT $3";

#[derive(QueryableByName)]
struct IdRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

type BlobColumns = (Uuid, String, Uuid, bool, Moment, Option<Moment>, Option<Moment>);

fn loose_blob(
    (id, bucket, owner, was_stored, expires_at, deleted_at, due_at): BlobColumns,
) -> PortResult<LooseBlob> {
    let state = match (deleted_at, due_at) {
        (Some(Moment(deleted_at)), Some(Moment(due_at))) => {
            LooseState::Deleted { deleted_at, due_at, was_stored }
        }
        (None, None) if was_stored => LooseState::Unreferenced,
        (None, None) => LooseState::Intent { expires_at: expires_at.0 },
        _ => return Err(corrupt("blobs.state")("is not a state of a blob")),
    };
    Ok(LooseBlob { key: key(&bucket, id)?, owner: UserId::new(owner), state })
}

const COUNT: &str = "WITH kept AS (\
        SELECT nodes.id, kind FROM nodes JOIN users ON users.id = nodes.drive_id \
        WHERE nodes.id <> nodes.drive_id AND users.removed_at IS NULL\
    ) SELECT \
    (SELECT count(*) FROM users WHERE removed_at IS NULL) AS users, \
    (SELECT count(*) FROM users WHERE removed_at IS NOT NULL) AS removed_users, \
    (SELECT count(*) FROM kept WHERE kind = 'file') AS files, \
    (SELECT count(*) FROM kept WHERE kind = 'folder') AS folders, \
    (SELECT count(*) FROM file_versions JOIN kept ON kept.id = file_versions.file_id) AS versions, \
    (SELECT count(*) FROM operations JOIN users ON users.id = owner_id WHERE removed_at IS NULL) AS operations, \
    (SELECT count(*) FROM blobs) AS blobs, \
    (SELECT count(*) FROM audit_entries) AS audit_entries, \
    (SELECT count(*) FROM uploads WHERE uploads.status = 'open') AS open_uploads";

#[derive(QueryableByName)]
struct CountRow {
    #[diesel(sql_type = BigInt)]
    users: i64,
    #[diesel(sql_type = BigInt)]
    removed_users: i64,
    #[diesel(sql_type = BigInt)]
    files: i64,
    #[diesel(sql_type = BigInt)]
    folders: i64,
    #[diesel(sql_type = BigInt)]
    versions: i64,
    #[diesel(sql_type = BigInt)]
    operations: i64,
    #[diesel(sql_type = BigInt)]
    blobs: i64,
    #[diesel(sql_type = BigInt)]
    audit_entries: i64,
    #[diesel(sql_type = BigInt)]
    open_uploads: i64,
}

#[cfg(test)]
mod tests;
