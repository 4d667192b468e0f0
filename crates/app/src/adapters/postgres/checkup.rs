//! What `file-manager doctor` asks a PostgreSQL.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use fm_domain::clock::Clock;
use fm_domain::error::{PortError, chain};
use fm_domain::jobs::JobSignal as _;
use fm_postgres::{PgAddress, PgFacts, PgJobSignal, PgRights};
use futures_util::future::join_all;
use tokio::time::timeout;

use super::POOLED;
use crate::adapters::checkup::{Checkup, ClockLimits, Diagnosis, clock};
use crate::adapters::supabase::database_advice;

/// The oldest release that PostgreSQL's own developers still mend.
const OLDEST: u32 = 140_000;

/// Leases of jobs and uploads last a minute, and are written by one node and read by another.
const CLOCK_LIMITS: ClockLimits = ClockLimits { warning: 5, failure: 30 };

/// Connections beside those of the pool: point reads share two, and two listen.
const BESIDE_POOL: u64 = 4;

/// How long one host of several may take.
const ONE_HOST: Duration = Duration::from_secs(2);

/// How long a notification may take.
const NOTIFICATION: Duration = Duration::from_millis(1_500);

/// Shorter time-outs of a role end what is no fault.
const SHORTEST_LOCK: Duration = Duration::from_secs(1);
const SHORTEST_IDLE: Duration = Duration::from_mins(5);
const SHORTEST_TRANSACTION: Duration = Duration::from_secs(30);

pub(super) struct PgCheckup {
    pub(super) address: PgAddress,
    pub(super) pool_size: usize,
    pub(super) clock: Arc<dyn Clock>,
}

#[async_trait]
impl Checkup for PgCheckup {
    fn steps(&self) -> Vec<&'static str> {
        let mut steps = vec!["connect", "pooler", "timeouts", "connections", "clock"];
        if self.address.hosts().len() > 1 {
            steps.push("hosts");
        }
        steps.extend(["rights", "notifications"]);
        steps
    }

    async fn run(&self, step: &str) -> Diagnosis {
        match step {
            "pooler" => return self.pooler().await,
            "hosts" => return self.hosts().await,
            "rights" => return self.rights().await,
            "notifications" => return self.notifications().await,
            _ => {}
        }
        let facts = match self.address.facts(|| self.clock.now()).await {
            Ok(facts) => facts,
            Err(error) => return self.unreachable(&error),
        };
        match step {
            "timeouts" => timeouts(&facts),
            "connections" => connections(facts.free_connections, self.pool_size as u64),
            "clock" => clock("the database", facts.ahead_micros, &CLOCK_LIMITS),
            _ => connected(&facts, self.address.warning()),
        }
    }

    fn when_silent(&self) -> String {
        let hosts = self.address.hosts();
        let advice =
            database_advice(&hosts).map_or_else(String::new, |advice| format!("; at Supabase, {advice}"));
        format!(
            "see whether a firewall or a wrong host or port lies between here and {}{advice}",
            hosts.join(", ")
        )
    }
}

impl PgCheckup {
    fn unreachable(&self, error: &PortError) -> Diagnosis {
        let text = chain(error);
        let remedy = match database_advice(&self.address.hosts()) {
            Some(advice) => format!("at Supabase, {advice}; else {}", remedy(&text)),
            None => remedy(&text).to_owned(),
        };
        Diagnosis::failure(text, remedy)
    }

    async fn pooler(&self) -> Diagnosis {
        match self.address.is_pooled_by_transaction().await {
            Ok(false) => Diagnosis::fine("no pooler in transaction mode stands before the server"),
            Ok(true) => {
                Diagnosis::failure("DATABASE_URL leads to a connection pooler in transaction mode", POOLED)
            }
            Err(error) => self.unreachable(&error),
        }
    }

    /// Each host for itself: one that is down is what the others are there for, but an operator wants to know.
    async fn hosts(&self) -> Diagnosis {
        let (mut seen, mut missing, mut worst) = (Vec::new(), Vec::new(), 0_i64);
        let asked = self.address.each_host().into_iter().map(|(name, address)| async move {
            (name, timeout(ONE_HOST, address.facts(|| self.clock.now())).await)
        });
        for (name, asked) in join_all(asked).await {
            match asked {
                Ok(Ok(facts)) => {
                    if facts.ahead_micros.unsigned_abs() > worst.unsigned_abs() {
                        worst = facts.ahead_micros;
                    }
                    seen.push(format!(
                        "{name} {}",
                        if facts.is_read_only { "read-only" } else { "writable" }
                    ));
                }
                Ok(Err(error)) => missing.push(format!("{name}: {}", chain(&error))),
                Err(_elapsed) => missing.push(format!("{name}: no answer within {ONE_HOST:?}")),
            }
        }
        if !missing.is_empty() {
            return Diagnosis::warning(
                format!("hosts of DATABASE_URL can't be used: {}", missing.join("; ")),
                "bring them back, or take them out of DATABASE_URL: the program goes on with the others",
            );
        }
        let of_worst = clock("the host that is furthest off", worst, &CLOCK_LIMITS);
        Diagnosis { detail: format!("{}; {}", seen.join(", "), of_worst.detail), ..of_worst }
    }

