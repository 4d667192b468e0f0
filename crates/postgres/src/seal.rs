//! The seal: a trigger on each table that refuses every change.

use std::time::{Duration, Instant};

use diesel::QueryableByName;
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl as _;
use fm_domain::archive::SealOutcome;
use fm_domain::error::{Cause, PortError, PortResult, chain};
use tokio::time::sleep;

use crate::lease::PgLease;
use crate::pool::PgPool;
use crate::timing::{SEAL, SEAL_FIRST_LOCK, SEAL_LONGEST_LOCK};
use crate::value::count;

/// The tables that are sealed: all but that of sessions, which may be in another store.
const TABLES: [&str; 11] = [
    "blobs",
    "previews",
    "idempotency_keys",
    "nodes",
    "file_versions",
    "operations",
    "uploads",
    "upload_parts",
    "jobs",
    "users",
    "audit_entries",
];

const ALL_TABLES: u64 = TABLES.len() as u64;

/// Gives two processes that change the seal their turns: both make or drop the one function.
const ONE_AT_A_TIME: &str = "SELECT pg_advisory_xact_lock(hashtext('file-manager seal'))";

/// The triggers that are there.
const COUNT: &str = "SELECT count(*) AS triggers FROM pg_trigger \
    WHERE tgfoid = to_regproc('file_manager_refuse_change')::oid";

/// The function goes last, unless another process has made a trigger meanwhile that needs it.
const DROP_FUNCTION: &str = "DO $seal$ BEGIN \
        IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgfoid = to_regproc('file_manager_refuse_change')::oid) THEN \
            DROP FUNCTION IF EXISTS file_manager_refuse_change(); \
        END IF; \
    END $seal$";

/// The lock waits for the transactions that have changed the table, and has those wait that are about to; every statement that
/// begins after it was released sees the trigger.
fn lock_table(table: &str) -> String {
    format!("LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")
}

/// Seals a table that is locked.
fn seal_table(table: &str) -> String {
    format!(
        "DO $seal$ BEGIN \
             IF to_regproc('file_manager_refuse_change') IS NULL THEN \
                 CREATE FUNCTION file_manager_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $refuse$ BEGIN \
                     RAISE EXCEPTION 'the database is sealed by file-manager export --final: file-manager export --unseal \
takes the seal off' USING ERRCODE = 'read_only_sql_transaction'; \
                 END $refuse$; \
             END IF; \
             IF NOT EXISTS (SELECT FROM pg_trigger \
                            WHERE tgrelid = '{table}'::regclass AND tgname = 'file_manager_seal') THEN \
                 CREATE TRIGGER file_manager_seal BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table} \
                     FOR EACH STATEMENT EXECUTE PROCEDURE file_manager_refuse_change(); \
             END IF; \
         END $seal$"
    )
}

fn unseal_table(table: &str) -> String {
    format!("DROP TRIGGER IF EXISTS file_manager_seal ON {table}")
}

/// Unseals a table unless all are sealed.
fn unseal_table_of_some(table: &str) -> String {
    let unseal = unseal_table(table);
    format!(
        "DO $undo$ BEGIN \
             IF (SELECT count(*) FROM pg_trigger \
                 WHERE tgfoid = to_regproc('file_manager_refuse_change')::oid) < {ALL_TABLES} THEN \
                 {unseal}; \
             END IF; \
         END $undo$"
    )
}

/// A table was in use for the whole time.
#[derive(Debug, thiserror::Error)]
#[error(
    "the lock of {what} was not free for {limit:?}: look for the transaction that keeps it in pg_stat_activity, and try again when \
     it has ended"
)]
struct InUse {
    what: &'static str,
    limit: Duration,
    source: Cause,
}

/// One change of the seal.
///
/// Tables are changed one after the other, each in a transaction of its own: no lock is held while another is waited for, so
/// there is no deadlock however busy the writers are. A unit of work that has changed one table before it was sealed and another
/// one afterwards is refused there, and none of it is committed; so after the last table no unit commits anything.
pub(crate) struct SealChange<'p> {
    pool: &'p PgPool,
    started: Instant,
    limit: Duration,
}

impl<'p> SealChange<'p> {
    pub(crate) fn new(pool: &'p PgPool) -> Self {
        Self::within(pool, SEAL)
    }

    /// The last try ends a few seconds after this limit at most.
    fn within(pool: &'p PgPool, limit: Duration) -> Self {
        Self { pool, started: Instant::now(), limit }
    }

    /// Seals the database. Of several calls at a time each may seal some tables: the one that seals the last one has sealed the
    /// database.
    ///
    /// Where this fails the tables that this call sealed are unsealed, unless all are sealed by then: another call may have
    /// answered for them.
    pub(crate) async fn put_on(self) -> PortResult<SealOutcome> {
        let mut sealed = Vec::new();
        let outcome = self.seal_tables(&mut sealed).await;
        if outcome.is_err()
            && !sealed.is_empty()
            && let Err(error) = Self::within(self.pool, self.limit).undo(&sealed).await
        {
            tracing::error!(
                error = chain(&error),
                "tables stay sealed: file-manager export --unseal takes the seal off"
            );
        }
        outcome
    }

