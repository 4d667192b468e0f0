//! The one place where errors of the client library become errors of the port.

use fm_domain::error::PortError;
use redis::{ErrorKind, RedisError, ServerErrorKind};

/// Errors that the library has no kind for and that pass: out of memory, too few replicas, a disk that can't be written.
const PASSING: [&str; 3] = ["OOM", "NOREPLICAS", "MISCONF"];

/// No error of the library shows the URL or the password.
pub(crate) fn failed(error: RedisError) -> PortError {
    let is_passing = match error.kind() {
        ErrorKind::Io | ErrorKind::ClusterConnectionNotFound => true,
        ErrorKind::Server(kind) => matches!(
            kind,
            ServerErrorKind::BusyLoading
                | ServerErrorKind::ClusterDown
                | ServerErrorKind::MasterDown
                | ServerErrorKind::ReadOnly
                | ServerErrorKind::TryAgain
                // Redirections without an end.
                | ServerErrorKind::Moved
                | ServerErrorKind::Ask
        ),
        _ => error.code().is_some_and(|code| PASSING.contains(&code)),
    };
    if is_passing { PortError::Unavailable(error.into()) } else { PortError::Unexpected(error.into()) }
}

/// Whether the connection is gone, or its server does not serve any more.
pub(crate) fn is_lost(error: &RedisError) -> bool {
    let is_demoted = matches!(
        error.kind(),
        ErrorKind::ClusterConnectionNotFound
            | ErrorKind::Server(
                ServerErrorKind::ReadOnly
                    | ServerErrorKind::MasterDown
                    | ServerErrorKind::BusyLoading
                    | ServerErrorKind::ClusterDown
            )
    );
    is_demoted || error.is_io_error() || error.is_connection_dropped() || error.is_timeout()
}
