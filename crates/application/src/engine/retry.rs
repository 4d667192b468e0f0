//! Whole units of work: tried again when they lost a race for a lock, read back when the answer of their commit was
//! lost.

use std::future::Future;

use fm_domain::database::UnitOfWork;
use fm_domain::error::{PortError, PortResult, Retry};

/// How often a unit is tried at most.
const ATTEMPTS: u32 = 5;

/// Errors that may carry a failure of a store.
pub(crate) trait Failure {
    /// The store's failure, if it is one.
    fn store(&self) -> Option<&PortError>;
}

impl Failure for PortError {
    fn store(&self) -> Option<&PortError> {
        Some(self)
    }
}

/// Implements [`Failure`] for enums whose variant `Store` carries the store's failure.
macro_rules! failure {
    ($($name:ty),+ $(,)?) => {$(
        impl $crate::engine::retry::Failure for $name {
            fn store(&self) -> Option<&fm_domain::error::PortError> {
                if let Self::Store(error) = self { Some(error) } else { None }
            }
        }
    )+};
}
pub(crate) use failure;

/// Runs `unit` until it is not [`PortError::Contended`], at most five times. The unit opens its own unit of work
/// and leaves nothing behind when it fails.
pub(crate) async fn retry_conflicts<T, E, F, U>(mut unit: U) -> Result<T, E>
where
    E: Failure,
    F: Future<Output = Result<T, E>>,
    U: FnMut() -> F,
{
    let mut attempt = 1;
    loop {
        match unit().await {
            Err(error) if attempt < ATTEMPTS && error.store().is_some_and(|e| e.retry() == Retry::Now) => {
                attempt += 1;
            }
            outcome => return outcome,
        }
    }
}

/// Undoes a unit that was refused. After a failure of the store it is dropped, which undoes it too: nothing is said to
/// a store that has failed.
pub(crate) async fn roll_back<E: Failure + From<PortError>>(unit: Box<dyn UnitOfWork>, error: E) -> E {
    if error.store().is_some() {
        return error;
    }
    match unit.rollback().await {
        Ok(()) => error,
        Err(failure) => failure.into(),
    }
}

/// The outcome of a commit. Where its answer was lost, `happened` reads back what it would have left; when that can't
/// be read either, the outcome stays unknown.
pub(crate) async fn confirm_commit(
    outcome: PortResult<()>,
    happened: impl Future<Output = PortResult<bool>>,
) -> PortResult<()> {
    match outcome {
        Err(lost @ PortError::Unavailable(_)) => match happened.await {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => Err(lost),
        },
        outcome => outcome,
    }
}

#[cfg(test)]
mod tests;