    /// Takes the seal off. Where that fails some tables may stay sealed.
    pub(crate) async fn take_off(self) -> PortResult<()> {
        for table in TABLES {
            self.change(table, &unseal_table(table)).await?;
        }
        self.change("the function of the seal", DROP_FUNCTION).await
    }

    /// Seals table after table, and notes in `sealed` which ones it may have been that this call sealed.
    async fn seal_tables(&self, sealed: &mut Vec<&'static str>) -> PortResult<SealOutcome> {
        for table in TABLES {
            let mut tries = self.tries(table);
            let is_complete = loop {
                match self.try_to_seal(table, tries.wait, sealed).await {
                    Ok(is_complete) => break is_complete,
                    Err(error) => tries.after(error).await?,
                }
            };
            if is_complete {
                return Ok(SealOutcome::PutOn);
            }
        }
        let mut lease = self.pool.lease().await?;
        if sealed_tables(&mut lease).await? == ALL_TABLES {
            return Ok(SealOutcome::WasOn);
        }
        Err(PortError::Unavailable("the seal was taken off while it was put on".into()))
    }

    /// Seals a table; whether it was the last one that was not sealed.
    async fn try_to_seal(
        &self,
        table: &'static str,
        wait: Duration,
        sealed: &mut Vec<&'static str>,
    ) -> PortResult<bool> {
        let mut lease = self.begin(wait, &lock_table(table)).await?;
        let before = sealed_tables(&mut lease).await?;
        lease.batch(&seal_table(table)).await?;
        let after = sealed_tables(&mut lease).await?;
        if after > before {
            // The answer to the commit may be lost.
            sealed.push(table);
        }
        commit(lease).await?;
        Ok(after > before && after == ALL_TABLES)
    }

    /// Unseals what a call sealed that failed. An error where tables stay sealed.
    async fn undo(self, sealed: &[&'static str]) -> PortResult<()> {
        for &table in sealed {
            self.change(table, &unseal_table_of_some(table)).await?;
        }
        self.change("the function of the seal", DROP_FUNCTION).await?;
        let mut lease = self.pool.lease().await?;
        if sealed_tables(&mut lease).await? < ALL_TABLES {
            return Ok(());
        }
        Err(PortError::Unexpected("all tables are sealed: another call may have answered for them".into()))
    }

    async fn change(&self, what: &'static str, sql: &str) -> PortResult<()> {
        let mut tries = self.tries(what);
        loop {
            match self.try_to_change(sql, tries.wait).await {
                Ok(()) => return Ok(()),
                Err(error) => tries.after(error).await?,
            }
        }
    }

    async fn try_to_change(&self, sql: &str, wait: Duration) -> PortResult<()> {
        commit(self.begin(wait, sql).await?).await
    }

    /// Begins a transaction with a statement that waits so long for its lock.
    async fn begin(&self, wait: Duration, sql: &str) -> PortResult<PgLease> {
        let mut lease = self.pool.lease().await?;
        lease.begin().await?;
        lease
            .batch(&format!("SET LOCAL lock_timeout = {}; {ONE_AT_A_TIME}; {sql}", wait.as_millis()))
            .await?;
        Ok(lease)
    }

    const fn tries(&self, what: &'static str) -> Tries {
        Tries { what, wait: SEAL_FIRST_LOCK, started: self.started, limit: self.limit }
    }
}

/// The tries of one change. They get longer: writers queue up behind a lock that is waited for. A pause as long as the try lets
/// them go on.
struct Tries {
    what: &'static str,
    /// How long the next one waits for its lock.
    wait: Duration,
    started: Instant,
    limit: Duration,
}

impl Tries {
    /// Waits until the next try is due, after one that failed like this. An error if there is no next one.
    async fn after(&mut self, failed: PortError) -> PortResult<()> {
        let Self { what, wait, started, limit } = self;
        let what = *what;
        match failed {
            PortError::Contended(source) if started.elapsed() >= *limit => {
                Err(PortError::Unavailable(Box::new(InUse { what, limit: *limit, source })))
            }
            PortError::Contended(cause) => {
                tracing::debug!(error = %cause, what, "the seal has to wait");
                sleep(*wait).await;
                *wait = wait.saturating_mul(2).min(SEAL_LONGEST_LOCK);
                Ok(())
            }
            other => Err(other),
        }
    }
}

/// How many tables are sealed.
async fn sealed_tables(lease: &mut PgLease) -> PortResult<u64> {
    let query = diesel::sql_query(COUNT);
    let Counted { triggers } = lease.run(|connection| query.get_result(connection)).await?;
    count("pg_trigger", triggers)
}

async fn commit(mut lease: PgLease) -> PortResult<()> {
    lease.batch("COMMIT").await?;
    lease.end();
    Ok(())
}

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = BigInt)]
    triggers: i64,
}

#[cfg(test)]
mod tests;
