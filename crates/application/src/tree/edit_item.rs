//! Another name, another place, another time: renames and moves are one edit.

use super::context::{Context, parent_in};
use super::error::TreeError;
use super::item_view::{ItemPresenter, PlacedItem, PlacedView};
use super::operations::{Begun, end_placed};
use super::{place, take_over};
use crate::engine::retry::retry_conflicts;
use crate::ports::{Ports, Settings};
use fm_domain::access::{Access, Actor, Right};
use fm_domain::clock::Timestamp;
use fm_domain::database::UnitOfWork;
use fm_domain::events::Change;
use fm_domain::files::{FileName, IfMatch};
use fm_domain::ids::NodeId;
use fm_domain::tree::{
    Delta, Entered, Item, ItemKind, OnConflict, PlaceItem, UpdateItem, check_living_subtree,
};

/// The edit. What is not given stays.
#[derive(Debug, Clone)]
pub struct EditCommand {
    /// The item.
    pub item: NodeId,
    /// What it has to be; none: either. Another item is answered like none.
    pub kind: Option<ItemKind>,
    /// The revisions in which it may be edited.
    pub if_match: Option<IfMatch>,
    /// What it is called from now on.
    pub name: Option<FileName>,
    /// The folder that it lies in from now on.
    pub parent: Option<NodeId>,
    /// What to do where the name is taken there.
    pub on_conflict: OnConflict,
    /// The time that its client gives it.
    pub modified_at: Option<Timestamp>,
}

/// Renames, moves and dates items; no bytes move, and one row is written, whatever is below.
pub struct EditItem {
    context: Context,
    presenter: ItemPresenter,
}

impl EditItem {
    pub(crate) fn new(ports: &Ports, settings: &Settings) -> Self {
        Self { context: Context::new(ports, settings), presenter: ItemPresenter::new(ports, settings) }
    }

    /// The item after the edit. Where it took the place of a file, that file, with its new content.
    pub async fn run(&self, actor: &Actor, command: EditCommand) -> Result<PlacedView, TreeError> {
        let access = actor.access(Right::Write)?;
        let context = self.context.by(actor);
        let item = retry_conflicts(|| edit(&context, &access, &command)).await?;
        Ok(self.presenter.placed(item).await?)
    }
}

async fn edit(context: &Context, access: &Access, command: &EditCommand) -> Result<PlacedItem, TreeError> {
    let (mut unit, entered) = context.enter(access.drive(), &Delta::default()).await?;
    match edit_in(context, unit.as_mut(), access, &entered, command).await {
        Ok(Begun { value: item, items: 0, requested_name, replaced, .. }) => {
            unit.rollback().await?;
            Ok(PlacedItem { item, requested_name, replaced })
        }
        edited => end_placed(context, unit, edited).await,
    }
}

/// Edits the item in a unit that has entered the drive; where it is as it was asked for already, nothing changes.
pub(super) async fn edit_in(
    context: &Context,
    unit: &mut dyn UnitOfWork,
    access: &Access,
    entered: &Entered,
    command: &EditCommand,
) -> Result<Begun<Item>, TreeError> {
    let found = unit.nodes().find(access, command.item).await?;
    let before = found.filter(|item| command.kind.is_none_or(|kind| item.kind() == kind));
    let before = before.ok_or(TreeError::NotFound)?;
    let (Some(parent), Some(name)) = (before.parent(), before.name()) else {
        return Err(TreeError::RootIsFixed);
    };
    let seen = before.revision();
    if !IfMatch::allows(command.if_match.as_ref(), seen) {
        return Err(TreeError::PreconditionFailed);
    }
    let to = command.parent.unwrap_or(parent);
    let called = command.name.as_ref().unwrap_or(name);
    let moves = to != parent;
    if moves {
        parent_in(unit, access, to).await?;
        check_living_subtree(unit.nodes(), &before, to).await?;
        place::check_room_for(unit, entered, to, called, command.on_conflict).await?;
    }
    if called != name {
        context.check_name(called)?;
    }
    let now = context.clock.now();
    let mut wanted = before.clone().placed(to, called.clone());
    if let Some(at) = command.modified_at {
        wanted = wanted.modified(at);
    }
    if wanted == before {
        return Ok(Begun::done(before, 0));
    }
    let mut after = wanted.clone().edited(now);
    let mut requested_name = None;
    match unit.nodes().update(&after, seen).await {
        Ok(()) => {}
        Err(UpdateItem::Place(PlaceItem::NameTaken { existing, kind })) => match command.on_conflict {
            OnConflict::Fail => return Err(TreeError::NameTaken { existing, kind }),
            OnConflict::Rename => {
                let asked_for = called.clone();
                let numbered = if moves {
                    place::with_free_name(unit, wanted).await?
                } else {
                    place::with_free_name_of_entry(unit, wanted, name).await?
                };
                if numbered == before {
                    return Ok(Begun::done(before, 0).asked_for(Some(asked_for)));
                }
                requested_name = Some(asked_for);
                after = numbered.edited(now);
                unit.nodes().update(&after, seen).await?;
            }
            OnConflict::Replace => {
                let taken = take_over::content(context, unit, access, &after, existing, now).await?;
                return Ok(Begun { growth: -1, replaced: true, ..Begun::done(taken, 1) });
            }
        },
        Err(refusal) => return Err(refusal.into()),
    }
    let change = match &after {
        Item::File(file) if !moves && after.name() != before.name() => Change::FileRenamed { file },
        _ => Change::ItemMoved { item: &after },
    };
    context.events.record(unit, now, change).await?;
    Ok(Begun::done(after, 1).asked_for(requested_name))
}

#[cfg(test)]
mod tests;
