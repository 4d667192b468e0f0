//! Rows of `audit_entries`.

use diesel::prelude::*;
use fm_domain::access::Client;
use fm_domain::audit::AuditEntry;
use fm_domain::ids::{AuditEntryId, UserId};
use uuid::Uuid;

use crate::schema::audit_entries;
use crate::value::{Moment, text};

/// An entry, as it is read and written.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = audit_entries, check_for_backend(diesel::pg::Pg), treat_none_as_default_value = false)]
pub(crate) struct AuditRow {
    happened_at: Moment,
    id: Uuid,
    action: String,
    actor_id: Option<Uuid>,
    account_id: Option<Uuid>,
    target_id: Option<Uuid>,
    ip: Option<String>,
    user_agent: Option<String>,
}

impl AuditRow {
    /// The row that holds this entry.
    pub(crate) fn of(entry: &AuditEntry) -> Self {
        Self {
            happened_at: Moment(entry.at),
            id: entry.id.uuid(),
            action: text(entry.action.as_str()),
            actor_id: entry.actor.map(UserId::uuid),
            account_id: entry.account.map(UserId::uuid),
            target_id: entry.target,
            ip: entry.client.ip.as_deref().map(text),
            user_agent: entry.client.user_agent.as_deref().map(text),
        }
    }

    /// The entry that the row holds.
    pub(crate) fn into_entry(self) -> AuditEntry {
        AuditEntry {
            id: AuditEntryId::new(self.id),
            at: self.happened_at.0,
            action: self.action.into(),
            actor: self.actor_id.map(UserId::new),
            account: self.account_id.map(UserId::new),
            target: self.target_id,
            client: Client { ip: self.ip, user_agent: self.user_agent },
        }
    }
}
