//! What was done in the caller's account.

use std::sync::Arc;
use std::time::Duration;

use crate::engine::places::{LISTS, NoPlace, Places};
use crate::ports::Ports;
use fm_domain::access::Actor;
use fm_domain::audit::{
    AuditAction, AuditEntry, AuditFilter, AuditKey, AuditPage, decode_audit_cursor, encode_audit_cursor,
};
use fm_domain::database::Database;
use fm_domain::error::PortError;
use fm_domain::files::InvalidCursor;
use fm_domain::mac::MacSigner;

/// The entries to list, from where on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivityCommand {
    /// Those of this action alone.
    pub action: Option<AuditAction>,
    /// The most entries in a page, 1 to 200.
    pub limit: u32,
    /// The end of the page before.
    pub cursor: Option<String>,
}

/// A page of entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// The entries, newest first.
    pub items: Vec<AuditEntry>,
    /// Where the next page begins, when there is one.
    pub next_cursor: Option<String>,
}

/// Why nothing was listed.
#[derive(Debug, thiserror::Error)]
pub enum ActivityError {
    /// The cursor was tampered with, or belongs to another list.
    #[error(transparent)]
    InvalidCursor(#[from] InvalidCursor),
    /// Too many lists of the user are worked on at the moment.
    #[error("too many lists of the user are worked on at the moment")]
    TooManyLists {
        /// When to ask again.
        retry_after: Duration,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] PortError),
}

impl From<NoPlace> for ActivityError {
    fn from(busy: NoPlace) -> Self {
        Self::TooManyLists { retry_after: busy.retry_after }
    }
}

/// Lists what was done in the caller's account, by whatever client.
pub struct ListActivity {
    db: Arc<dyn Database>,
    macs: Arc<dyn MacSigner>,
    lists: Places,
}

impl ListActivity {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self { db: ports.db.clone(), macs: ports.macs.clone(), lists: Places::new(LISTS) }
    }

    /// One page. Of one user few are made at a time.
    pub async fn run(&self, actor: &Actor, command: ActivityCommand) -> Result<Activity, ActivityError> {
        let ActivityCommand { action, limit, cursor } = command;
        let macs = self.macs.as_ref();
        let filter = AuditFilter { account: Some(actor.user()), action, ..AuditFilter::default() };
        let after = cursor.map(|text| decode_audit_cursor(&text, &filter, macs)).transpose()?;
        let _listing = self.lists.enter(actor.user()).await?;
        // One more than asked for tells whether there is a next page.
        let page = AuditPage { after, limit: limit.saturating_add(1) };
        let mut items = self.db.read().await?.audit().list(&filter, &page).await?;
        let more = items.len() > limit as usize;
        items.truncate(limit as usize);
        let last = if more { items.last() } else { None };
        let cursor_of = |entry| encode_audit_cursor(AuditKey::of(entry), &filter, macs);
        let next_cursor = last.map(cursor_of).transpose()?;
        Ok(Activity { items, next_cursor })
    }
}

#[cfg(test)]
mod tests;
