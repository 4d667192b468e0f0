//! The audit trail of databases with one fault: each passes everything on, but for that fault.

use std::collections::{BTreeMap, HashSet};
use std::sync::Mutex;

use async_trait::async_trait;
use fm_domain::audit::{AuditAction, AuditEntry, AuditFilter, AuditKey, AuditPage, AuditQueries, AuditRepo};
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::ids::{AuditEntryId, UserId};
use uuid::Uuid;

use crate::mutants::broken_database::{BrokenReads, BrokenUnit, Fault, broken};
use crate::mutants::fresh_database::first;
use crate::mutants::mutants;

/// What is wrong with a trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TrailFault {
    CutsAgents,
    KeepsActionsOfThisVersion,
    AppendsAtOnce,
    ReplacesEntries,
    ListsOldestFirst,
    BreaksTiesByNothing,
    ShowsEveryAccount,
    ShowsByActor,
    FiltersEntriesAfterTheLimit,
    ListsUpToTheEnd,
    ListsFromAfterTheBeginning,
    GoesWithTheAccount,
    PurgesTheYoung,
    PurgesTheNewest,
    PurgesWithoutLimit,
}

/// What all nodes remember beside the tables.
#[derive(Default)]
pub(crate) struct TrailMemory {
    /// Users that were ever inserted.
    pub(crate) users: Mutex<HashSet<UserId>>,
    /// Every entry that a unit was ever given, by its key: committed or not.
    entries: Mutex<BTreeMap<AuditKey, AuditEntry>>,
}

/// The fault of the trail; `None` where something else is wrong.
const fn of_trail(fault: Fault) -> Option<TrailFault> {
    if let Fault::Trail(fault) = fault { Some(fault) } else { None }
}

impl BrokenUnit {
    fn has_trail_fault(&self, fault: TrailFault) -> bool {
        of_trail(self.fault) == Some(fault)
    }
}

impl BrokenReads {
    /// The page of those entries that `fits` lets through.
    fn page_of(
        mut entries: Vec<AuditEntry>,
        page: &AuditPage,
        fits: impl Fn(&AuditEntry) -> bool,
    ) -> Vec<AuditEntry> {
        entries.retain(|entry| fits(entry) && page.after.is_none_or(|after| AuditKey::of(entry) < after));
        entries.truncate(page.limit as usize);
        entries
    }

    /// Whether the account was there once and is no more.
    async fn is_removed(&mut self, account: UserId) -> PortResult<bool> {
        let was_there = self.common.trail.users.lock().unwrap().contains(&account);
        Ok(was_there && self.inner.users().find(account).await?.is_none())
    }
}

#[async_trait]
impl AuditQueries for BrokenReads {
    async fn list(&mut self, filter: &AuditFilter, page: &AuditPage) -> PortResult<Vec<AuditEntry>> {
        let AuditFilter { account, action, since, until } = filter.clone();
        let later = |at: Timestamp| Timestamp::from_unix_micros(at.unix_micros() + 1);
        let filter = match of_trail(self.fault) {
            Some(TrailFault::ShowsEveryAccount | TrailFault::ShowsByActor) => {
                AuditFilter { account: None, ..filter.clone() }
            }
            Some(TrailFault::FiltersEntriesAfterTheLimit) => AuditFilter { action: None, ..filter.clone() },
            Some(TrailFault::ListsUpToTheEnd) => AuditFilter { until: until.map(later), ..filter.clone() },
            Some(TrailFault::ListsFromAfterTheBeginning) => {
                AuditFilter { since: since.map(later), ..filter.clone() }
            }
            _ => filter.clone(),
        };
        let (asked, nil) = (*page, AuditEntryId::new(Uuid::nil()));
        let page = match of_trail(self.fault) {
            Some(TrailFault::ShowsByActor) => AuditPage { limit: u32::MAX, ..*page },
            Some(TrailFault::BreaksTiesByNothing) => {
                AuditPage { after: page.after.map(|AuditKey(at, _)| AuditKey(at, nil)), ..*page }
            }
            _ => *page,
        };
        let mut entries = self.inner.audit().list(&filter, &page).await?;
        match of_trail(self.fault) {
            Some(TrailFault::ShowsByActor) => {
                entries.retain(|entry| account.is_none() || entry.actor == account);
                entries.truncate(asked.limit as usize);
            }
            Some(TrailFault::FiltersEntriesAfterTheLimit) => {
                entries.retain(|entry| action.as_ref().is_none_or(|action| entry.action == *action));
            }
            Some(TrailFault::ListsOldestFirst) => entries.reverse(),
            Some(TrailFault::AppendsAtOnce) => {
                let all = self.common.trail.entries.lock().unwrap().values().rev().cloned().collect();
                return Ok(Self::page_of(all, &page, |entry| {
                    account.is_none_or(|account| entry.account == Some(account))
                        && action.as_ref().is_none_or(|action| entry.action == *action)
                        && since.is_none_or(|since| entry.at >= since)
                        && until.is_none_or(|until| entry.at < until)
                }));
            }
            Some(TrailFault::ReplacesEntries) => {
                let latest = self.common.trail.entries.lock().unwrap().clone();
                for entry in &mut entries {
                    *entry = latest[&AuditKey::of(entry)].clone();
                }
            }
            Some(TrailFault::GoesWithTheAccount) => {
                if let Some(account) = account
                    && self.is_removed(account).await?
                {
                    return Ok(Vec::new());
                }
            }
            _ => {}
        }
        Ok(entries)
    }
}

