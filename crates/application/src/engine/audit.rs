//! The audit trail, as use cases write it: in the unit of work of a change, or by an entry of its own.

use std::sync::Arc;
use std::time::Duration;

use fm_domain::access::{Actor, Client};
use fm_domain::audit::{AuditAction, AuditEntry};
use fm_domain::clock::{Clock, Timestamp};
use fm_domain::database::{Database, UnitOfWork};
use fm_domain::error::{PortError, PortResult, chain};
use fm_domain::ids::{AuditEntryId, IdSource, UserId};
use uuid::Uuid;

use super::retry::retry_conflicts;
use crate::ports::Ports;

/// How long a request waits for an entry of its own.
const WRITE_TIMEOUT: Duration = Duration::from_secs(2);

/// What an entry tells, but for its id and time.
pub(crate) struct Act<'a> {
    pub(crate) action: AuditAction,
    pub(crate) actor: Option<UserId>,
    pub(crate) account: Option<UserId>,
    pub(crate) target: Option<Uuid>,
    pub(crate) client: &'a Client,
}

impl<'a> Act<'a> {
    /// What an actor does in their own account.
    pub(crate) const fn by(actor: &'a Actor, action: AuditAction, target: Option<Uuid>) -> Self {
        let user = Some(actor.user());
        Self { action, actor: user, account: user, target, client: actor.client() }
    }

    /// What an operator does by a command.
    pub(crate) const fn of_operator(action: AuditAction, target: Option<Uuid>) -> Self {
        const NOWHERE: &Client = &Client { ip: None, user_agent: None };
        Self { action, actor: None, account: None, target, client: NOWHERE }
    }
}

/// Writes the audit trail, unless its retention is zero. Cheap to clone.
#[derive(Clone)]
pub(crate) struct AuditTrail {
    db: Arc<dyn Database>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    is_on: bool,
}

impl AuditTrail {
    pub(crate) fn new(ports: &Ports) -> Self {
        let (db, clock, ids) = (ports.db.clone(), ports.clock.clone(), ports.ids.clone());
        Self { db, clock, ids, is_on: !ports.audit_retention.is_zero() }
    }

    /// Whether entries are written.
    pub(crate) const fn is_on(&self) -> bool {
        self.is_on
    }

    /// Adds the entry of a change to the unit that makes it.
    pub(crate) async fn append(
        &self,
        unit: &mut dyn UnitOfWork,
        at: Timestamp,
        act: Act<'_>,
    ) -> PortResult<()> {
        if self.is_on { unit.audit().append(&self.entry(at, act)).await } else { Ok(()) }
    }

    /// Writes the entry of what no unit of work does. What was done stays done: a failure is a line of the log.
    pub(crate) async fn record(&self, act: Act<'_>) {
        self.record_all([act]).await;
    }

    /// The same for several acts, in one unit.
    pub(crate) async fn record_all<'a>(&self, acts: impl IntoIterator<Item = Act<'a>> + Send) {
        let now = self.clock.now();
        let entries: Vec<AuditEntry> = acts.into_iter().map(|act| self.entry(now, act)).collect();
        if !self.is_on || entries.is_empty() {
            return;
        }
        let written = tokio::time::timeout(WRITE_TIMEOUT, retry_conflicts(|| self.write(&entries))).await;
        let failure = match written {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error,
            Err(elapsed) => PortError::Unavailable(Box::new(elapsed)),
        };
        for AuditEntry { action, account, .. } in &entries {
            let user = account.map(tracing::field::display);
            tracing::warn!(%action, user.id = user, error = chain(&failure), "an entry of the audit trail was not written");
        }
    }

    async fn write(&self, entries: &[AuditEntry]) -> PortResult<()> {
        let mut unit = self.db.begin().await?;
        for entry in entries {
            unit.audit().append(entry).await?;
        }
        unit.commit().await
    }

    fn entry(&self, at: Timestamp, act: Act<'_>) -> AuditEntry {
        let Act { action, actor, account, target, client } = act;
        let id = AuditEntryId::new(self.ids.uuid());
        AuditEntry { id, at, action, actor, account, target, client: client.clone().shortened() }
    }
}

#[cfg(test)]
mod tests;
