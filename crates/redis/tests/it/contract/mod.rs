//! The adapters, held to every rule of their ports, on one server and on a cluster, and the use cases killed on them.
#![expect(clippy::unwrap_used, reason = "in a test a panic is a failure")]

mod limits;
mod sessions;

use std::sync::Mutex;

use fm_redis::{RedisClient, RedisUrl};

use fm_testkit::redis::{REDIS_RIGHTS, RedisCluster, RedisServer};

/// A server of a test's own, or a cluster of three. Its clients are a user with the rights that the documents name, and no others.
struct Server {
    processes: Mutex<Processes>,
    url: String,
    stranger: String,
    /// Of each server.
    direct: Vec<String>,
}

enum Processes {
    One(RedisServer),
    Three(RedisCluster),
}

impl Server {
    fn start() -> Self {
        let server = RedisServer::start();
        server.add_user("app", REDIS_RIGHTS);
        let (url, stranger) = (server.url_of("app", "secret"), server.url_of("app", "wrong"));
        Self { direct: vec![server.url()], url, stranger, processes: Mutex::new(Processes::One(server)) }
    }

    fn start_cluster() -> Self {
        let cluster = RedisCluster::start();
        cluster.add_user("app", REDIS_RIGHTS);
        let (url, stranger) = (cluster.url_of("app", "secret"), cluster.url_of("app", "wrong"));
        let direct = cluster.nodes.iter().map(RedisServer::url).collect();
        Self { direct, url, stranger, processes: Mutex::new(Processes::Three(cluster)) }
    }

    /// A client that shares nothing with another.
    fn client(&self) -> RedisClient {
        RedisClient::new(&RedisUrl::parse(&self.url).unwrap()).unwrap()
    }

    fn stranger(&self) -> RedisClient {
        RedisClient::new(&RedisUrl::parse(&self.stranger).unwrap()).unwrap()
    }

    fn kill(&self) {
        match &mut *self.processes.lock().unwrap() {
            Processes::One(server) => server.kill(),
            Processes::Three(cluster) => cluster.nodes.iter_mut().for_each(RedisServer::kill),
        }
    }

    /// The keys of every server.
    async fn keys(&self) -> Vec<String> {
        let mut keys = Vec::new();
        for mut connection in self.connections().await {
            let some: Vec<String> = redis::cmd("KEYS").arg("*").query_async(&mut connection).await.unwrap();
            keys.extend(some);
        }
        keys
    }

    /// A connection to each server.
    async fn connections(&self) -> Vec<redis::aio::MultiplexedConnection> {
        let mut connections = Vec::new();
        for url in &self.direct {
            let client = redis::Client::open(url.as_str()).unwrap();
            connections.push(client.get_multiplexed_async_connection().await.unwrap());
        }
        connections
    }
}

/// Every use case, killed at every call of a port: sessions are ours, the rest is the reference.
mod kill_points {
    use fm_memory::harness::{Blobs, Tables};

    use super::sessions::Sessions;

    fm_resilience::kill_points!(Tables, Blobs, Sessions);
}
