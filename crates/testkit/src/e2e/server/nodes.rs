//! Further processes on the database and the store of a server.

use std::path::Path;
use std::sync::Mutex;

use super::Server;
use crate::e2e::program::Launch;
use crate::e2e::secrets::Secrets;

impl Server {
    /// Another process on the same database and store: a second node. It has to go first.
    pub fn second_node(&self) -> Self {
        let node = self.twin(self.environment.clone(), self.launch.clone());
        node.resume();
        node
    }

    /// Such a node of another version: this program.
    pub fn second_node_of(&self, program: &Path) -> Self {
        let node = self.twin(
            self.environment.clone(),
            Launch { program: Some(program.to_owned()), ..self.launch.clone() },
        );
        node.resume();
        node
    }

    /// Another process on the same database and store with this environment, not started yet.
    pub(super) fn twin(&self, environment: Vec<(String, String)>, launch: Launch) -> Self {
        Self {
            lane: self.lane,
            environment,
            arguments: self.arguments.clone(),
            process: Mutex::new(None),
            address: Mutex::default(),
            secrets: Secrets::default(),
            launch,
            proxies: None,
            store: None,
            database: None,
            cluster: None,
            pair: None,
            disk: None,
            home: tempfile::tempdir().unwrap(),
        }
    }
}
