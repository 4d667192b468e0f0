//! Can requests be served?

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use crate::ports::Ports;
use fm_domain::blobs::BlobStore;
use fm_domain::database::Database;
use fm_domain::error::{PortError, PortResult, chain};
use fm_domain::sessions::SessionStore;

/// Longer than this and a store counts as out of reach.
const PATIENCE: Duration = Duration::from_secs(3);

/// Which of the stores answered in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Readiness {
    /// Users, files and jobs.
    pub database: bool,
    /// Bytes.
    pub blob_store: bool,
    /// Sessions.
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
}

impl CheckReadiness {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self { db: ports.db.clone(), blobs: ports.blobs.clone(), sessions: ports.sessions.clone() }
    }

    /// Asks all of them at once, for at most three seconds.
    pub async fn run(&self) -> Readiness {
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
    match tokio::time::timeout(PATIENCE, ping).await.unwrap_or_else(late) {
        Ok(()) => true,
        Err(error) => {
            tracing::warn!(check, error = chain(&error), "not ready");
            false
        }
    }
}
