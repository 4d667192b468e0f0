//! A server of one lane, with what stands behind it.

mod contents;
mod databases;
mod metrics;
mod moving;
mod nodes;
mod outages;

use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tempfile::TempDir;

pub use metrics::Scrape;
pub use moving::{NewStore, RunningCommand};
use outages::Proxies;

use super::Lane;
use super::account::Account;
use super::cluster::{Cluster, Pair};
use super::database::TestDatabase;
use super::environment::environment;
use super::program::{Ended, Finished, Launch, Program};
use super::secrets::Secrets;
use super::small_disk::SmallDisk;
use super::store::TestStore;
use crate::AT_LAST;

/// The program, running on one lane. When it is dropped it must stop cleanly on SIGTERM, with exit code 0, and must
/// have written no secret that a test used.
pub struct Server {
    lane: Lane,
    environment: Vec<(String, String)>,
    arguments: Vec<&'static str>,
    process: Mutex<Option<Program>>,
    /// Where it listens, or listened last.
    address: Mutex<String>,
    secrets: Secrets,
    launch: Launch,
    /// What is between it and its database and store, where there is something.
    proxies: Option<Proxies>,
    store: Option<TestStore>,
    database: Option<TestDatabase>,
    cluster: Option<Cluster>,
    pair: Option<Pair>,
    disk: Option<SmallDisk>,
    home: TempDir,
}

static SHARED: [Mutex<Weak<Server>>; 3] = [const { Mutex::new(Weak::new()) }; 3];

impl Server {
    /// The server that the tests of this lane share as long as one of them runs.
    pub fn shared(lane: Lane) -> Arc<Self> {
        let mut shared = lock(&SHARED[lane.index()]);
        if let Some(running) = shared.upgrade() {
            return running;
        }
        let started = Arc::new(Self::start(lane, &[]));
        *shared = Arc::downgrade(&started);
        started
    }

    /// A server of its own, with these variables over those of the lane.
    pub fn start(lane: Lane, variables: &[(&str, &str)]) -> Self {
        let server = Self::prepare(lane, variables, &[]);
        server.resume();
        server
    }

    /// An embedded server whose data is on a file system of so many bytes.
    pub fn on_a_small_disk(bytes: u64) -> Self {
        let mut server = Self::assemble(Lane::Embedded, None, None, &[], &[]);
        let data = server.home.path().join("data");
        std::fs::create_dir(&data).unwrap();
        let disk = SmallDisk::at(&data, bytes);
        server.launch.before = disk.entrance();
        server.disk = Some(disk);
        server.resume();
        server
    }

    /// An embedded server that permissions bind, not started yet: it does not run as root.
    pub fn of_an_ordinary_account() -> Self {
        let mut server = Self::assemble(Lane::Embedded, None, None, &[], &[]);
        let account = Account::ordinary();
        server.home = account.home();
        server.launch.program = account.program(server.home.path());
        server.launch.account = account;
        let data = server.home.path().join("data").to_string_lossy().into_owned();
        server.environment.retain(|(name, _)| name != "DATA_DIR");
        server.environment.push(("DATA_DIR".to_owned(), data));
        server
    }

    /// A server on PostgreSQL and an S3 server that takes parts from pages of every origin.
    pub fn with_a_store_for_pages() -> Self {
        let (database, store) = (Some(TestDatabase::create()), Some(TestStore::for_pages()));
        let server = Self::assemble(Lane::PostgresS3, database, store, &[], &[]);
        server.resume();
        server
    }

