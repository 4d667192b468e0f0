//! A PostgreSQL database of its own for each server.

use std::net::SocketAddr;

use reqwest::Url;
use tokio_postgres::NoTls;

/// A fresh database, removed when it is dropped.
pub(crate) struct TestDatabase {
    maintenance: String,
    name: String,
    url: String,
}

impl TestDatabase {
    /// Makes one on the server of `TEST_DATABASE_URL`.
    pub(crate) fn create() -> Self {
        let maintenance = std::env::var("TEST_DATABASE_URL")
            .expect("TEST_DATABASE_URL is not set: run scripts/test, which starts a private PostgreSQL");
        Self::create_at(maintenance)
    }

    /// Makes one on the server of this superuser's URL.
    pub(crate) fn create_at(maintenance: String) -> Self {
        let name = crate::unique("fm_e2e_");
        execute(&maintenance, &format!("CREATE DATABASE {name}")).expect("the database is created");
        let mut url = Url::parse(&maintenance).expect("TEST_DATABASE_URL is a URL");
        url.set_path(&format!("/{name}"));
        Self { maintenance, name, url: url.to_string() }
    }

    /// Ends every connection to it and lets nobody in any more.
    pub(crate) fn go_away(&self) {
        self.let_in(false);
        let statement =
            format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'", self.name);
        execute(&self.maintenance, &statement).expect("its connections are ended");
    }

    /// Lets everybody in again.
    pub(crate) fn come_back(&self) {
        self.let_in(true);
    }

    /// Runs one statement in it.
    pub(crate) fn execute(&self, statement: &str) {
        execute(&self.url, statement).expect("the statement is right");
    }

    fn let_in(&self, anybody: bool) {
        let statement = format!("ALTER DATABASE {} ALLOW_CONNECTIONS {anybody}", self.name);
        execute(&self.maintenance, &statement).expect("the database is altered");
    }

    /// Its `DATABASE_URL`.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Where its server listens.
    pub(crate) fn address(&self) -> SocketAddr {
        let url = Url::parse(&self.url).expect("DATABASE_URL is a URL");
        let addresses = url.socket_addrs(|| Some(5432)).expect("the host of the database is known");
        *addresses.first().expect("the host of the database has an address")
    }

    /// Its `DATABASE_URL` by way of another address, in the clear.
    pub(crate) fn url_by(&self, address: SocketAddr) -> String {
        let mut url = Url::parse(&self.url).expect("DATABASE_URL is a URL");
        url.set_ip_host(address.ip()).expect("the URL has a host");
        url.set_port(Some(address.port())).expect("the URL has a port");
        url.query_pairs_mut().append_pair("sslmode", "disable");
        url.to_string()
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Err(error) = execute(&self.maintenance, &format!("DROP DATABASE {} WITH (FORCE)", self.name)) {
            assert!(std::thread::panicking(), "the database {} can't be dropped: {error}", self.name);
        }
    }
}

/// Runs one statement on a thread of its own, so that it can be called from anywhere.
pub(crate) fn execute(url: &str, statement: &str) -> Result<(), tokio_postgres::Error> {
    std::thread::scope(|scope| {
        scope
            .spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(async {
                    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
                    let connection = tokio::spawn(connection);
                    client.batch_execute(statement).await?;
                    drop(client);
                    connection.await.unwrap()
                })
            })
            .join()
            .unwrap()
    })
}
