//! The units of work of batches.

use std::time::Duration;

use super::batch_refused::Refused;
use super::batch_work::{BatchWork, Did};
use super::context::Context;
use super::error::TreeError;
use super::operations::{OperationView, Stored, insert, is_there, with_failed};
use super::work::Rest;
use crate::engine::retry::{Failure as _, confirm_commit, retry_conflicts, roll_back};
use fm_domain::access::Access;
use fm_domain::database::UnitOfWork;
use fm_domain::error::PortResult;
use fm_domain::events::Change;
use fm_domain::ids::OperationId;
use fm_domain::tree::{BATCH_UNIT, Delta, Entered, MAX_ATOMIC, Operation, OperationKind, OperationStatus};

/// How long a request goes on with its own batch alone before a job does as well. Clients wait so long for an item that is too large for a
/// request; most batches have ended by then, and those that have not are gone on with in turns.
const HEAD_START: Duration = Duration::from_secs(2);

/// What the unit of an atomic batch came to.
pub(super) enum Atomic {
    /// All is done.
    Done(Box<BatchWork>, Vec<Did>),
    /// Another request with the key came first.
    Found(Box<Operation>),
}

/// Does a whole batch, and remembers it as this operation where it has a key.
pub(super) async fn atomic_unit(
    context: &Context,
    access: &Access,
    work: &BatchWork,
    id: Option<OperationId>,
) -> Result<Atomic, Refused> {
    let (mut unit, entered) =
        context.enter(access.drive(), &Delta::default()).await.map_err(Refused::whole)?;
    match atomic_in(context, unit.as_mut(), access, entered, work, id).await {
        Ok(done @ Atomic::Done(..)) => {
            let is_kept = async {
                match id {
                    Some(id) => is_there(context.db.as_ref(), access, id).await,
                    // Nothing tells whether it was done: its client looks.
                    None => Ok(false),
                }
            };
            confirm_commit(unit.commit().await, is_kept).await?;
            Ok(done)
        }
        Ok(found @ Atomic::Found(_)) => {
            unit.rollback().await?;
            Ok(found)
        }
        Err(error) => Err(roll_back(unit, error).await),
    }
}

async fn atomic_in(
    context: &Context,
    unit: &mut dyn UnitOfWork,
    access: &Access,
    entered: Entered,
    work: &BatchWork,
    id: Option<OperationId>,
) -> Result<Atomic, Refused> {
    if let Some(id) = id
        && let Some(found) = unit.operations().find_for_update(id).await?
    {
        return Ok(Atomic::Found(Box::new(found)));
    }
    let mut work = work.clone();
    let all = work.advance(context, unit, access, entered, MAX_ATOMIC).await?;
    if !work.is_over() {
        // More rows than one unit changes.
        let at = Some((work.done(), all.len()));
        return Err(Refused { at, is_amidst: false, error: TreeError::TooLarge });
    }
    if let Some(id) = id {
        insert(unit, &operation_of(context, access, id, &work)?).await.map_err(Refused::whole)?;
    }
    Ok(Atomic::Done(Box::new(work), all))
}

/// What the unit of a batch without a key came to.
pub(super) enum Plain {
    /// These were done.
    Done(Box<BatchWork>, Vec<Did>),
    /// One is large: the batch goes on as an operation.
    Accepted(Box<OperationView>),
}

/// Does the next operations of a batch that is not stored.
pub(super) async fn plain_unit(
    context: &Context,
    access: &Access,
    work: &BatchWork,
    most: usize,
) -> Result<Plain, Refused> {
    let mut work = work.clone();
    let (mut unit, entered) =
        context.enter(access.drive(), &Delta::default()).await.map_err(Refused::whole)?;
    let done = match work.advance(context, unit.as_mut(), access, entered, most).await {
        Ok(done) => done,
        Err(error) => return Err(roll_back(unit, error).await),
    };
    if !work.is_amidst() {
        unit.commit().await?;
        return Ok(Plain::Done(Box::new(work), done));
    }
    let id = OperationId::new(context.ids.uuid());
    match add(context, unit.as_mut(), access, id, &work, Duration::ZERO).await {
        Ok(operation) => {
            confirm_commit(unit.commit().await, is_there(context.db.as_ref(), access, id)).await?;
            Ok(Plain::Accepted(Box::new(OperationView::of(operation)?)))
        }
        Err(error) => {
            // Where others are done the large one alone is refused: a client that repeats the batch would do those again.
            let at = (work.done() > 0).then_some((work.done(), done.len()));
            Err(roll_back(unit, Refused { at, is_amidst: false, error }).await)
        }
    }
}

/// Adds the operation of a keyed batch, none of which is done; or answers the one that is there.
pub(super) async fn begin(
    context: &Context,
    access: &Access,
    work: &BatchWork,
    id: OperationId,
) -> Result<Option<Operation>, TreeError> {
    // Inside the drive no other request with the key is looking.
    let (mut unit, _) = context.enter(access.drive(), &Delta::default()).await?;
    if let Some(found) = unit.operations().find_for_update(id).await? {
        unit.rollback().await?;
        return Ok(Some(found));
    }
    if let Err(refusal) = add(context, unit.as_mut(), access, id, work, HEAD_START).await {
        return Err(roll_back(unit, refusal).await);
    }
    confirm_commit(unit.commit().await, is_there(context.db.as_ref(), access, id)).await?;
    Ok(None)
}

