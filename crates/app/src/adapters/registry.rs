//! The adapters that the configuration can pick, by name.

use std::sync::Arc;

use super::{
    BlobStoreFactory, DatabaseFactory, DatabaseSessions, DiskConfig, Memory, PostgresConfig, RedisSessions,
    S3Config, SessionStoreFactory, SqliteConfig,
};
use crate::config::{Reader, Secret, Variable};

/// What stands before the variables of the store that blobs are moved from: it has the same ones.
pub(crate) const FALLBACK: &str = "FALLBACK_";

/// Reads the settings of an adapter.
type ReadSettings<F> = fn(&mut Reader<'_>) -> Arc<F>;
/// Reads the settings of a database.
type ReadDatabase = fn(&Secret, &mut Reader<'_>) -> Arc<dyn DatabaseFactory>;

/// All adapters.
#[derive(Default)]
pub(crate) struct Adapters {
    pub(crate) blob_stores: Registry<ReadSettings<dyn BlobStoreFactory>>,
    pub(crate) session_stores: Registry<ReadSettings<dyn SessionStoreFactory>>,
    pub(crate) databases: Registry<ReadDatabase>,
}

impl Adapters {
    /// Those of this workspace.
    pub(crate) fn ours() -> Self {
        let mut adapters = Self::default();
        adapters.add_blob_store::<DiskConfig>();
        adapters.add_blob_store::<S3Config>();
        adapters.add_blob_store::<Memory>();
        adapters.add_session_store::<DatabaseSessions>();
        adapters.add_session_store::<Memory>();
        adapters.add_session_store::<RedisSessions>();
        adapters.add_database::<PostgresConfig>();
        adapters.add_database::<SqliteConfig>();
        adapters.add_database::<Memory>();
        adapters
    }

    pub(crate) fn add_blob_store<F: BlobStoreFactory>(&mut self) {
        let mut variables = F::variables();
        variables.extend(F::variables().into_iter().map(|variable| variable.prefixed(FALLBACK)));
        self.blob_stores.add(&[F::name()], variables, |reader| Arc::new(F::read(reader)));
    }

    pub(crate) fn add_session_store<F: SessionStoreFactory>(&mut self) {
        self.session_stores.add(&[F::name()], F::variables(), |reader| Arc::new(F::read(reader)));
    }

    pub(crate) fn add_database<F: DatabaseFactory>(&mut self) {
        self.databases.add(F::schemes(), F::variables(), |url, reader| Arc::new(F::read(url, reader)));
    }

    /// The variables of all of them.
    pub(crate) fn variables(&self) -> impl Iterator<Item = Variable> {
        let stores = self.blob_stores.variables().chain(self.session_stores.variables());
        stores.chain(self.databases.variables())
    }
}

/// The adapters of one port.
pub(crate) struct Registry<R>(Vec<Entry<R>>);

struct Entry<R> {
    names: Vec<&'static str>,
    variables: Vec<Variable>,
    read: R,
}

impl<R> Default for Registry<R> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<R: Copy> Registry<R> {
    /// Adds an adapter; one that had a name of it before loses it.
    fn add(&mut self, names: &[&'static str], variables: Vec<Variable>, read: R) {
        for entry in &mut self.0 {
            entry.names.retain(|name| !names.contains(name));
        }
        self.0.retain(|entry| !entry.names.is_empty());
        self.0.push(Entry { names: names.to_vec(), variables, read });
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().flat_map(|entry| entry.names.iter().copied())
    }

    pub(crate) fn find(&self, name: &str) -> Option<R> {
        self.0.iter().find(|entry| entry.names.contains(&name)).map(|entry| entry.read)
    }

    /// The adapter of this name, or a fault of `variable`.
    pub(crate) fn pick(&self, reader: &mut Reader<'_>, variable: &str, name: &str) -> Option<R> {
        let found = self.find(name);
        if found.is_none() {
            let names: Vec<&str> = self.names().collect();
            reader.fault(variable, format!("must be one of {}", names.join(", ")));
        }
        found
    }

    fn variables(&self) -> impl Iterator<Item = Variable> {
        self.0.iter().flat_map(|entry| entry.variables.iter().copied())
    }
}
