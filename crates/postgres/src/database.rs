//! The database as a whole.

use async_trait::async_trait;
use fm_domain::database::{Database, ReadRepos, UnitOfWork};
use fm_domain::error::PortResult;

use crate::pool::PgPool;
use crate::read::PgReadRepos;
use crate::turns::Turns;
use crate::unit_of_work::PgUnitOfWork;

/// Users, files, blobs, keys, uploads and jobs in PostgreSQL (READ COMMITTED).
#[derive(Debug, Clone)]
pub struct PgDatabase {
    pub(crate) pool: PgPool,
    turns: Turns,
}

impl PgDatabase {
    /// The database that `pool` connects to. It runs no migrations.
    #[must_use]
    pub fn new(pool: PgPool) -> Self {
        Self { pool, turns: Turns::default() }
    }
}

#[async_trait]
impl Database for PgDatabase {
    async fn begin(&self) -> PortResult<Box<dyn UnitOfWork>> {
        let lease = self.pool.lease().await?;
        Ok(Box::new(PgUnitOfWork::new(self.pool.clone(), lease, self.turns.clone())))
    }

    async fn begin_single(&self) -> PortResult<Box<dyn UnitOfWork>> {
        let lease = self.pool.lease().await?;
        Ok(Box::new(PgUnitOfWork::single(self.pool.clone(), lease, self.turns.clone())))
    }

    async fn read(&self) -> PortResult<Box<dyn ReadRepos>> {
        Ok(Box::new(PgReadRepos::new(self.pool.clone())))
    }

    async fn ping(&self) -> PortResult<()> {
        self.pool.ping().await
    }
}
