//! PostgreSQL.

mod checkup;

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use fm_domain::error::Cause;
use fm_postgres::{
    PgAddress, PgDatabase, PgJobSignal, PgLimits, PgMigrations, PgPool, PgSessionSignal, PgSessionStore,
    TRANSACTION_POOLING,
};

use super::{
    Checkup, DatabaseFactory, DatabaseScope, MigrateError, MigrationState, Migrations, OpenContext,
    OpenDatabase,
};
use crate::StartError;
use crate::config::{Reader, Secret};

/// What to do about a pooler in transaction mode.
const POOLED: &str = "use the pooler's session mode (at Supabase port 5432 instead of 6543; of PgBouncer pool_mode = session), \
    or the database itself";

/// `DATABASE_URL=postgres://…`.
#[derive(Debug, Clone)]
pub struct PostgresConfig {
    /// The URL, which may hold a password.
    pub url: Secret,
    /// What it says, once it was read: which host of several worked is learned once for all.
    address: OnceLock<PgAddress>,
}

impl PostgresConfig {
    fn address(&self) -> Result<PgAddress, StartError> {
        if let Some(address) = self.address.get() {
            return Ok(address.clone());
        }
        let address = PgAddress::parse(self.url.expose())
            .map_err(|source| StartError::configuration("DATABASE_URL can't be used", source))?;
        if let Some(warning) = address.warning() {
            tracing::warn!("DATABASE_URL: {warning}");
        }
        Ok(self.address.get_or_init(|| address).clone())
    }
}

#[async_trait]
impl DatabaseFactory for PostgresConfig {
    fn schemes() -> &'static [&'static str] {
        &["postgres", "postgresql"]
    }

    fn read(url: &Secret, reader: &mut Reader<'_>) -> Self {
        if !url.expose().split_once(':').is_some_and(|(_, rest)| rest.starts_with("//")) {
            reader.fault("DATABASE_URL", "must begin with postgres://");
        }
        Self { url: url.clone(), address: OnceLock::new() }
    }

    fn scope(&self) -> DatabaseScope {
        DatabaseScope::Cluster
    }

    async fn check(&self) -> Result<(), StartError> {
        match self.address()?.is_pooled_by_transaction().await {
            Ok(false) => Ok(()),
            Ok(true) => Err(StartError::unworkable(
                "DATABASE_URL",
                format!("it leads to a connection pooler in transaction mode, and {TRANSACTION_POOLING}"),
                POOLED,
            )),
            Err(source) => Err(StartError::adapter("the PostgreSQL database can't be used", source)),
        }
    }

    fn migrations(&self) -> Result<Box<dyn Migrations>, StartError> {
        Ok(Box::new(PgMigrations::new(self.address()?)))
    }

    async fn open(&self, context: &mut OpenContext) -> Result<OpenDatabase, StartError> {
        let address = self.address()?;
        let limits = PgLimits { pooled: context.database_pool_size, ..PgLimits::default() };
        let pool = PgPool::new(address.clone(), limits)
            .map_err(|source| StartError::adapter("the PostgreSQL database can't be used", source))?;
        context.watch_pool({
            let pool = pool.clone();
            move || pool.pool_use()
        });
        let database = Arc::new(PgDatabase::new(pool.clone()));
        Ok(OpenDatabase {
            sessions: Some(Arc::new(PgSessionStore::new(pool.clone()))),
            archive: Some(database.clone()),
            session_signal: Some(Arc::new(PgSessionSignal::new(address.clone(), pool))),
            ..OpenDatabase::new(database, Arc::new(PgJobSignal::new(address)))
        })
    }

    fn checkup(&self, context: &OpenContext) -> Option<Box<dyn Checkup>> {
        // An address that can't be read is told where the database is opened.
        let address = self.address().ok()?;
        let (pool_size, clock) = (context.database_pool_size, Arc::clone(&context.clock));
        Some(Box::new(checkup::PgCheckup { address, pool_size, clock }))
    }
}

#[async_trait]
impl Migrations for PgMigrations {
    async fn up(&self) -> Result<Vec<String>, MigrateError> {
        Ok(Self::up(self).await.map_err(Cause::from)?)
    }

    async fn down(&self) -> Result<Option<String>, MigrateError> {
        Ok(Self::down(self, 1).await.map_err(Cause::from)?.pop())
    }

    async fn status(&self) -> Result<Vec<MigrationState>, MigrateError> {
        let states = Self::status(self).await.map_err(Cause::from)?;
        let state =
            |state: fm_postgres::MigrationState| MigrationState { name: state.name, applied: state.applied };
        Ok(states.into_iter().map(state).collect())
    }
    async fn unknown(&self) -> Result<Vec<String>, MigrateError> {
        Ok(Self::unknown(self).await.map_err(Cause::from)?)
    }
}
