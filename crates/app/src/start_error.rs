//! Why the program can't start, and with which exit code it ends.

use std::io;
use std::path::PathBuf;

use fm_credentials::InvalidArgon2Settings;
use fm_domain::error::{Cause, PortError};

/// The structure of the database was not changed or shown.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct MigrateError(#[from] pub Cause);

/// Why the program can't start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A setting that could be read can't be used after all.
    #[error("{problem}")]
    Configuration {
        /// The setting that can't be used: "DATABASE_URL can't be used".
        problem: String,
        /// The cause. It must not show secrets.
        source: Cause,
    },
    /// Settings that are right by themselves can't work together.
    #[error("{settings} can't work: {reason}; {remedy}")]
    Unworkable {
        /// The settings: "`DIRECT_UPLOADS=1` with `BLOB_STORE=tape`".
        settings: String,
        /// Why they can't work together.
        reason: String,
        /// What to set instead.
        remedy: String,
    },
    /// An adapter can't be opened.
    #[error("{problem}")]
    Adapter {
        /// The adapter that can't be opened: "the SQLite database can't be opened".
        problem: String,
        /// The cause.
        source: Cause,
    },
    /// The structure of the database can't be brought up to date.
    #[error("the database can't be migrated")]
    Migrate(#[from] MigrateError),
    /// The database lacks tables or columns, and this command does not migrate.
    #[error("the database lacks {missing} migrations: run `file-manager migrate up`")]
    NotMigrated {
        /// How many migrations were not run.
        missing: usize,
    },
    /// A store failed in the middle of a command.
    #[error("{what} can't be used")]
    Store {
        /// The store, or the command that used it.
        what: &'static str,
        /// The cause.
        source: PortError,
    },
    /// The secret is too short.
    #[error("the secret can't be used: it is shorter than 32 bytes")]
    Secret,
    /// The folder of everything embedded can't be used.
    #[error("DATA_DIR {folder:?} can't be used: {what}")]
    DataDir {
        /// Its path.
        folder: PathBuf,
        /// The step that failed.
        what: &'static str,
        /// The cause.
        source: io::Error,
    },
    /// The parameters of the password hashes don't fit together.
    #[error("the ARGON2 settings can't be used")]
    Argon2(#[from] InvalidArgon2Settings),
    /// The listener can't be opened.
    #[error("can't listen on {address}")]
    Listen {
        /// The address and port.
        address: String,
        /// The cause.
        source: io::Error,
    },
    /// The runtime or its signals can't be had.
    #[error("the runtime can't be started")]
    Runtime(#[from] io::Error),
    /// `RUST_LOG` can't be read.
    #[error(transparent)]
    Logs(#[from] crate::logging::StartLogging),
}

impl StartError {
    /// A setting that could be read can't be used after all: exit code 2.
    pub fn configuration(problem: impl Into<String>, source: impl Into<Cause>) -> Self {
        Self::Configuration { problem: problem.into(), source: source.into() }
    }

    /// Settings that can't work together: exit code 2.
    pub fn unworkable(
        settings: impl Into<String>,
        reason: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::Unworkable { settings: settings.into(), reason: reason.into(), remedy: remedy.into() }
    }

    /// An adapter can't be opened: exit code 1.
    pub fn adapter(problem: impl Into<String>, source: impl Into<Cause>) -> Self {
        Self::Adapter { problem: problem.into(), source: source.into() }
    }

    /// Whether the operator has to change the configuration.
    #[must_use]
    pub const fn is_configuration(&self) -> bool {
        matches!(self, Self::Configuration { .. } | Self::Unworkable { .. } | Self::Argon2(_) | Self::Logs(_))
    }
}
