//! Chromium as a process, with a profile of its own; neither is left behind.

use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use std::os::unix::process::CommandExt as _;

use tempfile::TempDir;

use crate::process::{Output, kill_group, wait};

/// Chromium takes commands on descriptor 3, answers on 4, and ends when 3 closes: with the process of the tests, however
/// that one ends. The shell lives as long as Chromium, and removes the profile then.
const RUN: &str = r#"home=$1; shift; "$@" 3<&0 4>&1 </dev/null >&2; rm -rf "$home""#;

const ARGUMENTS: [&str; 14] = [
    "--headless",
    "--remote-debugging-pipe",
    // It opens our own pages alone; root and most containers can't have a sandbox.
    "--no-sandbox",
    // Containers have little shared memory.
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--window-size=1280,1024",
    // What is pressed before a page is first drawn is dropped otherwise, and a busy machine is late to draw it.
    "--allow-pre-commit-input",
    // Nothing leaves the machine: neither for the browser's own sake nor for a page's.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--disable-breakpad",
    "--no-first-run",
];

/// A running Chromium.
pub(super) struct Chromium {
    shell: Child,
    errors: Output,
    profile: TempDir,
}

impl Chromium {
    /// Starts the program of `TEST_BROWSER`, and gives the ends of the pipes to it.
    pub(super) fn start() -> (Self, ChildStdin, ChildStdout) {
        let profile = tempfile::Builder::new().prefix("file-manager-browser-").tempdir().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", RUN, "sh"]).arg(profile.path()).arg(program()).args(ARGUMENTS);
        command.arg(format!("--user-data-dir={}", profile.path().join("profile").display()));
        // What it writes elsewhere goes with the profile too.
        command.env("HOME", profile.path()).env("TMPDIR", profile.path());
        command.env_remove("XDG_CONFIG_HOME").env_remove("XDG_CACHE_HOME");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // A group of its own: it can be ended with all its children.
        let mut shell = command.process_group(0).spawn().expect("sh starts");
        let errors = Output::default();
        drop(errors.collect(shell.stderr.take().unwrap()));
        let (input, output) = (shell.stdin.take().unwrap(), shell.stdout.take().unwrap());
        (Self { shell, errors, profile }, input, output)
    }

    /// What it complained of.
    pub(super) fn complaints(&self) -> String {
        self.errors.text()
    }

    /// The folder of everything it writes.
    pub(super) fn folder(&self) -> &Path {
        self.profile.path()
    }

    /// Waits for its end after its input was closed; ends it, if that takes long.
    pub(super) fn end(&mut self) {
        if wait(&mut self.shell, Duration::from_secs(10)).unwrap().is_none() {
            kill_group(self.shell.id()).expect("the browser can be ended");
            self.shell.wait().unwrap();
        }
    }
}

fn program() -> PathBuf {
    let program =
        std::env::var_os("TEST_BROWSER").map(PathBuf::from).filter(|path| !path.as_os_str().is_empty());
    let program = program.expect(
        "TEST_BROWSER is not set: run scripts/test, which finds or installs Chromium, or set it to a Chromium program",
    );
    assert!(program.is_file(), "TEST_BROWSER names no program: {}", program.display());
    program
}
