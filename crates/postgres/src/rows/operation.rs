//! Rows of `operations`.

use diesel::prelude::*;
use fm_domain::error::{PortError, PortResult};
use fm_domain::ids::{NodeId, OperationId, UserId};
use fm_domain::tree::{FailedItem, Operation};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::error::corrupt;
use crate::schema::operations;
use crate::value::{Moment, bigint, count};

/// An operation, as it is read.
#[derive(Queryable, Selectable)]
#[diesel(table_name = operations, check_for_backend(diesel::pg::Pg))]
pub(crate) struct OperationRow {
    id: Uuid,
    owner_id: Uuid,
    kind: String,
    status: String,
    done_count: i64,
    total_count: Option<i64>,
    failed: Value,
    result: Option<Value>,
    rest: Value,
    created_at: Moment,
    ended_at: Option<Moment>,
}

impl OperationRow {
    /// The operation that the row holds.
    pub(crate) fn into_operation(self) -> PortResult<Operation> {
        Ok(Operation {
            id: OperationId::new(self.id),
            owner: UserId::new(self.owner_id),
            kind: self.kind.parse().map_err(corrupt("operations.kind"))?,
            status: self.status.parse().map_err(corrupt("operations.status"))?,
            done: count("operations.done_count", self.done_count)?,
            total: self.total_count.map(|total| count("operations.total_count", total)).transpose()?,
            failed: failed(&self.failed)?,
            result: self.result,
            rest: self.rest,
            created_at: self.created_at.0,
            ended_at: self.ended_at.map(|moment| moment.0),
        })
    }
}

fn failed(items: &Value) -> PortResult<Vec<FailedItem>> {
    let items = items.as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().map(failed_item).collect()
}

fn failed_item(item: &Value) -> PortResult<FailedItem> {
    let text = |field| item.get(field).and_then(Value::as_str);
    let (id, code) = (text("id").and_then(NodeId::parse), text("code"));
    let (Some(id), Some(code)) = (id, code) else {
        let source = "an item that failed lacks its id or its code".into();
        return Err(PortError::Corrupt { what: "operations.failed", source });
    };
    Ok(FailedItem { id, code: code.to_owned() })
}

/// Everything of an operation that changes, as it is written.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = operations, treat_none_as_null = true, treat_none_as_default_value = false)]
pub(crate) struct OperationEdit {
    status: &'static str,
    done_count: i64,
    total_count: Option<i64>,
    failed: Value,
    result: Option<Value>,
    rest: Value,
    ended_at: Option<Moment>,
}

impl OperationEdit {
    /// The columns of this operation.
    pub(crate) fn of(operation: &Operation) -> Self {
        let failed = operation.failed.iter();
        Self {
            status: operation.status.as_str(),
            done_count: bigint(operation.done),
            total_count: operation.total.map(bigint),
            failed: failed.map(|item| json!({"id": item.id, "code": item.code})).collect(),
            result: operation.result.clone(),
            rest: operation.rest.clone(),
            ended_at: operation.ended_at.map(Moment),
        }
    }
}
