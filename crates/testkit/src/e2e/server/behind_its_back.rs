//! What tests do to the database of a server behind its back.

use super::Server;

impl Server {
    /// Changes its database.
    pub fn in_its_database(&self, statement: &str) {
        self.database().expect("it has a database server").execute(statement);
    }

    /// What its database answers to one question, in the tests' own connection.
    pub fn ask_its_database(&self, question: &str) -> String {
        self.database().expect("it has a database server").ask(question)
    }

    /// Whether its database refuses writes (`default_transaction_read_only`), on new connections: the others are ended.
    pub fn refuses_writes(&self, refuses: bool) {
        self.database().expect("it has a database server").refuses_writes(refuses);
    }
}
