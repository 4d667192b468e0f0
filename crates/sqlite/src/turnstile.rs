//! The turnstile in front of the file: what gives several processes that write to it their turns.
//!
//! SQLite gives no turns: who is locked out looks again after up to 100 ms, and a process with work enough never leaves the
//! file free for so long. An operator's command would find a busy service's file locked each time.

use std::ffi::OsString;
use std::fs::{File, TryLockError};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use crate::open::private_file;

/// How long another process may stand in it.
const LONGEST_STAY: Duration = Duration::from_secs(5);

/// A file that no process has is taken within this time, on a busy machine too.
const AT_ONCE: Duration = Duration::from_millis(50);

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(1);

/// A locked file next to that of the database. Who wants to write passes through it, and stays in it until the file is theirs:
/// so at most one process waits for the file, and those that pass after it wait until it has had it.
///
/// It makes waiting fair and nothing more: without it writers are as safe, so that what keeps it from working is no error.
pub(crate) struct Turnstile {
    file: Option<File>,
    /// How long another process may stand in it.
    limit: Duration,
    /// One stood still in it, and was passed by: it is not waited for again.
    is_stuck: bool,
}

impl Turnstile {
    pub(crate) fn of(database: &Path) -> Self {
        let mut path = OsString::from(database);
        path.push("-turnstile");
        let file = private_file().open(&path);
        if let Err(error) = &file {
            tracing::warn!(%error, ?path, "processes that share the database may wait long for it");
        }
        Self { file: file.ok(), limit: LONGEST_STAY, is_stuck: false }
    }

    /// Waits for its turn, and takes the file by `begin`.
    pub(crate) fn pass<E>(&mut self, begin: impl FnOnce() -> Result<(), E>) -> Result<(), E> {
        let inside = self.enter();
        let since = Instant::now();
        let outcome = begin();
        drop(inside);
        if outcome.is_ok() && since.elapsed() >= AT_ONCE {
            // Another process had the file: the one that was passed by stands there because it waits too, and has its turn next.
            self.is_stuck = false;
        }
        outcome
    }

    /// Waits until no other process stands in it. One that stands still, stopped by its operator for instance, holds writers up
    /// once, and not each time.
    pub(crate) fn enter(&mut self) -> Inside<'_> {
        let since = Instant::now();
        while let Some(file) = &self.file {
            match file.try_lock() {
                Ok(()) => {
                    self.is_stuck = false;
                    return Inside(Some(file));
                }
                Err(TryLockError::WouldBlock) if !self.is_stuck && since.elapsed() < self.limit => {
                    thread::sleep(PAUSE);
                }
                Err(_) => {
                    self.is_stuck = true;
                    break;
                }
            }
        }
        Inside(None)
    }
}

/// Within the turnstile, until it is dropped. A process that ends leaves it.
pub(crate) struct Inside<'t>(Option<&'t File>);

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        if let Some(file) = self.0 {
            // An error means that it is not ours.
            file.unlock().ok();
        }
    }
}

#[cfg(test)]
mod tests;
