//! An item goes for good, from its folder or from the trash.

use super::context::Context;
use super::error::TreeError;
use super::operations::{Begun, Outcome, accept};
use super::subtree::{path_of, put_into_trash, remove, set_apart};
use super::work::Work;
use crate::engine::retry::{confirm_commit, retry_conflicts, roll_back};
use crate::ports::{Ports, Settings};
use fm_domain::access::{Access, Actor, Right};
use fm_domain::database::UnitOfWork;
use fm_domain::error::PortResult;
use fm_domain::events::Change;
use fm_domain::files::IfMatch;
use fm_domain::ids::NodeId;
use fm_domain::tree::{Delta, Item, ItemKind, OperationKind, UNIT_ENTRIES};

/// The item to delete.
#[derive(Debug, Clone)]
pub struct DeleteCommand {
    /// The item, living or in the trash.
    pub item: NodeId,
    /// What it has to be; none: either. Another item is answered like none.
    pub kind: Option<ItemKind>,
    /// The revisions in which it may go.
    pub if_match: Option<IfMatch>,
    /// Whether a folder goes with what is in it.
    pub recursive: bool,
}

/// Deletes items for good. The bytes go after the commit, by jobs that were committed with it.
pub struct DeleteItem {
    context: Context,
}

impl DeleteItem {
    pub(crate) fn new(ports: &Ports, settings: &Settings) -> Self {
        Self { context: Context::new(ports, settings) }
    }

    /// Deletes it: from the answer on it is gone for every route. What is in a large folder goes by an operation: until that ends, the rest of
    /// it is in the trash.
    pub async fn run(&self, actor: &Actor, command: DeleteCommand) -> Result<Outcome<()>, TreeError> {
        let access = actor.access(Right::Delete)?;
        let context = self.context.by(actor);
        retry_conflicts(|| delete(&context, &access, &command)).await
    }
}

async fn delete(
    context: &Context,
    access: &Access,
    command: &DeleteCommand,
) -> Result<Outcome<()>, TreeError> {
    let (mut unit, _) = context.enter(access.drive(), &Delta::default()).await?;
    match delete_in(context, unit.as_mut(), access, command).await {
        Ok(Begun { items, left: Some(left), .. }) => {
            let operation = accept(context, unit, access, OperationKind::Delete, items, left).await?;
            Ok(Outcome::Accepted(operation))
        }
        Ok(Begun { .. }) => {
            confirm_commit(unit.commit().await, is_gone(context, access, command.item)).await?;
            Ok(Outcome::Done(()))
        }
        Err(error) => Err(roll_back(unit, error).await),
    }
}

/// Deletes the item in a unit that has entered the drive.
pub(super) async fn delete_in(
    context: &Context,
    unit: &mut dyn UnitOfWork,
    access: &Access,
    command: &DeleteCommand,
) -> Result<Begun<()>, TreeError> {
    let now = context.clock.now();
    let (item, trashed) = if let Some(item) = unit.nodes().find(access, command.item).await? {
        (item, None)
    } else {
        let trashed = unit.nodes().find_trashed(access, command.item).await?;
        let trashed = trashed.ok_or(TreeError::NotFound)?;
        (trashed.item.clone(), Some(trashed))
    };
    if command.kind.is_some_and(|kind| item.kind() != kind) {
        return Err(TreeError::NotFound);
    }
    if item.is_root() {
        return Err(TreeError::RootIsFixed);
    }
    if !IfMatch::allows(command.if_match.as_ref(), item.revision()) {
        return Err(TreeError::PreconditionFailed);
    }
    let is_folder = item.kind() == ItemKind::Folder;
    if is_folder && !command.recursive && unit.nodes().count_entries(item.id(), 1).await? > 0 {
        return Err(TreeError::NotEmpty);
    }
    let taken = if let Some(trashed) = &trashed {
        set_apart(unit, trashed).await?
    } else {
        // Where it is large, what is not removed yet lies in the trash, from where it may come back.
        let path = if is_folder { path_of(unit, &item).await? } else { String::new() };
        put_into_trash(unit, &item, &path, now).await?
    };
    let change = match &item {
        Item::File(file) if trashed.is_none() => Change::FileRemoved { file },
        _ => Change::ItemRemoved { item: &item },
    };
    context.events.record(unit, now, change).await?;
    let top = item.id();
    if !taken.is_whole {
        let work = Work::Delete { top, is_marked: false, is_cancelled: false };
        return Ok(Begun { left: Some((work, None)), ..Begun::done((), 0) });
    }
    // One more than may be: with that many there may be more.
    let limit = UNIT_ENTRIES + 2;
    let removed = remove(&context.events, unit, access.drive(), top, limit, now).await?;
    let work = Work::Delete { top, is_marked: true, is_cancelled: false };
    let left = (removed.nodes >= u64::from(limit)).then_some((work, None));
    let growth = i64::try_from(removed.nodes).unwrap_or(i64::MAX).saturating_neg();
    Ok(Begun { growth, left, ..Begun::done((), removed.nodes) })
}

async fn is_gone(context: &Context, access: &Access, id: NodeId) -> PortResult<bool> {
    let mut reads = context.db.read().await?;
    let tree = reads.tree();
    Ok(tree.item(access, id).await?.is_none() && tree.trashed(access, id).await?.is_none())
}

#[cfg(test)]
mod tests;
