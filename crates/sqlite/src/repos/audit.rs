//! The audit trail.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use fm_domain::audit::{AuditEntry, AuditRepo};
use fm_domain::clock::Timestamp;
use fm_domain::error::{PortError, PortResult};

use crate::error::store_error;
use crate::rows::AuditRow;
use crate::schema::audit_entries as entries;
use crate::sql::fixed;
use crate::unit_of_work::SqliteUnitOfWork;

#[async_trait]
impl AuditRepo for SqliteUnitOfWork {
    async fn append(&mut self, entry: &AuditEntry) -> PortResult<()> {
        let row = AuditRow::from(entry);
        self.run(move |connection| {
            diesel::insert_into(entries::table)
                .values(row)
                .on_conflict_do_nothing()
                .execute(connection)
                .map(|_one| ())
                .map_err(store_error)
        })
        .await
    }

    async fn purge_before(&mut self, before: Timestamp, limit: u32) -> PortResult<u32> {
        self.run(move |connection| {
            let purged = fixed(diesel::sql_query(
                "DELETE FROM audit_entries WHERE (happened_at, id) IN (SELECT happened_at, id FROM audit_entries \
                 WHERE happened_at < ? ORDER BY happened_at, id LIMIT ?)",
            )
            .bind::<BigInt, _>(before.unix_micros())
            .bind::<BigInt, _>(i64::from(limit)))
            .execute(connection)
            .map_err(store_error)?;
            u32::try_from(purged).map_err(|error| PortError::Unexpected(Box::new(error)))
        })
        .await
    }
}
