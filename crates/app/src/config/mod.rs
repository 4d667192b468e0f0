//! The configuration: where it comes from, what it may say, and everything that is wrong with it at once.
//!
//! Each section has a file with its settings, the variables that they come from, and their checks. The settings of an
//! adapter stand beside the adapter, in [`crate::adapters`].

mod accounts;
mod audit;
mod credentials;
mod dotenv;
mod faults;
mod http;
mod jobs;
mod limits;
mod logging;
mod metrics;
mod origin;
mod reader;
mod secret;
mod source;
mod storage;
mod traces;
mod tree;
mod uploads;
mod variable;

use std::collections::BTreeSet;
use std::sync::Arc;

pub use accounts::AccountsConfig;
pub use audit::AuditConfig;
pub use credentials::CredentialsConfig;
pub use faults::{ConfigFaults, Fault};
pub use http::HttpConfig;
pub use jobs::JobsConfig;
pub use limits::LimitsConfig;
pub use logging::{LogFormat, LoggingConfig};
pub use metrics::MetricsConfig;
pub use reader::Reader;
pub use secret::Secret;
pub use source::Sources;
pub use storage::{FallbackConfig, StorageConfig};
pub use traces::{TraceSampler, TracesConfig};
pub use tree::TreeConfig;
pub use uploads::UploadsConfig;
pub use variable::Variable;

use crate::adapters::{Adapters, Memory};

/// A day, in seconds.
const DAY: u64 = 24 * 60 * 60;

/// The variables of every section. An adapter adds its own.
const SECTIONS: [&[Variable]; 13] = [
    source::VARIABLES,
    http::VARIABLES,
    storage::VARIABLES,
    credentials::VARIABLES,
    accounts::VARIABLES,
    limits::VARIABLES,
    audit::VARIABLES,
    uploads::VARIABLES,
    jobs::VARIABLES,
    logging::VARIABLES,
    metrics::VARIABLES,
    traces::VARIABLES,
    tree::VARIABLES,
];

/// The whole configuration, by section.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "each field is documented by its type")]
pub struct Config {
    pub http: HttpConfig,
    pub storage: StorageConfig,
    pub credentials: CredentialsConfig,
    pub accounts: AccountsConfig,
    pub limits: LimitsConfig,
    pub audit: AuditConfig,
    pub uploads: UploadsConfig,
    pub jobs: JobsConfig,
    pub logging: LoggingConfig,
    pub metrics: MetricsConfig,
    pub traces: TracesConfig,
    /// The trash and old versions.
    pub tree: TreeConfig,
}

impl Config {
    /// Layers the sources and checks what they say. An unset or empty variable means its default.
    pub(crate) fn read(adapters: &Adapters, sources: &Sources) -> Result<Self, ConfigFaults> {
        let names = names(&variables(adapters));
        let mut faults = ConfigFaults::default();
        let texts = source::layered(sources, &names, &mut faults);
        let mut reader = Reader::new(&texts, &names, faults);
        let http = HttpConfig::read(&mut reader);
        let storage = StorageConfig::read(&mut reader, adapters);
        let credentials = CredentialsConfig::read(&mut reader, storage.database.scope());
        let config = Self {
            http,
            storage,
            credentials,
            accounts: AccountsConfig::read(&mut reader),
            limits: LimitsConfig::read(&mut reader),
            audit: AuditConfig::read(&mut reader),
            uploads: UploadsConfig::read(&mut reader),
            jobs: JobsConfig::read(&mut reader),
            logging: LoggingConfig::read(&mut reader),
            metrics: MetricsConfig::read(&mut reader),
            traces: TracesConfig::read(&mut reader),
            tree: TreeConfig::read(&mut reader),
        };
        let faults = reader.into_faults();
        if faults.0.is_empty() { Ok(config) } else { Err(faults) }
    }

    /// The same with everything kept in memory.
    #[must_use]
    pub fn ephemeral(mut self) -> Self {
        "memory".clone_into(&mut self.storage.blob_store);
        self.storage.blobs = Arc::new(Memory);
        self.storage.fallback = None;
        "memory".clone_into(&mut self.storage.session_store);
        self.storage.sessions = Arc::new(Memory);
        self.storage.database = Arc::new(Memory);
        self.storage.redis = None;
        self
    }
}

/// A variable, and what it is set to.
#[derive(Clone)]
pub(crate) struct SetVariable {
    /// Its name.
    pub(crate) name: &'static str,
    /// Whether its text must not be shown.
    pub(crate) is_secret: bool,
    /// Its text, or the path of the file that holds it; `None` when it is unset or empty.
    pub(crate) text: Option<String>,
}

/// Every variable with what the sources set it to, by name.
pub(crate) fn set_variables(adapters: &Adapters, sources: &Sources) -> Vec<SetVariable> {
    let variables = variables(adapters);
    let texts = source::layered(sources, &names(&variables), &mut ConfigFaults::default());
    let text = |name: &str| texts.get(name).or_else(|| texts.get(&format!("{name}_FILE"))).cloned();
    let mut set: Vec<SetVariable> = variables
        .into_iter()
        .map(|Variable { name, secret }| SetVariable { name, is_secret: secret, text: text(name) })
        .collect();
    set.sort_unstable_by_key(|variable| variable.name);
    set
}

/// Every secret that the sources set, read from its file where they name one: what no report may show.
pub(crate) fn secrets(adapters: &Adapters, sources: &Sources) -> Vec<Secret> {
    let variables = variables(adapters);
    let names = names(&variables);
    let texts = source::layered(sources, &names, &mut ConfigFaults::default());
    let mut reader = Reader::new(&texts, &names, ConfigFaults::default());
    variables
        .iter()
        .filter(|variable| variable.secret)
        .filter_map(|variable| reader.secret(variable.name))
        .collect()
}

/// Every variable that is read: those of the sections and those of the adapters.
pub(crate) fn variables(adapters: &Adapters) -> Vec<Variable> {
    let mut variables: Vec<Variable> = Vec::new();
    for variable in SECTIONS.into_iter().flatten().copied().chain(adapters.variables()) {
        if !variables.iter().any(|known| known.name == variable.name) {
            variables.push(variable);
        }
    }
    variables
}

/// Every name that may be set: the variables, and `<NAME>_FILE` of the secrets.
fn names(variables: &[Variable]) -> BTreeSet<String> {
    let files = variables.iter().filter(|variable| variable.secret);
    let files = files.map(|variable| format!("{}_FILE", variable.name));
    variables.iter().map(|variable| variable.name.to_owned()).chain(files).collect()
}
