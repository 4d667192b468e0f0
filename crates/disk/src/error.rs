//! What goes wrong with files, and what callers are told.

use std::io;

use fm_domain::error::PortError;

/// A step that failed, and how.
#[derive(Debug, thiserror::Error)]
#[error("{step}")]
pub(crate) struct DiskError {
    step: &'static str,
    #[source]
    cause: io::Error,
}

/// Names the step that an input or output error befell.
pub(crate) trait Step<T> {
    fn step(self, step: &'static str) -> Result<T, DiskError>;
}

impl<T> Step<T> for io::Result<T> {
    fn step(self, step: &'static str) -> Result<T, DiskError> {
        self.map_err(|cause| DiskError { step, cause })
    }
}

/// A store that is full, read-only, not permitted, not mounted, replaced or broken is put right by an operator while we
/// run: it is out of reach meanwhile. What no state of the store explains is a defect.
impl From<DiskError> for PortError {
    fn from(error: DiskError) -> Self {
        match error.cause.kind() {
            io::ErrorKind::AlreadyExists
            | io::ErrorKind::InvalidInput
            | io::ErrorKind::InvalidData
            | io::ErrorKind::IsADirectory
            | io::ErrorKind::InvalidFilename
            | io::ErrorKind::Unsupported => Self::Unexpected(Box::new(error)),
            _ => Self::Unavailable(Box::new(error)),
        }
    }
}

/// Runs `work` on a blocking thread.
pub(crate) async fn blocking<T, F>(work: F) -> Result<T, PortError>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T, DiskError> + Send + 'static,
{
    joined(tokio::task::spawn_blocking(work).await)
}

/// What a blocking thread came to.
pub(crate) fn joined<T>(
    outcome: Result<Result<T, DiskError>, tokio::task::JoinError>,
) -> Result<T, PortError> {
    match outcome {
        Ok(answer) => answer.map_err(PortError::from),
        Err(panicked_or_shut_down) => Err(PortError::Unexpected(Box::new(panicked_or_shut_down))),
    }
}

#[cfg(test)]
mod tests;
