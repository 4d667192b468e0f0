//! A database of one's own on the server that `scripts/test` starts.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a fixture that can't be made is a failed test")]
#![expect(clippy::disallowed_methods, reason = "a fixture has no configuration, ids and tasks handed to it")]
#![expect(unreachable_pub, reason = "a module of several test programs")]

pub mod samples;
mod template;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use fm_domain::database::Database;
use fm_postgres::{PgAddress, PgDatabase, PgJobSignal, PgLimits, PgMigrations, PgPool, PgSessionStore};
use tokio_postgres::{Client, NoTls};

/// How long may take what has to happen.
pub const SOON: Duration = fm_contract::runtime::Limits::GENEROUS.wait;

/// Limits fit for a test.
const LIMITS: PgLimits = PgLimits {
    pooled: 24,
    shared: 2,
    checkout: Duration::from_secs(20),
    statement: Duration::from_secs(15),
    idle_in_transaction: Duration::from_secs(30),
};

/// A database that is dropped with the fixture.
pub struct Fixture {
    name: String,
    pub address: PgAddress,
    pub pool: PgPool,
}

/// The URL of the maintenance database.
fn maintenance() -> String {
    std::env::var("TEST_DATABASE_URL").unwrap_or_else(|_unset| {
        panic!(
            "these tests need a PostgreSQL server: run `scripts/test`, which starts one, or set TEST_DATABASE_URL to \
             the URL of a superuser's maintenance database, such as postgres://postgres@127.0.0.1:5432/postgres"
        )
    })
}

/// The same server, another database.
fn url(database: &str) -> String {
    let url = maintenance();
    let (base, options) =
        url.split_once('?').map_or((url.as_str(), String::new()), |(b, o)| (b, format!("?{o}")));
    let (server, _) = base.rsplit_once('/').unwrap();
    format!("{server}/{database}{options}")
}

/// A plain connection to a database by URL, driven in the background.
pub async fn plain(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

impl Fixture {
    /// An empty database without any table.
    pub async fn bare(limits: PgLimits) -> Self {
        Self::copy_of("template1", limits).await
    }

    async fn copy_of(template: &str, limits: PgLimits) -> Self {
        let name = format!("fm_test_{}", uuid::Uuid::now_v7().simple());
        let create = format!("CREATE DATABASE {name} TEMPLATE {template}");
        plain(&maintenance()).await.batch_execute(&create).await.unwrap();
        let address = PgAddress::parse(&url(&name)).unwrap();
        let pool = PgPool::new(address.clone(), limits).unwrap();
        Self { name, address, pool }
    }

    /// An empty database with all tables.
    pub async fn with(limits: PgLimits) -> Self {
        Self::copy_of(template::migrated().await, limits).await
    }

    /// An empty database with all tables, and limits fit for a test.
    pub async fn fresh() -> Self {
        Self::with(LIMITS).await
    }

    pub fn migrations(&self) -> PgMigrations {
        PgMigrations::new(self.address.clone())
    }

    pub fn database(&self) -> Arc<dyn Database> {
        Arc::new(PgDatabase::new(self.pool.clone()))
    }

    pub fn sessions(&self) -> PgSessionStore {
        PgSessionStore::new(self.pool.clone())
    }

    pub fn signal(&self) -> PgJobSignal {
        PgJobSignal::new(self.address.clone())
    }

    /// The URL of its database.
    pub fn url(&self) -> String {
        url(&self.name)
    }

    /// Where its server listens: `127.0.0.1:5432`.
    pub fn place(&self) -> String {
        let url = self.url();
        let (_, rest) = url.split_once("://").unwrap();
        let (place, _) = rest.rsplit_once('@').map_or(rest, |(_, place)| place).split_once('/').unwrap();
        if place.contains(':') { place.to_owned() } else { format!("{place}:5432") }
    }

    /// A connection of the test's own.
    pub async fn client(&self) -> Client {
        plain(&url(&self.name)).await
    }

    /// What the server says to a question, as lines of text.
    pub async fn ask(&self, sql: &str) -> Vec<String> {
        let rows = self.client().await.query(sql, &[]).await.unwrap();
        rows.iter().map(|row| row.get::<_, Option<String>>(0).unwrap_or_default()).collect()
    }

    /// Connections of another node.
    pub fn another_pool(&self) -> PgPool {
        PgPool::new(self.address.clone(), LIMITS).unwrap()
    }

    /// Connections of a user whom the server does not know.
    pub fn pool_of_a_stranger(&self) -> PgPool {
        let url = url(&self.name);
        let (scheme, rest) = url.split_once("://").unwrap();
        let (_, place) = rest.rsplit_once('@').unwrap_or(("", rest));
        let address = PgAddress::parse(&format!("{scheme}://fm_stranger:wrong@{place}")).unwrap();
        PgPool::new(address, LIMITS).unwrap()
    }

    /// Takes the database away from every user: no connection stays, and none is made.
    pub async fn refuse_connections(&self) {
        let server = plain(&maintenance()).await;
        let name = &self.name;
        server.batch_execute(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false")).await.unwrap();
        let end = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}' AND pid <> pg_backend_pid()"
        );
        server.query(&end, &[]).await.unwrap();
    }

    /// Ends every connection to the database but the one that says so; how many.
    pub async fn kill_connections(&self) -> usize {
        let sql = "SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity \
                   WHERE datname = current_database() AND pid <> pg_backend_pid()";
        self.ask(sql).await.len()
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        let drop_it = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        apart(async move { plain(&maintenance()).await.batch_execute(&drop_it).await.unwrap() });
    }
}

/// Waits for `work` on a thread of its own: `drop` is no place to wait in.
fn apart(work: impl Future<Output = ()> + Send + 'static) {
    let done = std::thread::spawn(move || {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work);
    });
    // A second panic while one is under way would end the whole program.
    assert!(done.join().is_ok() || std::thread::panicking(), "the database of a test could not be dropped");
}
