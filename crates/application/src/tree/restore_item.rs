//! An item comes back from the trash.

use super::context::{Context, parent_in};
use super::error::TreeError;
use super::item_view::{ItemPresenter, PlacedItem, PlacedView};
use super::operations::{Begun, Outcome, accept, end_placed};
use super::subtree::{out_of_trash, set_apart};
use super::work::{Back, Work};
use super::{create_folders::PathMaker, place, take_over};
use crate::engine::retry::retry_conflicts;
use crate::ports::{Ports, Settings};
use fm_domain::access::{Access, Actor, Right};
use fm_domain::database::UnitOfWork;
use fm_domain::events::Change;
use fm_domain::ids::NodeId;
use fm_domain::tree::{
    Delta, Entered, Item, OnConflict, OperationKind, PlaceItem, TrashedItem, TreePath, UNIT_ENTRIES,
    check_subtree,
};

/// The item to bring back.
#[derive(Debug, Clone)]
pub struct RestoreCommand {
    /// The item: what was put into the trash, or something below it.
    pub item: NodeId,
    /// The folder to put it into; none: the one that it was in, which of something below a top is in the trash.
    pub parent: Option<NodeId>,
    /// Whether folders on its former path are made again where they are missing.
    pub recreate_parents: bool,
    /// What to do where its name is taken.
    pub on_conflict: OnConflict,
}

/// Brings items back from the trash.
pub struct RestoreItem {
    context: Context,
    presenter: ItemPresenter,
}

impl RestoreItem {
    pub(crate) fn new(ports: &Ports, settings: &Settings) -> Self {
        Self { context: Context::new(ports, settings), presenter: ItemPresenter::new(ports, settings) }
    }

    /// The item at its place. What is below a large folder follows by an operation; one that lay in a trashed folder stays in the trash until
    /// all of it is told from the rest of that.
    pub async fn run(
        &self,
        actor: &Actor,
        command: RestoreCommand,
    ) -> Result<Outcome<PlacedView>, TreeError> {
        let access = actor.access(Right::Write)?;
        let context = self.context.by(actor);
        match retry_conflicts(|| restore(&context, &access, &command)).await? {
            Outcome::Done(item) => Ok(Outcome::Done(self.presenter.placed(item).await?)),
            Outcome::Accepted(view) => Ok(Outcome::Accepted(view)),
        }
    }
}

async fn restore(
    context: &Context,
    access: &Access,
    command: &RestoreCommand,
) -> Result<Outcome<PlacedItem>, TreeError> {
    let (mut unit, entered) = context.enter(access.drive(), &Delta::default()).await?;
    match restore_in(context, unit.as_mut(), access, entered, command).await {
        Ok(Begun { items, left: Some(left), .. }) => {
            let operation = accept(context, unit, access, OperationKind::Restore, items, left).await?;
            Ok(Outcome::Accepted(operation))
        }
        restored => Ok(Outcome::Done(end_placed(context, unit, restored).await?)),
    }
}

/// Brings the item back in a unit that has entered the drive.
pub(super) async fn restore_in(
    context: &Context,
    unit: &mut dyn UnitOfWork,
    access: &Access,
    entered: Entered,
    command: &RestoreCommand,
) -> Result<Begun<Item>, TreeError> {
    let Some(trashed) = unit.nodes().find_trashed(access, command.item).await? else {
        let is_living = unit.nodes().find(access, command.item).await?.is_some();
        return Err(if is_living { TreeError::NotTrashed } else { TreeError::NotFound });
    };
    let now = context.clock.now();
    let (parent, made) = parent_for(context, unit, access, entered, command, &trashed).await?;
    let growth = i64::try_from(made).unwrap_or(i64::MAX);
    check_subtree(unit.nodes(), &trashed.item, parent).await?;
    let Some(name) = trashed.item.name().cloned() else { return Err(TreeError::RootIsFixed) };
    place::check_room_for(unit, &entered, parent, &name, command.on_conflict).await?;
    let top = trashed.item.id();
    // A top too: another operation may not have told it from the rest of a trash yet, or not have taken all of it along.
    if !set_apart(unit, &trashed).await?.is_whole {
        if command.on_conflict == OnConflict::Fail
            && let Some(there) = unit.nodes().entry(parent, &name.search_key()).await?
        {
            return Err(TreeError::NameTaken { existing: there.id(), kind: there.kind() });
        }
        let to = Some(Back::to(parent, command.on_conflict));
        let left = Some((Work::SetApart { top, to }, Some(top)));
        return Ok(Begun { growth, left, ..Begun::done(trashed.item, 0) });
    }
    let mut item = trashed.item.clone().placed(parent, name.clone()).edited(now);
    let mut requested_name = None;
    let measure = match unit.nodes().restore(&item).await {
        Err(PlaceItem::NameTaken { existing, kind }) => match command.on_conflict {
            OnConflict::Fail => return Err(TreeError::NameTaken { existing, kind }),
            OnConflict::Rename => {
                item = place::with_free_name(unit, item).await?;
                requested_name = Some(name);
                unit.nodes().restore(&item).await?
            }
            OnConflict::Replace => {
                // It comes back under a free name, and then gives its content away.
                item = place::with_free_name(unit, item).await?;
                let measure = unit.nodes().restore(&item).await?;
                unit.drives().charge(access.drive(), &out_of_trash(&measure), None).await?;
                let taken = take_over::content(context, unit, access, &item, existing, now).await?;
                return Ok(Begun { growth: growth - 1, replaced: true, ..Begun::done(taken, 1) });
            }
        },
        restored => restored?,
    };
    // One more than a unit changes: with that many there may be more.
    let marked = unit.nodes().unmark_below(top, UNIT_ENTRIES + 1).await?;
    unit.drives().charge(access.drive(), &out_of_trash(&measure.plus(marked.measure)), None).await?;
    context.events.record(unit, now, Change::ItemRestored { item: &item }).await?;
    let left = (marked.items > UNIT_ENTRIES).then_some((Work::Restore { top }, Some(top)));
    let items = u64::from(marked.items) + 1;
    Ok(Begun { growth, left, ..Begun::done(item, items).asked_for(requested_name) })
}

/// The folder that the item comes back to, and how many folders were made for that.
async fn parent_for(
    context: &Context,
    unit: &mut dyn UnitOfWork,
    access: &Access,
    entered: Entered,
    command: &RestoreCommand,
    trashed: &TrashedItem,
) -> Result<(NodeId, usize), TreeError> {
    if let Some(parent) = command.parent {
        parent_in(unit, access, parent).await?;
        return Ok((parent, 0));
    }
    let former = trashed.item.parent().ok_or(TreeError::RootIsFixed)?;
    if trashed.is_top() {
        match parent_in(unit, access, former).await {
            Ok(_) => return Ok((former, 0)),
            Err(TreeError::Store(error)) => return Err(error.into()),
            Err(_) => {}
        }
    }
    if !command.recreate_parents {
        return Err(TreeError::ParentTrashed);
    }
    // A path that is longer than one may be is none to make folders by.
    let Ok(path) = TreePath::of_stored(&trashed.original_path) else { return Err(TreeError::ParentTrashed) };
    let mut maker = PathMaker::new(context, entered, context.clock.now()).of_stored();
    let parent = maker.make(unit, access, NodeId::root(access.drive()), &path.directory()).await?;
    unit.drives().charge(access.drive(), &Delta::new_folders(maker.made()), None).await?;
    Ok((parent, maker.made()))
}

#[cfg(test)]
mod tests;
