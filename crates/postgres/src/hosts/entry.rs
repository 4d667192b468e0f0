//! The entries of a URL's list of hosts.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

use tokio_postgres::Config;
use tokio_postgres::config::Host;

const DEFAULT_PORT: u16 = 5432;

/// One entry of the URL's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) place: At,
    pub(super) port: u16,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum At {
    /// A name or an address, looked up for each walk.
    Name(String),
    /// `hostaddr`, and the name that TLS checks.
    Address(Option<String>, IpAddr),
    /// The folder of a socket.
    Folder(PathBuf),
}

impl Entry {
    /// Those of the settings. `None` where there are none, or not as many ports or addresses as hosts.
    pub(super) fn all(config: &Config) -> Option<Vec<Self>> {
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
        (0..count).map(entry).collect()
    }

    /// Whether the server is on this machine. A host that is named beside its address is the one that is meant: the
    /// address may be that of a tunnel.
    pub(super) fn is_local(&self) -> bool {
        match &self.place {
            At::Name(name) | At::Address(Some(name), _) => {
                name.eq_ignore_ascii_case("localhost") || name.parse().is_ok_and(is_loopback)
            }
            At::Address(None, address) => is_loopback(*address),
            At::Folder(_) => true,
        }
    }

    /// Whether it is a socket in a folder.
    pub(super) const fn is_socket(&self) -> bool {
        matches!(self.place, At::Folder(_))
    }

    /// The settings for this entry at this address.
    pub(super) fn settings(&self, without_hosts: &Config, address: Option<IpAddr>) -> Config {
        let mut settings = without_hosts.clone();
        settings.port(self.port);
        match &self.place {
            At::Name(name) | At::Address(Some(name), _) => {
                settings.host(name);
            }
            At::Address(None, _) => {}
            At::Folder(folder) => {
                settings.host_path(folder);
            }
        }
        if let Some(address) = address {
            settings.hostaddr(address);
        }
        settings
    }
}

const fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
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

/// The same settings for no host yet.
pub(super) fn without_hosts(from: &Config) -> Config {
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
