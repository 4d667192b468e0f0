//! Removes tops of the trash for good, so many items a unit of work.

use serde::{Deserialize, Serialize};

use super::context::Context;
use super::error::TreeError;
use super::take_over::drop_blobs;
use super::work::{Advanced, Left, Work};
use fm_domain::access::Access;
use fm_domain::clock::Timestamp;
use fm_domain::database::{Database, UnitOfWork};
use fm_domain::error::PortResult;
use fm_domain::events::Change;
use fm_domain::files::SortOrder;
use fm_domain::ids::{BlobId, NodeId};
use fm_domain::tree::{ItemKind, Measure, TrashFilter, TrashPage, TrashSort, TrashedItem, UNIT_ENTRIES};

/// How many tops are asked for at once.
const PAGE: u32 = 100;

/// Tops of the trash that go. They are asked for page by page, outside the units that remove them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PurgeWork {
    /// What was put into the trash later stays, in microseconds since 1970.
    before: i64,
    /// The next ones.
    tops: Vec<NodeId>,
    /// The first of them, where the unit before has begun with it.
    begun: Option<NodeId>,
}

/// The oldest tops of the trash that were put there before `before`; so many.
pub(super) async fn oldest(
    db: &dyn Database,
    access: &Access,
    before: Option<Timestamp>,
    limit: u32,
) -> PortResult<Vec<TrashedItem>> {
    let filter = TrashFilter { before, ..TrashFilter::default() };
    let page = TrashPage { sort: TrashSort::TrashedAt, order: SortOrder::Ascending, after: None, limit };
    db.read().await?.tree().trash(access, access.drive(), &filter, &page).await
}

impl PurgeWork {
    /// All that was put into the trash before this moment.
    pub(super) const fn new(before: Timestamp) -> Self {
        Self { before: before.unix_micros(), tops: Vec::new(), begun: None }
    }

    /// Whether no top is known.
    pub(super) const fn knows_none(&self) -> bool {
        self.tops.is_empty()
    }

    /// The same, knowing the next tops. They are asked for outside of any unit.
    pub(super) async fn looked_up(self, db: &dyn Database, access: &Access) -> PortResult<Self> {
        if !self.knows_none() {
            return Ok(self);
        }
        let before = Timestamp::from_unix_micros(self.before);
        let found = oldest(db, access, Some(before), PAGE).await?;
        Ok(Self { tops: found.iter().map(|top| top.item.id()).collect(), ..self })
    }

    /// Up to [`UNIT_ENTRIES`] items of the tops that are known, in a unit that has entered the drive. Without any nothing is left.
    pub(super) async fn advance(
        mut self,
        context: &Context,
        unit: &mut dyn UnitOfWork,
        access: &Access,
    ) -> Result<Advanced, TreeError> {
        if self.tops.is_empty() {
            return Ok(Advanced::default());
        }
        let now = context.clock.now();
        let mut purged = Purged::default();
        while let Some(top) = self.tops.first().copied() {
            let room = UNIT_ENTRIES.saturating_sub(purged.items());
            if room == 0 {
                break;
            }
            // What a unit does not end with is a folder, but for a file that is the last of its share.
            let kind = if self.begun == Some(top) {
                Some(ItemKind::Folder)
            } else {
                self.begin(context, unit, access, top, now).await?
            };
            let Some(kind) = kind else {
                self.tops.remove(0);
                continue;
            };
            self.begun = Some(top);
            if purged.take(unit, top, kind, room).await? {
                self.tops.remove(0);
                self.begun = None;
            }
        }
        let items = purged.finish(context, unit, access, now).await?;
        // With the last of those that are known others may be left.
        Ok(Advanced { items, left: Left::Work(Work::Purge(self)), ..Advanced::default() })
    }

    /// What a top is that is still there, and since long enough; what is removed is told before it goes.
    async fn begin(
        &self,
        context: &Context,
        unit: &mut dyn UnitOfWork,
        access: &Access,
        top: NodeId,
        now: Timestamp,
    ) -> PortResult<Option<ItemKind>> {
        let found = unit.nodes().find_trashed(access, top).await?;
        let due = |found: &TrashedItem| found.is_top() && found.trashed_at.unix_micros() < self.before;
        let Some(found) = found.filter(due) else { return Ok(None) };
        context.events.record(unit, now, Change::ItemRemoved { item: &found.item }).await?;
        Ok(Some(found.item.kind()))
    }
}

/// What one unit of work has removed.
#[derive(Default)]
struct Purged {
    marked: u32,
    taken: Measure,
    removed: Measure,
    blobs: Vec<BlobId>,
}

impl Purged {
    fn items(&self) -> u32 {
        self.marked.saturating_add(u32::try_from(self.removed.nodes).unwrap_or(u32::MAX))
    }

    /// Removes up to `room` items of a top; whether all of it is gone.
    async fn take(
        &mut self,
        unit: &mut dyn UnitOfWork,
        top: NodeId,
        kind: ItemKind,
        mut room: u32,
    ) -> PortResult<bool> {
        if kind == ItemKind::Folder {
            // What an operation has not taken along yet goes with it.
            let marked = unit.nodes().mark_below(top, room).await?;
            self.marked = self.marked.saturating_add(marked.items);
            self.taken = self.taken.plus(marked.measure);
            room = room.saturating_sub(marked.items);
        }
        if room == 0 {
            return Ok(false);
        }
        let removed = unit.nodes().remove(top, room).await?;
        self.removed = self.removed.plus(removed.measure);
        self.blobs.extend(removed.blobs);
        Ok(removed.measure.nodes < u64::from(room))
    }

    /// Charges the drive and drops the references: last in the unit. How many items went.
    async fn finish(
        mut self,
        context: &Context,
        unit: &mut dyn UnitOfWork,
        access: &Access,
        now: Timestamp,
    ) -> Result<u64, TreeError> {
        if self.taken != Measure::default() {
            unit.drives().charge(access.drive(), &self.taken.into_trash(), None).await?;
        }
        unit.drives().charge(access.drive(), &self.removed.out_of_drive(), None).await?;
        self.blobs.sort_unstable();
        drop_blobs(&context.events, unit, &self.blobs, now).await?;
        Ok(self.removed.nodes)
    }
}

#[cfg(test)]
mod tests;
