//! The hosts of a URL, tried in turn.
//!
//! tokio-postgres can walk over several hosts by itself, but bounds the TCP connect alone: a host that accepts and never
//! answers would be the last one tried. Here every address has its own time for all of connecting.

mod learned;

use std::fmt;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fm_domain::error::{PortError, PortResult, chain};
use tokio::net::lookup_host;
use tokio::time::timeout;
use tokio_postgres::config::{Host, LoadBalanceHosts};
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, Connection, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use self::learned::{Attempt, Learned, Place, State, Walk};
use crate::error::from_connecting;

pub(crate) type Tls = <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream;
pub(crate) type Opened = (Client, Connection<Socket, Tls>);

const DEFAULT_PORT: u16 = 5432;

/// One entry of the URL's list.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    place: At,
    port: u16,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum At {
    /// A name or an address, looked up for each walk.
    Name(String),
    /// `hostaddr`, and the name that TLS checks.
    Address(Option<String>, IpAddr),
    /// The folder of a socket.
    Folder(PathBuf),
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            At::Name(name) => write!(f, "{name}:{}", self.port),
            At::Address(name, address) => {
                write!(f, "{}:{}", name.as_deref().unwrap_or(&address.to_string()), self.port)
            }
            At::Folder(folder) => write!(f, "{}", folder.display()),
        }
    }
}

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
        let (hosts, addresses, ports) = (config.get_hosts(), config.get_hostaddrs(), config.get_ports());
        let count = hosts.len().max(addresses.len());
        let fits = |given: usize| given == 0 || given == count;
        if count == 0
            || !fits(hosts.len())
            || !fits(addresses.len())
            || !(fits(ports.len()) || ports.len() == 1)
        {
            return None;
        }
        let entry = |index: usize| {
            let port = ports.get(index).or_else(|| ports.first()).copied().unwrap_or(DEFAULT_PORT);
            let place = match (hosts.get(index), addresses.get(index)) {
                (Some(Host::Unix(folder)), _) => At::Folder(folder.clone()),
                (Some(Host::Tcp(name)), Some(address)) => At::Address(Some(name.clone()), *address),
                (None, Some(address)) => At::Address(None, *address),
                (Some(Host::Tcp(name)), None) => At::Name(name.clone()),
                (None, None) => return None,
            };
            Some(Entry { place, port })
        };
        let entries: Arc<[Entry]> = (0..count).map(entry).collect::<Option<_>>()?;
        let first = match config.get_load_balance_hosts() {
            LoadBalanceHosts::Random => at_random(count),
            _ => 0,
        };
        let learned = Learned {
            state: Mutex::new(State { first: Place { entry: first, address: None }, worked: None }),
            addresses: AtomicUsize::new(entries.len()),
            walks: AtomicUsize::new(0),
        };
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

    /// Opens a connection to the first address that takes one, beginning with the one that worked last.
    pub(crate) async fn open(&self, tls: &MakeRustlsConnect) -> PortResult<Opened> {
        let _walk = Walk::begin(&self.learned.walks);
        let start = self.learned.state().first;
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
                match self.attempt(entry, place, next, tls).await {
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
        tls: &MakeRustlsConnect,
    ) -> PortResult<Opened> {
        let mut attempt = Attempt::begin(&self.learned, place, next);
        match timeout(self.limit, self.settings_for(entry, place).connect(tls.clone())).await {
            Ok(Ok(opened)) => {
                attempt.ended();
                Ok(opened)
            }
            Ok(Err(error)) => Err(attempt.failed(from_connecting(error))),
            Err(_elapsed) => Err(attempt.failed(late(self.limit))),
        }
    }

    fn settings_for(&self, entry: &Entry, place: Place) -> Config {
        let mut settings = self.settings.clone();
        settings.port(entry.port);
        match &entry.place {
            At::Name(name) | At::Address(Some(name), _) => {
                settings.host(name);
            }
            At::Address(None, _) => {}
            At::Folder(folder) => {
                settings.host_path(folder);
            }
        }
        if let Some(address) = place.address {
            settings.hostaddr(address);
        }
        settings
    }

    fn worked(&self, place: Place, entry: &Entry, failures: &[(String, PortError)]) {
        let mut state = self.learned.state();
        state.first = place;
        let before = state.worked.replace(place.entry);
        drop(state);
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

/// The same settings for no host yet.
fn without_hosts(from: &Config) -> Config {
    let mut to = Config::new();
    if let Some(user) = from.get_user() {
        to.user(user);
    }
    if let Some(password) = from.get_password() {
        to.password(password);
    }
    if let Some(name) = from.get_dbname() {
        to.dbname(name);
    }
    if let Some(options) = from.get_options() {
        to.options(options);
    }
    if let Some(name) = from.get_application_name() {
        to.application_name(name);
    }
    if let Some(limit) = from.get_connect_timeout() {
        to.connect_timeout(*limit);
    }
    if let Some(limit) = from.get_tcp_user_timeout() {
        to.tcp_user_timeout(*limit);
    }
    if let Some(interval) = from.get_keepalives_interval() {
        to.keepalives_interval(interval);
    }
    if let Some(retries) = from.get_keepalives_retries() {
        to.keepalives_retries(retries);
    }
    to.ssl_mode(from.get_ssl_mode())
        .ssl_negotiation(from.get_ssl_negotiation())
        .keepalives(from.get_keepalives())
        .keepalives_idle(from.get_keepalives_idle())
        .target_session_attrs(from.get_target_session_attrs())
        .channel_binding(from.get_channel_binding());
    to
}

#[cfg(test)]
mod tests;
