//! The audit trail.

use std::sync::Arc;

use async_trait::async_trait;
use fm_domain::audit::{AuditEntry, AuditFilter, AuditKey, AuditPage, AuditQueries, AuditRepo};
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::ids::{AuditEntryId, UserId};
use uuid::Uuid;

use super::tables::{Map, Set, Tables};
use super::unit::MemoryUnitOfWork;

/// Entries by their key, and the keys of each account.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trail {
    by_key: Map<AuditKey, Arc<AuditEntry>>,
    of_account: Set<(UserId, AuditKey)>,
}

impl Trail {
    /// How many entries there are.
    pub(crate) fn count(&self) -> usize {
        self.by_key.size()
    }

    fn add(&mut self, entry: &AuditEntry) {
        let key = AuditKey::of(entry);
        if self.by_key.contains_key(&key) {
            return;
        }
        if let Some(account) = entry.account {
            self.of_account.insert_mut((account, key));
        }
        self.by_key.insert_mut(key, Arc::new(entry.clone()));
    }

    fn remove(&mut self, key: &AuditKey) {
        if let Some(account) = self.by_key.get(key).and_then(|entry| entry.account) {
            self.of_account.remove_mut(&(account, *key));
        }
        self.by_key.remove_mut(key);
    }

    /// The keys below `end`, the largest first: of one account, or all.
    fn backwards(&self, account: Option<UserId>, end: AuditKey) -> Box<dyn Iterator<Item = AuditKey> + '_> {
        match account {
            Some(account) => {
                let range = self.of_account.range((account, FIRST)..(account, end));
                Box::new(range.rev().map(|(_, key)| *key))
            }
            None => Box::new(self.by_key.range(..end).rev().map(|(key, _)| *key)),
        }
    }
}

/// No key is smaller.
const FIRST: AuditKey = AuditKey(Timestamp::from_unix_micros(i64::MIN), AuditEntryId::new(Uuid::nil()));
/// No entry has a larger key.
const LAST: AuditKey = AuditKey(Timestamp::from_unix_micros(i64::MAX), AuditEntryId::new(Uuid::max()));

/// The smallest key of a moment.
const fn first_of(moment: Timestamp) -> AuditKey {
    AuditKey(moment, AuditEntryId::new(Uuid::nil()))
}

#[async_trait]
impl AuditQueries for Tables {
    async fn list(&mut self, filter: &AuditFilter, page: &AuditPage) -> PortResult<Vec<AuditEntry>> {
        let until = filter.until.map_or(LAST, first_of);
        let end = page.after.map_or(until, |after| after.min(until));
        let keys = self.trail.backwards(filter.account, end);
        let keys = keys.take_while(|key| filter.since.is_none_or(|since| key.0 >= since));
        let entries = keys.filter_map(|key| self.trail.by_key.get(&key));
        let fitting =
            entries.filter(|entry| filter.action.as_ref().is_none_or(|action| entry.action == *action));
        Ok(fitting.take(page.limit as usize).map(|entry| AuditEntry::clone(entry)).collect())
    }
}

#[async_trait]
impl AuditRepo for MemoryUnitOfWork {
    async fn append(&mut self, entry: &AuditEntry) -> PortResult<()> {
        self.tables.trail.add(entry);
        Ok(())
    }

    async fn purge_before(&mut self, before: Timestamp, limit: u32) -> PortResult<u32> {
        let trail = &mut self.tables.trail;
        let old = trail.by_key.range(..first_of(before));
        let keys: Vec<AuditKey> = old.take(limit as usize).map(|(key, _)| *key).collect();
        for key in &keys {
            trail.remove(key);
        }
        Ok(u32::try_from(keys.len()).unwrap_or(u32::MAX))
    }
}
