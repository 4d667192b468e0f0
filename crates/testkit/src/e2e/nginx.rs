//! nginx before the nodes.

use tempfile::TempDir;

use super::{Server, tool};
use crate::nginx::{self, Front};
use crate::process::Tool;

/// A running nginx, which ends with this.
pub struct Nginx {
    running: nginx::Nginx,
    _home: TempDir,
}

impl Nginx {
    /// Starts the program of `TEST_NGINX` before these nodes.
    pub fn before(nodes: &[&Server]) -> Self {
        Self::with(nodes, &Front::default())
    }

    /// Starts it as `front` says.
    pub fn with(nodes: &[&Server], front: &Front<'_>) -> Self {
        let libraries = std::env::var("TEST_NGINX_LIBRARIES").unwrap_or_default();
        let nginx = Tool { program: tool("TEST_NGINX"), libraries };
        let home = tempfile::tempdir().unwrap();
        let nodes: Vec<String> = nodes.iter().map(|node| node.address()).collect();
        let running = nginx::Nginx::before(&nginx, home.path(), &nodes, front).expect("nginx starts");
        Self { running, _home: home }
    }

    /// The base of its URLs, without a slash at the end.
    pub fn base(&self) -> String {
        self.running.base()
    }
}
