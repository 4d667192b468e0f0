//! Rows of operations.

use std::collections::BTreeMap;

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use fm_domain::error::PortResult;
use fm_domain::ids::{NodeId, OperationId, UserId};
use fm_domain::tree::{FailedItem, Operation};
use serde_json::Value;
use uuid::Uuid;

use crate::error::corrupt;
use crate::lease::PgLease;
use crate::value::{Moment, count};

const PAGE: &str = "SELECT operations.id, kind, status, done_count, total_count, failed, result, rest, \
        operations.created_at, ended_at \
    FROM operations JOIN users ON users.id = owner_id AND users.removed_at IS NULL \
    WHERE owner_id = $1 AND operations.id > $2 ORDER BY operations.id LIMIT $3";

/// A page of the operations of a user.
pub(super) async fn page(
    lease: &mut PgLease,
    owner: UserId,
    after: Option<OperationId>,
    limit: u32,
) -> PortResult<Vec<Operation>> {
    let query = diesel::sql_query(PAGE)
        .bind::<SqlUuid, _>(owner.uuid())
        .bind::<SqlUuid, _>(after.map_or(Uuid::nil(), OperationId::uuid))
        .bind::<BigInt, _>(i64::from(limit));
    let rows: Vec<OperationRow> = lease.run(|connection| query.load(connection)).await?;
    rows.into_iter().map(|row| row.into_operation(owner)).collect()
}

/// An operation, as it is read.
#[derive(QueryableByName)]
struct OperationRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    status: String,
    #[diesel(sql_type = BigInt)]
    done_count: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    total_count: Option<i64>,
    #[diesel(sql_type = Jsonb)]
    failed: Value,
    #[diesel(sql_type = Nullable<Jsonb>)]
    result: Option<Value>,
    #[diesel(sql_type = Jsonb)]
    rest: Value,
    #[diesel(sql_type = Timestamptz)]
    created_at: Moment,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    ended_at: Option<Moment>,
}

/// Items that were not done: `[{"id": …, "code": …}]`.
fn failed_items(failed: Value) -> PortResult<Vec<FailedItem>> {
    let items: Vec<BTreeMap<String, String>> =
        serde_json::from_value(failed).map_err(corrupt("operations.failed"))?;
    let item = |mut item: BTreeMap<String, String>| {
        let id = item.get("id").and_then(|id| NodeId::parse(id));
        let (Some(id), Some(code)) = (id, item.remove("code")) else {
            return Err(corrupt("operations.failed")("an item lacks its id or its code"));
        };
        Ok(FailedItem { id, code })
    };
    items.into_iter().map(item).collect()
}

impl OperationRow {
    fn into_operation(self, owner: UserId) -> PortResult<Operation> {
        Ok(Operation {
            id: OperationId::new(self.id),
            owner,
            kind: self.kind.parse().map_err(corrupt("operations.kind"))?,
            status: self.status.parse().map_err(corrupt("operations.status"))?,
            done: count("operations.done_count", self.done_count)?,
            total: self.total_count.map(|total| count("operations.total_count", total)).transpose()?,
            failed: failed_items(self.failed)?,
            result: self.result,
            rest: self.rest,
            created_at: self.created_at.0,
            ended_at: self.ended_at.map(|ended| ended.0),
        })
    }
}
