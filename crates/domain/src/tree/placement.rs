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

/// How many folders, each in the one before, may be made in `folder` (TREE-08), and the way down to it: the root first, itself last.
pub async fn levels_below(
    nodes: &mut dyn NodeRepo,
    folder: NodeId,
) -> Result<(u32, Vec<Ancestor>), Misplaced> {
    let mut lineage = nodes.lineage(folder).await?;
    let levels = levels_left(&lineage)?;
    lineage.reverse();
    Ok((levels, lineage))
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

/// The most keys that one statement asks for.
const MOST_KEYS: u64 = 64;

/// How many numbers are asked for from the one that a name got last: other processes may have given some since.
const NEAR_KEYS: u64 = 8;

/// The largest power of two that is asked for.
const LARGEST_POWER: u32 = 20;

/// The largest number that a name gets: with all entries that a folder may have, one after the largest power is free.
const LARGEST_NUMBER: u64 = (1_u64 << LARGEST_POWER) + MAX_FOLDER_ENTRIES;

/// A name with a number that is free in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FreeName {
    /// The name, with its number.
    pub name: FileName,
    /// The number, from 2 on.
    pub number: u64,
}

impl FreeName {
    fn of(name: &FileName, number: u64, kind: ItemKind) -> Self {
        Self { name: name.numbered(number, kind.numbering()), number }
    }
}

/// The name with a free number, for an item of this kind whose own name is taken in `folder`. The number is 2, or directly follows a
/// taken one. Where the taken ones have no gap, it is the smallest free one; up to 17 it is that always.
///
/// Where the name got the number `near` some time ago, mostly the one behind that is free, and one look at a few keys finds it. Gaps before
/// it stay then.
pub async fn free_name(
    nodes: &mut dyn NodeRepo,
    folder: NodeId,
    name: &FileName,
    kind: ItemKind,
    near: Option<u64>,
) -> PortResult<FreeName> {
    if let Some(near) = near
        && let Some(number) = free_behind(nodes, folder, name, kind, near).await?
    {
        return Ok(FreeName::of(name, number, kind));
    }
    let number = free_number(nodes, folder, name, kind).await?;
    Ok(FreeName::of(name, number, kind))
}

/// The same for an entry of `folder` that is called `own` and shall be called `name`: it keeps the number that it has, unless the free one
/// is smaller.
pub async fn free_name_of_entry(
    nodes: &mut dyn NodeRepo,
    folder: NodeId,
    own: &FileName,
    name: &FileName,
    kind: ItemKind,
) -> PortResult<FreeName> {
    let free = free_number(nodes, folder, name, kind).await?;
    let number = name.number_of(own, kind.numbering()).map_or(free, |own| own.min(free));
    Ok(FreeName::of(name, number, kind))
}

/// A number that is free and follows a taken one. Up to a million entries may have the name with a number, so it narrows down a range whose
/// lower end is taken and whose upper end is free: at most five statements find it, unless all powers of two are taken.
async fn free_number(
    nodes: &mut dyn NodeRepo,
    folder: NodeId,
    name: &FileName,
    kind: ItemKind,
) -> PortResult<u64> {
    // Mostly one of the smallest is free.
    let mut numbers: Vec<u64> = (2..=17).chain((5..=LARGEST_POWER).map(|power| 1_u64 << power)).collect();
    // The name without a number is taken: it stands for number 1.
    let mut taken = 1;
    let mut free = None;
    loop {
        let at = taken_first(nodes, folder, name, kind, &numbers).await?;
        taken = numbers[..at].last().copied().unwrap_or(taken);
        free = numbers.get(at).copied().or(free);
        numbers = match free {
            Some(free) if free == taken + 1 => return Ok(free),
            Some(free) => between(taken, free),
            None if taken < LARGEST_NUMBER => (taken + 1..=LARGEST_NUMBER.min(taken + MOST_KEYS)).collect(),
            None => {
                let source = "a folder has more entries than it may have".into();
                return Err(PortError::Corrupt { what: "nodes", source });
            }
        };
    }
}

/// The name with the number behind `last`, and the keys of which entries have to be for it to be the next one: those of the name itself and of
/// the last number. None behind the largest number.
#[must_use]
pub fn next_name(name: &FileName, kind: ItemKind, last: u64) -> Option<(FileName, [String; 2])> {
    let numbered = |number| name.numbered(number, kind.numbering());
    let taken = [name.search_key(), numbered(last).search_key()];
    (2..LARGEST_NUMBER).contains(&last).then(|| (numbered(last + 1), taken))
}

/// The first free number of those that directly follow `near`, if that is taken still.
async fn free_behind(
    nodes: &mut dyn NodeRepo,
    folder: NodeId,
    name: &FileName,
    kind: ItemKind,
    near: u64,
) -> PortResult<Option<u64>> {
    let numbers: Vec<u64> = (near.max(2)..near.saturating_add(NEAR_KEYS).min(LARGEST_NUMBER)).collect();
    let at = taken_first(nodes, folder, name, kind, &numbers).await?;
    Ok(numbers.get(at).copied().filter(|_| at > 0))
}

/// How many of these numbers are taken before the first free one.
async fn taken_first(
    nodes: &mut dyn NodeRepo,
    folder: NodeId,
    name: &FileName,
    kind: ItemKind,
    numbers: &[u64],
) -> PortResult<usize> {
    let keys: Vec<String> =
        numbers.iter().map(|number| name.numbered(*number, kind.numbering()).search_key()).collect();
    let found: HashSet<String> = nodes.taken(folder, &keys).await?.into_iter().collect();
    Ok(keys.iter().position(|key| !found.contains(key)).unwrap_or(keys.len()))
}

/// The numbers that divide the range between these two evenly, into at most so many parts as there may be keys.
fn between(taken: u64, free: u64) -> Vec<u64> {
    let length = free - taken;
    let parts = length.min(MOST_KEYS);
    (1..parts).map(|part| taken + length * part / parts).collect()
}

#[cfg(test)]
mod tests;