    /// A server with its own arguments after the command's, not started yet.
    pub fn prepare(lane: Lane, variables: &[(&str, &str)], arguments: &[&'static str]) -> Self {
        let (database, store) = match lane {
            Lane::PostgresS3 => (Some(TestDatabase::create()), Some(TestStore::start())),
            Lane::Ephemeral | Lane::Embedded => (None, None),
        };
        Self::assemble(lane, database, store, variables, arguments)
    }

    pub(crate) fn assemble(
        lane: Lane,
        database: Option<TestDatabase>,
        store: Option<TestStore>,
        variables: &[(&str, &str)],
        arguments: &[&'static str],
    ) -> Self {
        let home = tempfile::tempdir().unwrap();
        let secrets = Secrets::default();
        let mut environment = environment(lane, home.path(), database.as_ref(), store.as_ref());
        for (name, value) in variables {
            environment.retain(|(known, _)| known != name);
            environment.push(((*name).to_owned(), (*value).to_owned()));
        }
        for (name, value) in &environment {
            if matches!(name.as_str(), "JWT_SECRET" | "S3_SECRET_ACCESS_KEY") {
                secrets.add(value);
            }
        }
        let mut all = vec!["serve"];
        if lane == Lane::Ephemeral {
            all.push("--ephemeral");
        }
        all.extend(arguments);
        Self {
            lane,
            environment,
            arguments: all,
            process: Mutex::new(None),
            address: Mutex::default(),
            secrets,
            launch: Launch::default(),
            proxies: None,
            store,
            database,
            cluster: None,
            pair: None,
            disk: None,
            home,
        }
    }

    /// The lane it runs on.
    pub fn lane(&self) -> Lane {
        self.lane
    }

    /// Where it listens, or listened before it ended: `127.0.0.1:43210`.
    pub fn address(&self) -> String {
        lock(&self.address).clone()
    }

    /// The base of its URLs, without a slash at the end.
    pub fn base(&self) -> String {
        format!("http://{}", self.address())
    }

    /// The folder that it was started in; everything embedded is in `data` there.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// The folder of everything embedded, as the test sees it.
    pub fn data(&self) -> PathBuf {
        let data = self.home.path().join("data");
        self.disk.as_ref().map_or_else(|| data.clone(), |disk| disk.seen(&data))
    }

    /// Makes the folder of everything embedded, empty and its own.
    pub fn make_data(&self) {
        let data = self.home.path().join("data");
        std::fs::create_dir(&data).unwrap();
        self.launch.account.give(&data);
    }

    /// The secret that access tokens are signed with, where the tests gave one.
    pub fn jwt_secret(&self) -> Option<&str> {
        self.environment.iter().find(|(name, _)| name == "JWT_SECRET").map(|(_, value)| value.as_str())
    }

    /// All that it wrote so far.
    pub fn output(&self) -> String {
        lock(&self.process).as_ref().map(Program::output).unwrap_or_default()
    }

    /// Starts it, again or for the first time.
    pub fn resume(&self) {
        let mut process = lock(&self.process);
        assert!(process.is_none(), "the server runs already");
        let mut started = self.launch.start(self.home.path(), &self.environment, &self.arguments);
        *lock(&self.address) = started.address();
        *process = Some(started);
    }

    /// Stops it as an operator would, checks that it ended well, and gives all that it wrote.
    pub fn stop(&self) -> String {
        let process = lock(&self.process).take().expect("the server runs");
        let (status, output) = process.stop();
        self.check(status, &output);
        output
    }

    /// Sends it a signal and does not wait.
    pub fn signal(&self, name: &str) {
        lock(&self.process).as_ref().expect("the server runs").signal(name);
    }

    /// Waits for its end after a signal, at most `limit`.
    pub fn ended(&self, limit: Duration) -> Option<ExitStatus> {
        lock(&self.process).as_mut().expect("the server runs").ended(limit)
    }

    /// Ends it without a chance to clean up.
    pub fn kill(&self) {
        let mut process = lock(&self.process).take().expect("the server runs");
        process.signal("KILL");
        assert!(process.ended(AT_LAST).is_some(), "SIGKILL ends it");
    }

    /// Changes its database behind its back.
    pub fn in_its_database(&self, statement: &str) {
        self.database.as_ref().expect("it has a database server").execute(statement);
    }

    /// How many transactions its database has seen, but for the last seconds.
    pub fn transactions(&self) -> u64 {
        self.database.as_ref().expect("it has a database server").transactions()
    }

    /// Runs `file-manager worker` beside it, with the same environment, as long as `work` takes.
    pub async fn with_a_worker<T>(&self, work: impl Future<Output = T>) -> T {
        let worker = self.launch.start(self.home.path(), &self.environment, &["worker"]);
        let result = work.await;
        let (status, output) = worker.stop();
        self.check(status, &output);
        result
    }

    /// Runs another command of the program with the same environment.
    pub fn run(&self, arguments: &[&str]) -> Finished {
        self.launch.run(self.home.path(), &self.environment, arguments)
    }

    /// The same without a log; the command is given this to read, and its streams are kept apart.
    pub fn ask(&self, arguments: &[&str], input: &str) -> Ended {
        self.launch.ask(self.home.path(), &self.environment, arguments, input)
    }

    pub(crate) fn store(&self) -> Option<&TestStore> {
        self.store.as_ref()
    }

    pub(crate) fn database(&self) -> Option<&TestDatabase> {
        self.database.as_ref()
    }

    /// Remembers a text that no log may show.
    pub(crate) fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// The secrets used so far that are anywhere in what it wrote, and how many were looked for.
    pub fn leaks(&self) -> (Vec<String>, usize) {
        (self.secrets.found(&self.output()), self.secrets.count())
    }

    fn check(&self, status: ExitStatus, output: &str) {
        if std::thread::panicking() {
            return;
        }
        assert!(status.success(), "the server ended with {status}:\n{output}");
        let panics: Vec<&str> = output.lines().filter(|line| line.contains("panicked at")).collect();
        assert!(panics.is_empty(), "the server panicked: {panics:#?}");
        let leaks = self.secrets.found_as_words(output);
        assert!(leaks.is_empty(), "the log shows {} secrets, the first is {}", leaks.len(), leaks[0]);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let process = self.process.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(process) = process {
            if std::thread::panicking() {
                return;
            }
            let (status, output) = process.stop();
            self.check(status, &output);
        }
    }
}

/// A test that failed while it held the lock does not take the others with it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
