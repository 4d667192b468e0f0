//! An item goes into the trash, from where it can come back.

use super::context::Context;
use super::error::TreeError;
use super::item_view::TrashedView;
use super::operations::{Begun, Outcome, accept};
use super::subtree::{path_of, put_into_trash};
use super::work::Work;
use crate::engine::retry::{confirm_commit, retry_conflicts, roll_back};
use crate::ports::{Ports, Settings};
use fm_domain::access::{Access, Actor, Right};
use fm_domain::database::UnitOfWork;
use fm_domain::error::PortResult;
use fm_domain::events::Change;
use fm_domain::files::IfMatch;
use fm_domain::ids::NodeId;
use fm_domain::tree::{Delta, OperationKind, TrashedItem};

/// The item to put into the trash.
#[derive(Debug, Clone)]
pub struct TrashCommand {
    /// The item.
    pub item: NodeId,
    /// The revisions in which it may go there.
    pub if_match: Option<IfMatch>,
}

/// Puts items into the trash.
pub struct TrashItem {
    context: Context,
}

impl TrashItem {
    pub(crate) fn new(ports: &Ports, settings: &Settings) -> Self {
        Self { context: Context::new(ports, settings) }
    }

    /// The item in the trash: from the answer on it is gone for every other route. Again it is found there. What is below a large folder
    /// follows by an operation: lists of all files may show it until then.
    pub async fn run(&self, actor: &Actor, command: TrashCommand) -> Result<Outcome<TrashedView>, TreeError> {
        let access = actor.access(Right::Delete)?;
        let context = self.context.by(actor);
        let trashed = retry_conflicts(|| trash(&context, &access, &command)).await?;
        Ok(trashed.map(|trashed| TrashedView::of(trashed, self.context.retention.trash)))
    }
}

async fn trash(
    context: &Context,
    access: &Access,
    command: &TrashCommand,
) -> Result<Outcome<TrashedItem>, TreeError> {
    let (mut unit, _) = context.enter(access.drive(), &Delta::default()).await?;
    match trash_in(context, unit.as_mut(), access, command).await {
        Ok(Begun { items, left: Some(left), .. }) => {
            let operation = accept(context, unit, access, OperationKind::Trash, items, left).await?;
            Ok(Outcome::Accepted(operation))
        }
        Ok(Begun { value, items: 0, .. }) => {
            unit.rollback().await?;
            Ok(Outcome::Done(value))
        }
        Ok(Begun { value, .. }) => {
            confirm_commit(unit.commit().await, is_trashed(context, access, &value)).await?;
            Ok(Outcome::Done(value))
        }
        Err(error) => Err(roll_back(unit, error).await),
    }
}

/// Puts the item into the trash in a unit that has entered the drive; where it is there already, nothing changes.
pub(super) async fn trash_in(
    context: &Context,
    unit: &mut dyn UnitOfWork,
    access: &Access,
    command: &TrashCommand,
) -> Result<Begun<TrashedItem>, TreeError> {
    if context.retention.trash.is_zero() {
        return Err(TreeError::NoTrash);
    }
    let Some(item) = unit.nodes().find(access, command.item).await? else {
        let there = unit.nodes().find_trashed(access, command.item).await?;
        return there.map(|there| Begun::done(there, 0)).ok_or(TreeError::NotFound);
    };
    if item.is_root() {
        return Err(TreeError::RootIsFixed);
    }
    if !IfMatch::allows(command.if_match.as_ref(), item.revision()) {
        return Err(TreeError::PreconditionFailed);
    }
    let (top, now) = (item.id(), context.clock.now());
    let path = path_of(unit, &item).await?;
    let taken = put_into_trash(unit, &item, &path, now).await?;
    context.events.record(unit, now, Change::ItemTrashed { item: &item }).await?;
    let trashed = unit.nodes().find_trashed(access, top).await?.ok_or(TreeError::NotFound)?;
    let left = (!taken.is_whole).then_some((Work::Trash { top }, Some(top)));
    Ok(Begun { left, ..Begun::done(trashed, taken.items) })
}

async fn is_trashed(context: &Context, access: &Access, trashed: &TrashedItem) -> PortResult<bool> {
    let found = context.db.read().await?.tree().trashed(access, trashed.item.id()).await?;
    Ok(found.is_some_and(|found| (found.top, found.trashed_at) == (trashed.top, trashed.trashed_at)))
}

#[cfg(test)]
mod tests;
