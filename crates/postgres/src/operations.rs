//! Operations inside a unit of work.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::ids::{OperationId, UserId};
use fm_domain::tree::{Operation, OperationRepo};

use crate::rows::{OperationEdit, OperationRow};
use crate::schema::operations;
use crate::sql::{fixed, statement, typed};
use crate::unit_of_work::PgUnitOfWork;
use crate::value::Moment;

/// Two sweeps at once take different operations.
const PURGE_ENDED: &str = "WITH ended AS MATERIALIZED (\
        SELECT id AS ended_id FROM operations WHERE ended_at < ? \
        ORDER BY ended_at LIMIT ? FOR UPDATE SKIP LOCKED\
    ) DELETE FROM operations USING ended WHERE id = ended_id";

/// A sweep that removes some of them meanwhile takes nothing from this, and waits for nothing.
const MAKE_ROOM: &str = "WITH old AS MATERIALIZED (\
        SELECT id AS old_id FROM operations WHERE owner_id = ? AND ended_at IS NOT NULL \
        ORDER BY ended_at DESC, id DESC OFFSET ?\
    ), gone AS (DELETE FROM operations USING old WHERE id = old_id) \
    SELECT count(*) FROM operations WHERE owner_id = ? AND ended_at IS NULL";

#[async_trait]
impl OperationRepo for PgUnitOfWork {
    async fn insert(&mut self, operation: &Operation) -> PortResult<()> {
        let row = (
            operations::id.eq(operation.id.uuid()),
            operations::owner_id.eq(operation.owner.uuid()),
            operations::kind.eq(operation.kind.as_str()),
            operations::created_at.eq(Moment(operation.created_at)),
            OperationEdit::of(operation),
        );
        let insert = diesel::insert_into(operations::table).values(row);
        self.run(|connection| insert.execute(connection)).await.map(|_one| ())
    }

    async fn find_for_update(&mut self, id: OperationId) -> PortResult<Option<Operation>> {
        let operation = operations::table.find(id.uuid()).select(OperationRow::as_select()).for_update();
        let row = self.run(async |connection| operation.get_result(connection).await.optional()).await?;
        self.understood(row.map(OperationRow::into_operation).transpose())
    }

    async fn update(&mut self, operation: &Operation) -> PortResult<bool> {
        let stored = operations::table.find(operation.id.uuid());
        let update = fixed(diesel::update(stored).set(OperationEdit::of(operation)));
        Ok(self.run(|connection| update.execute(connection)).await? > 0)
    }

    async fn make_room(&mut self, owner: UserId, keep: u32) -> PortResult<u32> {
        let owner = || typed::<SqlUuid, _>(owner.uuid());
        let values = (owner(), typed::<BigInt, _>(i64::from(keep)), owner());
        let make_room = statement::<BigInt, _>(MAKE_ROOM, values);
        let running: i64 = self.run(|connection| make_room.get_result(connection)).await?;
        Ok(u32::try_from(running).unwrap_or(u32::MAX))
    }

    async fn purge_ended(&mut self, before: Timestamp, limit: u32) -> PortResult<u32> {
        let purge = statement::<(), _>(
            PURGE_ENDED,
            (typed::<Timestamptz, _>(Moment(before)), typed::<BigInt, _>(i64::from(limit))),
        );
        let purged = self.run(|connection| purge.execute(connection)).await?;
        Ok(u32::try_from(purged).unwrap_or(u32::MAX))
    }
}
