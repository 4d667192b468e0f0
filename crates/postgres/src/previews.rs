//! Previews: questions about them, and what a unit of work records.

use std::sync::Arc;

use async_trait::async_trait;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{Query, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use fm_domain::blobs::BlobKey;
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::ids::BlobId;
use fm_domain::previews::{Preview, PreviewColumns, PreviewQueries, PreviewRepo, PreviewSize, PreviewState};
use uuid::Uuid;

use crate::blobs::{STORED, deleted_columns, key};
use crate::error::corrupt;
use crate::read::PgReadRepos;
use crate::schema::previews;
use crate::shared::Shared;
use crate::sql::{statement, typed};
use crate::unit_of_work::PgUnitOfWork;
use crate::value::{Moment, integer};

/// Its update of the original is what units that drop references wait for, and tells them that there is something to take along.
const RECORD: &str = "WITH original AS (\
        UPDATE blobs SET has_previews = true WHERE id = ? AND state = ? RETURNING id\
    ) INSERT INTO previews (original_id, size_name, blob_id, format, width, height) \
    SELECT id, ?, ?, ?, ?, ? FROM original \
    ON CONFLICT (original_id, size_name) DO UPDATE SET blob_id = excluded.blob_id, format = excluded.format, \
        width = excluded.width, height = excluded.height \
    WHERE previews.blob_id IS NULL OR previews.blob_id = excluded.blob_id";

/// After the originals were marked as deleted: a statement of its own, which sees what units have recorded that it had to wait for.
const DROP: &str = concat!(
    "WITH gone AS (\
        DELETE FROM previews WHERE original_id = ANY (?) RETURNING blob_id\
    ), locked AS MATERIALIZED (\
        SELECT id FROM blobs WHERE id = ANY (ARRAY(SELECT blob_id FROM gone)) AND state = ? ORDER BY id FOR NO KEY UPDATE\
    ) UPDATE blobs SET ",
    deleted_columns!(),
    ", ref_count = 0 WHERE id = ANY (ARRAY(SELECT id FROM locked)) AND state = ? RETURNING id, bucket"
);

/// In the order of [`WalkedRow`].
const WALK: &str = "SELECT original_id, size_name, blob_id, format, width, height FROM previews \
    WHERE blob_id > ? ORDER BY blob_id LIMIT ?";

type Columns = (Option<Uuid>, Option<String>, Option<i32>, Option<i32>);
type WalkedTypes = (SqlUuid, Text, Nullable<SqlUuid>, Nullable<Text>, Nullable<Integer>, Nullable<Integer>);
type WalkedRow = (Uuid, String, Option<Uuid>, Option<String>, Option<i32>, Option<i32>);

/// A page of those that are ready. Since UUIDv7 begin with the time none of them is nil.
fn walk(
    after: Option<BlobId>,
    limit: u32,
) -> impl Query<SqlType = WalkedTypes> + QueryFragment<Pg> + QueryId + Send + 'static {
    let after = typed::<SqlUuid, _>(after.map_or(Uuid::nil(), BlobId::uuid));
    statement::<WalkedTypes, _>(WALK, (after, typed::<BigInt, _>(i64::from(limit))))
}

/// Records a preview, or its failure, unless another of its size is ready.
fn record(preview: &Preview) -> impl Query<SqlType = ()> + QueryFragment<Pg> + QueryId + Send + use<> {
    let picture = preview.state.columns();
    let values = (
        typed::<SqlUuid, _>(preview.original.uuid()),
        typed::<Text, _>(STORED),
        typed::<Text, _>(preview.size.as_str()),
        typed::<Nullable<SqlUuid>, _>(picture.blob.map(BlobId::uuid)),
        typed::<Nullable<Text>, _>(picture.format),
        typed::<Nullable<Integer>, _>(picture.width.map(integer)),
        typed::<Nullable<Integer>, _>(picture.height.map(integer)),
    );
    statement::<(), _>(RECORD, values)
}

/// Removes the previews of these blobs, whose own blobs become tombstones.
fn drop_of(
    originals: Vec<Uuid>,
    at: Timestamp,
) -> impl Query<SqlType = (SqlUuid, Text)> + QueryFragment<Pg> + QueryId + Send {
    let at = || typed::<Timestamptz, _>(Moment(at));
    let values = (
        typed::<Array<SqlUuid>, _>(originals),
        typed::<Text, _>(STORED),
        at(),
        at(),
        typed::<Text, _>(STORED),
    );
    statement::<(SqlUuid, Text), _>(DROP, values)
}

fn state((blob, format, width, height): Columns) -> PortResult<PreviewState> {
    let pixels = |what: &'static str, stored: Option<i32>| {
        stored.map(u32::try_from).transpose().map_err(corrupt(what))
    };
    let columns = PreviewColumns {
        blob: blob.map(BlobId::new),
        format: format.as_deref(),
        width: pixels("previews.width", width)?,
        height: pixels("previews.height", height)?,
    };
    columns.read().map_err(corrupt("previews.format"))
}

fn preview((original, size, blob, format, width, height): WalkedRow) -> PortResult<Preview> {
    Ok(Preview {
        original: BlobId::new(original),
        size: size.parse().map_err(corrupt("previews.size_name"))?,
        state: state((blob, format, width, height))?,
    })
}

#[async_trait]
impl PreviewQueries for PgReadRepos {
    async fn find(&mut self, original: BlobId, size: PreviewSize) -> PortResult<Option<PreviewState>> {
        let find = |shared: Arc<Shared>| async move {
            let row = previews::table.find((original.uuid(), size.as_str()));
            let row = row.select((previews::blob_id, previews::format, previews::width, previews::height));
            row.get_result::<Columns>(&mut &**shared).await.optional()
        };
        self.pool.ask(find).await?.map(state).transpose()
    }

    async fn walk(&mut self, after: Option<BlobId>, limit: u32) -> PortResult<Vec<Preview>> {
        let query = walk(after, limit);
        let mut lease = self.pool.lease().await?;
        let rows: Vec<WalkedRow> = lease.run(|connection| query.load(connection)).await?;
        rows.into_iter().map(preview).collect()
    }
}

#[async_trait]
impl PreviewRepo for PgUnitOfWork {
    async fn record(&mut self, preview: &Preview) -> PortResult<bool> {
        let record = record(preview);
        Ok(self.run(|connection| record.execute(connection)).await? > 0)
    }

    async fn remove(&mut self, preview: &Preview) -> PortResult<bool> {
        let row = previews::table.find((preview.original.uuid(), preview.size.as_str()));
        let blob = preview.state.blob().map(BlobId::uuid);
        let delete = diesel::delete(row.filter(previews::blob_id.is_not_distinct_from(blob)));
        Ok(self.run(|connection| delete.execute(connection)).await? > 0)
    }
}

impl PgUnitOfWork {
    /// Removes the previews of these blobs, which the unit has marked as deleted; the keys of those that were ready, which are tombstones then.
    pub(crate) async fn drop_previews(
        &mut self,
        originals: Vec<Uuid>,
        at: Timestamp,
    ) -> PortResult<Vec<BlobKey>> {
        let update = drop_of(originals, at);
        let rows: Vec<(Uuid, String)> = self.run(|connection| update.load(connection)).await?;
        self.understood(rows.into_iter().map(|(id, bucket)| key(&bucket, id)).collect())
    }
}

#[cfg(test)]
mod tests;
