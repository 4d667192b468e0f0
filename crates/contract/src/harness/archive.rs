//! Databases that can be moved.

use std::sync::Arc;

use async_trait::async_trait;
use fm_domain::archive::Archive;
use fm_domain::database::Database;

use super::Impossible;

/// An empty database that can be moved.
#[async_trait]
pub trait ArchiveHarness: Send + Sync + Sized + 'static {
    /// A database that holds nothing and that no other test uses.
    async fn fresh() -> Self;

    /// The database.
    fn database(&self) -> Arc<dyn Database>;

    /// The same, as one that can be moved.
    fn archive(&self) -> Arc<dyn Archive>;

    /// The same database as another node opens it: no memory is shared with the first.
    async fn another_node(&self) -> Result<Arc<dyn Database>, Impossible>;
}
