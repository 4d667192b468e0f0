//! The database of a server, as others see and change it.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use super::super::Lane;
use super::super::database::TestDatabase;
use super::super::store::TestStore;
use super::Server;
use crate::AT_LAST;

impl Server {
    /// A server with a store on a database of its own, which it reaches by the URL that `by` makes of the direct one. It is
    /// not started yet.
    pub fn on_postgres(by: impl FnOnce(&str) -> String) -> Self {
        let database = TestDatabase::create();
        let url = by(database.url());
        let variables = [("DATABASE_URL", url.as_str())];
        Self::assemble(Lane::PostgresS3, Some(database), Some(TestStore::start()), &variables, &[])
    }

    /// The program with the same store and variables on an empty PostgreSQL database, not started. It has to go first.
    pub fn with_postgres(&self) -> Self {
        let database = TestDatabase::create();
        let url = database.url().to_owned();
        self.with_database(&url, Some(database))
    }

    /// The program with the same store and variables on a SQLite database in this file, not started. It has to go first.
    pub fn with_sqlite(&self, file: &Path) -> Self {
        self.with_database(&format!("sqlite://{}", file.display()), None)
    }

    fn with_database(&self, url: &str, database: Option<TestDatabase>) -> Self {
        let mut environment = self.environment.clone();
        environment.retain(|(name, _)| name != "DATABASE_URL");
        environment.push(("DATABASE_URL".to_owned(), url.to_owned()));
        let mut server = self.twin(environment, self.launch.clone());
        server.database = database;
        server
    }

    /// Runs a command that reads a pipe at this path, and kills it once it has read these bytes, of which there must be more than a
    /// pipe holds, and waits for more.
    pub fn kill_while_it_reads(&self, arguments: &[&str], pipe: &Path, bytes: &[u8]) {
        let made = Command::new("mkfifo").arg(pipe).status().expect("mkfifo runs");
        assert!(made.success() && bytes.len() > 1 << 17, "a pipe, and more than it holds");
        let mut program = self.launch.start(self.home.path(), &self.environment, arguments);
        let mut writer = OpenOptions::new().write(true).open(pipe).expect("the command opens the pipe");
        writer.write_all(bytes).expect("the command reads the pipe");
        program.signal("KILL");
        assert!(program.ended(AT_LAST).is_some(), "SIGKILL ends it");
    }

    /// What its database answers to one question, in the tests' own connection.
    pub fn ask_its_database(&self, question: &str) -> String {
        self.database.as_ref().expect("it has a database server").ask(question)
    }

    /// Whether its database refuses writes (`default_transaction_read_only`), on new connections: the others are ended.
    pub fn refuses_writes(&self, refuses: bool) {
        self.database.as_ref().expect("it has a database server").refuses_writes(refuses);
    }
}
