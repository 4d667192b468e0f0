//! Moving the database: snapshots of it, its seal, and rows past all rules.

mod counts;
mod loose;
mod nodes;
mod operations;
mod rows;
mod versions;

use async_trait::async_trait;
use diesel::connection::{AnsiTransactionManager, TransactionManager as _};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary};
use fm_domain::accounts::{Account, UserFilter};
use fm_domain::archive::{
    Archive, ArchiveUnit, ArchivedKey, ArchivedNode, BlobTally, DriveTally, LooseBlob, RowCounts,
    SealOutcome, Snapshot, TreeFault, VersionPlace,
};
use fm_domain::audit::{AuditEntry, AuditFilter, AuditKey, AuditPage};
use fm_domain::clock::Timestamp;
use fm_domain::error::{PortError, PortResult};
use fm_domain::files::{FileName, Sha256};
use fm_domain::idempotency::{FinishedUpload, IdempotencyKey};
use fm_domain::ids::{BlobId, DriveId, FileId, NodeId, OperationId, UserId};
use fm_domain::tree::{Operation, Seq, Version};
use tokio::sync::mpsc;

use crate::database::SqliteDatabase;
use crate::error::{corrupt, store_error};
use crate::open::Location;
use crate::readers::Readers;
use crate::rows::{Bytes, Id, number};
use crate::schema::idempotency_keys as keys;
use crate::{queries, seal};

pub(crate) use versions::walk as walk_versions;

#[async_trait]
impl Archive for SqliteDatabase {
    async fn snapshot(&self) -> PortResult<Box<dyn Snapshot>> {
        Ok(Box::new(SqliteSnapshot::begin(self.location()).await?))
    }

    async fn seal(&self) -> PortResult<SealOutcome> {
        self.change(seal::put_on).await
    }

    async fn unseal(&self) -> PortResult<()> {
        self.change(seal::take_off).await
    }

    async fn begin_rows(&self) -> PortResult<Box<dyn ArchiveUnit>> {
        // It is alone with the database, and its references between items are looked at when it ends.
        Ok(Box::new(self.unit()?))
    }
}

/// One read transaction, on a connection and a thread of its own. While it is open the log can't be cut.
struct SqliteSnapshot {
    reader: Readers,
}

impl SqliteSnapshot {
    async fn begin(location: &Location) -> PortResult<Self> {
        let (alive, _) = mpsc::channel(1);
        let reader = Readers::start(location, 1, &alive);
        let reader = reader.map_err(|error| PortError::Unavailable(Box::new(error)))?;
        reader
            .ask(|connection| {
                AnsiTransactionManager::begin_transaction(connection).map_err(store_error)?;
                // The snapshot is taken by the first read.
                let first = diesel::sql_query("SELECT 1 FROM sqlite_schema LIMIT 1").execute(connection);
                first.map(|_rows| ()).map_err(store_error)
            })
            .await?;
        Ok(Self { reader })
    }

    async fn ask<R: Send + 'static>(
        &self,
        question: impl FnOnce(&mut SqliteConnection) -> PortResult<R> + Send + 'static,
    ) -> PortResult<R> {
        self.reader
            .ask(|connection| {
                // A reader that was lost is replaced by one with a connection of its own.
                let status = AnsiTransactionManager::transaction_manager_status_mut(connection);
                match status.transaction_depth().map_err(store_error)? {
                    Some(_) => question(connection),
                    None => Err(PortError::Unexpected("the transaction of the snapshot is gone".into())),
                }
            })
            .await
    }
}

#[async_trait]
impl Snapshot for SqliteSnapshot {
    async fn accounts(&mut self, after: Option<UserId>, limit: u32) -> PortResult<Vec<Account>> {
        self.ask(move |connection| queries::users::list(connection, UserFilter::default(), after, limit))
            .await
    }

    async fn seq(&mut self, drive: DriveId) -> PortResult<Seq> {
        self.ask(move |connection| {
            let rows: Vec<SeqRow> = diesel::sql_query("SELECT seq FROM users WHERE id = ?1")
                .bind::<Binary, _>(Id::of(drive.uuid()))
                .load(connection)
                .map_err(store_error)?;
            rows.first().map_or(Ok(Seq::default()), |row| number("users.seq", row.seq).map(Seq::new))
        })
        .await
    }

    async fn nodes(
        &mut self,
        drive: DriveId,
        after: Option<NodeId>,
        limit: u32,
    ) -> PortResult<Vec<ArchivedNode>> {
        self.ask(move |connection| nodes::page(connection, drive, after, limit)).await
    }

    async fn versions(
        &mut self,
        drive: DriveId,
        after: Option<VersionPlace>,
        limit: u32,
    ) -> PortResult<Vec<Version>> {
        self.ask(move |connection| versions::page(connection, drive, after, limit)).await
    }

