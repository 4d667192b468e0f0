//! What an operation has left to do, and one unit of work of it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::batch_work::BatchWork;
use super::context::Context;
use super::copy_work::CopyWork;
use super::error::TreeError;
use super::operations::Begun;
use super::purge_work::PurgeWork;
use super::restore_item::{RestoreCommand, restore_in};
use super::subtree::{self, out_of_trash};
use fm_domain::access::Access;
use fm_domain::database::UnitOfWork;
use fm_domain::error::{PortError, PortResult};
use fm_domain::files::FileName;
use fm_domain::ids::NodeId;
use fm_domain::tree::{Entered, FailedItem, OnConflict, UNIT_ENTRIES, UnknownConflict};

/// What an operation has left to do: the JSON of its `rest`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Rest {
    /// Of one item or trash.
    Item(Work),
    /// Of a batch.
    Batch(BatchWork),
}

impl Rest {
    pub(super) fn write(&self) -> PortResult<Value> {
        serde_json::to_value(self).map_err(|error| PortError::Unexpected(Box::new(error)))
    }

    pub(super) fn read(json: &Value) -> PortResult<Self> {
        Self::deserialize(json)
            .map_err(|error| PortError::Corrupt { what: "operations.rest", source: Box::new(error) })
    }
}

/// What is left to do of one item or of the trash, beyond what one unit of work does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Work {
    /// What is below a top follows it into the trash.
    Trash { top: NodeId },
    /// What a top took into the trash follows it back.
    Restore { top: NodeId },
    /// What is below an item that lay in a trashed folder becomes part of a trash of its own, and then all of it comes back.
    SetApart {
        top: NodeId,
        /// Where to; none: it stays in the trash, since its client cancelled it.
        to: Option<Back>,
    },
    /// What is below a top follows it into the trash, and then all of it is removed.
    Delete {
        top: NodeId,
        /// Whether all of it is in the trash.
        is_marked: bool,
        /// Whether it ends there: its client cancelled it.
        is_cancelled: bool,
    },
    /// What is below a folder is copied.
    Copy(CopyWork),
    /// Tops of the trash are removed.
    Purge(PurgeWork),
}

/// Where an item comes back to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Back {
    folder: NodeId,
    on_conflict: String,
}

impl Back {
    pub(super) fn to(folder: NodeId, on_conflict: OnConflict) -> Self {
        Self { folder, on_conflict: on_conflict.as_str().to_owned() }
    }

    /// The restore of this item.
    fn command(&self, item: NodeId) -> PortResult<RestoreCommand> {
        let on_conflict = self.on_conflict.parse().map_err(|error: UnknownConflict| PortError::Corrupt {
            what: "operations.rest",
            source: Box::new(error),
        })?;
        Ok(RestoreCommand { item, parent: Some(self.folder), recreate_parents: false, on_conflict })
    }
}

/// What one unit of work did.
#[derive(Debug, Default)]
pub(super) struct Advanced {
    /// How many items, those that could not be done too.
    pub(super) items: u64,
    /// Those that could not be done.
    pub(super) failed: Vec<FailedItem>,
    /// What is left.
    pub(super) left: Left,
    /// The name that the item was to have, where that was taken by now and it is numbered.
    pub(super) requested_name: Option<FileName>,
}

/// What is left after a unit of work.
#[derive(Debug, Default)]
pub(super) enum Left {
    /// This.
    Work(Work),
    /// Nothing: all is done.
    #[default]
    Nothing,
    /// Nothing that is still wanted.
    Cancelled,
}

