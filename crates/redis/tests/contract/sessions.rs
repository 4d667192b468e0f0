//! Sessions.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use fm_contract::{Impossible, SessionSignalHarness, SessionStoreHarness};
use fm_domain::ids::SessionId;
use fm_domain::sessions::{EndedSessions, SessionSignal, SessionStore};
use fm_redis::{RedisSessionSignal, RedisSessionStore};
use uuid::Uuid;

use super::Server;
use fm_testkit::redis::RedisServer;

/// Sessions on one server.
pub(crate) struct Sessions {
    server: Server,
    store: Arc<RedisSessionStore>,
}

impl Sessions {
    fn on(process: RedisServer) -> Self {
        let server = Server::new(process);
        Self { store: Arc::new(RedisSessionStore::new(server.client())), server }
    }
}

#[async_trait]
impl SessionStoreHarness for Sessions {
    async fn fresh() -> Self {
        Self::on(RedisServer::start())
    }

    fn sessions(&self) -> Arc<dyn SessionStore> {
        self.store.clone()
    }

    async fn dump(&self) -> String {
        let mut connection = self.server.connection().await;
        let keys = self.server.keys().await;
        let mut lines = keys.clone();
        for key in keys.iter().filter(|key| key.starts_with("fm:session:")) {
            let hash = redis::cmd("HGETALL").arg(key).query_async(&mut connection).await;
            let hash: BTreeMap<String, String> = hash.unwrap();
            lines.push(format!("{hash:?}"));
        }
        for key in keys.iter().filter(|key| key.starts_with("fm:sessions-of:")) {
            let members = redis::cmd("ZRANGE").arg(key).arg(0).arg(-1).query_async(&mut connection).await;
            let members: Vec<String> = members.unwrap();
            lines.extend(members);
        }
        lines.join("\n")
    }

    async fn another_node(&self) -> Result<Arc<dyn SessionStore>, Impossible> {
        Ok(Arc::new(RedisSessionStore::new(self.server.client())))
    }

    async fn break_it(&self) -> Result<(), Impossible> {
        self.server.kill();
        Ok(())
    }

    fn with_wrong_credentials(&self) -> Result<Arc<dyn SessionStore>, Impossible> {
        Ok(Arc::new(RedisSessionStore::new(self.server.stranger())))
    }
}

/// Sessions on a cluster, which refuses commands and scripts whose keys are in several slots or not named.
struct ClusteredSessions(Sessions);

#[async_trait]
impl SessionStoreHarness for ClusteredSessions {
    async fn fresh() -> Self {
        Self(Sessions::on(RedisServer::start_cluster()))
    }

    fn sessions(&self) -> Arc<dyn SessionStore> {
        self.0.sessions()
    }

    async fn dump(&self) -> String {
        self.0.dump().await
    }

    async fn another_node(&self) -> Result<Arc<dyn SessionStore>, Impossible> {
        self.0.another_node().await
    }

    async fn break_it(&self) -> Result<(), Impossible> {
        self.0.break_it().await
    }

    fn with_wrong_credentials(&self) -> Result<Arc<dyn SessionStore>, Impossible> {
        self.0.with_wrong_credentials()
    }
}

mod session_store {
    fm_contract::session_store!(super::Sessions);
}

mod session_store_on_a_cluster {
    fm_contract::session_store!(super::ClusteredSessions);
}

/// The signal that sessions ended, on a cluster of one node.
struct Signals {
    server: Server,
    signal: Arc<RedisSessionSignal>,
}

#[async_trait]
impl SessionSignalHarness for Signals {
    async fn fresh() -> Self {
        let server = Server::new(RedisServer::start_cluster());
        Self { signal: Arc::new(RedisSessionSignal::new(server.client())), server }
    }

    fn signal(&self) -> Arc<dyn SessionSignal> {
        self.signal.clone()
    }

    async fn another_node(&self) -> Result<Arc<dyn SessionSignal>, Impossible> {
        Ok(Arc::new(RedisSessionSignal::new(self.server.client())))
    }

    async fn break_it(&self) -> Result<(), Impossible> {
        self.server.kill();
        Ok(())
    }
}

mod session_signal {
    fm_contract::session_signal!(super::Signals);
}

#[tokio::test]
async fn a_process_that_listens_to_nothing_takes_no_connection_to_listen_on() {
    let signals = Signals::fresh().await;
    let ended = EndedSessions::One(SessionId::new(Uuid::from_u128(1)));
    signals.signal.publish(ended).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut connection = signals.server.connection().await;
    let listeners: String = redis::cmd("CLIENT")
        .arg("LIST")
        .arg("TYPE")
        .arg("PUBSUB")
        .query_async(&mut connection)
        .await
        .unwrap();
    assert_eq!(listeners, "");
}

/// Sessions in Redis behind the copies of two nodes, which live longer than any rule takes.
struct CachedSessions(Sessions, [Arc<fm_memory::CachedSessions>; 2]);

#[async_trait]
impl SessionStoreHarness for CachedSessions {
    async fn fresh() -> Self {
        let sessions = Sessions::fresh().await;
        let node = || {
            let store = Arc::new(RedisSessionStore::new(sessions.server.client()));
            let signal = Arc::new(RedisSessionSignal::new(sessions.server.client()));
            fm_memory::CachedSessions::new(store, signal, Duration::from_hours(1))
        };
        let nodes = [node(), node()];
        Self(sessions, nodes)
    }

    fn sessions(&self) -> Arc<dyn SessionStore> {
        self.1[0].clone()
    }

    async fn dump(&self) -> String {
        self.0.dump().await
    }

    async fn another_node(&self) -> Result<Arc<dyn SessionStore>, Impossible> {
        Ok(self.1[1].clone())
    }

    async fn break_it(&self) -> Result<(), Impossible> {
        self.0.break_it().await
    }

    fn with_wrong_credentials(&self) -> Result<Arc<dyn SessionStore>, Impossible> {
        self.0.with_wrong_credentials()
    }
}

mod session_store_behind_copies {
    fm_contract::session_store!(super::CachedSessions);
}