    async fn operations(
        &mut self,
        owner: UserId,
        after: Option<OperationId>,
        limit: u32,
    ) -> PortResult<Vec<Operation>> {
        self.ask(move |connection| operations::page(connection, owner, after, limit)).await
    }

    async fn keys(
        &mut self,
        owner: UserId,
        after: Option<IdempotencyKey>,
        limit: u32,
    ) -> PortResult<Vec<ArchivedKey>> {
        self.ask(move |connection| finished_keys(connection, owner, after.as_ref(), limit)).await
    }

    async fn loose_blobs(&mut self, after: Option<BlobId>, limit: u32) -> PortResult<Vec<LooseBlob>> {
        self.ask(move |connection| loose::page(connection, after, limit)).await
    }

    async fn audit(&mut self, after: Option<AuditKey>, limit: u32) -> PortResult<Vec<AuditEntry>> {
        let page = AuditPage { after, limit };
        self.ask(move |connection| queries::audit::list(connection, AuditFilter::default(), page)).await
    }

    async fn row_counts(&mut self) -> PortResult<RowCounts> {
        self.ask(|connection| {
            let counted = diesel::sql_query(COUNT).get_result::<CountRow>(connection);
            counted.map_err(store_error)?.try_into()
        })
        .await
    }

    async fn tallies(&mut self, after: Option<DriveId>, limit: u32) -> PortResult<Vec<DriveTally>> {
        self.ask(move |connection| counts::tallies(connection, after, limit)).await
    }

    async fn wrong_references(&mut self, after: Option<BlobId>, limit: u32) -> PortResult<Vec<BlobTally>> {
        self.ask(move |connection| counts::wrong_references(connection, after, limit)).await
    }

    async fn faults(&mut self, limit: u32) -> PortResult<Vec<TreeFault>> {
        self.ask(move |connection| counts::faults(connection, limit)).await
    }
}

#[derive(QueryableByName)]
struct SeqRow {
    #[diesel(sql_type = BigInt)]
    seq: i64,
}

type KeyColumns = (String, i64, Option<Id>, Option<String>, Option<Bytes<32>>);

fn finished_keys(
    connection: &mut SqliteConnection,
    owner: UserId,
    after: Option<&IdempotencyKey>,
    limit: u32,
) -> PortResult<Vec<ArchivedKey>> {
    let rows = keys::table
        .filter(keys::user_id.eq(Id::of(owner.uuid())))
        .filter(keys::key.gt(after.map_or("", IdempotencyKey::as_str)))
        .filter(keys::file.is_not_null())
        .order(keys::key)
        .limit(limit.into())
        .select((keys::key, keys::valid_until, keys::file, keys::name, keys::sha256))
        .load::<KeyColumns>(connection)
        .map_err(store_error)?;
    let archived = rows.into_iter().map(|(key, expires_at, file, name, sha256)| {
        let lacking = || corrupt("idempotency_keys.file")("a finished key lacks its upload");
        let (Some(file), Some(name), Some(sha256)) = (file, name, sha256) else { return Err(lacking()) };
        Ok(ArchivedKey {
            key: key.parse().map_err(corrupt("idempotency_keys.key"))?,
            upload: FinishedUpload {
                file: FileId::new(file.uuid()),
                name: FileName::from_stored(&name).map_err(corrupt("idempotency_keys.name"))?,
                sha256: Sha256::new(sha256.0),
            },
            expires_at: Timestamp::from_unix_micros(expires_at),
        })
    });
    archived.collect()
}

const COUNT: &str = "WITH kept AS (\
        SELECT nodes.id, kind FROM nodes JOIN users ON users.id = nodes.drive \
        WHERE nodes.id <> nodes.drive AND users.removed_at IS NULL\
    ) SELECT \
    (SELECT count(*) FROM users WHERE removed_at IS NULL) AS users, \
    (SELECT count(*) FROM users WHERE removed_at IS NOT NULL) AS removed_users, \
    (SELECT count(*) FROM kept WHERE kind = 'file') AS files, \
    (SELECT count(*) FROM kept WHERE kind = 'folder') AS folders, \
    (SELECT count(*) FROM file_versions JOIN kept ON kept.id = file_versions.file) AS versions, \
    (SELECT count(*) FROM operations JOIN users ON users.id = operations.owner WHERE removed_at IS NULL) AS operations, \
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

impl TryFrom<CountRow> for RowCounts {
    type Error = PortError;

    fn try_from(row: CountRow) -> PortResult<Self> {
        Ok(Self {
            users: number("users", row.users)?,
            removed_users: number("users", row.removed_users)?,
            files: number("nodes", row.files)?,
            folders: number("nodes", row.folders)?,
            versions: number("file_versions", row.versions)?,
            operations: number("operations", row.operations)?,
            blobs: number("blobs", row.blobs)?,
            audit_entries: number("audit_entries", row.audit_entries)?,
            open_uploads: number("uploads", row.open_uploads)?,
        })
    }
}
