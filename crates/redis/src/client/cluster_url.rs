//! Where the nodes of a cluster are.

use redis::{Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo as _, RedisResult};

use super::roots::Roots;
use super::topology::Address;
use crate::client::{InvalidRedisUrl, tcp_settings};

/// Some nodes of a cluster, which know the others, and who asks: the same of every node.
#[derive(Clone)]
pub(in crate::client) struct ClusterUrl {
    seeds: Vec<Address>,
    /// `user:password@`, as it is escaped there.
    credentials: String,
    is_tls: bool,
    roots: Option<Roots>,
}

impl ClusterUrl {
    /// Reads what follows `redis+cluster://` or `rediss+cluster://`: `user:password@host:6379,other:6379`. A cluster has one
    /// database alone.
    pub(in crate::client) fn parse(text: &str, is_tls: bool) -> Result<Self, InvalidRedisUrl> {
        let text = text.strip_suffix("/0").or_else(|| text.strip_suffix('/')).unwrap_or(text);
        let (credentials, hosts) = text.rsplit_once('@').map_or(("", text), |(who, hosts)| (who, hosts));
        if hosts.contains(['/', '?']) {
            return Err(InvalidRedisUrl);
        }
        let credentials = if credentials.is_empty() { String::new() } else { format!("{credentials}@") };
        let mut url = Self { seeds: Vec::new(), credentials, is_tls, roots: None };
        for host in hosts.split(',') {
            let info = url.info(host).map_err(|_invalid| InvalidRedisUrl)?;
            let (ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. }) = info.addr()
            else {
                return Err(InvalidRedisUrl);
            };
            url.seeds.push(Address::new(host.clone(), *port));
        }
        Ok(url)
    }

    fn info(&self, host: &str) -> RedisResult<ConnectionInfo> {
        let scheme = if self.is_tls { "rediss" } else { "redis" };
        let info = format!("{scheme}://{}{host}/", self.credentials).into_connection_info()?;
        Ok(info.set_tcp_settings(tcp_settings()))
    }

    pub(super) fn client(&self, node: &Address) -> RedisResult<Client> {
        let info = self.info(&node.to_string())?;
        match &self.roots {
            Some(roots) => roots.client(info),
            None => Client::open(info),
        }
    }

    pub(in crate::client) const fn is_tls(&self) -> bool {
        self.is_tls
    }

    /// The same, believing nodes whose certificates these authorities have issued.
    pub(in crate::client) fn trusting(self, roots: Roots) -> Self {
        Self { roots: Some(roots), ..self }
    }

    pub(super) fn seeds(&self) -> &[Address] {
        &self.seeds
    }

    /// The first node, where connections are not encrypted.
    pub(in crate::client) fn plain_host(&self) -> Option<&str> {
        self.seeds.first().filter(|_| !self.is_tls).map(Address::host)
    }
}
