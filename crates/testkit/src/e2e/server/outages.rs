//! A server whose database and store are taken away, misbehave, or are killed.

use std::time::Duration;

use super::Server;
use crate::e2e::chaos::ChaosProxy;
use crate::e2e::cluster::{Cluster, Pair};
use crate::e2e::database::TestDatabase;
use crate::e2e::lane::Lane;
use crate::e2e::store::TestStore;

/// The proxies between a server and what it stands on.
pub(super) struct Proxies {
    database: ChaosProxy,
    store: ChaosProxy,
}

impl Server {
    /// A server on PostgreSQL and S3 that can be taken away from it.
    pub fn on_shaky_ground() -> Self {
        Self::on_shaky_ground_with(&[])
    }

    /// The same with these variables.
    pub fn on_shaky_ground_with(variables: &[(&str, &str)]) -> Self {
        let (database, store) = (Some(TestDatabase::create()), Some(TestStore::here()));
        let server = Self::assemble(Lane::PostgresS3, database, store, variables, &[]);
        server.resume();
        server
    }

    /// A server on PostgreSQL and S3, each behind a proxy that misbehaves as it is told.
    pub fn amid_chaos() -> Self {
        Self::amid_chaos_with(&[])
    }

    /// The same without workers.
    pub fn amid_chaos_without_workers() -> Self {
        Self::amid_chaos_with(&["--no-worker"])
    }

    fn amid_chaos_with(arguments: &[&'static str]) -> Self {
        let (database, store) = (TestDatabase::create(), TestStore::here());
        let proxies = Proxies {
            database: ChaosProxy::bytes(database.address()),
            store: ChaosProxy::http(store.address()),
        };
        let mut variables = store.variables_through(proxies.store.address());
        variables.push(("DATABASE_URL", database.url_by(proxies.database.address())));
        // So that jobs read pictures from the store, whose faults they are to meet.
        variables.push(("PICTURE_HANDOVER_BYTES", "0".to_owned()));
        let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let mut server = Self::assemble(Lane::PostgresS3, Some(database), Some(store), &variables, arguments);
        server.proxies = Some(proxies);
        server.resume();
        server
    }

    /// A server on a PostgreSQL of its own, which can be killed.
    pub fn on_its_own_database() -> Self {
        Self::on_its_own_database_with(&[])
    }

    /// The same with these variables.
    pub fn on_its_own_database_with(variables: &[(&str, &str)]) -> Self {
        let cluster = Cluster::start();
        let database = TestDatabase::create_on(cluster.postgres());
        let store = Some(TestStore::here());
        let mut server = Self::assemble(Lane::PostgresS3, Some(database), store, variables, &[]);
        server.cluster = Some(cluster);
        server.resume();
        server
    }

    /// A server on a PostgreSQL of its own that has a synchronous standby.
    pub fn on_a_pair_of_databases() -> Self {
        let pair = Pair::start();
        let url = pair.create_database();
        let variables = [("DATABASE_URL", url.as_str())];
        let mut server = Self::assemble(Lane::PostgresS3, None, Some(TestStore::here()), &variables, &[]);
        server.pair = Some(pair);
        server.resume();
        server
    }

    /// Kills the primary of its pair, and has the standby take its place after so long. It blocks.
    pub fn fail_over(&self, pause: Duration) {
        self.pair.as_ref().expect("it has a pair of database servers").fail_over(pause);
    }

    /// Gives the primary of its pair a standby again. It blocks.
    pub fn restore_standby(&self) {
        self.pair.as_ref().expect("it has a pair of database servers").restore();
    }

    /// The proxy in front of its store.
    pub fn store_chaos(&self) -> &ChaosProxy {
        &self.proxies.as_ref().expect("it has proxies").store
    }

    /// The proxy in front of its database.
    pub fn database_chaos(&self) -> &ChaosProxy {
        &self.proxies.as_ref().expect("it has proxies").database
    }

    /// Takes its S3 server away while `work` is done.
    pub async fn without_its_store<T>(&self, work: impl Future<Output = T>) -> T {
        let store = self.store.as_ref().expect("it has an S3 server");
        store.go_away();
        let result = work.await;
        store.come_back();
        result
    }

    /// Takes its database away while `work` is done.
    pub async fn without_its_database<T>(&self, work: impl Future<Output = T>) -> T {
        let database = self.database.as_ref().expect("it has a database server");
        database.go_away();
        let result = work.await;
        database.come_back();
        result
    }

    /// Kills its database server. It blocks.
    pub fn kill_database(&self) {
        self.cluster.as_ref().expect("it has a database server of its own").crash();
    }

    /// Starts its database server again. It blocks.
    pub fn revive_database(&self) {
        self.cluster.as_ref().expect("it has a database server of its own").come_back();
    }
}
