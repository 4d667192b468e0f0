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

/// How long another process may stand in it. One that stands still is passed by.
const LIMIT: Duration = Duration::from_secs(5);

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(1);

/// A locked file next to that of the database. Who wants to write passes through it, and stays in it until the file is theirs:
/// so at most one process waits for the file, and those that pass after it wait until it has had it.
///
/// It makes waiting fair and nothing more: without it writers are as safe, so that what keeps it from working is no error.
pub(crate) struct Turnstile(Option<File>);

impl Turnstile {
    pub(crate) fn of(database: &Path) -> Self {
        let mut path = OsString::from(database);
        path.push("-turnstile");
        let file = private_file().open(&path);
        if let Err(error) = &file {
            tracing::warn!(%error, ?path, "processes that share the database may wait long for it");
        }
        Self(file.ok())
    }

    /// Waits until no other process stands in it.
    pub(crate) fn enter(&self) -> Inside<'_> {
        let since = Instant::now();
        while let Some(file) = &self.0 {
            match file.try_lock() {
                Ok(()) => return Inside(Some(file)),
                Err(TryLockError::WouldBlock) if since.elapsed() < LIMIT => thread::sleep(PAUSE),
                Err(_) => break,
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
