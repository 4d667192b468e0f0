//! The program as a process: started with an environment of its own, its output kept, never left behind.

use std::ffi::{OsStr, OsString};
use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::account::Account;

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
    /// The program with exactly this environment, started in `folder`.
    fn command(&self, folder: &Path, environment: &[(String, String)], arguments: &[&str]) -> Command {
        let program = self.program.clone().unwrap_or_else(binary);
        let mut words = self.before.iter().cloned().chain([program.into_os_string()]);
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words).args(arguments).env_clear().current_dir(folder).stdin(Stdio::null());
        command.envs(environment.iter().map(|(name, value)| (OsStr::new(name), OsStr::new(value))));
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        self.account.run(&mut command);
        command
    }

    /// Runs a command of the program to its end, as [`run`] does.
    pub(crate) fn run(
        &self,
        folder: &Path,
        environment: &[(String, String)],
        arguments: &[&str],
    ) -> Finished {
        let mut child = self.command(folder, environment, arguments).spawn().expect("the program starts");
        let output = Output::default();
        let readers = output.follow(&mut child);
        let status = wait(&mut child, Duration::from_mins(1));
        let Some(status) = status else {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("file-manager {arguments:?} did not end:\n{}", output.text());
        };
        for reader in readers {
            reader.join().unwrap();
        }
        Finished { code: status.code(), output: output.text() }
    }
}

/// How a command of the program ended.
pub struct Finished {
    /// Its exit code; none when a signal ended it.
    pub code: Option<i32>,
    /// What it wrote, both streams one after the other.
    pub output: String,
}

/// Runs a command of the program to its end, with exactly this environment; fails when it takes longer than 60 s.
pub fn run(folder: &Path, environment: &[(String, String)], arguments: &[&str]) -> Finished {
    Launch::default().run(folder, environment, arguments)
}

/// What a process wrote so far.
#[derive(Clone, Default)]
pub(crate) struct Output(Arc<Mutex<Vec<String>>>);

impl Output {
    fn follow(&self, child: &mut Child) -> [JoinHandle<()>; 2] {
        let stdout = child.stdout.take().unwrap();
        let stderr = child.stderr.take().unwrap();
        [self.keep(stdout), self.keep(stderr)]
    }

    pub(crate) fn keep(&self, stream: impl Read + Send + 'static) -> JoinHandle<()> {
        let lines = Arc::clone(&self.0);
        std::thread::spawn(move || {
            for line in BufReader::new(stream).split(b'\n') {
                let Ok(line) = line else { break };
                lines.lock().unwrap().push(String::from_utf8_lossy(&line).into_owned());
            }
        })
    }

    pub(crate) fn text(&self) -> String {
        self.0.lock().unwrap().join("\n")
    }

    /// The address in the line that says `listening`.
    fn address(&self) -> Option<String> {
        self.0.lock().unwrap().iter().find_map(|line| {
            let line: Value = serde_json::from_str(line).ok()?;
            let fields = line.get("fields").unwrap_or(&line);
            let listening = fields.get("message")?.as_str()? == "listening";
            listening.then(|| fields.get("address").and_then(Value::as_str).map(ToOwned::to_owned))?
        })
    }
}

/// A command that runs on.
pub(crate) struct Process {
    child: Child,
    watchdog: Child,
    output: Output,
    readers: Option<[JoinHandle<()>; 2]>,
    address: String,
}

impl Process {
    /// Starts the program and does not wait.
    pub(crate) fn spawn(
        launch: &Launch,
        folder: &Path,
        environment: &[(String, String)],
        arguments: &[&str],
    ) -> Self {
        let mut child = launch.command(folder, environment, arguments).spawn().expect("the program starts");
        let watchdog = watchdog(child.id(), "KILL");
        let output = Output::default();
        let readers = Some(output.follow(&mut child));
        Self { child, watchdog, output, readers, address: String::new() }
    }

    /// Starts the program and waits until it says where it listens.
    pub(crate) fn start(
        launch: &Launch,
        folder: &Path,
        environment: &[(String, String)],
        arguments: &[&str],
    ) -> Self {
        let mut process = Self::spawn(launch, folder, environment, arguments);
        let started = Instant::now();
        process.address = loop {
            if let Some(address) = process.output.address() {
                break address;
            }
            if let Some(status) = process.child.try_wait().unwrap() {
                panic!("the program ended ({status}) instead of listening:\n{}", process.output.text());
            }
            assert!(
                started.elapsed() < Duration::from_mins(1),
                "it does not listen:\n{}",
                process.output.text()
            );
            std::thread::sleep(Duration::from_millis(10));
        };
        process
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn output(&self) -> String {
        self.output.text()
    }

    pub(crate) fn signal(&self, name: &str) {
        send(name, self.child.id());
    }

    /// Waits for its end, at most `limit`.
    pub(crate) fn ended(&mut self, limit: Duration) -> Option<ExitStatus> {
        wait(&mut self.child, limit)
    }

    /// Asks it to stop, and gives how it ended and all that it wrote.
    pub(crate) fn stop(mut self) -> (ExitStatus, String) {
        if self.child.try_wait().unwrap().is_none() {
            self.signal("TERM");
        }
        let Some(status) = self.ended(Duration::from_secs(45)) else {
            panic!("the program does not stop on SIGTERM:\n{}", self.tail());
        };
        for reader in self.readers.take().into_iter().flatten() {
            reader.join().unwrap();
        }
        (status, self.output.text())
    }

    fn tail(&self) -> String {
        let text = self.output.text();
        let lines: Vec<&str> = text.lines().rev().take(40).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }
}

/// Leaves no process behind, whatever happened.
impl Drop for Process {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            drop(self.child.kill());
            drop(self.child.wait());
        }
        drop(self.watchdog.kill());
        drop(self.watchdog.wait());
    }
}

/// Sends a signal.
pub(crate) fn send(name: &str, id: u32) {
    // The shell's own: a machine may have no program of this name.
    let script = format!("kill -{name} \"$0\"");
    let sent = Command::new("sh").arg("-c").arg(script).arg(id.to_string()).status().unwrap();
    assert!(sent.success(), "the process can be signalled");
}

/// Ends the process `id` when this one dies without having done so: then its end of the pipe closes.
pub(crate) fn watchdog(id: u32, signal: &str) -> Child {
    Command::new("sh")
        .args(["-c", "read -r _; kill -\"$1\" \"$0\""])
        .arg(id.to_string())
        .arg(signal)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("sh starts")
}

pub(crate) fn wait(child: &mut Child, limit: Duration) -> Option<ExitStatus> {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status);
        }
        if started.elapsed() > limit {
            return None;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}
