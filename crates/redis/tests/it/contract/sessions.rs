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

/// Sessions on one server.
pub(crate) struct Sessions {
    server: Server,
    store: Arc<RedisSessionStore>,
}

impl Sessions {
    fn on(server: Server) -> Self {
        Self { store: Arc::new(RedisSessionStore::new(server.client())), server }
    }
}

#[async_trait]
impl SessionStoreHarness for Sessions {
    async fn fresh() -> Self {
        Self::on(Server::start())
    }

    fn sessions(&self) -> Arc<dyn SessionStore> {
        self.store.clone()
    }

    async fn dump(&self) -> String {
        let mut lines = Vec::new();
        for mut connection in self.server.connections().await {
            let keys: Vec<String> = redis::cmd("KEYS").arg("*").query_async(&mut connection).await.unwrap();
            for key in keys {
                if key.starts_with("fm:session:") {
                    let hash = redis::cmd("HGETALL").arg(&key).query_async(&mut connection).await;
                    let hash: BTreeMap<String, String> = hash.unwrap();
                    lines.push(format!("{hash:?}"));
                } else if key.starts_with("fm:sessions-of:") {
                    let mut command = redis::cmd("ZRANGE");
                    let command = command.arg(&key).arg(0).arg(-1);
                    let members: Vec<String> = command.query_async(&mut connection).await.unwrap();
                    lines.extend(members);
                }
                lines.push(key);
            }
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

/// Sessions on a cluster of three nodes, which refuse commands and scripts whose keys are in several slots or not named.
struct ClusteredSessions(Sessions);

#[async_trait]
impl SessionStoreHarness for ClusteredSessions {
    async fn fresh() -> Self {
        Self(Sessions::on(Server::start_cluster()))
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

/// The signal that sessions ended, on one server.
struct Signals {
    server: Server,
    signal: Arc<RedisSessionSignal>,
}

impl Signals {
    fn on(server: Server) -> Self {
        Self { signal: Arc::new(RedisSessionSignal::new(server.client())), server }
    }
}

#[async_trait]
impl SessionSignalHarness for Signals {
    async fn fresh() -> Self {
        Self::on(Server::start())
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

/// The same on a cluster of three nodes.
struct ClusteredSignals(Signals);

#[async_trait]
impl SessionSignalHarness for ClusteredSignals {
    async fn fresh() -> Self {
        Self(Signals::on(Server::start_cluster()))
    }

    fn signal(&self) -> Arc<dyn SessionSignal> {
        self.0.signal()
    }

    async fn another_node(&self) -> Result<Arc<dyn SessionSignal>, Impossible> {
        self.0.another_node().await
    }

    async fn break_it(&self) -> Result<(), Impossible> {
        self.0.break_it().await
    }
}

mod session_signal {
    fm_contract::session_signal!(super::Signals);
}

mod session_signal_on_a_cluster {
    fm_contract::session_signal!(super::ClusteredSignals);
}

#[tokio::test]
async fn a_process_that_listens_to_nothing_takes_no_connection_to_listen_on() {
    let signals = Signals::fresh().await;
    let ended = EndedSessions::One(SessionId::new(Uuid::from_u128(1)));
    signals.signal.publish(ended).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut connection = signals.server.connections().await.remove(0);
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
