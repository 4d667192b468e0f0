//! The connection to a server.

mod cluster;
mod cluster_url;
#[cfg(test)]
mod hearing;
mod roots;
mod route;
mod sentinel;
mod topology;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use fm_domain::error::{PortError, PortResult};
use redis::aio::{ConnectionManager, ConnectionManagerConfig, PubSub};
use redis::io::tcp::TcpSettings;
use redis::{Client, Cmd, ConnectionAddr, FromRedisValue, IntoConnectionInfo as _, ScriptInvocation};

use crate::error::failed;
use cluster::Cluster;
use cluster_url::ClusterUrl;
pub use roots::InvalidRoots;
use roots::Roots;
use sentinel::{Primary, SentinelUrl};

/// How long the server may take to be connected to, and to answer.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(5);

/// Where a server is, and who asks: `redis://user:password@host:6379/0`, `rediss://…` for TLS with the roots that browsers
/// trust or those of [`RedisUrl::trusting`], or `redis+unix:///path/of/socket?user=…&pass=…&db=0`. With sentinels:
/// `redis+sentinel://user:password@sentinel:26379,other:26379/primary?db=0&sentinel_user=…&sentinel_password=…`, or
/// `rediss+sentinel://…` for TLS to them and to the servers. A cluster: `redis+cluster://user:password@host:6379,other:6379`, or
/// `rediss+cluster://…`; some of its nodes are enough, they know the others.
#[derive(Clone)]
pub struct RedisUrl(Place);

#[derive(Clone)]
enum Place {
    /// One server.
    Server(Client),
    /// The primary that sentinels name.
    Sentinels(SentinelUrl),
    /// A cluster.
    Cluster(ClusterUrl),
}

/// How long the server may leave what was sent unacknowledged before its connection counts as lost, and is made anew: one
/// that dies without a word ends no connection by itself.
const UNACKNOWLEDGED: Duration = Duration::from_secs(10);

/// The text is no URL of a Redis server. The text itself is not shown: it may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "is no URL such as redis://user:password@host:6379/0, rediss://host, redis+unix:///path/of/socket, redis+sentinel://host,other/primary or redis+cluster://host,other"
)]
pub struct InvalidRedisUrl;

impl RedisUrl {
    /// Reads a URL. It may not switch the checks of TLS off (`#insecure`).
    pub fn parse(text: &str) -> Result<Self, InvalidRedisUrl> {
        if text.contains('#') {
            return Err(InvalidRedisUrl);
        }
        match text.split_once("://") {
            Some(("redis" | "rediss" | "redis+unix", _)) => {
                let info = text.into_connection_info().map_err(|_invalid| InvalidRedisUrl)?;
                let client = Client::open(info.set_tcp_settings(tcp_settings()));
                client.map(|client| Self(Place::Server(client))).map_err(|_invalid| InvalidRedisUrl)
            }
            Some(("redis+sentinel", rest)) => {
                SentinelUrl::parse(rest, false).map(|url| Self(Place::Sentinels(url)))
            }
            Some(("rediss+sentinel", rest)) => {
                SentinelUrl::parse(rest, true).map(|url| Self(Place::Sentinels(url)))
            }
            Some(("redis+cluster", rest)) => {
                ClusterUrl::parse(rest, false).map(|url| Self(Place::Cluster(url)))
            }
            Some(("rediss+cluster", rest)) => {
                ClusterUrl::parse(rest, true).map(|url| Self(Place::Cluster(url)))
            }
            _ => Err(InvalidRedisUrl),
        }
    }

    /// The same, believing servers, and sentinels, whose certificates these authorities have issued (PEM) in place of those that browsers
    /// trust. The host is checked as before.
    pub fn trusting(self, pem: &[u8]) -> Result<Self, InvalidRoots> {
        let is_tls = match &self.0 {
            Place::Server(client) => {
                matches!(client.get_connection_info().addr(), ConnectionAddr::TcpTls { .. })
            }
            Place::Sentinels(url) => url.is_tls(),
            Place::Cluster(url) => url.is_tls(),
        };
        if !is_tls {
            return Err(InvalidRoots::NoTls);
        }
        let roots = Roots::read(pem)?;
        Ok(Self(match self.0 {
            Place::Server(client) => {
                let client = roots.client(client.get_connection_info().clone());
                Place::Server(client.map_err(|_unusable| InvalidRoots::NoCertificate)?)
            }
            Place::Sentinels(url) => Place::Sentinels(url.trusting(roots)),
            Place::Cluster(url) => Place::Cluster(url.trusting(roots)),
        }))
    }

