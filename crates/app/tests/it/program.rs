//! The program as a library: adapters and decorators of a foreign `main`, and what is refused at start.
#![expect(clippy::unwrap_used, reason = "a test that fails here has failed")]

use std::collections::HashMap;
use std::error::Error as _;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use fm_app::adapters::{
    BlobStoreFactory, DatabaseFactory, DatabaseScope, OpenBlobStore, OpenContext, OpenDatabase, OpenDirect,
    Purpose, SessionStoreFactory,
};
use fm_app::config::{Config, ConfigFaults, Reader, Secret, Sources, Variable};
use fm_app::wire::Wired;
use fm_app::{Program, StartError};
use fm_application::wiring::Ports;
use fm_credentials::SystemClock;
use fm_domain::blobs::{BlobLimits, MockBlobStore};
use fm_domain::body::ByteSize;
use fm_domain::sessions::SessionStore;
use fm_memory::{MemoryBlobStore, MemoryDatabase, MemorySessionStore};

fn read(program: &Program, folder: &Path, variables: &[(&str, &str)]) -> Result<Config, ConfigFaults> {
    let environment: HashMap<String, String> =
        variables.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    program.read(&Sources { environment, folder: folder.to_owned() })
}

async fn wire(program: &Program, variables: &[(&str, &str)]) -> Result<Wired, StartError> {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    let mut all = vec![("DATA_DIR", data_dir.to_str().unwrap())];
    all.extend(variables);
    let config = read(program, folder.path(), &all).unwrap();
    program.wire(&config, "http://files.test", Purpose::Work).await
}

/// A blob store that does the least, and notes its end.
#[derive(Debug)]
struct Tape {
    drive: String,
    key: Secret,
}

static ENDED: Mutex<Vec<String>> = Mutex::new(Vec::new());

#[async_trait]
impl BlobStoreFactory for Tape {
    fn name() -> &'static str {
        "tape"
    }

    fn variables() -> Vec<Variable> {
        vec![Variable::plain("TAPE_DRIVE"), Variable::secret("TAPE_KEY")]
    }

    fn read(reader: &mut Reader<'_>) -> Self {
        Self { drive: reader.required("TAPE_DRIVE"), key: reader.required_secret("TAPE_KEY") }
    }

    async fn open(&self, context: &mut OpenContext) -> Result<OpenBlobStore, StartError> {
        assert_eq!(self.key.expose(), "a key that is secret");
        let drive = self.drive.clone();
        context.shutdown.add(async move { ENDED.lock().unwrap().push(drive) });
        Ok(OpenBlobStore::new(Arc::new(MemoryBlobStore::new(Arc::new(SystemClock)))))
    }
}

/// A session store without settings.
#[derive(Debug)]
struct Notebook;

#[async_trait]
impl SessionStoreFactory for Notebook {
    fn name() -> &'static str {
        "notebook"
    }

    fn read(_: &mut Reader<'_>) -> Self {
        Self
    }

    async fn open(&self, _: &mut OpenContext, _: &OpenDatabase) -> Result<Arc<dyn SessionStore>, StartError> {
        Ok(Arc::new(MemorySessionStore::new()))
    }
}

/// A database that stores no sessions.
#[derive(Debug)]
struct Ledger {
    url: Secret,
}

#[async_trait]
impl DatabaseFactory for Ledger {
    fn schemes() -> &'static [&'static str] {
        &["ledger"]
    }

    fn read(url: &Secret, _: &mut Reader<'_>) -> Self {
        Self { url: url.clone() }
    }

    fn scope(&self) -> DatabaseScope {
        DatabaseScope::Cluster
    }

    async fn open(&self, context: &mut OpenContext) -> Result<OpenDatabase, StartError> {
        let name = self.url.expose().to_owned();
        context.shutdown.add(async move { ENDED.lock().unwrap().push(name) });
        let database = MemoryDatabase::new();
        let signal = Arc::new(database.signal());
        Ok(OpenDatabase::new(Arc::new(database), signal))
    }
}

