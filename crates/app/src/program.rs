//! The program with the adapters that it can be configured to use.

use fm_application::wiring::Ports;

use crate::adapters::{Adapters, BlobStoreFactory, DatabaseFactory, SessionStoreFactory};
use crate::config::{self, Config, ConfigFaults, Secret, SetVariable, Sources, Variable};

/// The program: the adapters that the configuration may pick, and the decorators of its ports.
///
/// It begins with the adapters of this workspace. Each method adds one more, or replaces the one of the same name; every
/// command uses what was added.
pub struct Program {
    adapters: Adapters,
    decorators: Vec<Box<dyn Fn(Ports) -> Ports + Send + Sync>>,
}

impl Program {
    /// The program with the adapters of this workspace.
    #[must_use]
    pub fn new() -> Self {
        Self { adapters: Adapters::ours(), decorators: Vec::new() }
    }

    /// Adds a blob store, which `BLOB_STORE=<name>` picks.
    #[must_use]
    pub fn blob_store<F: BlobStoreFactory>(mut self) -> Self {
        self.adapters.add_blob_store::<F>();
        self
    }

    /// Adds a session store, which `SESSION_STORE=<name>` picks.
    #[must_use]
    pub fn session_store<F: SessionStoreFactory>(mut self) -> Self {
        self.adapters.add_session_store::<F>();
        self
    }

    /// Adds a database, which `DATABASE_URL=<scheme>:…` picks.
    #[must_use]
    pub fn database<F: DatabaseFactory>(mut self) -> Self {
        self.adapters.add_database::<F>();
        self
    }

    /// Adds a decorator: it takes the ports where they are assembled, once for each process, and answers those that the
    /// use cases get. It wraps a port to measure it, say, or replaces one that the configuration does not pick, such as
    /// the thumbnailer. The first that is added is the innermost.
    #[must_use]
    pub fn decorate(mut self, decorator: impl Fn(Ports) -> Ports + Send + Sync + 'static) -> Self {
        self.decorators.push(Box::new(decorator));
        self
    }

    /// Every variable that the configuration may set.
    #[must_use]
    pub fn variables(&self) -> Vec<Variable> {
        config::variables(&self.adapters)
    }

    /// Every variable, and what it is set to.
    pub(crate) fn variables_of(&self, sources: &Sources) -> Vec<SetVariable> {
        config::set_variables(&self.adapters, sources)
    }

    /// Every secret that is set.
    pub(crate) fn secrets_of(&self, sources: &Sources) -> Vec<Secret> {
        config::secrets(&self.adapters, sources)
    }

    /// Reads the configuration; on failure all its faults.
    pub fn read(&self, sources: &Sources) -> Result<Config, ConfigFaults> {
        Config::read(&self.adapters, sources)
    }

    pub(crate) fn decorated(&self, ports: Ports) -> Ports {
        self.decorators.iter().fold(ports, |ports, decorate| decorate(ports))
    }
}

impl Default for Program {
    fn default() -> Self {
        Self::new()
    }
}
