//! The signal that sessions ended, over NOTIFY and LISTEN.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use async_trait::async_trait;
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;
use fm_domain::error::PortResult;
use fm_domain::sessions::{EndedSessions, SessionListener, SessionListeners, SessionSignal};
use tokio::task::JoinSet;

use crate::address::PgAddress;
use crate::listener::{Listener, listen};
use crate::pool::PgPool;
use crate::sql::{statement, typed};

const CHANNEL: &str = "file_manager_sessions";
const NOTIFY: &str = "SELECT pg_notify(?, ?)";

/// Publishes on a connection of the pool, and listens on one of its own from the first listener on.
pub struct PgSessionSignal {
    address: PgAddress,
    pool: PgPool,
    heard: Arc<Heard>,
    listening: Mutex<JoinSet<()>>,
}

#[derive(Default)]
struct Heard(SessionListeners);

impl Listener for Heard {
    fn connected(&self) {
        self.0.set_connected(true);
    }

    fn notified(&self, payload: &str) {
        if let Some(ended) = EndedSessions::parse(payload) {
            self.0.tell(ended);
        }
    }

    fn lost(&self) {
        self.0.set_connected(false);
    }
}

impl PgSessionSignal {
    /// A signal in the database that `pool` connects to, at `address`.
    #[must_use]
    pub fn new(address: PgAddress, pool: PgPool) -> Self {
        Self { address, pool, heard: Arc::default(), listening: Mutex::default() }
    }
}

#[async_trait]
impl SessionSignal for PgSessionSignal {
    async fn publish(&self, ended: EndedSessions) -> PortResult<()> {
        let notify =
            statement::<(), _>(NOTIFY, (typed::<Text, _>(CHANNEL), typed::<Text, _>(ended.to_string())));
        self.pool.lease().await?.run(|connection| notify.execute(connection)).await.map(|_one| ())
    }

    fn subscribe(&self, listener: Weak<dyn SessionListener>) {
        self.heard.0.add(listener);
        let mut listening = self.listening.lock().unwrap_or_else(PoisonError::into_inner);
        if listening.is_empty() {
            listening.spawn(listen(self.address.clone(), CHANNEL, Arc::clone(&self.heard)));
        }
    }
}