fn foreign() -> Program {
    Program::new().blob_store::<Tape>().session_store::<Notebook>().database::<Ledger>()
}

const TAPE: [(&str, &str); 3] =
    [("BLOB_STORE", "tape"), ("TAPE_DRIVE", "one"), ("TAPE_KEY", "a key that is secret")];
const IN_ONE_REQUEST: [(&str, &str); 2] = [("RESUMABLE_UPLOADS", "0"), ("DIRECT_UPLOADS", "0")];

#[test]
fn faults_of_foreign_settings_are_reported_with_all_others_and_show_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("key");
    fs::write(&secret, "a key that is secret\n").unwrap();
    let variables = [("BLOB_STORE", "tape"), ("PORT", "70000"), ("TAPE_KEY_FILE", secret.to_str().unwrap())];
    let faults = read(&foreign(), folder.path(), &variables).unwrap_err().to_string();
    assert!(faults.contains("TAPE_DRIVE: is required with BLOB_STORE=tape"), "{faults}");
    assert!(faults.contains("PORT"), "{faults}");
    assert!(!faults.contains("TAPE_KEY"), "the secret was read from its file: {faults}");
    let config = read(&foreign(), folder.path(), &TAPE).unwrap();
    assert!(!format!("{config:?}").contains("a key that is secret"), "{config:?}");
}

#[test]
fn foreign_names_stand_among_those_that_may_be_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let variables = [("BLOB_STORE", "x"), ("SESSION_STORE", "x"), ("DATABASE_URL", "x:")];
    let faults = read(&foreign(), folder.path(), &variables).unwrap_err().to_string();
    for expected in [
        "BLOB_STORE: must be one of disk, s3, memory, tape",
        "SESSION_STORE: must be one of database, memory, redis, notebook",
        "DATABASE_URL: must begin with one of postgres:, postgresql:, sqlite:, memory:, ledger:",
    ] {
        assert!(faults.contains(expected), "{faults}");
    }
}

#[test]
fn foreign_variables_may_stand_in_a_toml_file_of_a_program_that_has_them() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("config")).unwrap();
    fs::write(folder.path().join("config/default.toml"), "tape_drive = \"two\"\n").unwrap();
    read(&foreign(), folder.path(), &[]).unwrap();
    let faults = read(&Program::new(), folder.path(), &[]).unwrap_err().to_string();
    assert!(faults.contains("tape_drive"), "{faults}");
}

#[test]
fn a_foreign_database_of_many_nodes_needs_a_configured_secret() {
    let folder = tempfile::tempdir().unwrap();
    let faults = read(&foreign(), folder.path(), &[("DATABASE_URL", "ledger:x")]).unwrap_err().to_string();
    assert!(faults.contains("JWT_SECRET"), "{faults}");
}

/// Reads a variable that it does not name.
#[derive(Debug)]
struct Forgetful;

#[async_trait]
impl BlobStoreFactory for Forgetful {
    fn name() -> &'static str {
        "forgetful"
    }

    fn read(reader: &mut Reader<'_>) -> Self {
        reader.text("FORGOTTEN");
        Self
    }

    async fn open(&self, _: &mut OpenContext) -> Result<OpenBlobStore, StartError> {
        unreachable!("its configuration is refused")
    }
}

#[test]
fn an_adapter_that_reads_what_it_does_not_name_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::new().blob_store::<Forgetful>();
    let faults = read(&program, folder.path(), &[("BLOB_STORE", "forgetful")]).unwrap_err().to_string();
    assert!(faults.contains("FORGOTTEN: is read, but not named"), "{faults}");
}

/// Takes the name of one of ours, and the place that only it knows.
#[derive(Debug)]
struct Elsewhere;

