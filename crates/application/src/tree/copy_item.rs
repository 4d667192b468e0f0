//! A copy: new rows that refer to the same bytes. None is moved.

use super::context::{Context, parent_in};
use super::copy_work::{Copied, CopyWork};
use super::error::TreeError;
use super::item_view::{ItemPresenter, PlacedItem, PlacedView};
use super::operations::{Begun, Outcome, accept, end_placed};
use super::work::Work;
use super::{place, take_over};
use crate::engine::retry::retry_conflicts;
use crate::ports::{Ports, Settings};
use fm_domain::access::{Access, Actor, Right};
use fm_domain::database::UnitOfWork;
use fm_domain::events::Change;
use fm_domain::files::FileName;
use fm_domain::ids::NodeId;
use fm_domain::tree::{
    Delta, Entered, Item, ItemKind, OnConflict, OperationKind, PlaceItem, check_living_subtree,
};

/// The copy to make.
#[derive(Debug, Clone)]
pub struct CopyCommand {
    /// The item to copy.
    pub item: NodeId,
    /// The folder that the copy lies in.
    pub parent: NodeId,
    /// What the copy is called; none: as the item is.
    pub name: Option<FileName>,
    /// What to do where that name is taken.
    pub on_conflict: OnConflict,
}

/// Copies items. The owner of the target is charged in full, whatever else refers to the bytes.
pub struct CopyItem {
    context: Context,
    presenter: ItemPresenter,
}

impl CopyItem {
    pub(crate) fn new(ports: &Ports, settings: &Settings) -> Self {
        Self { context: Context::new(ports, settings), presenter: ItemPresenter::new(ports, settings) }
    }

    /// The copy. What is below a large folder follows by an operation, each unit of which copies what it finds by then.
    pub async fn run(&self, actor: &Actor, command: CopyCommand) -> Result<Outcome<PlacedView>, TreeError> {
        actor.access(Right::Read)?;
        let access = actor.access(Right::Write)?;
        let context = self.context.by(actor);
        match retry_conflicts(|| copy(&context, &access, &command)).await? {
            Outcome::Done(item) => Ok(Outcome::Done(self.presenter.placed(item).await?)),
            Outcome::Accepted(view) => Ok(Outcome::Accepted(view)),
        }
    }
}

async fn copy(
    context: &Context,
    access: &Access,
    command: &CopyCommand,
) -> Result<Outcome<PlacedItem>, TreeError> {
    let (mut unit, entered) = context.enter(access.drive(), &Delta::default()).await?;
    match copy_in(context, unit.as_mut(), access, &entered, command).await {
        Ok(Begun { items, left: Some(left), .. }) => {
            let operation = accept(context, unit, access, OperationKind::Copy, items, left).await?;
            Ok(Outcome::Accepted(operation))
        }
        copied => Ok(Outcome::Done(end_placed(context, unit, copied).await?)),
    }
}

/// Makes the copy in a unit that has entered the drive.
pub(super) async fn copy_in(
    context: &Context,
    unit: &mut dyn UnitOfWork,
    access: &Access,
    entered: &Entered,
    command: &CopyCommand,
) -> Result<Begun<Item>, TreeError> {
    let source = unit.nodes().find(access, command.item).await?.ok_or(TreeError::NotFound)?;
    if let Some(name) = &command.name {
        context.check_name(name)?;
    }
    parent_in(unit, access, command.parent).await?;
    // Every folder of the drive lies in its root, which is refused here.
    check_living_subtree(unit.nodes(), &source, command.parent).await?;
    let Some(name) = command.name.as_ref().or(source.name()).cloned() else {
        return Err(TreeError::RootIsFixed);
    };
    place::check_room_for(unit, entered, command.parent, &name, command.on_conflict).await?;
    let now = context.clock.now();
    let mut made = Copied::new(context);
    let top = made.of(&source, command.parent).placed(command.parent, name.clone());
    let mut requested_name = None;
    let (top, replaces) = match unit.nodes().insert(&top).await {
        Ok(()) => (top, None),
        Err(PlaceItem::NameTaken { existing, kind }) => match command.on_conflict {
            OnConflict::Fail => return Err(TreeError::NameTaken { existing, kind }),
            OnConflict::Rename | OnConflict::Replace => {
                let top = place::with_free_name(unit, top).await?;
                unit.nodes().insert(&top).await?;
                requested_name = Some(name);
                (top, (command.on_conflict == OnConflict::Replace).then_some(existing))
            }
        },
        Err(refusal) => return Err(refusal.into()),
    };
    // What takes the place of a file is no item more.
    if replaces.is_none() {
        context.check_items(entered.nodes.saturating_add(1))?;
    }
    let mut left = CopyWork::new(source.id(), top.id());
    if source.kind() == ItemKind::Folder {
        left.begin(unit, &mut made).await?;
    }
    made.add(top.clone());
    let items = made.finish(unit, access).await?;
    if let Some(existing) = replaces {
        let taken = take_over::content(context, unit, access, &top, existing, now).await?;
        return Ok(Begun { replaced: true, ..Begun::done(taken, items) });
    }
    context.events.record(unit, now, Change::ItemCopied { item: &top }).await?;
    let is_done = source.kind() == ItemKind::File || left.is_done();
    let left = (!is_done).then(|| (Work::Copy(left), Some(top.id())));
    let growth = i64::try_from(items).unwrap_or(i64::MAX);
    Ok(Begun { growth, left, ..Begun::done(top, items).asked_for(requested_name) })
}

#[cfg(test)]
mod tests;
