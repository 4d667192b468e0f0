//! Where items may be placed: the arithmetic that every adapter shares. Adapters answer facts alone.
//!
//! All of it is asked in a unit of work that has entered the drive, so that the answers hold until it ends.

use std::collections::HashSet;

use super::limits::{MAX_DEPTH, MAX_FOLDER_ENTRIES};
use super::{Ancestor, Entered, Item, ItemKind, NodeRepo};
use crate::error::{PortError, PortResult};
use crate::files::FileName;
use crate::ids::NodeId;

/// Why an item can't be placed in a folder.
#[derive(Debug, thiserror::Error)]
pub enum Misplaced {
    /// The folder is gone, or in the trash.
    #[error("there is no such folder")]
    NoFolder,
    /// The folder is what is moved or copied, or lies in it.
    #[error("the folder lies in what is moved or copied")]
    IntoItself,
    /// A folder would lie more than [`MAX_DEPTH`] levels below the root.
    #[error("folders would be nested too deeply")]
    TooDeep,
    /// The folder would have more than [`MAX_FOLDER_ENTRIES`] entries.
    #[error("the folder has too many entries")]
    FolderFull,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] PortError),
}

/// Whether so many new folders, each in the one before, may be made in `parent` (TREE-08).
pub async fn check_folder(nodes: &mut dyn NodeRepo, parent: NodeId, levels: u32) -> Result<(), Misplaced> {
    check_levels(&nodes.lineage(parent).await?, levels)
}

/// How many folders, each in the one before, may be made in `folder` (TREE-08).
pub async fn levels_below(nodes: &mut dyn NodeRepo, folder: NodeId) -> Result<u32, Misplaced> {
    levels_left(&nodes.lineage(folder).await?)
}

/// Whether `item` with all that is below it may be put into `parent`: not into itself (TREE-04), and not too deep (TREE-08).
pub async fn check_subtree(nodes: &mut dyn NodeRepo, item: &Item, parent: NodeId) -> Result<(), Misplaced> {
    if item.kind() == ItemKind::File {
        return Ok(());
    }
    let lineage = lineage_outside(nodes, item, parent).await?;
    check_height(nodes, item, &lineage).await
}

/// The same for an item that is living, to be moved or copied. What is below it is looked at only where it would lie deeper than it does: a
/// folder of any size is moved along a level, or up, as an empty one is.
pub async fn check_living_subtree(
    nodes: &mut dyn NodeRepo,
    item: &Item,
    parent: NodeId,
) -> Result<(), Misplaced> {
    if item.kind() == ItemKind::File {
        return Ok(());
    }
    let lineage = lineage_outside(nodes, item, parent).await?;
    let is_deeper = match item.parent() {
        Some(own) => own != parent && nodes.lineage(own).await?.len() < lineage.len(),
        None => true,
    };
    if is_deeper { check_height(nodes, item, &lineage).await } else { check_levels(&lineage, 1) }
}

/// The lineage of `parent`, which does not lie in the item, nor is it.
async fn lineage_outside(
    nodes: &mut dyn NodeRepo,
    item: &Item,
    parent: NodeId,
) -> Result<Vec<Ancestor>, Misplaced> {
    let lineage = nodes.lineage(parent).await?;
    let is_inside = lineage.iter().any(|folder| folder.id == item.id());
    if is_inside { Err(Misplaced::IntoItself) } else { Ok(lineage) }
}

/// Whether a folder with all that is below it fits into the one with this lineage.
async fn check_height(nodes: &mut dyn NodeRepo, item: &Item, lineage: &[Ancestor]) -> Result<(), Misplaced> {
    let height = nodes.height(item.id()).await?;
    check_levels(lineage, height.saturating_add(1))
}

/// Whether so many levels of folders fit into the folder with this lineage.
fn check_levels(lineage: &[Ancestor], levels: u32) -> Result<(), Misplaced> {
    if levels > levels_left(lineage)? { Err(Misplaced::TooDeep) } else { Ok(()) }
}

fn levels_left(lineage: &[Ancestor]) -> Result<u32, Misplaced> {
    // It ends with the root, which is at level 0.
    let level = lineage.len().checked_sub(1).ok_or(Misplaced::NoFolder)?;
    Ok(MAX_DEPTH.saturating_sub(u32::try_from(level).unwrap_or(u32::MAX)))
}

/// Whether `parent` takes so many entries more. `entered` is how the unit began: in a drive of no more items than one folder
/// may have, none is full, and nothing is counted.
pub async fn check_room(
    nodes: &mut dyn NodeRepo,
    entered: &Entered,
    parent: NodeId,
    more: u64,
) -> Result<(), Misplaced> {
    if entered.nodes.saturating_add(more) <= MAX_FOLDER_ENTRIES {
        return Ok(());
    }
    let entries = nodes.count_entries(parent, MAX_FOLDER_ENTRIES).await?;
    if entries.saturating_add(more) > MAX_FOLDER_ENTRIES { Err(Misplaced::FolderFull) } else { Ok(()) }
}

/// The most digits of a number that a name gets: with all entries that a folder may have, one of so many is free.
const MOST_DIGITS: u32 = MAX_FOLDER_ENTRIES.ilog10() + 1;

/// The name with the smallest free number from 2 on, for an item of this kind whose own name is taken in `folder`.
pub async fn free_name(
    nodes: &mut dyn NodeRepo,
    folder: NodeId,
    name: &FileName,
    kind: ItemKind,
) -> PortResult<FileName> {
    let number = free_number(nodes, folder, name, kind).await?;
    Ok(name.numbered(number, kind.numbering()))
}

/// The same for an entry of `folder` that is called `own` and shall be called `name`: the number that it has is free to it.
pub async fn free_name_of_entry(
    nodes: &mut dyn NodeRepo,
    folder: NodeId,
    own: &FileName,
    name: &FileName,
    kind: ItemKind,
) -> PortResult<FileName> {
    let numbering = kind.numbering();
    let free = free_number(nodes, folder, name, kind).await?;
    let key = own.search_key();
    let own = (1..=MOST_DIGITS).find_map(|digits| name.numbered_keys(digits, numbering).number(&key));
    Ok(name.numbered(own.map_or(free, |own| own.min(free)), numbering))
}

/// The smallest number from 2 on that is free.
async fn free_number(
    nodes: &mut dyn NodeRepo,
    folder: NodeId,
    name: &FileName,
    kind: ItemKind,
) -> PortResult<u64> {
    let numbering = kind.numbering();
    // Mostly one of the first is free.
    let first = name.numbered_keys(1, numbering);
    let keys: Vec<String> = first.numbers().map(|number| first.key(number)).collect();
    let taken: HashSet<String> = nodes.taken(folder, &keys).await?.into_iter().collect();
    let free = first.numbers().zip(&keys).find(|(_, key)| !taken.contains(*key));
    if let Some((number, _)) = free {
        return Ok(number);
    }
    for digits in 2..=MOST_DIGITS {
        if let Some(number) = nodes.free_number(folder, &name.numbered_keys(digits, numbering)).await? {
            return Ok(number);
        }
    }
    Err(PortError::Corrupt { what: "nodes", source: "a folder has more entries than it may have".into() })
}

#[cfg(test)]
mod tests;
