//! The seal: a trigger on each table that refuses every change.

use std::time::{Duration, Instant};

use diesel::QueryableByName;
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl as _;
use fm_domain::error::{Cause, PortError, PortResult};
use tokio::time::sleep;

use crate::pool::PgPool;
use crate::timing::{SEAL, SEAL_FIRST_LOCK, SEAL_LONGEST_LOCK};

/// The tables that are sealed: all but that of sessions, which may be in another store.
const TABLES: [&str; 8] =
    ["blobs", "idempotency_keys", "files", "uploads", "upload_parts", "jobs", "users", "audit_entries"];

/// Gives two processes that change the seal their turns: both make or drop the one function.
const ONE_AT_A_TIME: &str = "SELECT pg_advisory_xact_lock(hashtext('file-manager seal'))";

/// The triggers that are there.
const COUNT: &str = "SELECT count(*) AS triggers FROM pg_trigger \
    WHERE tgfoid = to_regproc('file_manager_refuse_change')::oid";

/// The function goes last, when no trigger needs it any more.
const DROP_FUNCTION: &str = "DROP FUNCTION IF EXISTS file_manager_refuse_change()";

/// Seals a table. The lock waits for the transactions that have changed it, and has those wait that are about to; every statement
/// that begins after it was released sees the trigger.
fn seal_table(table: &str) -> String {
    format!(
        "LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE; \
         DO $seal$ BEGIN \
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

    /// Seals the database. Where that fails some tables may be sealed.
    pub(crate) async fn put_on(self) -> PortResult<()> {
        for table in TABLES {
            self.change(table, &seal_table(table)).await?;
        }
        let mut lease = self.pool.lease().await?;
        let query = diesel::sql_query(COUNT);
        let Counted { triggers } = lease.run(|connection| query.get_result(connection)).await?;
        if usize::try_from(triggers) == Ok(TABLES.len()) {
            return Ok(());
        }
        Err(PortError::Unavailable("the seal was taken off while it was put on".into()))
    }

    /// Takes the seal off. Where that fails some tables may stay sealed.
    pub(crate) async fn take_off(self) -> PortResult<()> {
        for table in TABLES {
            self.change(table, &unseal_table(table)).await?;
        }
        self.change("the function of the seal", DROP_FUNCTION).await
    }

    /// Makes one change, in tries that get longer: writers queue up behind a lock that is waited for. A pause as long as the try
    /// lets them go on.
    async fn change(&self, what: &'static str, sql: &str) -> PortResult<()> {
        let mut wait = SEAL_FIRST_LOCK;
        loop {
            match self.try_to_change(sql, wait).await {
                Err(PortError::Contended(source)) if self.started.elapsed() >= self.limit => {
                    return Err(PortError::Unavailable(Box::new(InUse { what, limit: self.limit, source })));
                }
                Err(PortError::Contended(cause)) => {
                    tracing::debug!(error = %cause, what, "the seal has to wait");
                    sleep(wait).await;
                    wait = wait.saturating_mul(2).min(SEAL_LONGEST_LOCK);
                }
                changed => return changed,
            }
        }
    }

    async fn try_to_change(&self, sql: &str, wait: Duration) -> PortResult<()> {
        let mut lease = self.pool.lease().await?;
        lease.begin().await?;
        lease
            .batch(&format!("SET LOCAL lock_timeout = {}; {ONE_AT_A_TIME}; {sql}", wait.as_millis()))
            .await?;
        lease.batch("COMMIT").await?;
        lease.end();
        Ok(())
    }
}

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = BigInt)]
    triggers: i64,
}

#[cfg(test)]
mod tests;
