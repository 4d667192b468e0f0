//! What a batch has done and has left to do, and as much of it as one unit of work does.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::batch::{
    BatchOp, BatchOperation, DoneItem, StoredBatch, StoredOperation, StoredResult, stored_name,
};
use super::batch_refused::Refused;
use super::context::Context;
use super::copy_item::{CopyCommand, copy_in};
use super::delete_item::{DeleteCommand, delete_in};
use super::edit_item::{EditCommand, edit_in};
use super::error::{Refusal, TreeError};
use super::operations::Begun;
use super::restore_item::{RestoreCommand, restore_in};
use super::trash_item::{TrashCommand, trash_in};
use super::work::{Advanced, Left, Work};
use fm_domain::access::Access;
use fm_domain::database::UnitOfWork;
use fm_domain::error::{PortError, PortResult};
use fm_domain::files::FileName;
use fm_domain::ids::NodeId;
use fm_domain::tree::{Entered, FailedItem, Item, TrashedItem, UNIT_ENTRIES};

/// What was done to an item.
#[derive(Debug, Clone)]
pub(super) enum Did {
    Item(Item),
    Trashed(TrashedItem),
    Deleted,
}

impl Did {
    fn id(&self) -> Option<NodeId> {
        match self {
            Self::Item(item) => Some(item.id()),
            Self::Trashed(trashed) => Some(trashed.item.id()),
            Self::Deleted => None,
        }
    }
}

/// A batch: all its operations, and the results of those that are done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct BatchWork {
    operations: Vec<StoredOperation>,
    results: Vec<StoredResult>,
    /// What is left of the next one, and the item that comes of it.
    current: Option<(Work, Option<NodeId>)>,
    /// The name that this item was to have, where that was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    requested_name: Option<String>,
    is_cancelled: bool,
    fingerprint: Option<String>,
    /// Folders that were moved or brought back: what lies in them went along.
    folders: Vec<NodeId>,
}

impl BatchWork {
    pub(super) fn new(operations: &[BatchOperation]) -> Self {
        Self {
            operations: operations.iter().map(StoredOperation::of).collect(),
            results: Vec::new(),
            current: None,
            requested_name: None,
            is_cancelled: false,
            fingerprint: None,
            folders: Vec::new(),
        }
    }

    /// What the operations are, for the comparison of batches that have one key.
    pub(super) fn text(&self) -> PortResult<String> {
        serde_json::to_string(&self.operations).map_err(|error| PortError::Unexpected(Box::new(error)))
    }

    /// The same with what its key is used for.
    pub(super) fn keyed(self, fingerprint: String) -> Self {
        Self { fingerprint: Some(fingerprint), ..self }
    }

    /// The items that are deleted, where there are several.
    pub(super) fn deleted(&self) -> Vec<NodeId> {
        let deletions = self.operations.iter().filter(|operation| operation.op == BatchOp::Delete);
        let items: Vec<NodeId> = deletions.filter_map(|operation| operation.item).collect();
        if items.len() > 1 { items } else { Vec::new() }
    }

    /// Remembers which of the items that are deleted lie in others of them: `above` has the folders above each of [`Self::deleted`].
    pub(super) fn remember_nesting(&mut self, above: Vec<Vec<NodeId>>) {
        let deleted: HashSet<NodeId> = self.deleted().into_iter().collect();
        let deletions = self
            .operations
            .iter_mut()
            .filter(|operation| operation.op == BatchOp::Delete && operation.item.is_some());
        for (operation, above) in deletions.zip(above) {
            operation.within = above.into_iter().filter(|folder| deleted.contains(folder)).collect();
        }
    }

    /// How many operations are done.
    pub(super) const fn done(&self) -> usize {
        self.results.len()
    }

    /// How many there are.
    pub(super) const fn total(&self) -> usize {
        self.operations.len()
    }

    /// Whether nothing is left, of what was not cancelled.
    pub(super) const fn is_over(&self) -> bool {
        self.current.is_none() && (self.is_cancelled || self.results.len() >= self.operations.len())
    }

