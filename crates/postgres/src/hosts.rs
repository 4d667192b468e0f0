//! The hosts of a URL, tried in turn.
//!
//! tokio-postgres can walk over several hosts by itself, but bounds the TCP connect alone: a host that accepts and never
//! answers would be the last one tried. Here every address has its own time for all of connecting.

mod entry;
mod learned;

use std::fmt;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use fm_domain::error::{PortError, PortResult, chain};
use tokio::net::lookup_host;
use tokio::time::timeout;
use tokio_postgres::config::{LoadBalanceHosts, SslMode, TargetSessionAttrs};
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, Connection, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::from_connecting;
use crate::tls::Security;

use entry::{At, Entry, without_hosts};
use learned::{Attempt, Learned, Place, Walk};

pub(crate) type Tls = <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream;
pub(crate) type Opened = (Client, Connection<Socket, Tls>);

/// The hosts, and where the next walk begins. Clones share what they learn.
#[derive(Clone)]
pub(crate) struct Hosts {
    settings: Config,
    entries: Arc<[Entry]>,
    limit: Duration,
    learned: Arc<Learned>,
}

impl Hosts {
    /// Takes the hosts out of the settings. `None` where there are none, or not as many ports or addresses as hosts.
    pub(crate) fn of(config: &Config, limit: Duration) -> Option<Self> {
        let entries: Arc<[Entry]> = Entry::all(config)?.into();
        let count = entries.len();
        let first = match config.get_load_balance_hosts() {
            LoadBalanceHosts::Random => at_random(count),
            _ => 0,
        };
        let learned = Learned::new(Place { entry: first, address: None }, count);
        Some(Self { settings: without_hosts(config), entries, limit, learned: Arc::new(learned) })
    }

    /// How long a walk may take, as far as is known.
    pub(crate) fn longest_walk(&self) -> Duration {
        let attempts = self.learned.addresses.load(Ordering::Relaxed).saturating_add(self.entries.len());
        self.limit.saturating_mul(u32::try_from(attempts).unwrap_or(u32::MAX))
    }

    /// Whether a connection is just being made.
    pub(crate) fn is_walking(&self) -> bool {
        self.learned.walks.load(Ordering::Relaxed) > 0
    }

    /// The hosts that are other machines.
    pub(crate) fn remote(&self) -> Vec<String> {
        self.entries.iter().filter(|entry| !entry.is_local()).map(ToString::to_string).collect()
    }

    /// All of them, as the URL names them.
    pub(crate) fn names(&self) -> Vec<String> {
        self.entries.iter().map(ToString::to_string).collect()
    }

    /// Each of them for itself, standbys too.
    pub(crate) fn each(&self) -> Vec<(String, Self)> {
        let mut settings = self.settings.clone();
        settings.target_session_attrs(TargetSessionAttrs::Any);
        let alone = |entry: &Entry| Self {
            settings: settings.clone(),
            entries: Arc::from([entry.clone()]),
            limit: self.limit,
            learned: Arc::new(Learned::new(Place { entry: 0, address: None }, 1)),
        };
        self.entries.iter().map(|entry| (entry.to_string(), alone(entry))).collect()
    }

    /// Opens a connection to the first address that takes one, beginning with the one that worked last.
    pub(crate) async fn open(&self, security: &Security) -> PortResult<Opened> {
        let _walk = Walk::begin(&self.learned.walks);
        let start = self.learned.first();
        let count = self.entries.len();
        let mut failures: Vec<(String, PortError)> = Vec::new();
        let mut seen = 0;
        for index in (start.entry..count).chain(0..start.entry) {
            let entry = &self.entries[index];
            let next_entry = Place { entry: (index + 1) % count, address: None };
            let mut addresses = match self.addresses(index, entry, next_entry).await {
                Ok(addresses) => addresses,
                Err(error) => {
                    failures.push((entry.to_string(), error));
                    continue;
                }
            };
            seen += addresses.len();
            self.learned.addresses.fetch_max(seen, Ordering::Relaxed);
            if let Some(first) =
                addresses.iter().position(|address| address.is_some() && *address == start.address)
                && index == start.entry
            {
                addresses.rotate_left(first);
            }
            for (nth, address) in addresses.iter().enumerate() {
                let place = Place { entry: index, address: *address };
                let next = addresses
                    .get(nth + 1)
                    .map_or(next_entry, |address| Place { entry: index, address: *address });
                match self.attempt(entry, place, next, security).await {
                    Ok(opened) => {
                        self.worked(place, entry, &failures);
                        return Ok(opened);
                    }
                    Err(error) => failures.push((entry.to_string(), error)),
                }
            }
        }
        Err(none_of(failures))
    }

