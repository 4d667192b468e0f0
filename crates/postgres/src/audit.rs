//! The audit trail.

use async_trait::async_trait;
use diesel::dsl::{AsSelect, Select};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Timestamptz};
use diesel_async::RunQueryDsl;
use fm_domain::audit::{AuditEntry, AuditFilter, AuditKey, AuditPage, AuditQueries, AuditRepo};
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;

use crate::read::PgReadRepos;
use crate::rows::AuditRow;
use crate::schema::audit_entries as entries;
use crate::sql::{statement, typed};
use crate::unit_of_work::{PgUnitOfWork, Target};
use crate::value::Moment;

/// Entries that another sweep is just removing are passed over.
pub(crate) const PURGE: &str = "WITH old AS MATERIALIZED (\
        SELECT happened_at, id FROM audit_entries WHERE happened_at < ? \
        ORDER BY happened_at, id LIMIT ? FOR UPDATE SKIP LOCKED\
    ) DELETE FROM audit_entries AS gone USING old \
    WHERE gone.happened_at = old.happened_at AND gone.id = old.id";

type Entries = Select<entries::table, AsSelect<AuditRow, Pg>>;

/// A page of entries, ready to be sent.
pub(crate) fn list(
    filter: &AuditFilter,
    page: &AuditPage,
) -> diesel::helper_types::IntoBoxed<'static, Entries, Pg> {
    let mut query = entries::table.select(AuditRow::as_select()).into_boxed::<Pg>();
    if let Some(account) = filter.account {
        query = query.filter(entries::account_id.eq(account.uuid()));
    }
    if let Some(action) = &filter.action {
        query = query.filter(entries::action.eq(action.as_str().to_owned()));
    }
    if let Some(since) = filter.since {
        query = query.filter(entries::happened_at.ge(Moment(since)));
    }
    // One of the two is the earlier end, where the walk begins: with both the planner may seek to the later one.
    let after = page.after.filter(|AuditKey(at, _)| filter.until.is_none_or(|until| *at < until));
    if let Some(AuditKey(at, id)) = after {
        query = query.filter(entries::happened_at.le(Moment(at)));
        // Leaves out what is of the same microsecond.
        query = query.filter(entries::happened_at.lt(Moment(at)).or(entries::id.lt(id.uuid())));
    } else if let Some(until) = filter.until {
        query = query.filter(entries::happened_at.lt(Moment(until)));
    }
    query.order((entries::happened_at.desc(), entries::id.desc())).limit(i64::from(page.limit))
}

#[async_trait]
impl AuditQueries for PgReadRepos {
    async fn list(&mut self, filter: &AuditFilter, page: &AuditPage) -> PortResult<Vec<AuditEntry>> {
        let query = list(filter, page);
        let mut lease = self.pool.lease().await?;
        let rows: Vec<AuditRow> = lease.run(|connection| query.load(connection)).await?;
        Ok(rows.into_iter().map(AuditRow::into_entry).collect())
    }
}

#[async_trait]
impl AuditRepo for PgUnitOfWork {
    async fn append(&mut self, entry: &AuditEntry) -> PortResult<()> {
        let insert = diesel::insert_into(entries::table).values(AuditRow::of(entry)).on_conflict_do_nothing();
        self.defer_insert(Target::AuditEntries, insert).await
    }

    async fn purge_before(&mut self, before: Timestamp, limit: u32) -> PortResult<u32> {
        let purge = statement::<(), _>(
            PURGE,
            (typed::<Timestamptz, _>(Moment(before)), typed::<BigInt, _>(i64::from(limit))),
        );
        let purged = self.run(|connection| purge.execute(connection)).await?;
        Ok(u32::try_from(purged).unwrap_or(u32::MAX))
    }
}
