//! Operators' commands while another process writes to the SQLite file.
#![expect(clippy::unwrap_used, reason = "a test that fails here has failed")]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use fm_domain::database::{Database as _, UnitOfWork};
use fm_sqlite::{REQUEST_LOCK_WAIT, SqliteDatabase};

/// A migrated database with one user, and the process of this test as the service that writes to it.
struct Busy {
    home: tempfile::TempDir,
}

impl Busy {
    fn new() -> Self {
        let busy = Self { home: tempfile::tempdir().unwrap() };
        succeeded(&["migrate", "up"], &busy.run(&["migrate", "up"]));
        let create = ["user", "create", "ada@example.com", "--password-stdin"];
        let mut child = busy.start(&create);
        child.stdin.take().unwrap().write_all(b"correct horse\n").unwrap();
        succeeded(&create, &child.wait_with_output().unwrap());
        busy
    }

    fn path(&self) -> PathBuf {
        self.home.path().join("test.db")
    }

    fn start(&self, arguments: &[&str]) -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_file-manager"));
        command.args(arguments).env_clear().current_dir(self.home.path()).env("RUST_LOG", "off");
        command.env("DATABASE_URL", format!("sqlite://{}", self.path().display()));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.start(arguments).wait_with_output().unwrap()
    }
}

/// A unit of work that has the file to itself.
async fn begun(path: &Path) -> Box<dyn UnitOfWork> {
    let database = SqliteDatabase::open(path).unwrap();
    let mut unit = database.begin().await.unwrap();
    unit.jobs().next_due(&[]).await.unwrap();
    unit
}

#[track_caller]
fn succeeded(arguments: &[&str], output: &Output) {
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {told}");
}

#[tokio::test]
async fn what_writes_nothing_does_not_wait_for_the_writer() {
    let busy = Busy::new();
    let unit = begun(&busy.path()).await;
    for arguments in [
        &["migrate", "up"][..],
        &["migrate", "status"],
        &["user", "list"],
        &["user", "show", "ada@example.com"],
        &["session", "list", "ada@example.com"],
        &["jobs", "list"],
        // It may change jobs, so that it migrates first; there are none.
        &["jobs", "retry", "--all"],
        &["audit"],
        &["sweep", "--dry-run"],
        &["verify"],
        &["export", "--output", "a.jsonl"],
    ] {
        succeeded(arguments, &busy.run(arguments));
    }
    unit.rollback().await.unwrap();
}

#[tokio::test]
async fn a_unit_that_takes_longer_than_a_request_waits_makes_no_command_fail() {
    let busy = Busy::new();
    let unit = begun(&busy.path()).await;
    let promote = ["user", "promote", "ada@example.com"];
    let mut command = busy.start(&promote);
    std::thread::sleep(REQUEST_LOCK_WAIT + Duration::from_secs(1));
    assert!(command.try_wait().unwrap().is_none(), "it gave up");
    unit.commit().await.unwrap();
    succeeded(&promote, &command.wait_with_output().unwrap());
}

#[tokio::test]
async fn what_writes_waits_for_its_turn() {
    let busy = Busy::new();
    for arguments in [
        &["user", "promote", "ada@example.com"][..],
        &["user", "set-quota", "ada@example.com", "1GiB"],
        &["session", "revoke", "ada@example.com", "--all"],
        &["sweep"],
        &["migrate", "down"],
        &["migrate", "up"],
    ] {
        let unit = begun(&busy.path()).await;
        let mut command = busy.start(arguments);
        std::thread::sleep(Duration::from_millis(500));
        assert!(command.try_wait().unwrap().is_none(), "{arguments:?} ran beside the writer");
        unit.commit().await.unwrap();
        succeeded(arguments, &command.wait_with_output().unwrap());
    }
}