    async fn rights(&self) -> Diagnosis {
        match self.address.rights().await {
            Ok(rights) => judged(&rights),
            Err(error) => self.unreachable(&error),
        }
    }

    /// The signal of jobs hears on one connection what another sends.
    async fn notifications(&self) -> Diagnosis {
        let unheard = || {
            Diagnosis::failure(
                "a notification (NOTIFY) was not heard by the connection that listens (LISTEN)",
                "let DATABASE_URL lead to the database itself or to a pooler in session mode; until then workers find \
                 jobs by looking for them",
            )
        };
        let signal = PgJobSignal::new(self.address.clone());
        // The first is that the connection listens.
        if !signal.wait(NOTIFICATION).await {
            return unheard();
        }
        match self.address.wake_workers().await {
            Ok(()) if signal.wait(NOTIFICATION).await => {
                Diagnosis::fine("a notification was heard by the connection that listens")
            }
            Ok(()) => unheard(),
            Err(error) => self.unreachable(&error),
        }
    }
}

fn connected(facts: &PgFacts, weakness: Option<&str>) -> Diagnosis {
    let detail = format!("PostgreSQL {}, an answer takes {:.1} ms", facts.version, millis(facts.round_trip));
    if facts.is_read_only {
        return Diagnosis::failure(
            format!(
                "{detail}, but it takes no writes: it is a standby, or default_transaction_read_only is on"
            ),
            "let DATABASE_URL lead to the primary (target_session_attrs=read-write picks it out of several hosts)",
        );
    }
    if facts.version_number < OLDEST {
        return Diagnosis::warning(detail, "upgrade the server: this release gets no more corrections");
    }
    match weakness {
        Some(weakness) => Diagnosis::warning(
            format!("{detail}; DATABASE_URL: {weakness}"),
            "use sslmode=verify-full, with sslrootcert where the server's authority is your own",
        ),
        None => Diagnosis::fine(detail),
    }
}

fn timeouts(facts: &PgFacts) -> Diagnosis {
    let timeouts = &facts.timeouts;
    let short: Vec<String> = [
        ("lock_timeout", timeouts.lock, SHORTEST_LOCK),
        ("idle_session_timeout", timeouts.idle_session, SHORTEST_IDLE),
        ("transaction_timeout", timeouts.transaction, SHORTEST_TRANSACTION),
    ]
    .into_iter()
    .filter(|(_, limit, shortest)| !limit.is_zero() && limit < shortest)
    .map(|(name, limit, shortest)| format!("{name} is {limit:?}, less than {shortest:?}"))
    .collect();
    if short.is_empty() {
        return Diagnosis::fine("the role's time-outs leave the program its own");
    }
    Diagnosis::warning(
        short.join("; "),
        "set them to 0 for the role of DATABASE_URL: ALTER ROLE … SET idle_session_timeout = 0",
    )
}

fn connections(free: u64, pool_size: u64) -> Diagnosis {
    let wanted = pool_size.saturating_add(BESIDE_POOL);
    Diagnosis::unless(
        free >= wanted,
        format!(
            "{free} connections are free; one node opens {wanted} at most (DATABASE_POOL_SIZE and {BESIDE_POOL})"
        ),
        "lower DATABASE_POOL_SIZE, raise max_connections of the server or the limit of the role, or end what holds them; a \
         node that runs already has its own among those in use",
    )
}

fn judged(rights: &PgRights) -> Diagnosis {
    if !rights.refused.is_empty() {
        return Diagnosis::failure(
            format!("the role may not read and write {}", rights.refused.join(", ")),
            "GRANT SELECT, INSERT, UPDATE, DELETE on them to the role of DATABASE_URL, or let it own them",
        );
    }
    Diagnosis::unless(
        rights.may_create,
        if rights.may_create {
            "the role may create, read and write the tables"
        } else {
            "the role may read and write the tables, but not create any: migrations fail"
        },
        "GRANT CREATE ON SCHEMA … to the role, or run `file-manager migrate up` as the owner of the tables and set \
         MIGRATE_ON_START=0",
    )
}

/// What to change, by what the server or the system said.
fn remedy(text: &str) -> &'static str {
    let said = |part: &str| text.contains(part);
    // PgBouncer tells of SASL.
    if said("password authentication failed")
        || said("SASL authentication failed")
        || said("Tenant or user not found")
    {
        "correct the user and the password in DATABASE_URL; special characters of a password are percent-encoded"
    } else if said("no pg_hba.conf entry") || said("TLS") {
        "see whether the server offers TLS and lets this host in (pg_hba.conf), and what sslmode in DATABASE_URL asks for"
    } else if said("does not exist") {
        "create the database and the role that DATABASE_URL names, or correct their names"
    } else if said("too many clients") || said("remaining connection slots") || said("max clients") {
        "end connections that are not needed, lower DATABASE_POOL_SIZE, or raise max_connections of the server"
    } else if said("refused") || said("not currently accepting") {
        "start the server and let it take connections, or correct the host and the port in DATABASE_URL"
    } else {
        "compare host, port, user, password and database of DATABASE_URL with those of the server, and see whether it runs"
    }
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests;