    async fn addresses(&self, index: usize, entry: &Entry, next: Place) -> PortResult<Vec<Option<IpAddr>>> {
        let name = match &entry.place {
            At::Name(name) => name.as_str(),
            At::Address(_, address) => return Ok(vec![Some(*address)]),
            At::Folder(_) => return Ok(vec![None]),
        };
        let mut attempt = Attempt::begin(&self.learned, Place { entry: index, address: None }, next);
        let looked_up = match timeout(self.limit, lookup_host((name, entry.port))).await {
            Ok(Ok(found)) => found.map(|address| Some(address.ip())).collect(),
            Ok(Err(error)) => return Err(attempt.failed(PortError::Unavailable(Box::new(error)))),
            Err(_elapsed) => return Err(attempt.failed(late(self.limit))),
        };
        attempt.ended();
        Ok(looked_up)
    }

    async fn attempt(
        &self,
        entry: &Entry,
        place: Place,
        next: Place,
        security: &Security,
    ) -> PortResult<Opened> {
        let mut attempt = Attempt::begin(&self.learned, place, next);
        let channel = if entry.is_local() { &security.local } else { &security.remote };
        let mut settings = entry.settings(&self.settings, place.address);
        settings.ssl_mode(if entry.is_socket() { SslMode::Disable } else { channel.mode });
        match timeout(self.limit, settings.connect(channel.tls.clone())).await {
            Ok(Ok(opened)) => {
                attempt.ended();
                Ok(opened)
            }
            Ok(Err(error)) => Err(attempt.failed(from_connecting(error))),
            Err(_elapsed) => Err(attempt.failed(late(self.limit))),
        }
    }

    fn worked(&self, place: Place, entry: &Entry, failures: &[(String, PortError)]) {
        let before = self.learned.worked(place);
        if before != Some(place.entry) && self.entries.len() > 1 {
            tracing::info!(host = %entry, failed = described(failures), "connected to a PostgreSQL host");
        }
    }
}

/// Shows where, never who or with what password.
impl fmt::Debug for Hosts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hosts: Vec<String> = self.entries.iter().map(ToString::to_string).collect();
        f.debug_struct("Hosts")
            .field("hosts", &hosts)
            .field("database", &self.settings.get_dbname())
            .finish_non_exhaustive()
    }
}

/// A host that gave no answer in time.
#[derive(Debug, thiserror::Error)]
#[error("no answer within {0:?}")]
struct Late(Duration);

fn late(limit: Duration) -> PortError {
    PortError::Unavailable(Box::new(Late(limit)))
}

/// Every host refused or was silent.
#[derive(Debug, thiserror::Error)]
#[error("no host of DATABASE_URL can be used: {0}")]
struct NoHost(String);

/// Wrong credentials stay wrong, but only where every host says so.
fn none_of(mut failures: Vec<(String, PortError)>) -> PortError {
    if failures.len() == 1
        && let Some((_, error)) = failures.pop()
    {
        return error;
    }
    let is_final =
        !failures.is_empty() && failures.iter().all(|(_, error)| matches!(error, PortError::Unexpected(_)));
    let error = Box::new(NoHost(described(&failures)));
    if is_final { PortError::Unexpected(error) } else { PortError::Unavailable(error) }
}

fn described(failures: &[(String, PortError)]) -> String {
    let lines: Vec<String> =
        failures.iter().map(|(place, error)| format!("{place}: {}", chain(error))).collect();
    lines.join("; ")
}

/// A number below `count`.
fn at_random(count: usize) -> usize {
    let seed = RandomState::new().build_hasher().finish();
    usize::try_from(seed % count as u64).unwrap_or_default()
}

#[cfg(test)]
mod tests;
