//! The database as a whole.

use async_trait::async_trait;
use fm_domain::database::{Database, ReadRepos, UnitOfWork};
use fm_domain::error::{PortError, PortResult};
use tokio::time::error::Elapsed;

use crate::claim::Turns;
use crate::pool::PgPool;
use crate::read::PgReadRepos;
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
        // After the server was restarted every pooled connection may be dead without knowing it yet. Each that turns
        // out to be is dropped, so that after as many tries as there were connections one is new. A server that does
        // not answer in time is another matter: it would not answer the next either.
        let mut tries = self.pool.size() + 1;
        loop {
            tries -= 1;
            match PgUnitOfWork::begin(self.pool.lease().await?, self.turns.clone()).await {
                Err(PortError::Unavailable(cause)) if tries > 0 && !cause.is::<Elapsed>() => {
                    tracing::debug!(error = %cause, "a pooled connection to PostgreSQL was dead");
                }
                Err(PortError::Unavailable(cause)) if cause.is::<Elapsed>() => {
                    // The server hangs, and with it the other connections to it.
                    self.pool.close_idle();
                    return Err(PortError::Unavailable(cause));
                }
                begun => return begun.map(|unit| Box::new(unit) as Box<dyn UnitOfWork>),
            }
        }
    }

    async fn read(&self) -> PortResult<Box<dyn ReadRepos>> {
        Ok(Box::new(PgReadRepos::new(self.pool.clone())))
    }

    async fn ping(&self) -> PortResult<()> {
        self.pool.ping().await
    }
}
