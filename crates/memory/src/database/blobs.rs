//! The states of blobs.

use std::collections::HashMap;
use std::ops::Bound;

use async_trait::async_trait;
use fm_domain::archive::{ArchivedBlob, BlobTally, LooseBlob, LooseState};
use fm_domain::blobs::{
    BlobIntent, BlobKey, BlobQueries, BlobRecord, BlobRepo, BlobState, ExpiredIntent, MarkStored, StoredBlob,
    Sweepable, Tombstone,
};
use fm_domain::body::ByteSize;
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::ids::{BlobId, UserId};

use super::previews::Previews;
use super::tables::{Map, Set, Tables};
use super::unit::MemoryUnitOfWork;

/// Blobs by id, and in the orders in which they are swept.
#[derive(Debug, Clone, Default)]
pub(crate) struct Blobs {
    by_id: Map<BlobId, BlobRow>,
    /// Intents, by when they expire.
    expiring: Set<(Timestamp, BlobId)>,
    /// Tombstones, by when they are due.
    due: Set<(Timestamp, BlobId)>,
    /// Intents, by their owners.
    intents: Set<(UserId, BlobId)>,
    /// They go with the blobs that they show.
    pub(super) previews: Previews,
}

#[derive(Debug, Clone)]
struct BlobRow {
    key: BlobKey,
    owner: UserId,
    reserved: ByteSize,
    state: Standing,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Standing {
    Intent { expires_at: Timestamp },
    Stored { size: ByteSize, references: u64 },
    Deleted { deleted_at: Timestamp, due_at: Timestamp, was_stored: bool },
}

impl Standing {
    const fn told(self) -> BlobState {
        match self {
            Self::Intent { .. } => BlobState::Intent,
            Self::Stored { size, .. } => BlobState::Stored { size },
            Self::Deleted { .. } => BlobState::Deleted,
        }
    }
}

impl BlobRow {
    fn tombstone(&self) -> Option<Tombstone> {
        match self.state {
            Standing::Deleted { deleted_at, was_stored, .. } => {
                Some(Tombstone { key: self.key, deleted_at, was_stored })
            }
            Standing::Intent { .. } | Standing::Stored { .. } => None,
        }
    }
}

impl Blobs {
    pub(super) fn state(&self, id: BlobId) -> Option<Standing> {
        self.by_id.get(&id).map(|row| row.state)
    }

    /// Takes the row with its places in every order.
    fn take(&mut self, id: BlobId) -> Option<BlobRow> {
        let row = self.by_id.get(&id).cloned()?;
        self.by_id.remove_mut(&id);
        self.intents.remove_mut(&(row.owner, id));
        match row.state {
            Standing::Intent { expires_at } => self.expiring.remove_mut(&(expires_at, id)),
            Standing::Deleted { due_at, .. } => self.due.remove_mut(&(due_at, id)),
            Standing::Stored { .. } => false,
        };
        Some(row)
    }

    fn put(&mut self, row: BlobRow) {
        let id = row.key.id;
        match row.state {
            Standing::Intent { expires_at } => {
                self.expiring.insert_mut((expires_at, id));
                self.intents.insert_mut((row.owner, id));
            }
            Standing::Stored { .. } => {}
            Standing::Deleted { due_at, .. } => self.due.insert_mut((due_at, id)),
        }
        self.by_id.insert_mut(id, row);
    }

    fn set(&mut self, id: BlobId, state: Standing) {
        if let Some(row) = self.take(id) {
            self.put(BlobRow { state, ..row });
        }
    }

    pub(super) fn mark_deleted(&mut self, id: BlobId, at: Timestamp) -> bool {
        let was_stored = match self.state(id) {
            Some(Standing::Intent { .. }) => false,
            Some(Standing::Stored { .. }) => true,
            Some(Standing::Deleted { .. }) | None => return false,
        };
        self.set(id, Standing::Deleted { deleted_at: at, due_at: at, was_stored });
        true
    }

    pub(super) fn key(&self, id: BlobId) -> Option<BlobKey> {
        self.by_id.get(&id).map(|row| row.key)
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.by_id.size()
    }

    /// Adds a stored blob with one reference, unless there is one with its id.
    pub(super) fn add_stored(&mut self, blob: &ArchivedBlob) {
        let ArchivedBlob { key, owner, size } = *blob;
        if !self.by_id.contains_key(&key.id) {
            let state = Standing::Stored { size, references: 1 };
            self.put(BlobRow { key, owner, reserved: ByteSize::ZERO, state });
        }
    }

