//! Operations.

use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use fm_domain::clock::Timestamp;
use fm_domain::error::{PortError, PortResult};
use fm_domain::ids::{NodeId, OperationId, UserId};
use fm_domain::tree::{FailedItem, Operation};
use serde_json::{Value, json};

use super::{Id, number, stored_number};
use crate::error::corrupt;
use crate::schema::operations;

/// A row of `operations`. As a change it replaces everything that may change.
#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = operations, check_for_backend(Sqlite), treat_none_as_null = true)]
pub(crate) struct OperationRow {
    id: Id,
    #[diesel(skip_update)]
    owner: Id,
    #[diesel(skip_update)]
    kind: String,
    status: String,
    done_count: i64,
    total_count: Option<i64>,
    failed: String,
    result: Option<String>,
    rest: String,
    #[diesel(skip_update)]
    created_at: i64,
    ended_at: Option<i64>,
}

impl From<&Operation> for OperationRow {
    fn from(operation: &Operation) -> Self {
        let failed = operation.failed.iter().map(|item| json!({"id": item.id, "code": item.code}));
        Self {
            id: Id::of(operation.id.uuid()),
            owner: Id::of(operation.owner.uuid()),
            kind: operation.kind.as_str().to_owned(),
            status: operation.status.as_str().to_owned(),
            done_count: stored_number(operation.done),
            total_count: operation.total.map(stored_number),
            failed: Value::Array(failed.collect()).to_string(),
            result: operation.result.as_ref().map(Value::to_string),
            rest: operation.rest.to_string(),
            created_at: operation.created_at.unix_micros(),
            ended_at: operation.ended_at.map(Timestamp::unix_micros),
        }
    }
}

impl TryFrom<OperationRow> for Operation {
    type Error = PortError;

    fn try_from(row: OperationRow) -> PortResult<Self> {
        let result = row.result.map(|text| serde_json::from_str(&text).map_err(corrupt("operations.result")));
        let total = row.total_count.map(|count| number("operations.total_count", count));
        Ok(Self {
            id: OperationId::new(row.id.uuid()),
            owner: UserId::new(row.owner.uuid()),
            kind: row.kind.parse().map_err(corrupt("operations.kind"))?,
            status: row.status.parse().map_err(corrupt("operations.status"))?,
            done: number("operations.done_count", row.done_count)?,
            total: total.transpose()?,
            failed: failed(&row.failed)?,
            result: result.transpose()?,
            rest: serde_json::from_str(&row.rest).map_err(corrupt("operations.rest"))?,
            created_at: Timestamp::from_unix_micros(row.created_at),
            ended_at: row.ended_at.map(Timestamp::from_unix_micros),
        })
    }
}

fn failed(stored: &str) -> PortResult<Vec<FailedItem>> {
    let items: Vec<Value> = serde_json::from_str(stored).map_err(corrupt("operations.failed"))?;
    let item = |item: &Value| {
        let id = item.get("id").and_then(Value::as_str).and_then(NodeId::parse);
        let code = item.get("code").and_then(Value::as_str);
        let (Some(id), Some(code)) = (id, code) else {
            return Err(corrupt("operations.failed")("an item lacks its id or its code"));
        };
        Ok(FailedItem { id, code: code.to_owned() })
    };
    items.iter().map(item).collect()
}
