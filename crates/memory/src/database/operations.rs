//! Operations that go on after their request was answered.

use std::ops::Bound;

use async_trait::async_trait;
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::ids::{OperationId, UserId};
use fm_domain::tree::{Operation, OperationRepo};

use super::tables::Map;
use super::unit::MemoryUnitOfWork;

/// Operations by id.
#[derive(Debug, Clone, Default)]
pub(crate) struct Operations(Map<OperationId, Operation>);

impl Operations {
    pub(super) fn of(&self, owner: UserId, id: OperationId) -> Option<&Operation> {
        self.0.get(&id).filter(|operation| operation.owner == owner)
    }

    /// Whether one of an owner runs.
    pub(super) fn is_running(&self, owner: UserId) -> bool {
        self.0.iter().any(|(_, operation)| operation.owner == owner && operation.ended_at.is_none())
    }

    /// Those of an owner by their ids, after this one.
    pub(super) fn owned_after(
        &self,
        owner: UserId,
        after: Option<OperationId>,
    ) -> impl Iterator<Item = &Operation> {
        let edge = after.map_or(Bound::Unbounded, Bound::Excluded);
        let later = self.0.range((edge, Bound::Unbounded)).map(|(_, operation)| operation);
        later.filter(move |operation| operation.owner == owner)
    }

    /// Removes all of an owner.
    pub(super) fn remove_owned(&mut self, owner: UserId) {
        let theirs = self.0.iter().filter(|(_, operation)| operation.owner == owner);
        let ids: Vec<OperationId> = theirs.map(|(id, _)| *id).collect();
        for id in ids {
            self.0.remove_mut(&id);
        }
    }
}

#[async_trait]
impl OperationRepo for MemoryUnitOfWork {
    async fn insert(&mut self, operation: &Operation) -> PortResult<()> {
        if self.tables.operations.0.contains_key(&operation.id) {
            return Err(self.fail("a second operation with one id"));
        }
        self.tables.operations.0.insert_mut(operation.id, operation.clone());
        Ok(())
    }

    async fn find_for_update(&mut self, id: OperationId) -> PortResult<Option<Operation>> {
        Ok(self.tables.operations.0.get(&id).cloned())
    }

    async fn update(&mut self, operation: &Operation) -> PortResult<bool> {
        let Some(old) = self.tables.operations.0.get_mut(&operation.id) else { return Ok(false) };
        let (owner, kind, created_at) = (old.owner, old.kind, old.created_at);
        *old = Operation { owner, kind, created_at, ..operation.clone() };
        Ok(true)
    }

    async fn make_room(&mut self, owner: UserId, keep: u32) -> PortResult<u32> {
        let operations = &mut self.tables.operations.0;
        let theirs = operations.iter().filter(|(_, one)| one.owner == owner);
        let (mut ended, running): (Vec<_>, Vec<_>) =
            theirs.map(|(id, one)| (one.ended_at, *id)).partition(|(ended_at, _)| ended_at.is_some());
        ended.sort_unstable();
        let surplus = ended.len().saturating_sub(keep as usize);
        for (_, id) in &ended[..surplus] {
            operations.remove_mut(id);
        }
        Ok(u32::try_from(running.len()).unwrap_or(u32::MAX))
    }

    async fn purge_ended(&mut self, before: Timestamp, limit: u32) -> PortResult<u32> {
        let operations = &mut self.tables.operations.0;
        let ended = operations.iter().filter(|(_, one)| one.ended_at.is_some_and(|ended| ended < before));
        let ids: Vec<OperationId> = ended.map(|(id, _)| *id).take(limit as usize).collect();
        for id in &ids {
            operations.remove_mut(id);
        }
        Ok(u32::try_from(ids.len()).unwrap_or(u32::MAX))
    }
}
