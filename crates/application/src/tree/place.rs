//! Puts items into their folders, under a free name.

use super::error::TreeError;
use super::last_numbers::{LastNumbers, PlacedName};
use fm_domain::database::UnitOfWork;
use fm_domain::files::FileName;
use fm_domain::ids::NodeId;
use fm_domain::tree::{
    Entered, Item, Misplaced, OnConflict, PlaceItem, check_room, free_name, free_name_of_entry,
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
            let item = with_free_name(unit, item, None).await?;
            unit.nodes().insert(&item).await?;
            Ok(item)
        }
        placed => Ok(placed.map(|()| item)?),
    }
}

/// The item under a free number of its name. Where `last` is given, it is looked for behind the number that the name got last, and
/// remembered.
pub(super) async fn with_free_name(
    unit: &mut dyn UnitOfWork,
    item: Item,
    last: Option<&LastNumbers>,
) -> Result<Item, TreeError> {
    let (Some(parent), Some(name)) = (item.parent(), item.name()) else { return Err(TreeError::RootIsFixed) };
    let last = last.map(|last| (last, PlacedName::new(parent, name)));
    let near = last.as_ref().and_then(|(last, placed)| last.get(placed));
    let free = free_name(unit.nodes(), parent, name, item.kind(), near).await?;
    if let Some((last, placed)) = last {
        last.remember(placed, free.number);
    }
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
