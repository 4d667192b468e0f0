//! What is run and killed.

use fm_domain::error::PortError;
use futures_util::future::BoxFuture;

use super::{Actors, Environment, Process};

/// A use case with what it needs and what it is to bring about.
#[derive(Clone, Copy)]
pub struct Scenario {
    /// Its name.
    pub name: &'static str,
    /// Sets up the users and files that the use case needs. No fault is injected here.
    pub arrange: for<'a> fn(&'a Environment) -> BoxFuture<'a, Actors>,
    /// What the process that runs the use case has done before, and may remember. No fault is injected here either.
    pub before: for<'a> fn(&'a Process, &'a Actors) -> BoxFuture<'a, ()>,
    /// Runs the use case, as a client of these actors does.
    pub act: for<'a> fn(&'a Process, &'a Actors) -> BoxFuture<'a, Outcome>,
    /// What is wrong, if anything, once it has run: after the client was answered, and after its retry.
    pub check: for<'a> fn(&'a Environment, &'a Actors) -> BoxFuture<'a, Result<(), String>>,
    /// When the client tries again.
    pub retry: Retry,
    /// The port without which it can't be run.
    pub needs: Needs,
    /// When all of it is there, or nothing.
    pub whole: Whole,
}

/// The optional port of a store of bytes that a scenario is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// None: every store will do.
    Nothing,
    /// [`ResumableStore`](fm_domain::uploads::ResumableStore).
    Resumable,
    /// [`DirectStore`](fm_domain::blobs::DirectStore), with what takes its parts.
    Direct,
}

/// When a drive has all of a change or nothing of it, wherever a process was killed: it is what it was before, or what it becomes where
/// nothing fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whole {
    /// At once: one unit of work changes the tree.
    AtOnce,
    /// Once everything has recovered: an operation takes several units of work, and a job goes on with it.
    Recovered,
}

/// When a client tries again after an answer that never came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// A second later, before anything has recovered.
    Promptly,
    /// After everything has recovered.
    Late,
    /// Both.
    AgainAndAgain,
    /// Both, but by a worker at its next turn: no client is told of a race that was lost.
    NextTurn,
}

/// What the client was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is done.
    Done,
    /// It is refused, for a reason of the use case's own.
    Refused(String),
    /// A store failed: it may or may not be done.
    Failed(String),
}

impl Outcome {
    /// What the answer of a use case tells.
    pub fn of<T, E: Answer>(answer: Result<T, E>) -> Self {
        match answer {
            Ok(_) => Self::Done,
            Err(error) if error.is_failure() => Self::Failed(format!("{error:?}")),
            Err(error) => Self::Refused(error.to_string()),
        }
    }
}

/// The error of a use case.
pub trait Answer: std::error::Error {
    /// Whether a store failed, rather than the use case refusing.
    fn is_failure(&self) -> bool;
}

impl Answer for PortError {
    fn is_failure(&self) -> bool {
        true
    }
}

macro_rules! answers {
    ($($error:path),+ $(,)?) => {$(
        impl Answer for $error {
            fn is_failure(&self) -> bool {
                matches!(self, Self::Store(_))
            }
        }
    )+};
}

impl Answer for fm_application::accounts::ChangePasswordError {
    fn is_failure(&self) -> bool {
        matches!(self, Self::Reauthenticate(error) if error.is_failure())
    }
}

impl Answer for fm_application::accounts::RemoveAccountError {
    fn is_failure(&self) -> bool {
        matches!(self, Self::Reauthenticate(error) if error.is_failure())
    }
}

answers! {
    fm_application::accounts::RegisterError,
    fm_application::sessions::LogInError,
    fm_application::sessions::Refused,
    fm_application::accounts::ReauthenticateError,
    fm_application::sessions::RevokeSessionError,
    fm_application::files::UploadError,
    fm_application::files::ThumbnailError,
    fm_application::files::PreviewError,
    fm_application::tree::TreeError,
    fm_application::tree::BatchError,
    fm_application::uploads::ResumableError,
    fm_application::uploads::PartError,
}
