//! Operations: changes of many items that go on after their request was answered.

use serde::{Deserialize, Serialize};

use super::batch::{BatchResult, StoredBatch, StoredResult};
use super::batch_units::{Running, advance_stored};
use super::context::Context;
use super::error::{Refusal, TreeError};
use super::item_view::PlacedItem;
use super::purge_work::PurgeWork;
use super::work::{Advanced, Left, Rest, Work};
use crate::engine::retry::{Failure as _, confirm_commit, retry_conflicts, roll_back};
use fm_domain::access::{Access, Right};
use fm_domain::database::{Database, UnitOfWork};
use fm_domain::error::{PortError, PortResult};
use fm_domain::events::Change;
use fm_domain::files::FileName;
use fm_domain::ids::{NodeId, OperationId, UserId};
use fm_domain::tree::{
    Delta, Entered, FailedItem, Item, MAX_ENDED_OPERATIONS, MAX_RUNNING_OPERATIONS, Operation, OperationKind,
    OperationStatus,
};

/// The most items that an operation remembers as failed.
const MAX_FAILED: usize = 1_000;

/// How a change of many items is answered.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome<T> {
    /// It is done.
    Done(T),
    /// It goes on as an operation.
    Accepted(OperationView),
}

impl<T> Outcome<T> {
    /// The same with another answer.
    pub(super) fn map<U>(self, make: impl FnOnce(T) -> U) -> Outcome<U> {
        match self {
            Self::Done(done) => Outcome::Done(make(done)),
            Self::Accepted(view) => Outcome::Accepted(view),
        }
    }
}

/// An operation as its owner sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct OperationView {
    /// The operation.
    pub operation: Operation,
    /// Its result, once it has ended; none of deletions.
    pub result: Option<OperationResult>,
}

/// The result of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OperationResult {
    /// The item: the copy, what is in the trash, or what is back from there.
    Item(NodeId),
    /// The result of each operation of a batch.
    Batch(Vec<BatchResult>),
}

/// The JSON of an operation's `result`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Stored {
    Item(NodeId),
    Batch(StoredBatch),
}

impl Stored {
    pub(super) fn write(&self) -> PortResult<serde_json::Value> {
        serde_json::to_value(self).map_err(|error| PortError::Unexpected(Box::new(error)))
    }

    pub(super) fn read(json: &serde_json::Value) -> PortResult<Self> {
        Self::deserialize(json)
            .map_err(|error| PortError::Corrupt { what: "operations.result", source: Box::new(error) })
    }
}

impl OperationView {
    pub(super) fn of(operation: Operation) -> PortResult<Self> {
        let stored = operation.result.as_ref().filter(|_| operation.status != OperationStatus::Running);
        let result = match stored.map(Stored::read).transpose()? {
            Some(Stored::Item(item)) => Some(OperationResult::Item(item)),
            Some(Stored::Batch(batch)) => {
                let results = batch.results.into_iter().map(StoredResult::plain);
                Some(OperationResult::Batch(results.collect::<PortResult<_>>()?))
            }
            None => None,
        };
        Ok(Self { operation, result })
    }
}

/// What the first unit of a change did.
#[derive(Debug)]
pub(super) struct Begun<T> {
    /// The answer, where nothing is left.
    pub(super) value: T,
    /// How many items were changed.
    pub(super) items: u64,
    /// How many items more the drive holds by it: fewer where some were removed for good.
    pub(super) growth: i64,
    /// What is left to do, and what the client gets in the end.
    pub(super) left: Option<(Work, Option<NodeId>)>,
    /// The name that the item was to have, where that was taken and it is numbered.
    pub(super) requested_name: Option<FileName>,
    /// Whether the item gave its content to a file that was there, which is the answer.
    pub(super) replaced: bool,
}

impl<T> Begun<T> {
    /// A change that is done, and that neither adds nor removes an item.
    pub(super) const fn done(value: T, items: u64) -> Self {
        Self { value, items, growth: 0, left: None, requested_name: None, replaced: false }
    }