/// Adds a batch that goes on as an operation, and the job that looks after it.
async fn add(
    context: &Context,
    unit: &mut dyn UnitOfWork,
    access: &Access,
    id: OperationId,
    work: &BatchWork,
    head_start: Duration,
) -> Result<Operation, TreeError> {
    let operation = operation_of(context, access, id, work)?;
    insert(unit, &operation).await?;
    let change = Change::OperationBegun { operation: id, owner: access.owner() };
    context.events.record_ahead(unit, operation.created_at, head_start, change).await?;
    Ok(operation)
}

/// The operation of a batch, which may have ended already.
fn operation_of(
    context: &Context,
    access: &Access,
    id: OperationId,
    work: &BatchWork,
) -> PortResult<Operation> {
    let now = context.clock.now();
    let total = u64::try_from(work.total()).ok();
    let rest = Rest::Batch(work.clone()).write()?;
    after(context, Operation::new(id, access.owner(), OperationKind::Batch, total, rest, now), work)
}

/// The operation with what its batch has done by now.
fn after(context: &Context, operation: Operation, work: &BatchWork) -> PortResult<Operation> {
    let result = Some(Stored::Batch(work.stored()).write()?);
    let operation = Operation { done: work.done() as u64, result, ..operation };
    if !work.is_over() {
        return Ok(Operation { rest: Rest::Batch(work.clone()).write()?, ..operation });
    }
    let status = if work.is_cancelled() { OperationStatus::Cancelled } else { OperationStatus::Done };
    Ok(operation.ended(status, context.clock.now()))
}

/// What is left of a batch that is an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Running {
    /// Nothing.
    Ended,
    /// Operations that a unit can hold.
    Small,
    /// One that takes several units, and others after it.
    Large,
}

/// Does the next units of a batch that is an operation, until some of its operations are done.
pub(super) async fn advance_stored(
    context: &Context,
    access: &Access,
    id: OperationId,
) -> Result<Running, Refused> {
    let mut most = BATCH_UNIT;
    // The row of a batch is large: what is refused is stored with what is done next.
    let mut refused: Vec<(usize, bool, TreeError)> = Vec::new();
    loop {
        match retry_conflicts(|| stored_unit(context, access, id, &refused, most)).await {
            Err(Refused { at: Some((place, before)), is_amidst, error }) if error.store().is_none() => {
                if before > 0 {
                    most = before;
                    continue;
                }
                most = BATCH_UNIT;
                refused.push((place, is_amidst, error));
                if refused.len() >= BATCH_UNIT {
                    return Ok(retry_conflicts(|| refuse(context, id, &refused)).await?);
                }
            }
            outcome => return outcome,
        }
    }
}

async fn stored_unit(
    context: &Context,
    access: &Access,
    id: OperationId,
    refused: &[(usize, bool, TreeError)],
    most: usize,
) -> Result<Running, Refused> {
    let (mut unit, entered) =
        context.enter(access.drive(), &Delta::default()).await.map_err(Refused::whole)?;
    match stored_in(context, unit.as_mut(), access, entered, id, refused, most).await {
        // Where the answer of the commit is lost, the next unit sees how far it is.
        Ok(Some(running)) => {
            unit.commit().await?;
            Ok(running)
        }
        Ok(None) => {
            unit.rollback().await?;
            Ok(Running::Ended)
        }
        Err(error) => Err(roll_back(unit, error).await),
    }
}

async fn stored_in(
    context: &Context,
    unit: &mut dyn UnitOfWork,
    access: &Access,
    entered: Entered,
    id: OperationId,
    refused: &[(usize, bool, TreeError)],
    most: usize,
) -> Result<Option<Running>, Refused> {
    let Some((operation, mut work)) = running(unit, id).await? else { return Ok(None) };
    for (place, is_amidst, error) in refused {
        work.refuse(*place, *is_amidst, error);
    }
    let place = work.done();
    let mut failed = Vec::new();
    if work.is_amidst() {
        let refused = |error| Refused { at: Some((place, 0)), is_amidst: true, error };
        failed = work.go_on(context, unit, access, &entered).await.map_err(refused)?;
    } else {
        work.advance(context, unit, access, entered, most).await?;
    }
    Ok(Some(keep(context, unit, with_failed(operation, failed), &work).await?))
}

/// Remembers that these operations of a batch were refused.
async fn refuse(
    context: &Context,
    id: OperationId,
    refused: &[(usize, bool, TreeError)],
) -> PortResult<Running> {
    let mut unit = context.db.begin().await?;
    let Some((operation, mut work)) = running(unit.as_mut(), id).await? else {
        unit.rollback().await?;
        return Ok(Running::Ended);
    };
    for (place, is_amidst, error) in refused {
        work.refuse(*place, *is_amidst, error);
    }
    let running = keep(context, unit.as_mut(), operation, &work).await?;
    unit.commit().await?;
    Ok(running)
}

/// The batch, locked, if something is left of it.
async fn running(unit: &mut dyn UnitOfWork, id: OperationId) -> PortResult<Option<(Operation, BatchWork)>> {
    let found = unit.operations().find_for_update(id).await?;
    let Some(operation) = found.filter(|found| found.status == OperationStatus::Running) else {
        return Ok(None);
    };
    match Rest::read(&operation.rest)? {
        Rest::Batch(work) => Ok(Some((operation, work))),
        Rest::Item(_) => Ok(None),
    }
}

async fn keep(
    context: &Context,
    unit: &mut dyn UnitOfWork,
    operation: Operation,
    work: &BatchWork,
) -> PortResult<Running> {
    let operation = after(context, operation, work)?;
    unit.operations().update(&operation).await?;
    Ok(match operation.status {
        OperationStatus::Running if work.is_amidst() => Running::Large,
        OperationStatus::Running => Running::Small,
        OperationStatus::Done | OperationStatus::Failed | OperationStatus::Cancelled => Running::Ended,
    })
}
