//! More processes on what a server stands on.

use std::sync::Mutex;

use super::Server;
use crate::e2e::secrets::Secrets;

impl Server {
    /// Another process on the same database and store: a second node. It has to go first.
    pub fn second_node(&self) -> Self {
        let node = self.twin(self.environment.clone());
        node.resume();
        node
    }

    /// Another process on the same database and store with this environment, not started yet.
    pub(super) fn twin(&self, environment: Vec<(String, String)>) -> Self {
        Self {
            lane: self.lane,
            environment,
            arguments: self.arguments.clone(),
            process: Mutex::new(None),
            address: Mutex::default(),
            secrets: Secrets::default(),
            launch: self.launch.clone(),
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