    /// The same of an item that was to have this name, where that was taken.
    pub(super) fn asked_for(self, requested_name: Option<FileName>) -> Self {
        Self { requested_name, ..self }
    }

    /// The same with another answer.
    pub(super) fn map<U>(self, make: impl FnOnce(T) -> U) -> Begun<U> {
        let Self { value, items, growth, left, requested_name, replaced } = self;
        Begun { value: make(value), items, growth, left, requested_name, replaced }
    }
}

/// Ends the unit of a change that leaves nothing to do: commits what was done, or undoes what was refused.
pub(super) async fn end_placed(
    context: &Context,
    unit: Box<dyn UnitOfWork>,
    done: Result<Begun<Item>, TreeError>,
) -> Result<PlacedItem, TreeError> {
    match done {
        Ok(Begun { value, requested_name, replaced, .. }) => {
            let item = context.end(unit, Ok(value)).await?;
            Ok(PlacedItem { item, requested_name, replaced })
        }
        Err(error) => Err(roll_back(unit, error).await),
    }
}

/// Adds the operation for what is left to the unit that has begun it, and commits that.
pub(super) async fn accept(
    context: &Context,
    mut unit: Box<dyn UnitOfWork>,
    access: &Access,
    kind: OperationKind,
    items: u64,
    (work, item): (Work, Option<NodeId>),
) -> Result<OperationView, TreeError> {
    match begin(context, unit.as_mut(), access, kind, items, (work, item)).await {
        Ok(operation) => {
            let id = operation.id;
            confirm_commit(unit.commit().await, is_there(context.db.as_ref(), access, id)).await?;
            Ok(OperationView::of(operation)?)
        }
        Err(error) => Err(roll_back(unit, error).await),
    }
}

/// Adds an operation, for which those of its user make room that ended first, in a unit that has entered the user's drive.
pub(super) async fn insert(unit: &mut dyn UnitOfWork, operation: &Operation) -> Result<(), TreeError> {
    let running = unit.operations().make_room(operation.owner, MAX_ENDED_OPERATIONS).await?;
    if operation.status == OperationStatus::Running && running >= MAX_RUNNING_OPERATIONS {
        return Err(TreeError::TooManyOperations);
    }
    Ok(unit.operations().insert(operation).await?)
}

async fn begin(
    context: &Context,
    unit: &mut dyn UnitOfWork,
    access: &Access,
    kind: OperationKind,
    items: u64,
    (work, item): (Work, Option<NodeId>),
) -> Result<Operation, TreeError> {
    let (id, now) = (OperationId::new(context.ids.uuid()), context.clock.now());
    let rest = Rest::Item(work).write()?;
    let result = item.map(|item| Stored::Item(item).write()).transpose()?;
    let begun = Operation::new(id, access.owner(), kind, None, rest, now);
    let operation = Operation { done: items, result, ..begun };
    insert(unit, &operation).await?;
    let change = Change::OperationBegun { operation: id, owner: access.owner() };
    context.events.record(unit, now, change).await?;
    Ok(operation)
}

/// Whether a commit whose answer was lost has left the operation.
pub(super) async fn is_there(db: &dyn Database, access: &Access, id: OperationId) -> PortResult<bool> {
    Ok(db.read().await?.tree().operation(access, id).await?.is_some())
}

/// Does one unit of work of an operation; whether something is left to do. A refusal ends it as failed: what was done stays. Any number
/// of processes may do so at one time: each unit sees what those before it have left.
pub(crate) async fn advance(context: &Context, owner: UserId, id: OperationId) -> Result<bool, TreeError> {
    let access = Access::on_behalf_of(owner, Right::Write);
    let found = context.db.read().await?.tree().operation(&access, id).await?;
    let Some(operation) = found.filter(|found| found.status == OperationStatus::Running) else {
        return Ok(false);
    };
    let advanced = match Rest::read(&operation.rest)? {
        Rest::Batch(_) => match advance_stored(context, &access, id).await {
            Ok(running) => Ok(running != Running::Ended),
            Err(refused) => Err(refused.error),
        },
        Rest::Item(Work::Purge(work)) => {
            let known = work.looked_up(context.db.as_ref(), &access).await?;
            retry_conflicts(|| advance_once(context, &access, id, Some(&known))).await
        }
        Rest::Item(_) => retry_conflicts(|| advance_once(context, &access, id, None)).await,
    };
    match advanced {
        Err(error) if error.store().is_none() => {
            retry_conflicts(|| fail(context, id, &error)).await?;
            Ok(false)
        }
        outcome => outcome,
    }
}

