//! Where the server is, and how it is reached.

use std::fmt;
use std::time::Duration;

use diesel_async::AsyncPgConnection;
use diesel_async::SimpleAsyncConnection as _;
use fm_domain::error::PortResult;
use tokio_postgres::Config;

use crate::error::to_pool;
use crate::hosts::{Hosts, Opened};
use crate::options::{translate, wrong_parameter};
use crate::pooling::TRANSACTION_POOLING;
use crate::timing::{CONNECT, KEEPALIVE, SETUP, UNACKNOWLEDGED};
use crate::tls::{Channel, Security};

/// How the server calls us in `pg_stat_activity`, unless the URL says otherwise.
const APPLICATION_NAME: &str = "file-manager";

/// The address of a PostgreSQL database, with its credentials. Never shown. Its clones share what they learn of its
/// hosts: connections are made to the one that worked last.
#[derive(Clone)]
pub struct PgAddress {
    hosts: Hosts,
    security: Security,
    warning: Option<String>,
}

/// The text is no address of a PostgreSQL database. It never repeats the text, which may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAddress {
    /// Not of the form `postgres://user:password@host:port/database?option=value`.
    #[error(
        "is not a PostgreSQL URL: postgres://user:password@host:port/database, with special characters of the password \
         percent-encoded"
    )]
    Malformed,
    /// A parameter behind `?` that is not known, or whose value can't be used.
    #[error("has the parameter {0}, which is not known or has a value that can't be used: leave it out")]
    Parameter(String),
    /// `pgbouncer=true`, by which other programs are told of a pooler in transaction mode.
    #[error(
        "has the parameter pgbouncer=true, which names a connection pooler in transaction mode: {TRANSACTION_POOLING}; \
         use its session mode (at Supabase port 5432, not 6543) or the database itself, and leave the parameter out"
    )]
    TransactionPooling,
    /// Another `sslmode` than those that there are.
    #[error("sslmode must be disable, allow, prefer, require, verify-ca or verify-full")]
    SslMode,
    /// The file of `sslrootcert` can't be read as certificates.
    #[error("sslrootcert must be a file of PEM certificates: {0}")]
    RootCertificates(String),
    /// The TLS library refused its configuration.
    #[error("TLS can't be set up: {0}")]
    Tls(String),
}

impl PgAddress {
    /// Reads a URL. `sslmode` means what it means to libpq: `disable`, `prefer` (TLS where the server offers it), `require`
    /// (TLS, but any server is believed, unless `sslrootcert` is given), `verify-ca` and `verify-full` (the certificate,
    /// and the host's name in it, are checked against `sslrootcert` or, without it, against the roots that the machine
    /// trusts). Without it a server on this machine (`localhost`, a loopback address) has `prefer`, any other
    /// `verify-full`. A socket in a folder is never encrypted.
    pub fn parse(url: &str) -> Result<Self, InvalidAddress> {
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(InvalidAddress::Malformed);
        }
        let (url, options) = translate(url)?;
        if let Some(name) = wrong_parameter(&url) {
            return Err(InvalidAddress::Parameter(name));
        }
        let mut config: Config = url.parse().map_err(|_may_quote_the_url| InvalidAddress::Malformed)?;
        if config.get_application_name().is_none() {
            config.application_name(APPLICATION_NAME);
        }
        let limit = config.get_connect_timeout().copied().unwrap_or(CONNECT);
        config.tcp_user_timeout(UNACKNOWLEDGED).keepalives_idle(KEEPALIVE);
        let hosts = Hosts::of(&config, limit).ok_or(InvalidAddress::Malformed)?;
        let channel = |is_local| {
            let (mode, trust) = options.meaning(is_local)?;
            Channel::new(mode, trust)
        };
        let security = Security { local: channel(true)?, remote: channel(false)? };
        let warning = options.weakness().and_then(|weakness| warning(weakness, &hosts.remote()));
        Ok(Self { hosts, security, warning })
    }

    /// What to warn an operator of: connections to other machines that others on the way can read or change.
    #[must_use]
    pub fn warning(&self) -> Option<&str> {
        self.warning.as_deref()
    }

    /// Its hosts with their ports, as the URL names them.
    #[must_use]
    pub fn hosts(&self) -> Vec<String> {
        self.hosts.names()
    }

    /// The address of each of its hosts for itself, by the host's name. A standby counts as any other.
    #[must_use]
    pub fn each_host(&self) -> Vec<(String, Self)> {
        let alone = |(name, hosts)| (name, Self { hosts, ..self.clone() });
        self.hosts.each().into_iter().map(alone).collect()
    }

    /// Opens a connection to the first host that takes one; each address of each host has `connect_timeout` for it (5 s).
    pub(crate) async fn open(&self) -> PortResult<Opened> {
        self.hosts.open(&self.security).await
    }

    /// How long [`PgAddress::connect`] may take.
    pub(crate) fn longest_connect(&self) -> Duration {
        self.hosts.longest_walk().saturating_add(SETUP)
    }

    /// Whether a connection is just being made.
    pub(crate) fn is_connecting(&self) -> bool {
        self.hosts.is_walking()
    }

    /// Opens a connection for diesel, driven in the background and closed as soon as it is dropped.
    pub(crate) async fn connect(&self, setup: &str) -> diesel::ConnectionResult<AsyncPgConnection> {
        let (client, connection) = self.open().await.map_err(to_pool)?;
        let ready = async {
            let mut connection =
                AsyncPgConnection::try_from_client_and_connection(client, connection).await?;
            let configured = connection.batch_execute(setup).await;
            configured.map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
            Ok(connection)
        };
        let in_time = tokio::time::timeout(SETUP, ready).await;
        in_time.unwrap_or_else(|elapsed| Err(diesel::ConnectionError::BadConnection(elapsed.to_string())))
    }
}

fn warning(weakness: &str, remote: &[String]) -> Option<String> {
    let hosts = remote.join(", ");
    (!remote.is_empty()).then(|| {
        format!(
            "{weakness}: an attacker in the network on the way to {hosts} can read and change what is stored; use \
             sslmode=verify-full, with sslrootcert=<PEM file> where the server's certificate is of an authority of its own"
        )
    })
}

/// Shows where, never who or with what password.
impl fmt::Debug for PgAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PgAddress").field("hosts", &self.hosts).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
