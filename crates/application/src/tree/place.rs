//! Puts items into their folders, under a free name.

use super::error::TreeError;
use super::last_numbers::{LastNumbers, PlacedName};
use fm_domain::database::UnitOfWork;
use fm_domain::error::PortResult;
use fm_domain::files::{File, FileName};
use fm_domain::ids::NodeId;
use fm_domain::tree::{
    Entered, Item, ItemKind, Misplaced, OnConflict, PlaceItem, check_room, free_name, free_name_of_entry,
    next_name,
};

/// Whether a folder takes an item of this name: what takes the place of a file that is there is no entry more.
pub(super) async fn check_room_for(
    unit: &mut dyn UnitOfWork,
    entered: &Entered,
    folder: NodeId,
    name: &FileName,
    on_conflict: OnConflict,
) -> Result<(), TreeError> {
    let room = check_room(unit.nodes(), entered, folder, 1).await;
    if matches!(room, Err(Misplaced::FolderFull))
        && on_conflict == OnConflict::Replace
        && let Some(Item::File(_)) = unit.nodes().entry(folder, &name.search_key()).await?
    {
        return Ok(());
    }
    Ok(room?)
}

/// Adds an item, numbered where its name is taken and `numbered`; as it was added.
pub(super) async fn insert(unit: &mut dyn UnitOfWork, item: Item, numbered: bool) -> Result<Item, TreeError> {
    match unit.nodes().insert(&item).await {
        Err(PlaceItem::NameTaken { .. }) if numbered => {
            let item = with_free_name(unit, item).await?;
            unit.nodes().insert(&item).await?;
            Ok(item)
        }
        placed => Ok(placed.map(|()| item)?),
    }
}

/// The item under a free number of its name.
pub(super) async fn with_free_name(unit: &mut dyn UnitOfWork, item: Item) -> Result<Item, TreeError> {
    let (Some(parent), Some(name)) = (item.parent(), item.name()) else { return Err(TreeError::RootIsFixed) };
    let free = free_name(unit.nodes(), parent, name, item.kind(), None).await?;
    Ok(item.placed(parent, free.name))
}

/// The same of an entry of the folder that is called `own`: it keeps the number that it has, unless the free one is smaller.
pub(super) async fn with_free_name_of_entry(
    unit: &mut dyn UnitOfWork,
    item: Item,
    own: &FileName,
) -> Result<Item, TreeError> {
    let (Some(parent), Some(name)) = (item.parent(), item.name()) else { return Err(TreeError::RootIsFixed) };
    let free = free_name_of_entry(unit.nodes(), parent, own, name, item.kind()).await?;
    Ok(item.placed(parent, free.name))
}

/// Adds a file under the number behind the one that its name got last, if both are taken still and that is free: as it was added. None where
/// its number has to be looked for, if it needs one.
pub(super) async fn insert_behind_last(
    unit: &mut dyn UnitOfWork,
    file: &File,
    last: &LastNumbers,
) -> PortResult<Option<File>> {
    let requested = PlacedName::new(file.parent, &file.name);
    let Some(number) = last.get(&requested) else { return Ok(None) };
    let Some((name, taken)) = next_name(&file.name, ItemKind::File, number) else { return Ok(None) };
    let numbered = File { name, ..file.clone() };
    if !unit.nodes().insert_behind(&Item::File(numbered.clone()), &taken).await? {
        return Ok(None);
    }
    last.remember(requested, number + 1);
    Ok(Some(numbered))
}

/// Adds a file whose name is taken under a free number of it, looked for behind the one that the name got last: as it was added.
pub(super) async fn insert_numbered(
    unit: &mut dyn UnitOfWork,
    file: &File,
    last: &LastNumbers,
) -> Result<File, TreeError> {
    let requested = PlacedName::new(file.parent, &file.name);
    let near = last.get(&requested);
    let free = free_name(unit.nodes(), file.parent, &file.name, ItemKind::File, near).await?;
    last.remember(requested, free.number);
    let numbered = File { name: free.name, ..file.clone() };
    unit.nodes().insert(&Item::File(numbered.clone())).await?;
    Ok(numbered)
}
