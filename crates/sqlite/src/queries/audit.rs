//! Questions about the audit trail.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use fm_domain::audit::{AuditEntry, AuditFilter, AuditKey, AuditPage, AuditQueries};
use fm_domain::error::PortResult;

use crate::database::SqliteReadRepos;
use crate::error::store_error;
use crate::rows::{AuditRow, Id};
use crate::schema::audit_entries as entries;

/// A page of entries.
pub(crate) fn list(
    connection: &mut SqliteConnection,
    filter: AuditFilter,
    page: AuditPage,
) -> PortResult<Vec<AuditEntry>> {
    let mut query = entries::table
        .select(AuditRow::as_select())
        .order((entries::happened_at.desc(), entries::id.desc()))
        .limit(page.limit.into())
        .into_boxed::<Sqlite>();
    if let Some(account) = filter.account {
        query = query.filter(entries::account.eq(Id::of(account.uuid())).assume_not_null());
    }
    if let Some(action) = filter.action {
        query = query.filter(entries::action.eq(action.as_str().to_owned()));
    }
    if let Some(since) = filter.since {
        query = query.filter(entries::happened_at.ge(since.unix_micros()));
    }
    // One of the two is the earlier end, where the walk begins: with both the planner may seek to the later one.
    let after = page.after.filter(|AuditKey(at, _)| filter.until.is_none_or(|until| *at < until));
    if let Some(AuditKey(at, id)) = after {
        let (at, id) = (at.unix_micros(), Id::of(id.uuid()));
        query = query.filter(entries::happened_at.le(at));
        // Leaves out what is of the same microsecond.
        query = query.filter(entries::happened_at.lt(at).or(entries::id.lt(id)));
    } else if let Some(until) = filter.until {
        query = query.filter(entries::happened_at.lt(until.unix_micros()));
    }
    let rows: Vec<AuditRow> = query.load(connection).map_err(store_error)?;
    Ok(rows.into_iter().map(AuditEntry::from).collect())
}

#[async_trait]
impl AuditQueries for SqliteReadRepos {
    async fn list(&mut self, filter: &AuditFilter, page: &AuditPage) -> PortResult<Vec<AuditEntry>> {
        let (filter, page) = (filter.clone(), *page);
        self.ask(move |connection| list(connection, filter, page)).await
    }
}