#[async_trait]
impl AuditRepo for BrokenUnit {
    async fn append(&mut self, entry: &AuditEntry) -> PortResult<()> {
        let (mut entry, key) = (entry.clone(), AuditKey::of(entry));
        if self.has_trail_fault(TrailFault::CutsAgents) {
            entry.client.user_agent = entry.client.user_agent.map(|agent| first(&agent, 255));
        }
        if self.has_trail_fault(TrailFault::KeepsActionsOfThisVersion)
            && !AuditAction::ALL.contains(&entry.action)
        {
            entry.action = AuditAction::LOGIN_FAILED;
        }
        if self.has_trail_fault(TrailFault::ReplacesEntries) {
            self.common.trail.entries.lock().unwrap().insert(key, entry.clone());
        } else {
            self.common.trail.entries.lock().unwrap().entry(key).or_insert_with(|| entry.clone());
        }
        self.honest().audit().append(&entry).await
    }

    async fn purge_before(&mut self, before: Timestamp, limit: u32) -> PortResult<u32> {
        let is_old = |key: &AuditKey| key.0 < before;
        let old: Vec<AuditKey> =
            self.common.trail.entries.lock().unwrap().keys().copied().filter(is_old).collect();
        let limit_of = limit as usize;
        match of_trail(self.fault) {
            Some(TrailFault::PurgesTheYoung) => {
                let before = Timestamp::from_unix_micros(before.unix_micros() + 1);
                self.honest().audit().purge_before(before, limit).await
            }
            Some(TrailFault::PurgesWithoutLimit) => {
                self.honest().audit().purge_before(before, u32::MAX).await
            }
            Some(TrailFault::PurgesTheNewest) => {
                self.honest().audit().purge_before(before, u32::MAX).await?;
                let left = old.len().saturating_sub(limit_of);
                for key in &old[..left] {
                    let entry = self.common.trail.entries.lock().unwrap()[key].clone();
                    self.honest().audit().append(&entry).await?;
                }
                self.common.trail.entries.lock().unwrap().retain(|key, _| !old[left..].contains(key));
                Ok(u32::try_from(old.len() - left).unwrap())
            }
            _ => {
                let oldest = &old[..limit_of.min(old.len())];
                self.common.trail.entries.lock().unwrap().retain(|key, _| !oldest.contains(key));
                self.honest().audit().purge_before(before, limit).await
            }
        }
    }
}

mutants! {
    a_trail_that_cuts_agents: broken(Fault::Trail(TrailFault::CutsAgents)) => database, ["AUDIT-01"];
    a_trail_that_keeps_actions_of_this_version_alone: broken(Fault::Trail(TrailFault::KeepsActionsOfThisVersion)) => database,
        ["AUDIT-01"];
    a_trail_that_shows_entries_before_their_commit: broken(Fault::Trail(TrailFault::AppendsAtOnce)) => database, ["AUDIT-02"];
    a_trail_that_replaces_entries: broken(Fault::Trail(TrailFault::ReplacesEntries)) => database, ["AUDIT-03"];
    a_trail_that_lists_the_oldest_first: broken(Fault::Trail(TrailFault::ListsOldestFirst)) => database,
        ["AUDIT-01", "AUDIT-03", "AUDIT-04", "AUDIT-05", "AUDIT-06", "AUDIT-07", "AUDIT-08"];
    a_trail_that_breaks_ties_by_nothing: broken(Fault::Trail(TrailFault::BreaksTiesByNothing)) => database,
        ["AUDIT-04", "AUDIT-06"];
    a_trail_that_shows_every_account: broken(Fault::Trail(TrailFault::ShowsEveryAccount)) => database,
        ["AUDIT-05", "AUDIT-06", "AUDIT-08"];
    a_trail_that_shows_by_the_actor: broken(Fault::Trail(TrailFault::ShowsByActor)) => database, ["AUDIT-05"];
    a_trail_that_filters_after_the_limit: broken(Fault::Trail(TrailFault::FiltersEntriesAfterTheLimit)) => database, ["AUDIT-06"];
    a_trail_that_lists_up_to_the_end: broken(Fault::Trail(TrailFault::ListsUpToTheEnd)) => database, ["AUDIT-06"];
    a_trail_that_lists_from_after_the_beginning: broken(Fault::Trail(TrailFault::ListsFromAfterTheBeginning)) => database,
        ["AUDIT-06"];
    a_trail_that_goes_with_the_account: broken(Fault::Trail(TrailFault::GoesWithTheAccount)) => database, ["AUDIT-07"];
    a_trail_that_purges_the_young: broken(Fault::Trail(TrailFault::PurgesTheYoung)) => database, ["AUDIT-08"];
    a_trail_that_purges_the_newest: broken(Fault::Trail(TrailFault::PurgesTheNewest)) => database, ["AUDIT-08"];
    a_trail_that_purges_without_limit: broken(Fault::Trail(TrailFault::PurgesWithoutLimit)) => database, ["AUDIT-08"];
}
