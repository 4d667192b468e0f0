//! The primary that sentinels name, whichever server it is at the moment.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use fm_domain::error::{PortError, PortResult};
use redis::aio::MultiplexedConnection;
use redis::sentinel::{SentinelClient, SentinelClientBuilder, SentinelServerType};
use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, ErrorKind, IntoConnectionInfo as _,
    RedisConnectionInfo, RedisError, RedisResult, TlsMode,
};
use tokio::time::timeout;

use super::roots::Roots;
use super::{InvalidRedisUrl, TIMEOUT, tcp_settings};
use crate::error::{failed, is_lost};

/// The port of a sentinel that names none.
const PORT: &str = "26379";

/// Where the sentinels are, which primary they watch, and who asks.
#[derive(Clone)]
pub(super) struct SentinelUrl {
    sentinels: Vec<ConnectionInfo>,
    primary: String,
    node: ConnectionInfo,
    is_tls: bool,
    roots: Option<Roots>,
}

impl SentinelUrl {
    /// Reads what follows `redis+sentinel://` or `rediss+sentinel://`:
    /// `user:password@host:26379,other:26379/primary?db=0&sentinel_user=…&sentinel_password=…`. User and password are those of
    /// the servers.
    pub(super) fn parse(text: &str, is_tls: bool) -> Result<Self, InvalidRedisUrl> {
        let (authority, rest) = text.split_once('/').ok_or(InvalidRedisUrl)?;
        let (primary, query) = rest.split_once('?').unwrap_or((rest, ""));
        // What Sentinel takes for the name of a primary.
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
        if primary.is_empty() || !primary.bytes().all(is_name) {
            return Err(InvalidRedisUrl);
        }
        let (credentials, hosts) =
            authority.rsplit_once('@').map_or(("", authority), |(who, hosts)| (who, hosts));
        let Parameters { db, user, password } = Parameters::read(query)?;
        let sentinel_credentials = if user.is_empty() && password.is_empty() {
            String::new()
        } else {
            format!("{user}:{password}@")
        };
        let scheme = if is_tls { "rediss" } else { "redis" };
        let info = |credentials: &str, host: &str, db: &str| {
            let host = if has_port(host) { host.to_owned() } else { format!("{host}:{PORT}") };
            let info = format!("{scheme}://{credentials}{host}/{db}").into_connection_info();
            info.map(|info| info.set_tcp_settings(tcp_settings())).map_err(|_invalid| InvalidRedisUrl)
        };
        let sentinels = hosts.split(',').map(|host| info(&sentinel_credentials, host, ""));
        let sentinels = sentinels.collect::<Result<Vec<_>, _>>()?;
        let credentials = if credentials.is_empty() { String::new() } else { format!("{credentials}@") };
        // Of this one the host is not used: sentinels name it.
        let node = info(&credentials, "primary", db)?;
        Ok(Self { sentinels, primary: primary.to_owned(), node, is_tls, roots: None })
    }

    /// Where the first sentinel is.
    pub(super) fn address(&self) -> Option<&ConnectionAddr> {
        self.sentinels.first().map(ConnectionInfo::addr)
    }

    pub(super) const fn is_tls(&self) -> bool {
        self.is_tls
    }

    /// The same, believing sentinels and servers whose certificates these authorities have issued.
    pub(super) fn trusting(self, roots: Roots) -> Self {
        Self { roots: Some(roots), ..self }
    }

    fn client(&self) -> RedisResult<SentinelClient> {
        let addresses = self.sentinels.iter().map(|sentinel| sentinel.addr().clone());
        let node = self.node.redis_settings();
        let mut builder = SentinelClientBuilder::new(addresses, &self.primary, SentinelServerType::Master)?
            .set_client_to_redis_db(node.db())
            .set_client_to_redis_tcp_settings(tcp_settings())
            .set_client_to_sentinel_tcp_settings(tcp_settings());
        if let Some(user) = node.username() {
            builder = builder.set_client_to_redis_username(user);
        }
        if let Some(password) = node.password() {
            builder = builder.set_client_to_redis_password(password);
        }
        // All of them have the same.
        let sentinel = self.sentinels.first().map(ConnectionInfo::redis_settings);
        if let Some(user) = sentinel.and_then(RedisConnectionInfo::username) {
            builder = builder.set_client_to_sentinel_username(user);
        }
        if let Some(password) = sentinel.and_then(RedisConnectionInfo::password) {
            builder = builder.set_client_to_sentinel_password(password);
        }
        if self.is_tls {
            builder = builder.set_client_to_redis_tls_mode(TlsMode::Secure);
        }
        if let Some(roots) = &self.roots {
            builder = builder
                .set_client_to_redis_certificates(roots.certificates())
                .set_client_to_sentinel_certificates(roots.certificates());
        }
        builder.build()
    }
}

