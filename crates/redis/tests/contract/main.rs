//! The adapters, held to every rule of their ports, on one server and on a cluster, and the use cases killed on them.
#![expect(clippy::unwrap_used, reason = "in a test a panic is a failure")]

mod limits;
mod sessions;

use std::sync::Mutex;

use fm_redis::{RedisClient, RedisUrl};

use fm_testkit::redis::RedisServer;

/// A server of a test's own.
struct Server {
    process: Mutex<RedisServer>,
    url: String,
    stranger: String,
}

impl Server {
    fn new(process: RedisServer) -> Self {
        let (url, stranger) = (process.url(), process.url_with("wrong"));
        Self { process: Mutex::new(process), url, stranger }
    }

    /// A client that shares nothing with another.
    fn client(&self) -> RedisClient {
        RedisClient::new(&RedisUrl::parse(&self.url).unwrap()).unwrap()
    }

    fn stranger(&self) -> RedisClient {
        RedisClient::new(&RedisUrl::parse(&self.stranger).unwrap()).unwrap()
    }

    fn kill(&self) {
        self.process.lock().unwrap().kill();
    }

    async fn keys(&self) -> Vec<String> {
        let mut connection = self.connection().await;
        redis::cmd("KEYS").arg("*").query_async(&mut connection).await.unwrap()
    }

    async fn connection(&self) -> redis::aio::MultiplexedConnection {
        let client = redis::Client::open(self.url.as_str()).unwrap();
        client.get_multiplexed_async_connection().await.unwrap()
    }
}

/// Every use case, killed at every call of a port: sessions are ours, the rest is the reference.
mod kill_points {
    use fm_memory::harness::{Blobs, Tables};

    use super::sessions::Sessions;

    fm_resilience::kill_points!(Tables, Blobs, Sessions);
}