    pub(super) const fn is_cancelled(&self) -> bool {
        self.is_cancelled
    }

    /// Whether the next operation has begun and goes on in a unit of its own.
    pub(super) const fn is_amidst(&self) -> bool {
        self.current.is_some()
    }

    /// Its results until now.
    pub(super) fn stored(&self) -> StoredBatch {
        StoredBatch { results: self.results.clone(), fingerprint: self.fingerprint.clone() }
    }

    /// The same, if it were cancelled now; `None` where nothing has to be done any more.
    pub(super) fn cancelled(self) -> Option<Self> {
        let (work, item) = self.current?;
        let current = Some((work.cancelled()?, item));
        Some(Self { current, is_cancelled: true, ..self })
    }

    /// Remembers the operation at `place` as refused, if it is the next one, and if it has begun where it had when it was refused. Another
    /// worker may have begun it meanwhile: what is half done would stay so.
    pub(super) fn refuse(&mut self, place: usize, is_amidst: bool, error: &TreeError) {
        if place != self.results.len() || is_amidst != self.is_amidst() {
            return;
        }
        if let Some(operation) = self.operations.get(place) {
            self.results.push(operation.refused(Refusal::of(error)));
            (self.current, self.requested_name) = (None, None);
        }
    }

    /// Goes on with the operation that has begun, in a unit that has entered the drive. The parts of it that failed.
    pub(super) async fn go_on(
        &mut self,
        context: &Context,
        unit: &mut dyn UnitOfWork,
        access: &Access,
        entered: &Entered,
    ) -> Result<Vec<FailedItem>, TreeError> {
        let Some((work, item)) = self.current.take() else { return Ok(Vec::new()) };
        let Advanced { failed, left, requested_name, .. } =
            work.advance(context, unit, access, entered).await?;
        if requested_name.is_some() {
            self.requested_name = to_store(requested_name.as_ref());
        }
        match left {
            Left::Work(work) => self.current = Some((work, item)),
            Left::Nothing => {
                let requested_name = stored_name("operations.rest", self.requested_name.take().as_deref())?;
                self.finish(DoneItem { item, requested_name, ..DoneItem::default() });
            }
            // It is not done: like those after it, it has no result.
            Left::Cancelled => {}
        }
        Ok(failed)
    }

    fn finish(&mut self, done: DoneItem) {
        let Some(operation) = self.operations.get(self.results.len()) else { return };
        if operation.op == BatchOp::Restore {
            self.folders.extend(operation.item);
        }
        self.results.push(operation.done(done));
    }

    /// Does the next operations in a unit that has entered the drive: at most `most`, and until so many rows are changed as one unit changes.
    /// One that has more to do than that is begun. Of a batch that is cancelled none is done.
    pub(super) async fn advance(
        &mut self,
        context: &Context,
        unit: &mut dyn UnitOfWork,
        access: &Access,
        mut entered: Entered,
        most: usize,
    ) -> Result<Vec<Did>, Refused> {
        let mut all = Vec::new();
        let mut rows = 0;
        while !self.is_cancelled && all.len() < most && rows < u64::from(UNIT_ENTRIES) {
            let Some(operation) = self.operations.get(self.results.len()).cloned() else { break };
            let at = Some((self.results.len(), all.len()));
            let refused = |error| Refused { at, is_amidst: false, error };
            let begun = self.run(context, unit, access, entered, &operation).await.map_err(refused)?;
            rows = rows.saturating_add(begun.items.max(1));
            entered.nodes = entered.nodes.saturating_add_signed(begun.growth);
            if begun.left.is_some() {
                self.current = begun.left;
                self.requested_name = to_store(begun.requested_name.as_ref());
                break;
            }
            if let (BatchOp::Move, Did::Item(Item::Folder(folder))) = (operation.op, &begun.value) {
                self.folders.push(folder.id);
            }
            let Begun { value, requested_name, replaced, .. } = begun;
            self.finish(DoneItem { item: value.id(), requested_name, replaced });
            all.push(value);
        }
        Ok(all)
    }

