//! Moving the database: snapshots of it, and its seal.

use async_trait::async_trait;
use diesel::connection::{AnsiTransactionManager, TransactionManager as _};
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use fm_domain::access::{Access, Right};
use fm_domain::accounts::{Account, UserFilter};
use fm_domain::archive::{
    Archive, ArchivedFile, ArchivedKey, FilePlace, LooseBlob, LooseState, RowCounts, SealOutcome, Snapshot,
};
use fm_domain::audit::{AuditEntry, AuditFilter, AuditKey, AuditPage};
use fm_domain::blobs::BlobState;
use fm_domain::clock::Timestamp;
use fm_domain::error::{PortError, PortResult};
use fm_domain::files::{FileName, FilePage, FileSort, PageKey, Sha256, SortOrder};
use fm_domain::idempotency::{FinishedUpload, IdempotencyKey};
use fm_domain::ids::{BlobId, FileId, UserId};
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::database::SqliteDatabase;
use crate::error::{begin_error, corrupt, store_error};
use crate::open::Location;
use crate::readers::Readers;
use crate::repos::blobs::{deleted, key, recorded};
use crate::rows::{Bytes, Id, number};
use crate::schema::{blobs, idempotency_keys as keys, users};
use crate::{queries, seal};

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
                AnsiTransactionManager::begin_transaction(connection).map_err(begin_error)?;
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

    async fn files(
        &mut self,
        owner: UserId,
        after: Option<FilePlace>,
        limit: u32,
    ) -> PortResult<Vec<ArchivedFile>> {
        let after = after.map(|(at, id)| PageKey::CreatedAt(at, id));
        let page = FilePage { sort: FileSort::CreatedAt, order: SortOrder::Ascending, after, limit };
        self.ask(move |connection| archived_files(connection, owner, &page)).await
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
        self.ask(move |connection| loose_blobs(connection, after, limit)).await
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
}

fn archived_files(
    connection: &mut SqliteConnection,
    owner: UserId,
    page: &FilePage,
) -> PortResult<Vec<ArchivedFile>> {
    let files = queries::files::page(connection, &Access::on_behalf_of(owner, Right::Read), page)?;
    let ids: Vec<Id> = files.iter().filter_map(|file| Some(Id::of(file.thumbnail.blob()?.uuid()))).collect();
    let found = queries::blobs::find(connection, &ids)?;
    let size = |id: BlobId| {
        let record = found.iter().find(|record| record.key.id == id)?;
        if let BlobState::Stored { size } = record.state { Some(size) } else { None }
    };
    let archived = |file: fm_domain::files::File| ArchivedFile {
        thumbnail_size: file.thumbnail.blob().and_then(size),
        file,
    };
    Ok(files.into_iter().map(archived).collect())
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

type BlobColumns = (Id, String, Id, Option<i64>, i64, Option<i64>, Option<i64>);

fn loose_blobs(
    connection: &mut SqliteConnection,
    after: Option<BlobId>,
    limit: u32,
) -> PortResult<Vec<LooseBlob>> {
    let owner = users::table.filter(users::id.eq(blobs::owner)).filter(users::removed_at.is_null());
    let rows = blobs::table
        // UUIDv7 begin with the time, so none of them is nil.
        .filter(blobs::id.gt(Id::of(after.map_or(Uuid::nil(), BlobId::uuid))))
        .filter(recorded().or(deleted()).or(not(exists(owner))))
        .order(blobs::id)
        .limit(limit.into())
        .select((
            blobs::id,
            blobs::bucket,
            blobs::owner,
            blobs::size,
            blobs::expires_at,
            blobs::deleted_at,
            blobs::due_at,
        ))
        .load::<BlobColumns>(connection)
        .map_err(store_error)?;
    rows.into_iter().map(loose_blob).collect()
}

fn loose_blob(
    (id, bucket, owner, size, expires_at, deleted_at, due_at): BlobColumns,
) -> PortResult<LooseBlob> {
    let at = Timestamp::from_unix_micros;
    let state = match (deleted_at, due_at) {
        (Some(deleted_at), Some(due_at)) => {
            LooseState::Deleted { deleted_at: at(deleted_at), due_at: at(due_at), was_stored: size.is_some() }
        }
        (None, None) if size.is_none() => LooseState::Intent { expires_at: at(expires_at) },
        (None, None) => LooseState::Ownerless,
        _ => return Err(corrupt("blobs.state")("is not a state of a blob")),
    };
    Ok(LooseBlob { key: key(id, &bucket)?, owner: UserId::new(owner.uuid()), state })
}

const COUNT: &str = "SELECT \
    (SELECT count(*) FROM users WHERE removed_at IS NULL) AS users, \
    (SELECT count(*) FROM users WHERE removed_at IS NOT NULL) AS removed_users, \
    (SELECT count(*) FROM files WHERE NOT EXISTS (\
        SELECT 1 FROM users WHERE users.id = files.owner AND users.removed_at IS NOT NULL)) AS files, \
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

impl TryFrom<CountRow> for RowCounts {
    type Error = PortError;

    fn try_from(row: CountRow) -> PortResult<Self> {
        Ok(Self {
            users: number("users", row.users)?,
            removed_users: number("users", row.removed_users)?,
            files: number("files", row.files)?,
            blobs: number("blobs", row.blobs)?,
            audit_entries: number("audit_entries", row.audit_entries)?,
            open_uploads: number("uploads", row.open_uploads)?,
        })
    }
}
