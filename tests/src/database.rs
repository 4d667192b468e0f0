//! A PostgreSQL database of its own for each server.

use std::path::{Path, PathBuf};
use std::process::Command;

use reqwest::Url;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

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
        let name = crate::unique("fm_e2e_");
        execute(&maintenance, &format!("CREATE DATABASE {name}")).expect("the database is created");
        let mut url = Url::parse(&maintenance).expect("TEST_DATABASE_URL is a URL");
        url.set_path(&format!("/{name}"));
        Self { maintenance, name, url: url.to_string() }
    }

    /// Copies it into a file, while it is used.
    pub(crate) fn dump(&self, file: &Path) {
        tool("pg_dump", &["--format=custom", "--file", &file.to_string_lossy(), "--dbname", &self.url]);
    }

    /// Fills it from such a file.
    pub(crate) fn restore(&self, file: &Path) {
        tool("pg_restore", &["--exit-on-error", "--dbname", &self.url, &file.to_string_lossy()]);
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

    /// How many transactions it has seen, but for the last seconds.
    pub(crate) fn transactions(&self) -> u64 {
        let question = format!(
            "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = '{}'",
            self.name
        );
        ask(&self.maintenance, &question).expect("its statistics are there").parse().expect("a number")
    }

    fn let_in(&self, anybody: bool) {
        let statement = format!("ALTER DATABASE {} ALLOW_CONNECTIONS {anybody}", self.name);
        execute(&self.maintenance, &statement).expect("the database is altered");
    }

    /// Its `DATABASE_URL`.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Err(error) = execute(&self.maintenance, &format!("DROP DATABASE {} WITH (FORCE)", self.name)) {
            assert!(std::thread::panicking(), "the database {} can't be dropped: {error}", self.name);
        }
    }
}

fn execute(url: &str, statement: &str) -> Result<(), tokio_postgres::Error> {
    on_a_connection(url, async |client| client.batch_execute(statement).await)
}

/// The one value that a question has for an answer.
fn ask(url: &str, question: &str) -> Result<String, tokio_postgres::Error> {
    on_a_connection(url, async |client| {
        let answer = client.simple_query(question).await?;
        let rows = answer.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        });
        Ok(rows.last().unwrap_or_default())
    })
}

/// Works on a thread of its own, so that it can be called from anywhere.
fn on_a_connection<T: Send>(
    url: &str,
    work: impl AsyncFnOnce(&Client) -> Result<T, tokio_postgres::Error> + Send,
) -> Result<T, tokio_postgres::Error> {
    std::thread::scope(|scope| {
        scope
            .spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(async {
                    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
                    let connection = tokio::spawn(connection);
                    let answer = work(&client).await?;
                    drop(client);
                    connection.await.unwrap()?;
                    Ok(answer)
                })
            })
            .join()
            .unwrap()
    })
}

/// Runs one of PostgreSQL's own programs: those of the server that the scripts started, or of `PATH`.
fn tool(name: &str, arguments: &[&str]) {
    let program =
        std::env::var("TEST_POSTGRES_BIN").map_or_else(|_| name.into(), |bin| PathBuf::from(bin).join(name));
    let mut command = Command::new(program);
    if let Ok(libraries) = std::env::var("TEST_POSTGRES_LIBRARIES") {
        command.env("LD_LIBRARY_PATH", libraries);
    }
    let run = command.args(arguments).output();
    let run = run.unwrap_or_else(|error| {
        panic!("{name} does not start ({error}): run scripts/test, or put PostgreSQL's programs in PATH")
    });
    assert!(run.status.success(), "{name}: {}", String::from_utf8_lossy(&run.stderr));
}
