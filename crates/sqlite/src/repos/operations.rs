//! Operations that go on after their request was answered.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary};
use fm_domain::clock::Timestamp;
use fm_domain::error::{PortError, PortResult};
use fm_domain::ids::{OperationId, UserId};
use fm_domain::tree::{Operation, OperationRepo};

use crate::error::store_error;
use crate::rows::{Id, OperationRow};
use crate::schema::operations;
use crate::sql::fixed;
use crate::unit_of_work::SqliteUnitOfWork;

/// That they have ended is said, so that SQLite sees which index holds all that is asked for.
const PURGE_ENDED: &str = "DELETE FROM operations WHERE id IN (SELECT id FROM operations \
    WHERE ended_at IS NOT NULL AND ended_at < ? ORDER BY ended_at LIMIT ?)";

/// The oldest of those of an owner that have ended. Both are told by one index: a row may be large.
const REMOVE_OLDEST: &str = "DELETE FROM operations WHERE id IN (SELECT id FROM operations \
    WHERE owner = ? AND ended_at IS NOT NULL ORDER BY ended_at DESC, id DESC LIMIT -1 OFFSET ?)";

#[async_trait]
impl OperationRepo for SqliteUnitOfWork {
    async fn insert(&mut self, operation: &Operation) -> PortResult<()> {
        let row = OperationRow::from(operation);
        self.run(move |connection| {
            diesel::insert_into(operations::table)
                .values(row)
                .execute(connection)
                .map(|_one| ())
                .map_err(store_error)
        })
        .await
    }

    async fn find_for_update(&mut self, id: OperationId) -> PortResult<Option<Operation>> {
        self.run(move |connection| {
            operations::table
                .find(Id::of(id.uuid()))
                .select(OperationRow::as_select())
                .first(connection)
                .optional()
                .map_err(store_error)?
                .map(Operation::try_from)
                .transpose()
        })
        .await
    }

    async fn update(&mut self, operation: &Operation) -> PortResult<bool> {
        let (row, id) = (OperationRow::from(operation), Id::of(operation.id.uuid()));
        self.run(move |connection| {
            fixed(diesel::update(operations::table.find(id)).set(row))
                .execute(connection)
                .map(|changed| changed > 0)
                .map_err(store_error)
        })
        .await
    }

    async fn make_room(&mut self, owner: UserId, keep: u32) -> PortResult<u32> {
        let owner = Id::of(owner.uuid());
        self.run(move |connection| {
            let remove =
                diesel::sql_query(REMOVE_OLDEST).bind::<Binary, _>(owner).bind::<BigInt, _>(i64::from(keep));
            fixed(remove).execute(connection).map_err(store_error)?;
            let running = operations::table
                .filter(operations::owner.eq(owner).and(operations::ended_at.is_null()))
                .count()
                .get_result::<i64>(connection)
                .map_err(store_error)?;
            u32::try_from(running).map_err(|error| PortError::Unexpected(Box::new(error)))
        })
        .await
    }

    async fn purge_ended(&mut self, before: Timestamp, limit: u32) -> PortResult<u32> {
        self.run(move |connection| {
            let purged = fixed(
                diesel::sql_query(PURGE_ENDED)
                    .bind::<BigInt, _>(before.unix_micros())
                    .bind::<BigInt, _>(i64::from(limit)),
            )
            .execute(connection)
            .map_err(store_error)?;
            u32::try_from(purged).map_err(|error| PortError::Unexpected(Box::new(error)))
        })
        .await
    }
}