impl Work {
    /// Does up to [`UNIT_ENTRIES`] items of it in a unit that has entered the drive. What it meets may have changed since the unit before:
    /// a top that came back is left alone.
    pub(super) async fn advance(
        self,
        context: &Context,
        unit: &mut dyn UnitOfWork,
        access: &Access,
        entered: &Entered,
    ) -> Result<Advanced, TreeError> {
        let drive = access.drive();
        match self {
            Self::Trash { top } => {
                let marked = unit.nodes().mark_below(top, UNIT_ENTRIES).await?;
                unit.drives().charge(drive, &marked.measure.into_trash(), None).await?;
                Ok(Advanced::of(marked.items, || Self::Trash { top }))
            }
            Self::Restore { top } => {
                let marked = unit.nodes().unmark_below(top, UNIT_ENTRIES).await?;
                unit.drives().charge(drive, &out_of_trash(&marked.measure), None).await?;
                Ok(Advanced::of(marked.items, || Self::Restore { top }))
            }
            Self::SetApart { top, to } => {
                let marked = unit.nodes().mark_below(top, UNIT_ENTRIES).await?;
                unit.drives().charge(drive, &marked.measure.into_trash(), None).await?;
                // They are counted when they come back. That is a unit of its own: where it is refused, all of them stay in one trash.
                let left = match to {
                    to if marked.items > 0 => Left::Work(Self::SetApart { top, to }),
                    Some(to) => {
                        let begun = match restore_in(context, unit, access, *entered, &to.command(top)?).await
                        {
                            // Another request brought it back.
                            Err(TreeError::NotTrashed) => return Ok(Advanced::default()),
                            begun => begun?,
                        };
                        let Begun { items, left, requested_name, .. } = begun;
                        let left = left.map_or(Left::Nothing, |(work, _)| Left::Work(work));
                        return Ok(Advanced { items, left, requested_name, ..Advanced::default() });
                    }
                    None => Left::Cancelled,
                };
                Ok(Advanced { left, ..Advanced::default() })
            }
            Self::Delete { top, is_marked: false, is_cancelled } => {
                let marked = unit.nodes().mark_below(top, UNIT_ENTRIES).await?;
                unit.drives().charge(drive, &marked.measure.into_trash(), None).await?;
                let is_marked = marked.items < UNIT_ENTRIES;
                let left = match (is_marked, is_cancelled) {
                    (true, true) => Left::Cancelled,
                    _ => Left::Work(Self::Delete { top, is_marked, is_cancelled }),
                };
                // They are counted when they are removed.
                Ok(Advanced { left, ..Advanced::default() })
            }
            Self::Delete { top, is_marked: true, .. } => {
                let now = context.clock.now();
                let removed =
                    subtree::remove(&context.events, unit, drive, top, UNIT_ENTRIES, now).await?.nodes;
                let items = u32::try_from(removed).unwrap_or(u32::MAX);
                Ok(Advanced::of(items, || Self::Delete { top, is_marked: true, is_cancelled: false }))
            }
            Self::Copy(work) => work.advance(context, unit, access, entered).await,
            Self::Purge(work) => work.advance(context, unit, access).await,
        }
    }

    /// The same, if it were cancelled now; `None` where nothing has to be done any more. What is half in the trash or half out of it goes
    /// on: else items would be left that no folder leads to.
    pub(super) fn cancelled(self) -> Option<Self> {
        match self {
            Self::Trash { .. } | Self::Restore { .. } => Some(self),
            Self::SetApart { top, .. } => Some(Self::SetApart { top, to: None }),
            Self::Delete { top, is_marked: false, .. } => {
                Some(Self::Delete { top, is_marked: false, is_cancelled: true })
            }
            Self::Delete { .. } | Self::Copy(_) | Self::Purge(_) => None,
        }
    }

    /// The item that it is about; none of a trash.
    pub(super) fn item(&self) -> Option<NodeId> {
        match self {
            Self::Trash { top }
            | Self::Restore { top }
            | Self::SetApart { top, .. }
            | Self::Delete { top, .. } => Some(*top),
            Self::Copy(work) => Some(work.copy()),
            Self::Purge(_) => None,
        }
    }
}

impl Advanced {
    /// So many items, and this left where a unit could not have done more.
    fn of(items: u32, rest: impl FnOnce() -> Work) -> Self {
        let left = if items < UNIT_ENTRIES { Left::Nothing } else { Left::Work(rest()) };
        Self { items: u64::from(items), left, ..Self::default() }
    }
}

#[cfg(test)]
mod tests;
