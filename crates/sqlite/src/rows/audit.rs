//! Entries of the audit trail.

use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use fm_domain::access::Client;
use fm_domain::audit::AuditEntry;
use fm_domain::clock::Timestamp;
use fm_domain::ids::{AuditEntryId, UserId};

use super::Id;
use crate::schema::audit_entries;

/// A row of `audit_entries`.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = audit_entries, check_for_backend(Sqlite))]
pub(crate) struct AuditRow {
    happened_at: i64,
    id: Id,
    action: String,
    actor: Option<Id>,
    account: Option<Id>,
    target: Option<Id>,
    ip: Option<String>,
    user_agent: Option<String>,
}

impl From<&AuditEntry> for AuditRow {
    fn from(entry: &AuditEntry) -> Self {
        let user = |id: UserId| Id::of(id.uuid());
        Self {
            happened_at: entry.at.unix_micros(),
            id: Id::of(entry.id.uuid()),
            action: entry.action.as_str().to_owned(),
            actor: entry.actor.map(user),
            account: entry.account.map(user),
            target: entry.target.map(Id::of),
            ip: entry.client.ip.clone(),
            user_agent: entry.client.user_agent.clone(),
        }
    }
}

impl From<AuditRow> for AuditEntry {
    fn from(row: AuditRow) -> Self {
        let user = |id: Id| UserId::new(id.uuid());
        Self {
            id: AuditEntryId::new(row.id.uuid()),
            at: Timestamp::from_unix_micros(row.happened_at),
            action: row.action.into(),
            actor: row.actor.map(user),
            account: row.account.map(user),
            target: row.target.map(Id::uuid),
            client: Client { ip: row.ip, user_agent: row.user_agent },
        }
    }
}
