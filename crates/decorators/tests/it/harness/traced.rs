//! A harness of a database whose jobs keep their trace.

use std::sync::Arc;

use async_trait::async_trait;
use fm_contract::{DatabaseHarness, Impossible};
use fm_decorators::TracedJobs;
use fm_domain::database::Database;
use fm_domain::jobs::JobSignal;

/// The database of `H`, decorated.
pub(crate) struct Traced<H>(H);

fn traced(inner: Arc<dyn Database>) -> Arc<dyn Database> {
    Arc::new(TracedJobs::new(inner))
}

#[async_trait]
impl<H: DatabaseHarness> DatabaseHarness for Traced<H> {
    async fn fresh() -> Self {
        Self(H::fresh().await)
    }

    fn database(&self) -> Arc<dyn Database> {
        traced(self.0.database())
    }

    fn signal(&self) -> Arc<dyn JobSignal> {
        self.0.signal()
    }

    async fn another_node(&self) -> Result<Arc<dyn Database>, Impossible> {
        self.0.another_node().await.map(traced)
    }

    async fn break_it(&self) -> Result<(), Impossible> {
        self.0.break_it().await
    }

    fn with_wrong_credentials(&self) -> Result<Arc<dyn Database>, Impossible> {
        self.0.with_wrong_credentials().map(traced)
    }
}
