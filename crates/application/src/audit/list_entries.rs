//! The trail of all accounts, for operators.

use std::sync::Arc;

use crate::ports::Ports;
use fm_domain::audit::{AuditEntry, AuditFilter, AuditKey, AuditPage};
use fm_domain::database::Database;
use fm_domain::error::PortResult;

/// How many entries one page has at most.
const PAGE: u32 = 500;

/// Lists entries of every account.
pub struct ListEntries {
    db: Arc<dyn Database>,
}

impl ListEntries {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self { db: ports.db.clone() }
    }

    /// Those that the filter fits, newest first: those after `after`, at most `limit` and at most 500. An empty page is the
    /// end.
    pub async fn run(
        &self,
        filter: &AuditFilter,
        after: Option<AuditKey>,
        limit: u32,
    ) -> PortResult<Vec<AuditEntry>> {
        let page = AuditPage { after, limit: limit.min(PAGE) };
        self.db.read().await?.audit().list(filter, &page).await
    }
}

#[cfg(test)]
mod tests;
