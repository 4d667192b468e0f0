//! What one unit of work does to all that is below an item.

use super::error::TreeError;
use super::take_over::drop_blobs;
use crate::engine::events::EventRecorder;
use fm_domain::clock::Timestamp;
use fm_domain::database::UnitOfWork;
use fm_domain::error::PortResult;
use fm_domain::events::Change;
use fm_domain::files::File;
use fm_domain::ids::{DriveId, NodeId};
use fm_domain::tree::{
    Ancestor, Delta, Item, ItemKind, Marked, Measure, TrashedItem, TreePath, UNIT_ENTRIES,
};

/// What a unit took into the trash.
#[derive(Debug, Clone, Copy)]
pub(super) struct TrashProgress {
    /// How many items, the top too.
    pub(super) items: u64,
    /// Whether that was all: else more may be below that has to follow.
    pub(super) is_whole: bool,
}

/// Puts an item into the trash with what is below, as much as one unit changes, and charges the drive.
pub(super) async fn put_into_trash(
    unit: &mut dyn UnitOfWork,
    item: &Item,
    path: &str,
    now: Timestamp,
) -> Result<TrashProgress, TreeError> {
    let top = item.id();
    let measure = unit.nodes().trash(top, now, path).await?.ok_or(TreeError::NotFound)?;
    let marked = take_along(unit, item).await?;
    let measure = measure.plus(marked.measure);
    unit.drives().charge(item.drive(), &measure.into_trash(), None).await?;
    Ok(TrashProgress { items: u64::from(marked.items) + 1, is_whole: marked.items <= UNIT_ENTRIES })
}

/// Takes what is below a top along: one item more than a unit changes, for with that many there may be more.
async fn take_along(unit: &mut dyn UnitOfWork, top: &Item) -> PortResult<Marked> {
    match top.kind() {
        // Nothing is below it.
        ItemKind::File => Ok(Marked::default()),
        ItemKind::Folder => unit.nodes().mark_below(top.id(), UNIT_ENTRIES + 1).await,
    }
}

/// Makes an item below a top a top itself, with what is below it; or takes along what a top has not yet. Charges the drive with what was
/// living of it.
pub(super) async fn set_apart(
    unit: &mut dyn UnitOfWork,
    trashed: &TrashedItem,
) -> Result<TrashProgress, TreeError> {
    let item = &trashed.item;
    if !trashed.is_top() {
        unit.nodes().trash(item.id(), trashed.trashed_at, &trashed.original_path).await?;
    }
    let marked = take_along(unit, item).await?;
    if marked.measure != Measure::default() {
        unit.drives().charge(item.drive(), &marked.measure.into_trash(), None).await?;
    }
    Ok(TrashProgress { items: u64::from(marked.items) + 1, is_whole: marked.items <= UNIT_ENTRIES })
}

/// Removes up to `limit` items that a top took into the trash for good, itself last, charges the drive and drops their references. Called
/// last in a unit.
pub(super) async fn remove(
    events: &EventRecorder,
    unit: &mut dyn UnitOfWork,
    drive: DriveId,
    top: NodeId,
    limit: u32,
    now: Timestamp,
) -> Result<Measure, TreeError> {
    let removed = unit.nodes().remove(top, limit).await?;
    unit.drives().charge(drive, &removed.measure.out_of_drive(), None).await?;
    drop_blobs(events, unit, &removed.blobs, now).await?;
    Ok(removed.measure)
}

/// Takes a living file out for good, with its versions, its keys and the uploads that it was made by, in a unit that has entered its
/// drive; false, and then the unit is to be rolled back, when it is gone. Called last in a unit.
pub(crate) async fn withdraw(
    unit: &mut dyn UnitOfWork,
    file: &File,
    events: &EventRecorder,
    now: Timestamp,
) -> PortResult<bool> {
    match withdraw_in(unit, file, events, now).await {
        Ok(()) => Ok(true),
        Err(TreeError::Store(error)) => Err(error),
        Err(_) => Ok(false),
    }
}

async fn withdraw_in(
    unit: &mut dyn UnitOfWork,
    file: &File,
    events: &EventRecorder,
    now: Timestamp,
) -> Result<(), TreeError> {
    put_into_trash(unit, &Item::File(file.clone()), "", now).await?;
    events.record(unit, now, Change::FileRemoved { file }).await?;
    remove(events, unit, file.drive(), file.id.into(), 1, now).await?;
    Ok(())
}

/// The same for a file in the trash.
pub(crate) async fn withdraw_trashed(
    unit: &mut dyn UnitOfWork,
    trashed: &TrashedItem,
    events: &EventRecorder,
    now: Timestamp,
) -> PortResult<bool> {
    match withdraw_trashed_in(unit, trashed, events, now).await {
        Ok(()) => Ok(true),
        Err(TreeError::Store(error)) => Err(error),
        Err(_) => Ok(false),
    }
}

async fn withdraw_trashed_in(
    unit: &mut dyn UnitOfWork,
    trashed: &TrashedItem,
    events: &EventRecorder,
    now: Timestamp,
) -> Result<(), TreeError> {
    set_apart(unit, trashed).await?;
    let item = &trashed.item;
    events.record(unit, now, Change::ItemRemoved { item }).await?;
    remove(events, unit, item.drive(), item.id(), 1, now).await?;
    Ok(())
}

/// The path of a living item, its name included.
pub(super) async fn path_of(unit: &mut dyn UnitOfWork, item: &Item) -> PortResult<String> {
    let mut lineage: Vec<Ancestor> = match item.parent() {
        Some(parent) => unit.nodes().lineage(parent).await?,
        None => Vec::new(),
    };
    lineage.reverse();
    Ok(TreePath::below(&lineage, item.name()))
}

/// How a drive's counters change by what was restored from its trash.
pub(super) fn out_of_trash(measure: &Measure) -> Delta {
    measure.into_trash().reversed()
}
