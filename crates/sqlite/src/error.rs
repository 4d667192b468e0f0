//! How SQLite's errors are told to the domain.

use std::path::PathBuf;
use std::time::Duration;

use diesel::result::{ConnectionError, Error};
use fm_domain::error::{Cause, PortError};

use crate::open::Location;

/// The writer or a reader went away before it answered: the database is being closed, or a unit of work stayed idle
/// for too long.
#[derive(Debug, thiserror::Error)]
#[error("the connection ended before it answered")]
pub(crate) struct HungUp;

/// Another process had the file for longer than this one waits for it.
#[derive(Debug, thiserror::Error)]
#[error("another process has kept the database file {path:?} locked for more than {waited:?}")]
pub struct LockedOut {
    pub(crate) path: PathBuf,
    pub(crate) waited: Duration,
    pub(crate) source: Cause,
}

/// The call met a database that was closed.
pub(crate) fn hung_up() -> PortError {
    PortError::Unavailable(Box::new(HungUp))
}

/// Translates an error of a statement.
///
/// Diesel gives SQLite's primary result codes as their standard texts alone (`sqlite3_errstr`), so the texts are what
/// is told apart here. They are those of the bundled library.
pub(crate) fn store_error(error: Error) -> PortError {
    match error {
        Error::DatabaseError(_, ref told) => match told.message() {
            "database is locked" | "database table is locked" | "database schema is locked" => {
                PortError::Contended(Box::new(error))
            }
            "database or disk is full"
            | "disk I/O error"
            | "unable to open database file"
            | "attempt to write a readonly database"
            | "locking protocol"
            | "interrupted"
            | "out of memory" => PortError::Unavailable(Box::new(error)),
            "database disk image is malformed" | "file is not a database" => {
                corrupt("the database file")(error)
            }
            _ => PortError::Unexpected(Box::new(error)),
        },
        Error::DeserializationError(cause) => PortError::Corrupt { what: "a column", source: cause },
        _ => PortError::Unexpected(Box::new(error)),
    }
}

/// Translates an error of `BEGIN`: a unit that is still locked out after `busy_timeout` meets another process that
/// holds the database for long, and should be tried again later.
pub(crate) fn begin_error(error: Error, location: &Location) -> PortError {
    match store_error(error) {
        PortError::Contended(cause) => PortError::Unavailable(Box::new(location.locked_out(cause))),
        other => other,
    }
}

/// Whether a statement failed because another process has the file.
pub(crate) fn is_locked(error: &Error) -> bool {
    matches!(error, Error::DatabaseError(_, told) if told.message() == "database is locked")
}

/// Whether a connection was not opened because others had the file for themselves.
pub(crate) fn is_locked_out(error: &ConnectionError) -> bool {
    matches!(error, ConnectionError::CouldntSetupConfiguration(error) if is_locked(error))
}

/// Translates an error of opening a connection to a database that was there.
pub(crate) fn connect_error(error: ConnectionError, location: &Location) -> PortError {
    match error {
        ConnectionError::CouldntSetupConfiguration(error) => begin_error(error, location),
        other => PortError::Unavailable(Box::new(other)),
    }
}

/// Says that `what` is stored in a form that can't be read.
pub(crate) fn corrupt<E: Into<Cause>>(what: &'static str) -> impl FnOnce(E) -> PortError {
    move |cause| PortError::Corrupt { what, source: cause.into() }
}

#[cfg(test)]
mod tests;