async fn advance_once(
    context: &Context,
    access: &Access,
    id: OperationId,
    known: Option<&PurgeWork>,
) -> Result<bool, TreeError> {
    let (mut unit, entered) = context.enter(access.drive(), &Delta::default()).await?;
    match advance_in(context, unit.as_mut(), access, &entered, id, known).await {
        // Where the answer of the commit is lost, the next unit sees how far it is.
        Ok(Some(is_running)) => {
            unit.commit().await?;
            Ok(is_running)
        }
        Ok(None) => {
            unit.rollback().await?;
            Ok(false)
        }
        Err(error) => Err(roll_back(unit, error).await),
    }
}

/// Whether the operation runs on; `None` where there is nothing to do and the unit changed nothing.
async fn advance_in(
    context: &Context,
    unit: &mut dyn UnitOfWork,
    access: &Access,
    entered: &Entered,
    id: OperationId,
    known: Option<&PurgeWork>,
) -> Result<Option<bool>, TreeError> {
    let found = unit.operations().find_for_update(id).await?;
    let Some(operation) = found.filter(|found| found.status == OperationStatus::Running) else {
        return Ok(None);
    };
    let Rest::Item(work) = Rest::read(&operation.rest)? else { return Ok(None) };
    let work = match (work, known) {
        (Work::Purge(work), Some(known)) if work.knows_none() => Work::Purge(known.clone()),
        (work, _) => work,
    };
    let Advanced { items, failed, left, .. } = work.advance(context, unit, access, entered).await?;
    let operation =
        with_failed(Operation { done: operation.done.saturating_add(items), ..operation }, failed);
    let now = context.clock.now();
    let operation = match left {
        Left::Work(work) => Operation { rest: Rest::Item(work).write()?, ..operation },
        // What was done is all that there was.
        Left::Nothing => {
            Operation { total: Some(operation.done), ..operation }.ended(OperationStatus::Done, now)
        }
        Left::Cancelled => operation.ended(OperationStatus::Cancelled, now),
    };
    unit.operations().update(&operation).await?;
    Ok(Some(operation.status == OperationStatus::Running))
}

/// The operation with these failed items too, as many as it remembers.
pub(super) fn with_failed(mut operation: Operation, failed: Vec<FailedItem>) -> Operation {
    let room = MAX_FAILED.saturating_sub(operation.failed.len());
    operation.failed.extend(failed.into_iter().take(room));
    operation
}

/// Ends an operation that can't go on.
async fn fail(context: &Context, id: OperationId, error: &TreeError) -> PortResult<()> {
    let mut unit = context.db.begin().await?;
    let found = unit.operations().find_for_update(id).await?;
    let Some(operation) = found.filter(|found| found.status == OperationStatus::Running) else {
        return unit.rollback().await;
    };
    let item = match Rest::read(&operation.rest)? {
        Rest::Item(work) => work.item(),
        Rest::Batch(_) => None,
    };
    let code = Refusal::of(error).code();
    let failed = item.map(|id| FailedItem { id, code: code.to_owned() });
    let operation = with_failed(operation, failed.into_iter().collect());
    unit.operations().update(&operation.ended(OperationStatus::Failed, context.clock.now())).await?;
    tracing::warn!(operation.id = %id, reason = code, "an operation can't go on");
    unit.commit().await
}

#[cfg(test)]
mod tests;
