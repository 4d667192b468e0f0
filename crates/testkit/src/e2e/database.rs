//! A PostgreSQL database of its own for each server.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use reqwest::Url;

use crate::postgres::{Database, Postgres};

/// A fresh database, removed when it is dropped.
pub(crate) struct TestDatabase {
    server: Postgres,
    name: String,
    database: Database,
}

impl TestDatabase {
    /// Makes one on the server of `TEST_DATABASE_URL`.
    pub(crate) fn create() -> Self {
        let url = std::env::var("TEST_DATABASE_URL")
            .expect("TEST_DATABASE_URL is not set: run scripts/test, which starts a private PostgreSQL");
        Self::create_on(postgres_at(url))
    }

    /// Makes one on this server.
    pub(crate) fn create_on(server: Postgres) -> Self {
        let name = super::unique("fm_e2e_");
        let database = server.create(&name).expect("the database is created");
        Self { server, name, database }
    }

    /// Copies it into a file, while it is used.
    pub(crate) fn dump(&self, file: &Path) {
        self.database.dump(file).expect("pg_dump copies the database");
    }

    /// Fills it from such a file.
    pub(crate) fn restore(&self, file: &Path) {
        self.database.restore(file).expect("pg_restore fills the database");
    }

    /// Ends every connection to it and refuses new ones.
    pub(crate) fn go_away(&self) {
        self.allow_connections(false);
        self.end_connections();
    }

    /// Takes connections again.
    pub(crate) fn come_back(&self) {
        self.allow_connections(true);
    }

    /// Runs one statement in it.
    pub(crate) fn execute(&self, statement: &str) {
        self.database.run(statement).expect("the statement is right");
    }

    /// What it answers to one question.
    pub(crate) fn ask(&self, question: &str) -> String {
        self.database.run(question).expect("the question is right")
    }

    /// Has new connections refuse writes or take them, and ends all others.
    pub(crate) fn refuses_writes(&self, refuses: bool) {
        let maintenance = self.server.maintenance();
        let set = format!("ALTER DATABASE {} SET default_transaction_read_only = {refuses}", self.name);
        maintenance.run(&set).expect("the database is altered");
        self.end_connections();
    }

    fn end_connections(&self) {
        let statement =
            format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'", self.name);
        self.server.maintenance().run(&statement).expect("its connections are ended");
    }

    /// How many transactions it has seen, but for the last seconds.
    pub(crate) fn transactions(&self) -> u64 {
        let question = format!(
            "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = '{}'",
            self.name
        );
        let count = self.server.maintenance().run(&question).expect("its statistics are there");
        count.parse().expect("a number")
    }

    fn allow_connections(&self, allowed: bool) {
        let statement = format!("ALTER DATABASE {} ALLOW_CONNECTIONS {allowed}", self.name);
        self.server.maintenance().run(&statement).expect("the database is altered");
    }

    /// Its `DATABASE_URL`.
    pub(crate) fn url(&self) -> &str {
        &self.database.url
    }

    /// Where its server listens.
    pub(crate) fn address(&self) -> SocketAddr {
        let url = Url::parse(self.url()).expect("DATABASE_URL is a URL");
        let addresses = url.socket_addrs(|| Some(5432)).expect("the host of the database is known");
        *addresses.first().expect("the host of the database has an address")
    }

    /// Its `DATABASE_URL` by way of another address, in the clear.
    pub(crate) fn url_by(&self, address: SocketAddr) -> String {
        let mut url = Url::parse(self.url()).expect("DATABASE_URL is a URL");
        url.set_ip_host(address.ip()).expect("the URL has a host");
        url.set_port(Some(address.port())).expect("the URL has a port");
        url.query_pairs_mut().append_pair("sslmode", "disable");
        url.to_string()
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Err(error) = self.server.drop(&self.name) {
            assert!(std::thread::panicking(), "the database {} can't be dropped: {error}", self.name);
        }
    }
}

/// The server at a superuser's URL, with PostgreSQL's own programs: those that the scripts found, or of `PATH`.
pub(crate) fn postgres_at(url: String) -> Postgres {
    Postgres {
        programs: std::env::var_os("TEST_POSTGRES_BIN").map(PathBuf::from).unwrap_or_default(),
        libraries: std::env::var("TEST_POSTGRES_LIBRARIES").unwrap_or_default(),
        url,
    }
}