    /// Stored blobs that count other references than `counted` says.
    pub(super) fn wrong_references(&self, counted: &HashMap<BlobId, u64>) -> Vec<BlobTally> {
        let stored = self.by_id.iter().filter_map(|(id, row)| match row.state {
            Standing::Stored { references, .. } => {
                let counted = counted.get(id).copied().unwrap_or(0);
                Some(BlobTally { key: row.key, recorded: references, counted })
            }
            Standing::Intent { .. } | Standing::Deleted { .. } => None,
        });
        stored.filter(|tally| tally.recorded != tally.counted).collect()
    }

    /// Makes a stored blob count so many references; without any it is a tombstone due at `at`, with its previews. How many rows it
    /// changed.
    pub(super) fn set_references(&mut self, id: BlobId, references: u64, at: Timestamp) -> usize {
        match self.state(id) {
            Some(Standing::Stored { size, .. }) if references > 0 => {
                self.set(id, Standing::Stored { size, references });
                1
            }
            Some(Standing::Stored { .. }) => self.mark_deleted_with_previews(id, at).len(),
            Some(Standing::Intent { .. } | Standing::Deleted { .. }) | None => 0,
        }
    }

    /// Those after `after` by their ids whose bytes no file of a user needs.
    pub(crate) fn loose(
        &self,
        after: Option<BlobId>,
        limit: usize,
        is_needed: impl Fn(BlobId) -> bool,
    ) -> Vec<LooseBlob> {
        let edge = after.map_or(Bound::Unbounded, Bound::Excluded);
        let rows = self.by_id.range((edge, Bound::Unbounded)).map(|(_, row)| row);
        let loose = rows.filter_map(|row| {
            let state = match row.state {
                Standing::Intent { expires_at } => LooseState::Intent { expires_at },
                Standing::Stored { .. } if is_needed(row.key.id) => return None,
                Standing::Stored { .. } => LooseState::Unreferenced,
                Standing::Deleted { deleted_at, due_at, was_stored } => {
                    LooseState::Deleted { deleted_at, due_at, was_stored }
                }
            };
            Some(LooseBlob { key: row.key, owner: row.owner, state })
        });
        loose.take(limit).collect()
    }

    /// Turns up to `limit` intents of the owner into tombstones; answers how many.
    pub(crate) fn cancel_owned(&mut self, owner: UserId, at: Timestamp, limit: usize) -> usize {
        let from = (owner, BlobId::new(uuid::Uuid::nil()));
        let theirs = self.intents.range(from..).take_while(|(of, _)| *of == owner).take(limit);
        let ids: Vec<BlobId> = theirs.map(|(_, id)| *id).collect();
        for id in &ids {
            self.mark_deleted(*id, at);
        }
        ids.len()
    }

    /// Drops a reference of each of these stored blobs; the keys of those that had no other, and of their previews, which are tombstones
    /// then.
    pub(crate) fn drop_references(&mut self, ids: &[BlobId], at: Timestamp) -> Vec<BlobKey> {
        let mut gone = Vec::new();
        for id in ids {
            match self.state(*id) {
                Some(Standing::Stored { size, references }) if references > 1 => {
                    self.set(*id, Standing::Stored { size, references: references - 1 });
                }
                Some(Standing::Stored { .. }) => gone.extend(self.mark_deleted_with_previews(*id, at)),
                Some(Standing::Intent { .. } | Standing::Deleted { .. }) | None => {}
            }
        }
        gone
    }
}

#[async_trait]
impl BlobQueries for Tables {
    async fn find(&mut self, ids: &[BlobId]) -> PortResult<Vec<BlobRecord>> {
        let rows = ids.iter().filter_map(|id| self.blobs.by_id.get(id));
        Ok(rows.map(|row| BlobRecord { key: row.key, state: row.state.told() }).collect())
    }

