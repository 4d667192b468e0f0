//! Which commands tell other nodes that sessions ended, and which listen to them.
#![expect(clippy::unwrap_used, reason = "a test that fails here has failed")]

use std::collections::HashMap;
use std::sync::{Arc, Mutex, Weak};

use async_trait::async_trait;
use fm_app::adapters::{OpenContext, OpenDatabase, Purpose, SessionStoreFactory};
use fm_app::config::{Reader, Sources};
use fm_app::{Program, StartError};
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::ids::UserId;
use fm_domain::sessions::{EndedSessions, SessionListener, SessionSignal, SessionStore};
use fm_memory::MemorySessionStore;
use uuid::Uuid;

/// What the signal was asked for, in order.
static ASKED: Mutex<Vec<&str>> = Mutex::new(Vec::new());

struct Telegraph;

#[async_trait]
impl SessionSignal for Telegraph {
    async fn publish(&self, _: EndedSessions) -> PortResult<()> {
        ASKED.lock().unwrap().push("publish");
        Ok(())
    }

    fn subscribe(&self, _: Weak<dyn SessionListener>) {
        ASKED.lock().unwrap().push("subscribe");
    }
}

/// Sessions of several nodes.
#[derive(Debug)]
struct Shared;

#[async_trait]
impl SessionStoreFactory for Shared {
    fn name() -> &'static str {
        "shared"
    }

    fn read(_: &mut Reader<'_>) -> Self {
        Self
    }

    async fn open(&self, _: &mut OpenContext, _: &OpenDatabase) -> Result<Arc<dyn SessionStore>, StartError> {
        Ok(Arc::new(MemorySessionStore::new()))
    }

    fn signal(&self, _: &OpenContext, _: &OpenDatabase) -> Option<Arc<dyn SessionSignal>> {
        Some(Arc::new(Telegraph))
    }
}

#[tokio::test]
async fn every_command_that_ends_sessions_tells_other_nodes_and_only_a_node_with_copies_listens() {
    for (purpose, ttl, expected) in [
        (Purpose::Serve, "5", &["subscribe", "publish"][..]),
        (Purpose::Serve, "0", &["publish"]),
        (Purpose::Work, "5", &["publish"]),
        (Purpose::Work, "0", &["publish"]),
        (Purpose::Look, "5", &[]),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = folder.path().join("data");
        let variables = [
            ("DATA_DIR", data_dir.to_str().unwrap()),
            ("DATABASE_URL", "memory:"),
            ("BLOB_STORE", "memory"),
            ("SESSION_STORE", "shared"),
            ("SESSION_CACHE_TTL_SECONDS", ttl),
        ];
        let environment: HashMap<String, String> =
            variables.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        let program = Program::new().session_store::<Shared>();
        let config = program.read(&Sources { environment, folder: folder.path().to_owned() }).unwrap();
        let wired = program.wire(&config, "http://files.test", purpose).await.unwrap();
        let user = UserId::new(Uuid::from_u128(7));
        wired.ports.sessions.revoke_all(user, None, Timestamp::from_unix_seconds(1)).await.unwrap();
        wired.shutdown.run().await;
        assert_eq!(std::mem::take(&mut *ASKED.lock().unwrap()), expected, "{purpose:?} {ttl}");
    }
}