#[async_trait]
impl BlobStoreFactory for Elsewhere {
    fn name() -> &'static str {
        "disk"
    }

    fn read(_: &mut Reader<'_>) -> Self {
        Self
    }

    async fn open(&self, context: &mut OpenContext) -> Result<OpenBlobStore, StartError> {
        assert!(!context.data_dir.join("blobs").exists(), "the replaced store was opened");
        Ok(OpenBlobStore::new(Arc::new(MemoryBlobStore::new(Arc::new(SystemClock)))))
    }
}

#[tokio::test]
async fn what_was_replaced_is_never_opened() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().to_str().unwrap();
    let program = Program::new().blob_store::<Elsewhere>();
    let variables = [&IN_ONE_REQUEST[..], &[("DATABASE_URL", "memory:"), ("DATA_DIR", data_dir)]].concat();
    wire(&program, &variables).await.unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn hooks_run_at_the_end_the_latest_first() {
    let secret = "a secret of this test, 0123456789".to_owned();
    let foreign_alone =
        [("DATABASE_URL", "ledger:x"), ("SESSION_STORE", "notebook"), ("JWT_SECRET", secret.as_str())];
    let variables = [&TAPE[..], &IN_ONE_REQUEST, &foreign_alone].concat();
    let wired = wire(&foreign(), &variables).await.unwrap();
    assert!(ENDED.lock().unwrap().is_empty());
    wired.shutdown.run().await;
    assert_eq!(*ENDED.lock().unwrap(), ["one", "ledger:x"]);
}

#[tokio::test]
async fn a_redis_that_is_not_there_stops_the_start_where_sessions_are_in_it_and_shows_no_password() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("redis+unix://{}/socket?pass=hunter2", folder.path().display());
    let common = [("DATABASE_URL", "memory:"), ("BLOB_STORE", "memory"), ("REDIS_URL", url.as_str())];
    let variables = [&common[..], &[("SESSION_STORE", "redis")]].concat();
    let error = wire(&Program::new(), &variables).await.err().unwrap();
    let text = fm_domain::error::chain(&error);
    assert!(text.starts_with("the Redis of REDIS_URL can't be used"), "{text}");
    assert!(!error.is_configuration() && !format!("{text} {error:?}").contains("hunter2"), "{text}");

    // Limits alone can wait for it.
    wire(&Program::new(), &common).await.unwrap();
}

#[tokio::test]
async fn decorators_see_the_ports_once_and_in_order() {
    let (clock, calls) = (Arc::new(SystemClock), Arc::new(AtomicUsize::new(0)));
    let program = Program::new()
        .decorate({
            let (clock, calls) = (clock.clone(), calls.clone());
            move |ports| {
                assert_eq!(calls.fetch_add(1, Ordering::Relaxed), 0);
                Ports { clock: clock.clone(), ..ports }
            }
        })
        .decorate({
            let calls = calls.clone();
            move |ports| {
                assert_eq!(calls.fetch_add(1, Ordering::Relaxed), 1);
                ports
            }
        });
    let wired = wire(&program, &[("BLOB_STORE", "memory"), ("DATABASE_URL", "memory:")]).await.unwrap();
    assert_eq!(calls.load(Ordering::Relaxed), 2);
    assert!(std::ptr::addr_eq(Arc::as_ptr(&wired.ports.clock), Arc::as_ptr(&clock)));
}

async fn refusal(program: &Program, variables: &[(&str, &str)]) -> String {
    let variables = [&TAPE[..], &[("DATABASE_URL", "memory:")], variables].concat();
    let error = wire(program, &variables).await.err().unwrap();
    assert!(error.is_configuration() && error.source().is_none(), "{error:?}");
    error.to_string()
}

#[tokio::test]
async fn uploads_that_the_store_can_not_do_are_refused_with_a_remedy() {
    let resumable = refusal(&foreign(), &[]).await;
    assert!(resumable.starts_with("RESUMABLE_UPLOADS=1 with BLOB_STORE=tape can't work"), "{resumable}");
    assert!(resumable.contains("set RESUMABLE_UPLOADS=0, or choose"), "{resumable}");
    let direct = refusal(&foreign(), &[("RESUMABLE_UPLOADS", "0")]).await;
    assert!(direct.starts_with("DIRECT_UPLOADS=1 with BLOB_STORE=tape can't work"), "{direct}");
    assert!(direct.contains("set DIRECT_UPLOADS=0, or choose"), "{direct}");
}

