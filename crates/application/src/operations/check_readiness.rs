//! Can requests be served?

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use crate::ports::Ports;
use fm_domain::blobs::BlobStore;
use fm_domain::database::Database;
use fm_domain::error::{PortError, PortResult, chain};
use fm_domain::sessions::SessionStore;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// How long a store may take to answer before it counts as out of reach.
const PING_TIMEOUT: Duration = Duration::from_secs(3);

/// For how long an answer is given again: a probe needs no account, and each look costs requests to every store.
const FRESH_FOR: Duration = Duration::from_secs(1);

/// The stores that answered in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Readiness {
    /// The store of users, files and jobs.
    pub database: bool,
    /// The store of bytes.
    pub blob_store: bool,
    /// The store of sessions.
    pub session_store: bool,
}

impl Readiness {
    /// Whether all of them did.
    #[must_use]
    pub const fn is_ready(self) -> bool {
        self.database && self.blob_store && self.session_store
    }
}

/// Asks every store whether it is there.
pub struct CheckReadiness {
    db: Arc<dyn Database>,
    blobs: Arc<dyn BlobStore>,
    sessions: Arc<dyn SessionStore>,
    /// When the stores were last asked, and what they said. Its holder asks; the others wait for that answer.
    last: Mutex<Option<(Instant, Readiness)>>,
}

impl CheckReadiness {
    pub(crate) fn new(ports: &Ports) -> Self {
        let (db, blobs, sessions) = (ports.db.clone(), ports.blobs.clone(), ports.sessions.clone());
        Self { db, blobs, sessions, last: Mutex::new(None) }
    }

    /// Asks all of them at once, for at most three seconds, unless they were asked within the last second.
    pub async fn run(&self) -> Readiness {
        let mut last = self.last.lock().await;
        if let Some((asked, readiness)) = *last
            && asked.elapsed() < FRESH_FOR
        {
            return readiness;
        }
        let readiness = self.ask().await;
        *last = Some((Instant::now(), readiness));
        readiness
    }

    async fn ask(&self) -> Readiness {
        let (database, blob_store, session_store) = tokio::join!(
            answers("database", self.db.ping()),
            answers("blob_store", self.blobs.ping()),
            answers("session_store", self.sessions.ping()),
        );
        Readiness { database, blob_store, session_store }
    }
}

async fn answers(check: &'static str, ping: impl Future<Output = PortResult<()>>) -> bool {
    let late = |_| Err(PortError::Unavailable("no answer in time".into()));
    match tokio::time::timeout(PING_TIMEOUT, ping).await.unwrap_or_else(late) {
        Ok(()) => true,
        Err(error) => {
            tracing::warn!(check, error = chain(&error), "not ready");
            false
        }
    }
}

#[cfg(test)]
mod tests;
