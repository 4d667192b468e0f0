//! The reference database as one that can be moved.

use std::sync::Arc;

use async_trait::async_trait;
use fm_contract::{ArchiveHarness, DatabaseHarness, Impossible};
use fm_domain::archive::Archive;
use fm_domain::database::Database;

use super::{IN_MEMORY, Tables};

#[async_trait]
impl ArchiveHarness for Tables {
    async fn fresh() -> Self {
        <Self as DatabaseHarness>::fresh().await
    }

    fn database(&self) -> Arc<dyn Database> {
        DatabaseHarness::database(self)
    }

    fn archive(&self) -> Arc<dyn Archive> {
        Arc::new(self.database.clone())
    }

    async fn another_node(&self) -> Result<Arc<dyn Database>, Impossible> {
        Err(IN_MEMORY)
    }
}
