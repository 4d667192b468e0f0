//! The audit trail of all accounts, as admins see it.

use std::sync::Arc;

use super::{Administrator, PageError};
use crate::ports::Ports;
use fm_domain::audit::{
    AuditEntry, AuditFilter, AuditKey, AuditPage, decode_audit_cursor, encode_audit_cursor,
};
use fm_domain::database::Database;
use fm_domain::mac::MacSigner;

/// The entries to list, from where on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListTrailCommand {
    /// Those that this fits.
    pub filter: AuditFilter,
    /// The most entries in a page.
    pub limit: u32,
    /// The end of the page before.
    pub cursor: Option<String>,
}

/// A page of entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrailPage {
    /// The entries, newest first.
    pub items: Vec<AuditEntry>,
    /// Where the next page begins, when there is one.
    pub next_cursor: Option<String>,
}

/// Lists entries of every account.
pub struct ListTrail {
    db: Arc<dyn Database>,
    macs: Arc<dyn MacSigner>,
}

impl ListTrail {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self { db: ports.db.clone(), macs: ports.macs.clone() }
    }

    /// One page.
    pub async fn run(&self, by: &Administrator, command: ListTrailCommand) -> Result<TrailPage, PageError> {
        by.check(self.db.as_ref()).await?;
        let ListTrailCommand { filter, limit, cursor } = command;
        let macs = self.macs.as_ref();
        let after = cursor.map(|text| decode_audit_cursor(&text, &filter, macs)).transpose()?;
        // One more than asked for tells whether there is a next page.
        let page = AuditPage { after, limit: limit.saturating_add(1) };
        let mut items = self.db.read().await?.audit().list(&filter, &page).await?;
        let has_more = items.len() > limit as usize;
        items.truncate(limit as usize);
        let last = items.last().filter(|_| has_more);
        let cursor_of = |entry| encode_audit_cursor(AuditKey::of(entry), &filter, macs);
        let next_cursor = last.map(cursor_of).transpose()?;
        Ok(TrailPage { items, next_cursor })
    }
}

#[cfg(test)]
mod tests;
