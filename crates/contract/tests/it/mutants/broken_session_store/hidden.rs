//! A harness that hides what is stored.

use std::sync::Arc;

use async_trait::async_trait;
use fm_contract::{Impossible, SessionStoreHarness, session_store};
use fm_domain::sessions::SessionStore;
use fm_memory::MemorySessionStore;

/// A harness whose dump leaves the sessions out.
struct HidesItsSessions(Arc<MemorySessionStore>);

#[async_trait]
impl SessionStoreHarness for HidesItsSessions {
    async fn fresh() -> Self {
        Self(Arc::new(MemorySessionStore::new()))
    }

    fn sessions(&self) -> Arc<dyn SessionStore> {
        self.0.clone()
    }

    async fn dump(&self) -> String {
        format!("{} sessions", self.0.snapshot().len())
    }

    async fn another_node(&self) -> Result<Arc<dyn SessionStore>, Impossible> {
        Ok(self.0.clone())
    }

    async fn break_it(&self) -> Result<(), Impossible> {
        Err(Impossible::because("it lives in the memory of this process"))
    }

    fn with_wrong_credentials(&self) -> Result<Arc<dyn SessionStore>, Impossible> {
        Err(Impossible::because("it has no credentials"))
    }
}

/// A dump that does not show what is stored proves nothing, and is told so.
#[test]
fn a_dump_that_hides_what_is_stored() {
    assert_eq!(crate::mutants::broken_rules(&session_store::checks::<HidesItsSessions>()), ["SES-11"]);
}
