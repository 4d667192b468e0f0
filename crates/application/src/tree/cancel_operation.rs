//! An operation is cancelled.

use super::context::Context;
use super::error::TreeError;
use super::operations::{OperationView, Stored};
use super::work::Rest;
use crate::engine::retry::{confirm_commit, retry_conflicts, roll_back};
use crate::ports::{Ports, Settings};
use fm_domain::access::{Access, Actor, Right};
use fm_domain::database::UnitOfWork;
use fm_domain::error::PortResult;
use fm_domain::events::Change;
use fm_domain::ids::OperationId;
use fm_domain::tree::{Operation, OperationStatus};

/// Cancels operations.
pub struct CancelOperation {
    context: Context,
}

impl CancelOperation {
    pub(crate) fn new(ports: &Ports, settings: &Settings) -> Self {
        Self { context: Context::new(ports, settings) }
    }

    /// The operation, which does nothing more: what was done stays. One that has ended stays as it is. One that takes a folder into the
    /// trash or back goes on, since no item may be left between; one that deletes a folder leaves in the trash what is not removed yet.
    pub async fn run(&self, actor: &Actor, id: OperationId) -> Result<OperationView, TreeError> {
        let access = actor.access(Right::Write)?;
        let context = self.context.by(actor);
        let operation = retry_conflicts(|| cancel(&context, &access, id)).await?;
        Ok(OperationView::of(operation)?)
    }
}

async fn cancel(context: &Context, access: &Access, id: OperationId) -> Result<Operation, TreeError> {
    let mut unit = context.db.begin().await?;
    match cancel_in(context, unit.as_mut(), access, id).await {
        Ok((operation, true)) => {
            let is_cancelled = async {
                let found = context.db.read().await?.tree().operation(access, id).await?;
                PortResult::Ok(found.is_some_and(|found| found == operation))
            };
            confirm_commit(unit.commit().await, is_cancelled).await?;
            Ok(operation)
        }
        Ok((operation, false)) => {
            unit.rollback().await?;
            Ok(operation)
        }
        Err(error) => Err(roll_back(unit, error).await),
    }
}

/// The operation, and whether this unit has changed it.
async fn cancel_in(
    context: &Context,
    unit: &mut dyn UnitOfWork,
    access: &Access,
    id: OperationId,
) -> Result<(Operation, bool), TreeError> {
    let found = unit.operations().find_for_update(id).await?;
    let operation = found.filter(|found| found.owner == access.owner()).ok_or(TreeError::NotFound)?;
    if operation.status != OperationStatus::Running {
        return Ok((operation, false));
    }
    let now = context.clock.now();
    let (left, operation) = match Rest::read(&operation.rest)? {
        Rest::Item(work) => (work.cancelled().map(Rest::Item), operation),
        Rest::Batch(work) => {
            let result = Some(Stored::Batch(work.stored()).write()?);
            (work.cancelled().map(Rest::Batch), Operation { result, ..operation })
        }
    };
    let operation = match left.as_ref().map(Rest::write).transpose()? {
        Some(rest) if rest == operation.rest => return Ok((operation, false)),
        Some(rest) => Operation { rest, ..operation },
        None => operation.ended(OperationStatus::Cancelled, now),
    };
    unit.operations().update(&operation).await?;
    let change = Change::OperationCancelled { operation: id, owner: operation.owner };
    context.events.record(unit, now, change).await?;
    Ok((operation, true))
}

#[cfg(test)]
mod tests;
