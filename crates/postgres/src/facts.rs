//! What a check of the installation asks a server about itself. Simple queries alone, which leave nothing behind.

use std::time::{Duration, Instant};

use fm_domain::clock::Timestamp;
use fm_domain::error::{PortError, PortResult};

use crate::address::PgAddress;
use crate::pooling::Probe;
use crate::signal::NOTIFY;

/// The settings are read in milliseconds, which is their unit. A server that does not know one has it off.
const FACTS: &str = "SELECT current_setting('server_version'), \
    current_setting('server_version_num'), \
    current_setting('transaction_read_only'), \
    (SELECT least(\
        current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int \
            - coalesce(current_setting('reserved_connections', true), '0')::int - count(*), \
        CASE WHEN rolconnlimit < 0 THEN 2147483647 \
            ELSE rolconnlimit - count(*) FILTER (WHERE usesysid = pg_roles.oid) END, \
        CASE WHEN datconnlimit < 0 THEN 2147483647 \
            ELSE datconnlimit - count(*) FILTER (WHERE datid = pg_database.oid) END) \
     FROM pg_stat_activity WHERE datid IS NOT NULL AND pid <> pg_backend_pid()), \
    (SELECT setting FROM pg_settings WHERE name = 'lock_timeout'), \
    (SELECT setting FROM pg_settings WHERE name = 'idle_session_timeout'), \
    (SELECT setting FROM pg_settings WHERE name = 'transaction_timeout') \
    FROM pg_roles, pg_database WHERE rolname = current_user AND datname = current_database()";

const CLOCK: &str = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";

/// The tables that the program reads and writes.
const RIGHTS: &str = "SELECT current_schema() IS NOT NULL AND has_schema_privilege(current_schema(), 'CREATE'), \
    (SELECT string_agg(name, ',' ORDER BY name) FROM unnest(ARRAY['users', 'sessions', 'blobs', 'previews', 'nodes', \
        'file_versions', 'operations', 'idempotency_keys', 'jobs', 'uploads', 'upload_parts', 'audit_entries']) AS name \
     WHERE to_regclass(name) IS NOT NULL AND NOT (has_table_privilege(to_regclass(name), 'SELECT') \
        AND has_table_privilege(to_regclass(name), 'INSERT') AND has_table_privilege(to_regclass(name), 'UPDATE') \
        AND has_table_privilege(to_regclass(name), 'DELETE')))";

/// What a server says of itself and of the role that asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PgFacts {
    /// `server_version`: `17.2 (Debian 17.2-1)`.
    pub version: String,
    /// `server_version_num`: 170002.
    pub version_number: u32,
    /// Whether it takes no writes.
    pub is_read_only: bool,
    /// How many more connections this role may open to this database.
    pub free_connections: u64,
    /// Time-outs of the role that the program does not replace.
    pub timeouts: PgTimeouts,
    /// How long a question and its answer take.
    pub round_trip: Duration,
    /// How much the clock of the server is ahead of the one that was passed in, in microseconds; negative: behind.
    pub ahead_micros: i64,
}

/// Time-outs of a role that the program does not replace; zero: none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PgTimeouts {
    /// `lock_timeout`: how long a statement waits for a lock.
    pub lock: Duration,
    /// `idle_session_timeout`: how long a connection may be idle.
    pub idle_session: Duration,
    /// `transaction_timeout`: how long a transaction may take.
    pub transaction: Duration,
}

/// What the role may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PgRights {
    /// Whether it may create tables, as migrations do.
    pub may_create: bool,
    /// Tables of the program that it may not read, insert into, update or delete from.
    pub refused: Vec<String>,
}

impl PgAddress {
    /// Asks the first host that takes a connection about itself. `now` tells the time.
    pub async fn facts(&self, now: impl Fn() -> Timestamp + Send) -> PortResult<PgFacts> {
        let probe = Probe::open(self).await?;
        let row = probe.row(FACTS).await?;
        let value = |column: usize| row.get(column).map_or("", String::as_str);
        let millis = |column| Duration::from_millis(value(column).parse().unwrap_or(0));
        let asked = (Instant::now(), now());
        let clock = number(&probe.row(CLOCK).await?)?;
        let round_trip = asked.0.elapsed();
        // The server read its clock somewhere between: in the middle, as far as is known.
        let here = asked.1.plus(round_trip / 2);
        Ok(PgFacts {
            version: value(0).to_owned(),
            version_number: value(1).parse().unwrap_or(0),
            is_read_only: value(2) == "on",
            free_connections: value(3).parse::<i64>().unwrap_or(0).try_into().unwrap_or(0),
            timeouts: PgTimeouts { lock: millis(4), idle_session: millis(5), transaction: millis(6) },
            round_trip,
            ahead_micros: clock.saturating_sub(here.unix_micros()),
        })
    }

    /// Asks what the role may do.
    pub async fn rights(&self) -> PortResult<PgRights> {
        let row = Probe::open(self).await?.row(RIGHTS).await?;
        let refused = row.get(1).map_or("", String::as_str).split(',').filter(|name| !name.is_empty());
        Ok(PgRights {
            may_create: row.first().is_some_and(|may| may == "t"),
            refused: refused.map(str::to_owned).collect(),
        })
    }

    /// Wakes the workers of all nodes, as a new job does: they look and find nothing.
    pub async fn wake_workers(&self) -> PortResult<()> {
        Probe::open(self).await?.row(NOTIFY).await.map(drop)
    }
}

fn number(row: &[String]) -> PortResult<i64> {
    let text = row.first().map_or("", String::as_str);
    text.parse().map_err(|source: std::num::ParseIntError| PortError::Corrupt {
        what: "the clock of the server",
        source: source.into(),
    })
}