#[tokio::test]
async fn a_database_without_sessions_is_refused_with_a_remedy() {
    let secret = "a secret of this test, 0123456789".to_owned();
    let variables = [("DATABASE_URL", "ledger:x"), ("JWT_SECRET", secret.as_str())];
    let error = wire(&foreign(), &variables).await.err().unwrap();
    assert!(error.is_configuration());
    let text = error.to_string();
    assert!(
        text.contains("SESSION_STORE=database") && text.contains("choose another session store"),
        "{text}"
    );
}

/// Writes blobs over many requests, but takes no parts.
#[derive(Debug)]
struct ResumableAlone;

#[async_trait]
impl BlobStoreFactory for ResumableAlone {
    fn name() -> &'static str {
        "resumable-alone"
    }

    fn read(_: &mut Reader<'_>) -> Self {
        Self
    }

    async fn open(&self, context: &mut OpenContext) -> Result<OpenBlobStore, StartError> {
        let store = Arc::new(MemoryBlobStore::new(Arc::clone(&context.clock)));
        Ok(OpenBlobStore { resumable: Some(store.clone()), ..OpenBlobStore::new(store) })
    }
}

#[tokio::test]
async fn direct_uploads_need_a_store_that_takes_parts() {
    let program = Program::new().blob_store::<ResumableAlone>();
    let variables = [("BLOB_STORE", "resumable-alone"), ("DATABASE_URL", "memory:")];
    let error = wire(&program, &variables).await.err().unwrap().to_string();
    assert!(error.starts_with("DIRECT_UPLOADS=1 with BLOB_STORE=resumable-alone can't work"), "{error}");
    let resumable_alone = [&variables[..], &[("DIRECT_UPLOADS", "0")]].concat();
    let wired = wire(&program, &resumable_alone).await.unwrap();
    assert!(wired.ports.direct.is_none() && wired.use_cases().direct.is_none());
    assert!(wired.use_cases().resumable.is_some());
}

/// Stores blobs of 1 MiB at most.
#[derive(Debug)]
struct SmallBlobs;

#[async_trait]
impl BlobStoreFactory for SmallBlobs {
    fn name() -> &'static str {
        "small"
    }

    fn read(_: &mut Reader<'_>) -> Self {
        Self
    }

    async fn open(&self, context: &mut OpenContext) -> Result<OpenBlobStore, StartError> {
        let mut store = MockBlobStore::new();
        store.expect_limits().return_const(BlobLimits { max_blob: ByteSize::new(1 << 20) });
        let large = Arc::new(MemoryBlobStore::new(Arc::clone(&context.clock)));
        Ok(OpenBlobStore {
            resumable: Some(large.clone()),
            direct: Some(OpenDirect::Received(large.clone(), large)),
            ..OpenBlobStore::new(Arc::new(store))
        })
    }
}

#[tokio::test]
async fn uploads_larger_than_any_blob_are_refused_with_the_largest() {
    let program = Program::new().blob_store::<SmallBlobs>();
    let variables = [("BLOB_STORE", "small"), ("DATABASE_URL", "memory:")];
    let error = wire(&program, &variables).await.err().unwrap().to_string();
    assert!(error.starts_with("MAX_RESUMABLE_BYTES=5368709120 with BLOB_STORE=small can't work"), "{error}");
    assert!(error.ends_with("set MAX_RESUMABLE_BYTES to 1048576 at most"), "{error}");
    let fitting = [&variables[..], &[("MAX_RESUMABLE_BYTES", "1048576")]].concat();
    wire(&program, &fitting).await.unwrap();
}