    async fn count_sweepable(&mut self, now: Timestamp, limit: u32) -> PortResult<Sweepable> {
        let limit = limit as usize;
        let expired = self.blobs.expiring.iter().take_while(|(at, _)| *at < now).take(limit).count();
        let due = self.blobs.due.iter().take_while(|(at, _)| *at <= now).take(limit).count();
        Ok(Sweepable { expired: expired as u64, due: due as u64 })
    }
}

#[async_trait]
impl BlobRepo for MemoryUnitOfWork {
    async fn record_intent(&mut self, intent: &BlobIntent) -> PortResult<()> {
        if self.tables.blobs.by_id.contains_key(&intent.key.id) {
            return Err(self.fail("a second blob with one id"));
        }
        let state = Standing::Intent { expires_at: intent.expires_at };
        let row = BlobRow { key: intent.key, owner: intent.owner, reserved: intent.reserved, state };
        self.tables.blobs.put(row);
        Ok(())
    }

    async fn renew(&mut self, id: BlobId, expires_at: Timestamp) -> PortResult<bool> {
        let recorded = matches!(self.tables.blobs.state(id), Some(Standing::Intent { .. }));
        if recorded {
            self.tables.blobs.set(id, Standing::Intent { expires_at });
        }
        Ok(recorded)
    }

    async fn mark_stored(&mut self, id: BlobId, stored: &StoredBlob) -> Result<(), MarkStored> {
        match self.tables.blobs.state(id) {
            Some(Standing::Intent { .. }) => {
                self.tables.blobs.set(id, Standing::Stored { size: stored.size, references: 1 });
                Ok(())
            }
            Some(Standing::Stored { .. } | Standing::Deleted { .. }) | None => Err(MarkStored::NoIntent),
        }
    }

    async fn mark_deleted(&mut self, id: BlobId, at: Timestamp) -> PortResult<bool> {
        Ok(self.tables.blobs.mark_deleted(id, at))
    }

    async fn cancel_intent(&mut self, id: BlobId, at: Timestamp) -> PortResult<bool> {
        let recorded = matches!(self.tables.blobs.state(id), Some(Standing::Intent { .. }));
        Ok(recorded && self.tables.blobs.mark_deleted(id, at))
    }

    async fn cancel_expired(&mut self, now: Timestamp, limit: u32) -> PortResult<Vec<ExpiredIntent>> {
        let blobs = &mut self.tables.blobs;
        let expired =
            blobs.expiring.iter().take_while(|(expires_at, _)| *expires_at < now).take(limit as usize);
        let ids: Vec<BlobId> = expired.map(|(_, id)| *id).collect();
        let mut given = Vec::with_capacity(ids.len());
        for id in ids {
            if let Some(row) = blobs.by_id.get(&id) {
                given.push(ExpiredIntent { key: row.key, owner: row.owner, reserved: row.reserved });
            }
            blobs.mark_deleted(id, now);
        }
        Ok(given)
    }

    async fn due(&mut self, now: Timestamp, limit: u32) -> PortResult<Vec<Tombstone>> {
        let blobs = &self.tables.blobs;
        let due = blobs.due.iter().take_while(|(due_at, _)| *due_at <= now).take(limit as usize);
        Ok(due.filter_map(|(_, id)| blobs.by_id.get(id)?.tombstone()).collect())
    }

    async fn find_tombstones(&mut self, keys: &[BlobKey]) -> PortResult<Vec<Tombstone>> {
        let rows = &self.tables.blobs.by_id;
        let found = keys.iter().filter_map(|key| rows.get(&key.id).filter(|row| row.key == *key));
        Ok(found.filter_map(BlobRow::tombstone).collect())
    }

    async fn postpone(&mut self, id: BlobId, until: Timestamp) -> PortResult<()> {
        if let Some(Standing::Deleted { deleted_at, was_stored, .. }) = self.tables.blobs.state(id) {
            self.tables.blobs.set(id, Standing::Deleted { deleted_at, due_at: until, was_stored });
        }
        Ok(())
    }

    async fn add_references(&mut self, ids: &[BlobId]) -> PortResult<bool> {
        let blobs = &mut self.tables.blobs;
        for id in ids {
            let Some(Standing::Stored { size, references }) = blobs.state(*id) else { return Ok(false) };
            blobs.set(*id, Standing::Stored { size, references: references + 1 });
        }
        Ok(true)
    }

    async fn drop_references(&mut self, ids: &[BlobId], at: Timestamp) -> PortResult<Vec<BlobKey>> {
        Ok(self.tables.blobs.drop_references(ids, at))
    }

    async fn remove(&mut self, id: BlobId) -> PortResult<()> {
        if matches!(self.tables.blobs.state(id), Some(Standing::Deleted { .. })) {
            self.tables.blobs.take(id);
        }
        Ok(())
    }
}
