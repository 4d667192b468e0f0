//! The database of a server, as others see and change it.

use super::super::Lane;
use super::super::database::TestDatabase;
use super::super::store::TestStore;
use super::Server;

impl Server {
    /// A server with a store on a database of its own, which it reaches by the URL that `by` makes of the direct one. It is
    /// not started yet.
    pub fn on_postgres(by: impl FnOnce(&str) -> String) -> Self {
        let database = TestDatabase::create();
        let url = by(database.url());
        let variables = [("DATABASE_URL", url.as_str())];
        Self::assemble(Lane::PostgresS3, Some(database), Some(TestStore::start()), &variables, &[])
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
