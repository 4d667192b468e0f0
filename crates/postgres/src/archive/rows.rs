//! Rows past all rules, inside a unit of work.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Json, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use fm_domain::archive::{ArchivedBlob, ArchivedNode, RowRepo, TreeFault};
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::ids::DriveId;
use fm_domain::tree::{Seq, Version};
use serde_json::Value;

use super::{counts, nodes, versions};
use crate::blobs::STORED;
use crate::schema::blobs;
use crate::unit_of_work::PgUnitOfWork;
use crate::value::{Moment, bigint};

impl PgUnitOfWork {
    /// Runs an insert of these rows.
    async fn insert_rows(&mut self, insert: &'static str, rows: Vec<Value>) -> PortResult<()> {
        let insert = diesel::sql_query(insert).bind::<Json, _>(Value::Array(rows));
        self.run(|connection| insert.execute(connection)).await.map(|_rows| ())
    }
}

#[async_trait]
impl RowRepo for PgUnitOfWork {
    async fn add_blobs(&mut self, added: &[ArchivedBlob], at: Timestamp) -> PortResult<()> {
        let row = |blob: &ArchivedBlob| {
            (
                blobs::id.eq(blob.key.id.uuid()),
                blobs::bucket.eq(blob.key.bucket.as_str()),
                blobs::owner_id.eq(blob.owner.uuid()),
                blobs::state.eq(STORED),
                blobs::reserved_bytes.eq(0_i64),
                blobs::size_bytes.eq(nodes::bytes(blob.size)),
                blobs::was_stored.eq(true),
                blobs::recorded_at.eq(Moment(at)),
                blobs::expires_at.eq(Moment(at)),
            )
        };
        let rows: Vec<_> = added.iter().map(row).collect();
        // Those that are there already, or are named twice, stay as they are.
        let insert = diesel::insert_into(blobs::table).values(rows).on_conflict_do_nothing();
        self.run(|connection| insert.execute(connection)).await.map(|_rows| ())
    }

    async fn add_nodes(&mut self, nodes: &[ArchivedNode]) -> PortResult<()> {
        self.insert_rows(nodes::INSERT, nodes.iter().map(nodes::row).collect()).await
    }

    async fn add_versions(&mut self, versions: &[Version]) -> PortResult<()> {
        self.insert_rows(versions::INSERT, versions.iter().map(versions::row).collect()).await
    }

    async fn set_seq(&mut self, drive: DriveId, seq: Seq) -> PortResult<()> {
        let update = diesel::sql_query("UPDATE users SET seq = $1 WHERE id = $2")
            .bind::<BigInt, _>(bigint(seq.number()))
            .bind::<SqlUuid, _>(drive.uuid());
        self.run(|connection| update.execute(connection)).await.map(|_rows| ())
    }

    async fn recount_drive(&mut self, drive: DriveId) -> PortResult<()> {
        counts::recount_drive(self, drive).await
    }

    async fn recount_references(&mut self, at: Timestamp) -> PortResult<u64> {
        counts::recount_references(self, at).await
    }

    async fn faults(&mut self, limit: u32) -> PortResult<Vec<TreeFault>> {
        let query = diesel::sql_query(counts::FAULTS).bind::<BigInt, _>(i64::from(limit));
        let rows = self.run(|connection| query.load(connection)).await?;
        let faults = counts::understood(rows);
        self.understood(faults)
    }
}
