//! Rows past all rules, inside a unit of work.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Text};
use fm_domain::archive::{ArchivedBlob, ArchivedNode, RowRepo, TreeFault};
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::ids::DriveId;
use fm_domain::tree::{Seq, Version};
use serde_json::Value;

use super::{counts, nodes, versions};
use crate::error::store_error;
use crate::repos::blobs::STORED;
use crate::rows::{Id, stored_number, stored_size};
use crate::schema::blobs;
use crate::unit_of_work::SqliteUnitOfWork;

impl SqliteUnitOfWork {
    /// Runs an insert of these rows.
    async fn insert_rows(&mut self, insert: &'static str, rows: Vec<Value>) -> PortResult<()> {
        let rows = Value::Array(rows).to_string();
        self.run(move |connection| {
            let insert = diesel::sql_query(insert).bind::<Text, _>(rows);
            insert.execute(connection).map(|_rows| ()).map_err(store_error)
        })
        .await
    }
}

#[async_trait]
impl RowRepo for SqliteUnitOfWork {
    async fn add_blobs(&mut self, added: &[ArchivedBlob], at: Timestamp) -> PortResult<()> {
        let row = |blob: &ArchivedBlob| {
            (
                blobs::id.eq(Id::of(blob.key.id.uuid())),
                blobs::bucket.eq(blob.key.bucket.as_str()),
                blobs::owner.eq(Id::of(blob.owner.uuid())),
                blobs::state.eq(STORED),
                blobs::reserved_bytes.eq(0_i64),
                blobs::size.eq(stored_size(blob.size)),
                blobs::recorded_at.eq(at.unix_micros()),
                blobs::expires_at.eq(at.unix_micros()),
            )
        };
        let rows: Vec<_> = added.iter().map(row).collect();
        self.run(move |connection| {
            for row in rows {
                // One that is there already stays as it is.
                let insert = diesel::insert_into(blobs::table).values(row).on_conflict_do_nothing();
                insert.execute(connection).map_err(store_error)?;
            }
            Ok(())
        })
        .await
    }

    async fn add_nodes(&mut self, nodes: &[ArchivedNode]) -> PortResult<()> {
        self.insert_rows(nodes::INSERT, nodes.iter().map(nodes::row).collect()).await
    }

    async fn add_versions(&mut self, versions: &[Version]) -> PortResult<()> {
        self.insert_rows(versions::INSERT, versions.iter().map(versions::row).collect()).await
    }

    async fn set_seq(&mut self, drive: DriveId, seq: Seq) -> PortResult<()> {
        self.run(move |connection| {
            let update = diesel::sql_query("UPDATE users SET seq = ?1 WHERE id = ?2")
                .bind::<BigInt, _>(stored_number(seq.number()))
                .bind::<Binary, _>(Id::of(drive.uuid()));
            update.execute(connection).map(|_rows| ()).map_err(store_error)
        })
        .await
    }

    async fn recount_drive(&mut self, drive: DriveId) -> PortResult<()> {
        self.run(move |connection| counts::recount_drive(connection, drive)).await
    }

    async fn recount_references(&mut self, at: Timestamp) -> PortResult<u64> {
        self.run(move |connection| counts::recount_references(connection, at)).await
    }

    async fn faults(&mut self, limit: u32) -> PortResult<Vec<TreeFault>> {
        self.run(move |connection| counts::faults(connection, limit)).await
    }
}