/// Whether a host comes with a port: `host:26379`, `[::1]:26379`.
fn has_port(host: &str) -> bool {
    host.rsplit_once(':').is_some_and(|(_, port)| !port.ends_with(']'))
}

/// What stands behind the `?`, as it is escaped there.
#[derive(Default)]
struct Parameters<'u> {
    db: &'u str,
    user: &'u str,
    password: &'u str,
}

impl<'u> Parameters<'u> {
    fn read(query: &'u str) -> Result<Self, InvalidRedisUrl> {
        let mut parameters = Self::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("db", db)) => parameters.db = db,
                Some(("sentinel_user", user)) => parameters.user = user,
                Some(("sentinel_password", password)) => parameters.password = password,
                _ => return Err(InvalidRedisUrl),
            }
        }
        Ok(parameters)
    }
}

/// A connection to the primary, which all calls of a node share. It is made with the first call, and anew, to the primary of
/// then, when it was lost or leads to a server that is the primary no more.
pub(super) struct Primary {
    sentinels: tokio::sync::Mutex<SentinelClient>,
    /// The connection, and the attempt that made it.
    current: Mutex<Option<Attempt>>,
    attempts: AtomicU64,
}

/// A connection, and the attempt that made it.
#[derive(Clone)]
pub(super) struct Attempt {
    pub(super) connection: MultiplexedConnection,
    number: u64,
}

impl Primary {
    pub(super) fn new(url: &SentinelUrl) -> PortResult<Self> {
        let sentinels = url.client().map_err(failed)?;
        Ok(Self {
            sentinels: tokio::sync::Mutex::new(sentinels),
            current: Mutex::new(None),
            attempts: AtomicU64::new(0),
        })
    }

    /// The connection. Of calls that find none, one makes it; those that wait for it share its outcome.
    pub(super) async fn connect(&self) -> PortResult<Attempt> {
        let attempts = self.attempts.load(Ordering::SeqCst);
        if let Some(current) = self.current() {
            return Ok(current);
        }
        let mut sentinels = self.sentinels.lock().await;
        if let Some(current) = self.current() {
            return Ok(current);
        }
        if self.attempts.load(Ordering::SeqCst) != attempts {
            return Err(PortError::Unavailable("the primary can't be reached".into()));
        }
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(TIMEOUT))
            .set_response_timeout(Some(TIMEOUT));
        let connected = timeout(TIMEOUT, sentinels.get_async_connection_with_config(&config)).await;
        let number = self.attempts.fetch_add(1, Ordering::SeqCst);
        let connection = connected.map_err(|elapsed| PortError::Unavailable(elapsed.into()))?;
        let attempt = Attempt { connection: connection.map_err(not_found)?, number };
        *self.lock() = Some(attempt.clone());
        Ok(attempt)
    }

    /// A client of the primary of this moment.
    pub(super) async fn client(&self) -> PortResult<Client> {
        let mut sentinels = self.sentinels.lock().await;
        let client = timeout(TIMEOUT, sentinels.async_get_client()).await;
        client.map_err(|elapsed| PortError::Unavailable(elapsed.into()))?.map_err(not_found)
    }

    /// Gives an answer on, and gives the connection up where it tells that this is lost.
    pub(super) fn answered<T>(&self, attempt: &Attempt, answer: RedisResult<T>) -> PortResult<T> {
        if answer.as_ref().is_err_and(is_lost) {
            let mut current = self.lock();
            if current.as_ref().is_some_and(|current| current.number == attempt.number) {
                *current = None;
            }
        }
        answer.map_err(failed)
    }

    fn current(&self) -> Option<Attempt> {
        self.lock().clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Attempt>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// No primary that can be connected to. Until sentinels have agreed on one there is none.
fn not_found(error: RedisError) -> PortError {
    match error.kind() {
        ErrorKind::AuthenticationFailed | ErrorKind::InvalidClientConfig => failed(error),
        _ => PortError::Unavailable(error.into()),
    }
}

#[cfg(test)]
mod tests;
