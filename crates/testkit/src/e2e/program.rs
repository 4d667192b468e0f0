//! The program: where it is, and how it is started with an environment of its own.

use std::ffi::{OsStr, OsString};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::account::Account;
use crate::AT_LAST;
use crate::process::{Ending, Process};

/// Where the program is: `FILE_MANAGER_BIN`, else beside the folder of the test's own executable.
pub fn binary() -> PathBuf {
    let path = match std::env::var_os("FILE_MANAGER_BIN") {
        Some(given) => PathBuf::from(given),
        None => std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().join("file-manager"),
    };
    assert!(
        path.is_file(),
        "the program is not at {}: run scripts/test, which builds it, or `cargo build -p fm-app`, or set FILE_MANAGER_BIN",
        path.display()
    );
    path
}

/// How the program is started.
#[derive(Default, Clone)]
pub(crate) struct Launch {
    /// The program, where it is not [`binary`].
    pub(crate) program: Option<PathBuf>,
    /// What starts it, with its arguments.
    pub(crate) before: Vec<OsString>,
    /// As whom.
    pub(crate) account: Account,
}

impl Launch {
    /// Starts the program with exactly this environment in `folder`, and does not wait.
    pub(crate) fn start(
        &self,
        folder: &Path,
        environment: &[(String, String)],
        arguments: &[&str],
    ) -> Program {
        let mut command = self.command(folder, environment, arguments);
        Program(Process::start(&mut command, Ending::Kill).expect("the program starts"))
    }

    fn command(&self, folder: &Path, environment: &[(String, String)], arguments: &[&str]) -> Command {
        let program = self.program.clone().unwrap_or_else(binary);
        let mut words = self.before.iter().cloned().chain([program.into_os_string()]);
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words).args(arguments).env_clear().current_dir(folder);
        command.envs(environment.iter().map(|(name, value)| (OsStr::new(name), OsStr::new(value))));
        self.account.run(&mut command);
        command
    }

    /// Runs a command of the program to its end without a log, gives it this to read, and keeps its streams apart.
    pub(crate) fn ask(
        &self,
        folder: &Path,
        environment: &[(String, String)],
        arguments: &[&str],
        input: &str,
    ) -> Ended {
        let mut command = self.command(folder, environment, arguments);
        command.env("RUST_LOG", "off");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        // A command that reads nothing may have ended.
        let _closed = child.stdin.take().expect("its input is a pipe").write_all(input.as_bytes());
        let output = child.wait_with_output().expect("the program ends");
        let text = |bytes| String::from_utf8(bytes).expect("the program writes text");
        Ended { code: output.status.code(), answer: text(output.stdout), complaint: text(output.stderr) }
    }

    /// Runs a command of the program to its end, as [`run`] does.
    pub(crate) fn run(
        &self,
        folder: &Path,
        environment: &[(String, String)],
        arguments: &[&str],
    ) -> Finished {
        let mut program = self.start(folder, environment, arguments);
        let Some(status) = program.ended(AT_LAST) else {
            panic!("file-manager {arguments:?} did not end:\n{}", program.output());
        };
        Finished { code: status.code(), output: program.0.whole_output().unwrap() }
    }
}

/// How a command of the program ended.
pub struct Finished {
    /// Its exit code; none when a signal ended it.
    pub code: Option<i32>,
    /// What it wrote, both streams one after the other.
    pub output: String,
}

/// How a command of the program ended whose answer is read by others.
pub struct Ended {
    /// Its exit code; none when a signal ended it.
    pub code: Option<i32>,
    /// What it wrote to standard output.
    pub answer: String,
    /// What it wrote to standard error.
    pub complaint: String,
}

impl Ended {
    /// Its answer as one JSON value; it must have succeeded.
    #[track_caller]
    pub fn json(&self) -> Value {
        assert_eq!(self.code, Some(0), "{}", self.complaint);
        serde_json::from_str(&self.answer).unwrap()
    }
}

/// Runs a command of the program to its end, with exactly this environment; fails when it takes longer than [`AT_LAST`].
pub fn run(folder: &Path, environment: &[(String, String)], arguments: &[&str]) -> Finished {
    Launch::default().run(folder, environment, arguments)
}

/// A command of the program that runs on. It is killed when this is dropped.
pub(crate) struct Program(Process);

impl Program {
    /// Waits until it says where it listens.
    pub(crate) fn address(&mut self) -> String {
        let started = Instant::now();
        loop {
            if let Some(address) = self.0.kept_output().and_then(|output| output.find(listening)) {
                return address;
            }
            if let Some(status) = self.0.status().unwrap() {
                panic!("the program ended ({status}) instead of listening:\n{}", self.output());
            }
            assert!(started.elapsed() < AT_LAST, "it does not listen:\n{}", self.output());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub(crate) fn output(&self) -> String {
        self.0.output()
    }

    /// Sends it a signal, by its name without `SIG`.
    pub(crate) fn signal(&self, name: &str) {
        self.0.signal(name).expect("the process can be signalled");
    }

    /// Waits for its end, at most `limit`.
    pub(crate) fn ended(&mut self, limit: Duration) -> Option<ExitStatus> {
        self.0.ended(limit).unwrap()
    }

    /// Asks it to stop, and gives how it ended and all that it wrote.
    pub(crate) fn stop(mut self) -> (ExitStatus, String) {
        if self.0.status().unwrap().is_none() {
            self.signal("TERM");
        }
        let Some(status) = self.ended(AT_LAST) else {
            panic!("the program does not stop on SIGTERM:\n{}", self.tail());
        };
        (status, self.0.whole_output().unwrap())
    }

    fn tail(&self) -> String {
        let text = self.output();
        let lines: Vec<&str> = text.lines().rev().take(40).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }
}

/// The address in the line that says `listening`.
fn listening(line: &str) -> Option<String> {
    address_in(line, "listening")
}

/// Where the program serves metrics, by what it wrote so far.
pub(crate) fn metrics_address(output: &str) -> Option<String> {
    output.lines().find_map(|line| address_in(line, "metrics are served"))
}

/// The address in a line with this message.
fn address_in(line: &str, message: &str) -> Option<String> {
    let line: Value = serde_json::from_str(line).ok()?;
    let fields = line.get("fields").unwrap_or(&line);
    let is_it = fields.get("message")?.as_str()? == message;
    is_it.then(|| fields.get("address").and_then(Value::as_str).map(ToOwned::to_owned))?
}
