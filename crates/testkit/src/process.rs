//! Programs that run beside this one: started, signalled, ended, never left behind.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::Outcome;

/// How long a process may take to end after its signal, before it is killed.
const ENDING: Duration = Duration::from_secs(10);

/// A program of the machine, and where its shared libraries are if they were unpacked elsewhere.
#[derive(Debug, Clone)]
pub struct Tool {
    /// Its path.
    pub program: PathBuf,
    /// `LD_LIBRARY_PATH` for it; empty where it needs none.
    pub libraries: String,
}

impl Tool {
    /// A call of it, without arguments yet.
    #[must_use]
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        if !self.libraries.is_empty() {
            command.env("LD_LIBRARY_PATH", &self.libraries);
        }
        command
    }
}

/// The signal that ends a process when its owner is dropped, or dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// `SIGKILL`.
    Kill,
    /// `SIGTERM`: nginx takes its workers along.
    Terminate,
    /// `SIGQUIT`: PostgreSQL ends at once, and its children with it.
    Quit,
}

impl Ending {
    const fn signal(self) -> &'static str {
        match self {
            Self::Kill => "KILL",
            Self::Terminate => "TERM",
            Self::Quit => "QUIT",
        }
    }
}

/// Where a process writes to.
#[derive(Debug)]
enum Log {
    Memory(Output),
    File(PathBuf),
}

/// A running program. It ends when this is dropped, and also when this process is killed.
///
/// Its standard input is a pipe that stays open as long as this lives.
#[derive(Debug)]
pub struct Process {
    child: Child,
    watchdog: Child,
    log: Log,
    readers: Vec<JoinHandle<()>>,
    ending: Ending,
}

impl Process {
    /// Starts it and keeps both of its output streams in memory.
    pub fn start(command: &mut Command, ending: Ending) -> Outcome<Self> {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let output = Output::default();
        let mut process = Self::spawn(command, ending, Log::Memory(output.clone()))?;
        process.readers = output.follow(&mut process.child);
        Ok(process)
    }

    /// Starts it with both of its output streams going to the end of a file: nothing in this process reads them, so a
    /// measured program waits for no reader.
    pub fn start_logging_to(file: &Path, command: &mut Command, ending: Ending) -> Outcome<Self> {
        let log = File::options().create(true).append(true).open(file)?;
        command.stdout(log.try_clone()?).stderr(log);
        Self::spawn(command, ending, Log::File(file.to_owned()))
    }

    fn spawn(command: &mut Command, ending: Ending, log: Log) -> Outcome<Self> {
        let mut child = command.stdin(Stdio::piped()).spawn().map_err(|error| named(command, &error))?;
        let watchdog = match watchdog(child.id(), ending) {
            Ok(watchdog) => watchdog,
            Err(error) => {
                child.kill()?;
                child.wait()?;
                return Err(error.into());
            }
        };
        Ok(Self { child, watchdog, log, readers: Vec::new(), ending })
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal, by its name without `SIG`.
    pub fn signal(&self, name: &str) -> Outcome<()> {
        send(name, &self.child.id().to_string())
    }

    /// How it ended, if it has.
    pub fn status(&mut self) -> Outcome<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// Fails when it has ended already.
    pub fn check(&mut self) -> Outcome<()> {
        match self.status()? {
            Some(status) => Err(format!("the process ended: {status}\n{}", self.output()).into()),
            None => Ok(()),
        }
    }

    /// Waits for its end, at most `limit`.
    pub fn ended(&mut self, limit: Duration) -> Outcome<Option<ExitStatus>> {
        Ok(wait(&mut self.child, limit)?)
    }

    /// What it wrote so far, line by line.
    #[must_use]
    pub fn output(&self) -> String {
        match &self.log {
            Log::Memory(output) => output.text(),
            Log::File(file) => std::fs::read_to_string(file).unwrap_or_default(),
        }
    }

    /// What it wrote so far to streams that are kept in memory; `None` where they go to a file.
    #[must_use]
    pub fn kept_output(&self) -> Option<&Output> {
        match &self.log {
            Log::Memory(output) => Some(output),
            Log::File(_) => None,
        }
    }

    /// All that a process wrote that has ended.
    pub fn whole_output(&mut self) -> Outcome<String> {
        for reader in self.readers.drain(..) {
            reader.join().map_err(|_panic| "a reader of the output panicked")?;
        }
        Ok(self.output())
    }
}

/// Leaves no process behind, whatever happened.
impl Drop for Process {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let asked = self.ending != Ending::Kill && self.signal(self.ending.signal()).is_ok();
            if !asked || !matches!(wait(&mut self.child, ENDING), Ok(Some(_))) {
                drop(self.child.kill());
                drop(self.child.wait());
            }
        }
        drop(self.watchdog.kill());
        drop(self.watchdog.wait());
    }
}

