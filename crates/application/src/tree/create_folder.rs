//! A new folder.

use super::context::{Context, parent_in};
use super::create_folders::PathMaker;
use super::error::TreeError;
use super::item_view::{FolderView, ItemPresenter};
use super::place;
use crate::engine::retry::retry_conflicts;
use crate::ports::{Ports, Settings};
use fm_domain::access::{Access, Actor, Right};
use fm_domain::database::UnitOfWork;
use fm_domain::events::Change;
use fm_domain::files::FileName;
use fm_domain::ids::NodeId;
use fm_domain::tree::{
    Delta, Entered, Folder, Item, Misplaced, OnFolderConflict, TreePath, check_folder, check_room,
};

/// The folder to make.
#[derive(Debug, Clone)]
pub struct CreateFolderCommand {
    /// What it is called.
    pub name: FileName,
    /// The folder that it lies in; none: the caller's root.
    pub parent: Option<NodeId>,
    /// Folders below that, which it lies in instead: they are made where they are missing.
    pub directory: TreePath,
    /// What to do where the name is taken.
    pub on_conflict: OnFolderConflict,
}

/// A folder that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreatedFolder {
    /// The folder.
    pub view: FolderView,
    /// Whether it was made; false where it was there.
    pub fresh: bool,
    /// The name that it was to have, where that was taken: it is numbered.
    pub requested_name: Option<FileName>,
}

/// Makes folders.
pub struct CreateFolder {
    context: Context,
}

impl CreateFolder {
    pub(crate) fn new(ports: &Ports, settings: &Settings) -> Self {
        Self { context: Context::new(ports, settings) }
    }

    /// The new folder, or the one that is there.
    pub async fn run(&self, actor: &Actor, command: CreateFolderCommand) -> Result<CreatedFolder, TreeError> {
        let access = actor.access(Right::Write)?;
        let context = self.context.by(actor);
        match retry_conflicts(|| create(&context, &access, &command)).await {
            Ok(folder) => {
                let is_numbered = folder.name.as_ref() != Some(&command.name);
                let view = ItemPresenter::folder(folder);
                Ok(CreatedFolder { view, fresh: true, requested_name: is_numbered.then_some(command.name) })
            }
            Err(TreeError::NameTaken { existing, kind })
                if command.on_conflict == OnFolderConflict::Reuse =>
            {
                let found = self.context.db.read().await?.tree().item(&access, existing).await?;
                match found {
                    Some(Item::Folder(folder)) => {
                        let view = ItemPresenter::folder(folder);
                        Ok(CreatedFolder { view, fresh: false, requested_name: None })
                    }
                    // A file, or it went away in this moment.
                    Some(Item::File(_)) | None => Err(TreeError::NameTaken { existing, kind }),
                }
            }
            Err(error) => Err(error),
        }
    }
}

async fn create(
    context: &Context,
    access: &Access,
    command: &CreateFolderCommand,
) -> Result<Folder, TreeError> {
    let (mut unit, entered) = context.enter(access.drive(), &Delta::new_folders(1)).await?;
    let created = create_in(context, unit.as_mut(), access, entered, command).await;
    match context.end(unit, created).await? {
        Item::Folder(folder) => Ok(folder),
        Item::File(_) => Err(TreeError::NotAFolder),
    }
}

async fn create_in(
    context: &Context,
    unit: &mut dyn UnitOfWork,
    access: &Access,
    mut entered: Entered,
    command: &CreateFolderCommand,
) -> Result<Item, TreeError> {
    context.check_name(&command.name)?;
    let start = command.parent.unwrap_or(NodeId::root(access.drive()));
    parent_in(unit, access, start).await?;
    let now = context.clock.now();
    let mut maker = PathMaker::new(context, entered, now);
    let parent = maker.make(unit, access, start, &command.directory).await?;
    let made = maker.made();
    if made > 0 {
        entered.nodes = entered.nodes.saturating_add(made as u64);
        unit.drives().charge(access.drive(), &Delta::new_folders(made), None).await?;
    }
    check_folder(unit.nodes(), parent, 1).await?;
    check_room_for(unit, &entered, parent, command).await?;
    let id = NodeId::new(context.ids.uuid());
    let folder = Folder::new(id, access.drive(), parent, command.name.clone(), now);
    let numbered = command.on_conflict == OnFolderConflict::Rename;
    let item = place::insert(unit, folder.into(), numbered).await?;
    context.check_items(entered.nodes)?;
    if let Item::Folder(folder) = &item {
        context.events.record(unit, now, Change::FolderCreated { folder }).await?;
    }
    Ok(item)
}

/// Whether the folder takes the new one: of a name that may be reused and is there nothing is made, and it needs no room.
async fn check_room_for(
    unit: &mut dyn UnitOfWork,
    entered: &Entered,
    parent: NodeId,
    command: &CreateFolderCommand,
) -> Result<(), TreeError> {
    let room = check_room(unit.nodes(), entered, parent, 1).await;
    if matches!(room, Err(Misplaced::FolderFull))
        && command.on_conflict == OnFolderConflict::Reuse
        && let Some(item) = unit.nodes().entry(parent, &command.name.search_key()).await?
    {
        return Err(TreeError::NameTaken { existing: item.id(), kind: item.kind() });
    }
    Ok(room?)
}

#[cfg(test)]
mod tests;
