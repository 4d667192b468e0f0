//! Sessions in Redis.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use fm_contract::{Impossible, SessionStoreHarness};
use fm_domain::sessions::SessionStore;
use fm_example_foreign_adapters::RedisSessionStore;

use crate::redis_server::RedisServer;

pub(crate) struct Sessions {
    server: Mutex<RedisServer>,
    url: String,
    stranger: String,
    store: Arc<RedisSessionStore>,
}

fn open(url: &str) -> Arc<RedisSessionStore> {
    Arc::new(RedisSessionStore::new(url).unwrap())
}

#[async_trait]
impl SessionStoreHarness for Sessions {
    async fn fresh() -> Self {
        let server = RedisServer::start();
        let (url, stranger) = (server.url(), server.url_with("wrong"));
        Self { store: open(&url), server: Mutex::new(server), url, stranger }
    }

    fn sessions(&self) -> Arc<dyn SessionStore> {
        self.store.clone()
    }

    async fn dump(&self) -> String {
        let client = redis::Client::open(self.url.as_str()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        let keys: Vec<String> = redis::cmd("KEYS").arg("*").query_async(&mut connection).await.unwrap();
        let mut lines = keys.clone();
        for key in keys.iter().filter(|key| key.starts_with("session:")) {
            let hash = redis::cmd("HGETALL").arg(key).query_async(&mut connection).await;
            let hash: BTreeMap<String, String> = hash.unwrap();
            lines.push(format!("{hash:?}"));
        }
        lines.join("\n")
    }

    async fn another_node(&self) -> Result<Arc<dyn SessionStore>, Impossible> {
        Ok(open(&self.url))
    }

    async fn break_it(&self) -> Result<(), Impossible> {
        self.server.lock().unwrap().kill();
        Ok(())
    }

    fn with_wrong_credentials(&self) -> Result<Arc<dyn SessionStore>, Impossible> {
        Ok(open(&self.stranger))
    }
}

mod session_store {
    fm_contract::session_store!(super::Sessions);
}
