//! A server whose blobs are moved to another store.

use std::time::Duration;

use super::Server;
use crate::AT_LAST;
use crate::e2e::folder::holds;
use crate::e2e::program::{Finished, Program};
use crate::e2e::store::TestStore;

/// The S3 server that blobs are moved to.
pub struct NewStore(TestStore);

impl NewStore {
    /// An empty one, in this process.
    pub fn start() -> Self {
        Self(TestStore::here())
    }

    /// The variables that make it the store of a server, and these beside them.
    pub fn variables(&self, more: &[(&str, &str)]) -> Vec<(String, String)> {
        let own = self.0.variables().into_iter().map(|(name, value)| (name.to_owned(), value));
        own.chain(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))).collect()
    }

    /// The variables that make it the store of a server, which falls back on the S3 of another.
    pub fn variables_over(&self, previous: &Server) -> Vec<(String, String)> {
        [self.variables(&[]), previous.fallback_variables()].concat()
    }

    /// The variables that have a server fall back on it.
    pub fn fallback_variables(&self) -> Vec<(String, String)> {
        self.0.fallback_variables()
    }

    /// How many objects it has.
    pub async fn count(&self) -> usize {
        self.0.count().await
    }

    /// Whether it has an object of exactly these bytes.
    pub fn holds(&self, bytes: &[u8]) -> bool {
        holds(self.0.folder(), bytes)
    }
}

/// A command that runs on while others look at what it does. It is killed when this is dropped.
pub struct RunningCommand(Program);

impl RunningCommand {
    /// Ends it without a chance to clean up; whether it still ran.
    pub fn kill(mut self) -> bool {
        self.0.signal("KILL");
        self.0.ended(AT_LAST).expect("SIGKILL ends it").code().is_none()
    }

    /// Waits for its end, at most `limit`. It blocks.
    pub fn finish(mut self, limit: Duration) -> Finished {
        let Some(status) = self.0.ended(limit) else { panic!("it did not end:\n{}", self.0.output()) };
        Finished { code: status.code(), output: self.0.output() }
    }
}

impl Server {
    /// The variables that have another server fall back on its S3.
    pub fn fallback_variables(&self) -> Vec<(String, String)> {
        self.store.as_ref().expect("it has an S3 server").fallback_variables()
    }

    /// A server on the same data with these variables over its own, not started yet. It has to go first, and where the data is in
    /// a folder only one of both runs at a time.
    pub fn reconfigured(&self, variables: &[(String, String)]) -> Self {
        let mut environment = self.environment.clone();
        environment.retain(|(known, _)| variables.iter().all(|(name, _)| name != known));
        environment.extend(variables.iter().cloned());
        self.twin(environment, self.launch.clone())
    }

    /// Starts another command of the program with the same environment, and does not wait.
    pub fn begin(&self, arguments: &[&str]) -> RunningCommand {
        RunningCommand(self.launch.start(self.home.path(), &self.environment, arguments))
    }
}
