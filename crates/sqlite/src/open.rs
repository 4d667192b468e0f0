//! Opening the file.

use std::fs::{DirBuilder, OpenOptions};
use std::io;
use std::iter;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::{Connection, ConnectionError, SqliteConnection};
use fm_domain::error::Cause;

use crate::error::{LockedOut, is_locked_out};

/// Why a database was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenSqlite {
    /// The path can't be used at all.
    #[error("{path:?} can't be the path of a database")]
    Path {
        /// What was given.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The folder of the file can't be made.
    #[error("the folder {path:?} can't be made")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The file can't be made, or not be opened for reading and writing.
    #[error("the database file {path:?} can't be opened for reading and writing")]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The file is there, but SQLite does not take it.
    #[error("the file {path:?} can't be used as a database")]
    Database {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        source: ConnectionError,
    },
    /// Another process had the file for too long.
    #[error(transparent)]
    Locked(#[from] LockedOut),
    /// The threads that work on the database can't be started.
    #[error("no thread can be started for the database")]
    Thread(#[source] io::Error),
}

/// Where a database is: the absolute path of its file, and how long it is waited for while another process has it locked.
#[derive(Debug, Clone)]
pub(crate) struct Location {
    path: PathBuf,
    url: String,
    lock_wait: Duration,
}

impl Location {
    /// Makes sure that the file is there, and can be written by us.
    pub(crate) fn prepare(path: &Path, lock_wait: Duration) -> Result<Self, OpenSqlite> {
        let refuse = |source| OpenSqlite::Path { path: path.to_owned(), source };
        // Absolute, so that SQLite never takes a name for a URI (`file:…`) or for `:memory:`.
        let absolute = std::path::absolute(path).map_err(refuse)?;
        let Some(url) = absolute.to_str().map(str::to_owned) else {
            return Err(refuse(io::Error::new(io::ErrorKind::InvalidInput, "it is not UTF-8")));
        };
        if let Some(folder) = absolute.parent().filter(|folder| !folder.is_dir()) {
            private_folders()
                .create(folder)
                .map_err(|source| OpenSqlite::Folder { path: folder.to_owned(), source })?;
        }
        private_file()
            .open(&absolute)
            .map_err(|source| OpenSqlite::File { path: absolute.clone(), source })?;
        Ok(Self { path: absolute, url, lock_wait })
    }

    /// The file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Opens one more connection that may write. To turn the log on SQLite wants the file for itself, and refuses at once
    /// when it can't: of several processes that start with a new file all but one try again.
    pub(crate) fn connect(&self) -> Result<SqliteConnection, ConnectionError> {
        let since = Instant::now();
        loop {
            match self.try_connect() {
                Err(error) if is_locked_out(&error) && since.elapsed() < self.lock_wait => {
                    thread::sleep(PAUSE);
                }
                outcome => return outcome,
            }
        }
    }

    fn try_connect(&self) -> Result<SqliteConnection, ConnectionError> {
        let mut connection = SqliteConnection::establish(&self.url)?;
        let busy_timeout = format!("PRAGMA busy_timeout = {}", self.lock_wait.as_millis());
        // One by one and in this order: the time-out has to be there before anything can be locked.
        for pragma in iter::once(busy_timeout.as_str()).chain(PRAGMAS) {
            connection.batch_execute(pragma).map_err(ConnectionError::CouldntSetupConfiguration)?;
        }
        Ok(connection)
    }

    /// Opens one more connection that only reads.
    pub(crate) fn connect_to_read(&self) -> Result<SqliteConnection, ConnectionError> {
        let mut connection = self.connect()?;
        connection
            .batch_execute("PRAGMA query_only = ON")
            .map_err(ConnectionError::CouldntSetupConfiguration)?;
        Ok(connection)
    }

    /// Says which file an error of opening is about.
    pub(crate) fn refused(&self, source: ConnectionError) -> OpenSqlite {
        if is_locked_out(&source) {
            return self.locked_out(source.into()).into();
        }
        OpenSqlite::Database { path: self.path.clone(), source }
    }

    /// Says which file was locked, and how long it was waited for.
    pub(crate) fn locked_out(&self, source: Cause) -> LockedOut {
        LockedOut { path: self.path.clone(), waited: self.lock_wait, source }
    }
}

/// How long to wait for a file that another process has locked, where clients wait too.
pub const REQUEST_LOCK_WAIT: Duration = Duration::from_secs(5);

/// The same where no client waits: in operators' commands, workers and migrations, which come after a unit of work of a busy service that
/// takes longer than clients wait.
pub const COMMAND_LOCK_WAIT: Duration = Duration::from_mins(1);

/// Between two tries.
const PAUSE: Duration = Duration::from_millis(10);

/// `FULL`, because with a write-ahead log `NORMAL` syncs at checkpoints alone: a loss of power could undo commits that
/// were answered. The size limit cuts a log that a long read had let grow.
const PRAGMAS: [&str; 7] = [
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA cache_size = -8000",
    "PRAGMA journal_size_limit = 67108864",
];

/// New files are their owner's alone; SQLite gives its log the permissions of the database.
pub(crate) fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn private_folders() -> DirBuilder {
    let mut folders = DirBuilder::new();
    folders.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut folders, 0o700);
    folders
}
