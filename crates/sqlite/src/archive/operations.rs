//! Rows of operations.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::ids::{NodeId, OperationId, UserId};
use fm_domain::tree::{FailedItem, Operation};
use uuid::Uuid;

use crate::error::{corrupt, store_error};
use crate::rows::{Id, number};

const PAGE: &str = "SELECT operations.id, kind, status, done_count, total_count, failed, result, rest, \
        operations.created_at, ended_at \
    FROM operations JOIN users ON users.id = owner AND users.removed_at IS NULL \
    WHERE owner = ?1 AND operations.id > ?2 ORDER BY operations.id LIMIT ?3";

/// A page of the operations of a user.
pub(super) fn page(
    connection: &mut SqliteConnection,
    owner: UserId,
    after: Option<OperationId>,
    limit: u32,
) -> PortResult<Vec<Operation>> {
    let rows: Vec<OperationRow> = diesel::sql_query(PAGE)
        .bind::<Binary, _>(Id::of(owner.uuid()))
        .bind::<Binary, _>(Id::of(after.map_or(Uuid::nil(), OperationId::uuid)))
        .bind::<BigInt, _>(i64::from(limit))
        .load(connection)
        .map_err(store_error)?;
    rows.into_iter().map(|row| row.into_operation(owner)).collect()
}

/// An operation, as it is read.
#[derive(QueryableByName)]
struct OperationRow {
    #[diesel(sql_type = Binary)]
    id: Id,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    status: String,
    #[diesel(sql_type = BigInt)]
    done_count: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    total_count: Option<i64>,
    #[diesel(sql_type = Text)]
    failed: String,
    #[diesel(sql_type = Nullable<Text>)]
    result: Option<String>,
    #[diesel(sql_type = Text)]
    rest: String,
    #[diesel(sql_type = BigInt)]
    created_at: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    ended_at: Option<i64>,
}

/// Items that were not done: `[{"id": …, "code": …}]`.
fn failed_items(failed: &str) -> PortResult<Vec<FailedItem>> {
    let items: Vec<BTreeMap<String, String>> =
        serde_json::from_str(failed).map_err(corrupt("operations.failed"))?;
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
        let result = self.result.as_deref().map(serde_json::from_str);
        Ok(Operation {
            id: OperationId::new(self.id.uuid()),
            owner,
            kind: self.kind.parse().map_err(corrupt("operations.kind"))?,
            status: self.status.parse().map_err(corrupt("operations.status"))?,
            done: number("operations.done_count", self.done_count)?,
            total: self.total_count.map(|total| number("operations.total_count", total)).transpose()?,
            failed: failed_items(&self.failed)?,
            result: result.transpose().map_err(corrupt("operations.result"))?,
            rest: serde_json::from_str(&self.rest).map_err(corrupt("operations.rest"))?,
            created_at: Timestamp::from_unix_micros(self.created_at),
            ended_at: self.ended_at.map(Timestamp::from_unix_micros),
        })
    }
}
