//! Lines of operations.

use fm_domain::clock::Timestamp;
use fm_domain::ids::{NodeId, OperationId, UserId};
use fm_domain::tree::{FailedItem, Operation};
use serde_json::Value;

use super::format::{FailedItemLine, OperationLine};
use super::lines::{Read, id, invalid, moment, number, text};

impl OperationLine {
    pub(super) fn of(operation: &Operation) -> Self {
        let failed = operation
            .failed
            .iter()
            .map(|item| FailedItemLine { id: item.id.uuid(), code: item.code.clone() });
        Self {
            id: operation.id.uuid(),
            owner: operation.owner.uuid(),
            kind: operation.kind.as_str().to_owned(),
            status: operation.status.as_str().to_owned(),
            done: operation.done,
            total: operation.total,
            failed: failed.collect(),
            result: operation.result.clone(),
            rest: operation.rest.clone(),
            created_at: operation.created_at.unix_micros(),
            ended_at: operation.ended_at.map(Timestamp::unix_micros),
        }
    }

    pub(super) fn archived(self) -> Read<Operation> {
        let failed = |FailedItemLine { id: item, code }| {
            Ok(FailedItem { id: NodeId::new(id("failed.id", item)?), code: text("failed.code", code)? })
        };
        Ok(Operation {
            id: OperationId::new(id("id", self.id)?),
            owner: UserId::new(id("owner", self.owner)?),
            kind: self.kind.parse().map_err(|error| invalid("kind", &error))?,
            status: self.status.parse().map_err(|error| invalid("status", &error))?,
            done: number("done", self.done)?,
            total: self.total.map(|total| number("total", total)).transpose()?,
            failed: self.failed.into_iter().map(failed).collect::<Read<_>>()?,
            result: self.result.map(|result| plain("result", result)).transpose()?,
            rest: plain("rest", self.rest)?,
            created_at: moment("created_at", self.created_at)?,
            ended_at: self.ended_at.map(|at| moment("ended_at", at)).transpose()?,
        })
    }
}

/// JSON that every database keeps as it is: without U+0000, and without fractions.
fn plain(field: &'static str, value: Value) -> Read<Value> {
    fn is_plain(value: &Value) -> bool {
        match value {
            Value::Null | Value::Bool(_) => true,
            Value::Number(number) => number.is_i64(),
            Value::String(text) => !text.contains('\0'),
            Value::Array(items) => items.iter().all(is_plain),
            Value::Object(fields) => {
                fields.iter().all(|(name, value)| !name.contains('\0') && is_plain(value))
            }
        }
    }
    if is_plain(&value) { Ok(value) } else { Err(invalid(field, "holds U+0000 or a fraction")) }
}