    /// Does one operation, or as much of it as a unit does.
    async fn run(
        &self,
        context: &Context,
        unit: &mut dyn UnitOfWork,
        access: &Access,
        entered: Entered,
        operation: &StoredOperation,
    ) -> Result<Begun<Did>, TreeError> {
        let item = operation.item.ok_or(TreeError::NotFound)?;
        let (if_match, on_conflict) = (operation.if_match(), operation.on_conflict());
        match operation.op {
            BatchOp::Move => {
                let to = operation.parent.ok_or(TreeError::NoParent)?;
                let alike = |other: &StoredOperation| other.op == BatchOp::Move && other.parent == Some(to);
                if let Some(done) = self.done_with_folder(unit, access, item, alike).await? {
                    return Ok(Begun::done(Did::Item(done), 0));
                }
                let command = EditCommand {
                    item,
                    kind: None,
                    if_match,
                    name: None,
                    parent: Some(to),
                    on_conflict,
                    modified_at: None,
                };
                Ok(edit_in(context, unit, access, &entered, &command).await?.map(Did::Item))
            }
            BatchOp::Copy => {
                let parent = operation.parent.ok_or(TreeError::NoParent)?;
                let command = CopyCommand { item, parent, name: operation.name()?, on_conflict };
                Ok(copy_in(context, unit, access, &entered, &command).await?.map(Did::Item))
            }
            BatchOp::Trash => {
                let command = TrashCommand { item, if_match };
                Ok(trash_in(context, unit, access, &command).await?.map(Did::Trashed))
            }
            BatchOp::Restore => {
                let alike = |other: &StoredOperation| other.op == BatchOp::Restore;
                if let Some(done) = self.done_with_folder(unit, access, item, alike).await? {
                    return Ok(Begun::done(Did::Item(done), 0));
                }
                let (parent, recreate_parents) = (operation.parent, operation.flag);
                let command = RestoreCommand { item, parent, recreate_parents, on_conflict };
                Ok(restore_in(context, unit, access, entered, &command).await?.map(Did::Item))
            }
            BatchOp::Delete => {
                let command = DeleteCommand { item, kind: None, if_match, recursive: operation.flag };
                match delete_in(context, unit, access, &command).await {
                    Err(TreeError::NotFound) if self.has_deleted(&operation.within) => {
                        Ok(Begun::done(Did::Deleted, 0))
                    }
                    begun => Ok(begun?.map(|()| Did::Deleted)),
                }
            }
        }
    }

    /// The living item, where it lies in a folder to which an operation of this kind was done: it went along.
    async fn done_with_folder(
        &self,
        unit: &mut dyn UnitOfWork,
        access: &Access,
        item: NodeId,
        alike: impl Fn(&StoredOperation) -> bool + Send,
    ) -> PortResult<Option<Item>> {
        let done = self.operations.iter().zip(&self.results).filter(|(_, result)| result.code.is_none());
        let alike =
            done.filter(|(operation, _)| alike(operation)).filter_map(|(operation, _)| operation.item);
        let folders: HashSet<NodeId> = alike.filter(|item| self.folders.contains(item)).collect();
        if folders.is_empty() {
            return Ok(None);
        }
        let Some(found) = unit.nodes().find(access, item).await? else { return Ok(None) };
        let Some(parent) = found.parent() else { return Ok(None) };
        let lineage = unit.nodes().lineage(parent).await?;
        Ok(lineage.iter().any(|folder| folders.contains(&folder.id)).then_some(found))
    }

    /// Whether one of these items was deleted by this batch, with all that was in it.
    fn has_deleted(&self, items: &[NodeId]) -> bool {
        self.operations.iter().zip(&self.results).any(|(operation, result)| {
            operation.op == BatchOp::Delete
                && result.code.is_none()
                && operation.item.is_some_and(|item| items.contains(&item))
        })
    }
}

fn to_store(name: Option<&FileName>) -> Option<String> {
    name.map(|name| name.as_str().to_owned())
}

#[cfg(test)]
mod tests;