/// The lines that a process wrote so far.
#[derive(Debug, Clone, Default)]
pub struct Output(Arc<Mutex<Vec<String>>>);

impl Output {
    /// Collects both streams of a child whose streams are pipes.
    pub fn follow(&self, child: &mut Child) -> Vec<JoinHandle<()>> {
        let stdout = child.stdout.take().map(|stream| self.collect(stream));
        let stderr = child.stderr.take().map(|stream| self.collect(stream));
        stdout.into_iter().chain(stderr).collect()
    }

    /// Collects the lines of a stream until its end.
    pub fn collect(&self, stream: impl Read + Send + 'static) -> JoinHandle<()> {
        let output = self.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(stream).split(b'\n') {
                let Ok(line) = line else { break };
                let line = String::from_utf8_lossy(&line).into_owned();
                output.0.lock().unwrap_or_else(PoisonError::into_inner).push(line);
            }
        })
    }

    /// The first line of which `read` makes something.
    pub fn find<T>(&self, mut read: impl FnMut(&str) -> Option<T>) -> Option<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().find_map(|line| read(line))
    }

    /// All lines.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).join("\n")
    }
}

/// Runs a program to its end and returns what it printed; fails when it fails.
pub fn output(command: &mut Command) -> Outcome<String> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| named(command, &error))?;
    if !output.status.success() {
        let name = command.get_program().to_string_lossy();
        let message = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{name}: {}: {message}", output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// The number after `name=` in a line of results.
pub fn number(text: &str, name: &str) -> Outcome<f64> {
    let value = text.split_whitespace().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
    Ok(value.ok_or_else(|| format!("no {name} in: {text}"))?.parse()?)
}

/// Whether this process is root's.
#[must_use]
pub fn is_root() -> bool {
    std::fs::read_to_string("/proc/self/status").is_ok_and(|status| status.contains("\nUid:\t0\t"))
}

/// Waits for the end of a child, at most `limit`.
pub fn wait(child: &mut Child, limit: Duration) -> io::Result<Option<ExitStatus>> {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if started.elapsed() > limit {
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Kills a process group by its leader's id.
pub fn kill_group(leader: u32) -> Outcome<()> {
    send("KILL", &format!("-{leader}"))
}

/// Sends a signal to a process, or with a minus to a group.
fn send(name: &str, id: &str) -> Outcome<()> {
    // The shell's own: a machine may have no program of this name. Not `kill -KILL -- -1`, which dash does not take.
    let sent = Command::new("sh").args(["-c", "kill -s \"$0\" -- \"$1\"", name, id]).status()?;
    if sent.success() { Ok(()) } else { Err(format!("SIG{name} can't be sent to {id}").into()) }
}

/// Ends the process `id` when this one dies without having done so: then its end of the pipe closes.
fn watchdog(id: u32, ending: Ending) -> io::Result<Child> {
    Command::new("sh")
        .args(["-c", "read -r _; kill -\"$1\" \"$0\""])
        .arg(id.to_string())
        .arg(ending.signal())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
}

fn named(command: &Command, error: &io::Error) -> String {
    format!("{}: {error}", command.get_program().to_string_lossy())
}

#[cfg(test)]
mod tests;
