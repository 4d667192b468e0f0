//! What diesel and the pool report, in the words of the domain: the one place that translates.

use diesel::ConnectionError;
use diesel::result::{DatabaseErrorKind, Error};
use diesel_async::pooled_connection::PoolError as ManagerError;
use diesel_async::pooled_connection::deadpool::PoolError;
use fm_domain::error::{Cause, PortError, chain};
use tokio_postgres::error::SqlState;

/// Messages of a server that is going away, coming up, full or too slow. diesel hands on no SQLSTATE, and so the
/// messages have to tell; every connection asks for them in English (`lc_messages`).
const OUT_OF_REACH: [&str; 8] = [
    "terminating connection",
    "the database system is",
    "canceling statement due to statement timeout",
    "canceling statement due to user request",
    "canceling statement due to conflict with recovery",
    "connection to client lost",
    "sorry, too many clients",
    "remaining connection slots",
];

/// A migration changed a table under a prepared statement: only a new connection prepares it anew.
const OUTDATED: &str = "cached plan must not change result type";

/// Messages to a transaction that may simply be tried again.
const LOST_RACES: [&str; 3] = ["deadlock detected", LOCK_TIMEOUT, OUTDATED];

/// A lock was not free within the `lock_timeout` that the server is configured with.
const LOCK_TIMEOUT: &str = "canceling statement due to lock timeout";

/// The one failure that NOTIFY has of its own: listeners have not read for very long.
const NOTIFY_QUEUE_FULL: &str = "too many notifications in the NOTIFY queue";

/// Whether of a COMMIT with a NOTIFY behind it the NOTIFY failed, and the commit was made. A NOTIFY waits for a lock of the whole server,
/// and a COMMIT for none: no constraint is deferred.
pub(crate) fn is_of_notify(error: &PortError) -> bool {
    let (PortError::Unexpected(cause) | PortError::Contended(cause)) = error else { return false };
    let Some(Error::DatabaseError(_, told)) = cause.downcast_ref::<Error>() else { return false };
    [NOTIFY_QUEUE_FULL, LOCK_TIMEOUT].contains(&told.message())
}

/// Whether the connection itself is of no more use, and not just this statement.
pub(crate) fn is_loss(error: &Error) -> bool {
    match error {
        Error::DatabaseError(
            DatabaseErrorKind::UnableToSendCommand | DatabaseErrorKind::ClosedConnection,
            _,
        ) => true,
        Error::DatabaseError(_, told) => {
            told.message().starts_with("terminating connection") || told.message() == OUTDATED
        }
        _ => false,
    }
}

/// Translates a failed statement.
pub(crate) fn from_diesel(error: Error) -> PortError {
    match &error {
        Error::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => PortError::Contended(Box::new(error)),
        Error::DatabaseError(
            DatabaseErrorKind::UnableToSendCommand
            | DatabaseErrorKind::ClosedConnection
            // The server we talk to has become a standby: the next connection finds the new primary.
            | DatabaseErrorKind::ReadOnlyTransaction,
            _,
        )
        | Error::BrokenTransactionManager => PortError::Unavailable(Box::new(error)),
        Error::DatabaseError(_, told) if LOST_RACES.contains(&told.message()) => {
            PortError::Contended(Box::new(error))
        }
        Error::DatabaseError(_, told) if OUT_OF_REACH.iter().any(|start| told.message().starts_with(start)) => {
            PortError::Unavailable(Box::new(error))
        }
        Error::DeserializationError(_) => PortError::Corrupt { what: "a row", source: Box::new(error) },
        _ => PortError::Unexpected(Box::new(error)),
    }
}

/// TLS was asked for, and the server does not offer it or is not believed.
#[derive(Debug, thiserror::Error)]
#[error(
    "TLS to the server failed (without an sslmode in the URL, a server on another machine has to prove who it is: \
     sslmode=verify-full; sslrootcert names the file of an authority that this machine does not trust)"
)]
struct TlsFailed(#[source] tokio_postgres::Error);

/// How the messages of such errors begin: their kind is not public.
const TLS: &str = "error performing TLS handshake";

/// Translates a connection that was not made. A server that refuses user or password refuses them next time too.
pub(crate) fn from_connecting(error: tokio_postgres::Error) -> PortError {
    const REFUSED: [SqlState; 2] =
        [SqlState::INVALID_PASSWORD, SqlState::INVALID_AUTHORIZATION_SPECIFICATION];
    if error.code().is_some_and(|code| REFUSED.contains(code)) {
        return PortError::Unexpected(Box::new(error));
    }
    if error.to_string().starts_with(TLS) {
        return PortError::Unavailable(Box::new(TlsFailed(error)));
    }
    PortError::Unavailable(Box::new(error))
}

/// The same for the pool, which passes an error of diesel on: refused credentials come out of [`from_pool`] again.
pub(crate) fn to_pool(error: PortError) -> ConnectionError {
    match error {
        PortError::Unexpected(cause) => {
            ConnectionError::CouldntSetupConfiguration(Error::QueryBuilderError(cause))
        }
        other => ConnectionError::BadConnection(chain(&other)),
    }
}

/// Translates a checkout that failed: there is no connection now, and unless the server refused the credentials there may
/// be one later.
pub(crate) fn from_pool(error: PoolError) -> PortError {
    match error {
        PoolError::Backend(ManagerError::ConnectionError(ConnectionError::CouldntSetupConfiguration(
            Error::QueryBuilderError(cause),
        ))) => PortError::Unexpected(cause),
        other => PortError::Unavailable(Box::new(other)),
    }
}

/// A value in a column that can't be read.
pub(crate) fn corrupt<E: Into<Cause>>(what: &'static str) -> impl FnOnce(E) -> PortError {
    move |source| PortError::Corrupt { what, source: source.into() }
}

#[cfg(test)]
mod tests;
