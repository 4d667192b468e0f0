//! Harnesses of the reference adapters, for the rules of `fm-contract` and the scenarios of `fm-resilience`.
//!
//! A scenario takes a harness of a database, of a store of blobs and of a store of sessions. A team that wrote one of the
//! three takes these for the other two:
//!
//! ```text
//! mod kill_points {
//!     fm_resilience::kill_points!(fm_memory::harness::Tables, super::MyBlobs, fm_memory::harness::Sessions);
//! }
//! ```
//!
//! What lives in the memory of one process has no second node, can't be damaged behind the adapter's back and is never out
//! of reach: those rules prove nothing about the reference adapters.

mod archive;
mod blobs;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use fm_contract::fakes::present;
use fm_contract::{
    DatabaseHarness, Impossible, RateLimiterHarness, SessionSignalHarness, SessionStoreHarness,
};
use fm_domain::database::Database;
use fm_domain::ids::NodeId;
use fm_domain::jobs::JobSignal;
use fm_domain::limits::RateLimiter;
use fm_domain::sessions::{SessionSignal, SessionStore};

use crate::{
    ManualClock, MemoryDatabase, MemoryJobSignal, MemoryRateLimiter, MemorySessionSignal, MemorySessionStore,
};
pub use blobs::Blobs;

const IN_MEMORY: Impossible = Impossible::because("it lives in the memory of this process");

/// A [`MemoryDatabase`].
pub struct Tables {
    database: MemoryDatabase,
    signal: Arc<MemoryJobSignal>,
}

#[async_trait]
impl DatabaseHarness for Tables {
    async fn fresh() -> Self {
        let database = MemoryDatabase::new();
        let signal = Arc::new(database.signal());
        Self { database, signal }
    }

    fn database(&self) -> Arc<dyn Database> {
        Arc::new(self.database.clone())
    }

    fn signal(&self) -> Arc<dyn JobSignal> {
        self.signal.clone()
    }

    async fn row_versions(&self) -> Result<HashMap<NodeId, u64>, Impossible> {
        Ok(self.database.row_versions())
    }

    async fn another_node(&self) -> Result<Arc<dyn Database>, Impossible> {
        Err(IN_MEMORY)
    }

    async fn break_it(&self) -> Result<(), Impossible> {
        Err(IN_MEMORY)
    }

    fn with_wrong_credentials(&self) -> Result<Arc<dyn Database>, Impossible> {
        Err(IN_MEMORY)
    }
}

/// A [`MemorySessionStore`].
pub struct Sessions(Arc<MemorySessionStore>);

#[async_trait]
impl SessionStoreHarness for Sessions {
    async fn fresh() -> Self {
        Self(Arc::new(MemorySessionStore::new()))
    }

    fn sessions(&self) -> Arc<dyn SessionStore> {
        self.0.clone()
    }

    async fn dump(&self) -> String {
        let sessions = self.0.snapshot();
        // `Debug` hides the salts, which the rules look for as hexadecimal.
        let salts = sessions.iter().map(|session| u128::from_be_bytes(session.refresh.salt));
        let salts: Vec<String> = salts.map(|salt| format!("{salt:032x}")).collect();
        format!("{sessions:?} {salts:?}")
    }

    async fn another_node(&self) -> Result<Arc<dyn SessionStore>, Impossible> {
        Err(IN_MEMORY)
    }

    async fn break_it(&self) -> Result<(), Impossible> {
        Err(IN_MEMORY)
    }

    fn with_wrong_credentials(&self) -> Result<Arc<dyn SessionStore>, Impossible> {
        Err(IN_MEMORY)
    }
}

/// A [`MemorySessionStore`] behind the copies of two nodes, which live longer than any rule takes.
pub struct CachedSessions {
    store: Arc<MemorySessionStore>,
    nodes: [Arc<crate::CachedSessions>; 2],
}

#[async_trait]
impl SessionStoreHarness for CachedSessions {
    async fn fresh() -> Self {
        let store = Arc::new(MemorySessionStore::new());
        let signal = Arc::new(MemorySessionSignal::new());
        let node = || crate::CachedSessions::new(store.clone(), signal.clone(), Duration::from_hours(1));
        Self { nodes: [node(), node()], store }
    }

    fn sessions(&self) -> Arc<dyn SessionStore> {
        self.nodes[0].clone()
    }

    async fn dump(&self) -> String {
        Sessions(self.store.clone()).dump().await
    }

    async fn another_node(&self) -> Result<Arc<dyn SessionStore>, Impossible> {
        Ok(self.nodes[1].clone())
    }

    async fn break_it(&self) -> Result<(), Impossible> {
        Err(IN_MEMORY)
    }

    fn with_wrong_credentials(&self) -> Result<Arc<dyn SessionStore>, Impossible> {
        Err(IN_MEMORY)
    }
}

/// A [`MemorySessionSignal`].
pub struct SessionSignals(Arc<MemorySessionSignal>);

#[async_trait]
impl SessionSignalHarness for SessionSignals {
    async fn fresh() -> Self {
        Self(Arc::new(MemorySessionSignal::new()))
    }

    fn signal(&self) -> Arc<dyn SessionSignal> {
        self.0.clone()
    }

    async fn another_node(&self) -> Result<Arc<dyn SessionSignal>, Impossible> {
        Err(IN_MEMORY)
    }

    async fn break_it(&self) -> Result<(), Impossible> {
        Err(IN_MEMORY)
    }
}

/// A [`MemoryRateLimiter`], and its clock.
pub struct Limits {
    limiter: Arc<MemoryRateLimiter>,
    clock: Arc<ManualClock>,
}

#[async_trait]
impl RateLimiterHarness for Limits {
    async fn fresh() -> Self {
        let clock = Arc::new(ManualClock::new(present()));
        Self { limiter: Arc::new(MemoryRateLimiter::new(clock.clone())), clock }
    }

    fn limiter(&self) -> Arc<dyn RateLimiter> {
        self.limiter.clone()
    }

    async fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }

    async fn stored_keys(&self) -> usize {
        self.limiter.stored_keys().len()
    }

    async fn another_node(&self) -> Result<Arc<dyn RateLimiter>, Impossible> {
        Err(IN_MEMORY)
    }

    async fn break_it(&self) -> Result<(), Impossible> {
        Err(IN_MEMORY)
    }

    fn with_wrong_credentials(&self) -> Result<Arc<dyn RateLimiter>, Impossible> {
        Err(IN_MEMORY)
    }
}