    /// The host, the first sentinel or the first node, where the connection to it is not encrypted.
    #[must_use]
    pub fn plain_host(&self) -> Option<&str> {
        let address = match &self.0 {
            Place::Server(client) => client.get_connection_info().addr(),
            Place::Sentinels(url) => url.address()?,
            Place::Cluster(url) => return url.plain_host(),
        };
        match address {
            ConnectionAddr::Tcp(host, _) => Some(host),
            _ => None,
        }
    }
}

fn tcp_settings() -> TcpSettings {
    // A script is one small packet: with Nagle's algorithm it could wait for the answer to the one before.
    TcpSettings::default().set_nodelay(true).set_user_timeout(UNACKNOWLEDGED)
}

/// How a connection to one server is made.
fn connection_config() -> ConnectionManagerConfig {
    ConnectionManagerConfig::new()
        .set_number_of_retries(1)
        .set_min_delay(Duration::from_millis(20))
        .set_connection_timeout(Some(TIMEOUT))
        .set_response_timeout(Some(TIMEOUT))
}

/// Shows nothing: it may hold a password.
impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedisUrl(…)")
    }
}

/// One connection to a server, or to each server of a cluster, which all calls of a node share. It connects with the first call,
/// and again when the connection was lost. Cheap to clone.
#[derive(Clone)]
pub struct RedisClient(Link);

#[derive(Clone)]
enum Link {
    /// To one server.
    Server(Arc<Server>),
    /// To the primary that sentinels name.
    Primary(Arc<Primary>),
    /// To a cluster.
    Cluster(Arc<Cluster>),
}

struct Server {
    client: Client,
    connection: ConnectionManager,
}

impl RedisClient {
    /// A client of the server at `url`. Must be called on a Tokio runtime.
    pub fn new(url: &RedisUrl) -> PortResult<Self> {
        // The library takes the provider of the process, and panics where there is none. Another that is installed already
        // is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
        let client = match &url.0 {
            Place::Server(client) => client.clone(),
            Place::Sentinels(url) => return Ok(Self(Link::Primary(Arc::new(Primary::new(url)?)))),
            Place::Cluster(url) => return Ok(Self(Link::Cluster(Arc::new(Cluster::new(url))))),
        };
        let connection = ConnectionManager::new_lazy_with_config(client.clone(), connection_config());
        let connection = connection.map_err(failed)?;
        Ok(Self(Link::Server(Arc::new(Server { client, connection }))))
    }

    /// Asks the server, and answers as soon as it does.
    pub async fn ping(&self) -> PortResult<()> {
        match &self.0 {
            Link::Cluster(cluster) => cluster.ping().await,
            _ => self.query(&redis::cmd("PING")).await,
        }
    }

    /// A connection of its own that hears what is published.
    pub(crate) async fn listen(&self) -> PortResult<PubSub> {
        let client = match &self.0 {
            Link::Server(server) => server.client.clone(),
            Link::Primary(primary) => primary.client().await?,
            Link::Cluster(cluster) => return cluster.listen().await,
        };
        let connected = tokio::time::timeout(TIMEOUT, client.get_async_pubsub()).await;
        connected.map_err(|elapsed| PortError::Unavailable(elapsed.into()))?.map_err(failed)
    }

    pub(crate) async fn query<T: FromRedisValue>(&self, command: &Cmd) -> PortResult<T> {
        match &self.0 {
            Link::Server(server) => command.query_async(&mut server.connection.clone()).await.map_err(failed),
            Link::Primary(primary) => {
                let mut attempt = primary.connect().await?;
                let answer = command.query_async(&mut attempt.connection).await;
                primary.answered(&attempt, answer)
            }
            Link::Cluster(cluster) => cluster.query(command).await,
        }
    }

    pub(crate) async fn run<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> PortResult<T> {
        match &self.0 {
            Link::Server(server) => script.invoke_async(&mut server.connection.clone()).await.map_err(failed),
            Link::Primary(primary) => {
                let mut attempt = primary.connect().await?;
                let answer = script.invoke_async(&mut attempt.connection).await;
                primary.answered(&attempt, answer)
            }
            Link::Cluster(cluster) => cluster.run(script).await,
        }
    }
}

impl fmt::Debug for RedisClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedisClient(…)")
    }
}

#[cfg(test)]
mod tests;
