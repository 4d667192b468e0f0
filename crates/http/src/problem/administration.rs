//! What refusals of administration are outside.

use fm_application::administration::{ChangeUserError, NotAllowed, PageError, RetryJobError, ShowUserError};
use fm_application::jobs::DeadJobError;

use super::{Code, Problem};

/// 403: the route is for admins.
fn not_admin() -> Problem {
    Problem::new(Code::Forbidden, "this is for admins alone")
}

impl From<NotAllowed> for Problem {
    fn from(error: NotAllowed) -> Self {
        match error {
            NotAllowed::NotAdmin => not_admin(),
            NotAllowed::Store(error) => error.into(),
        }
    }
}

impl From<ShowUserError> for Problem {
    fn from(error: ShowUserError) -> Self {
        match error {
            ShowUserError::NotAdmin => not_admin(),
            ShowUserError::NotFound => Self::of(Code::NotFound),
            ShowUserError::Store(error) => error.into(),
        }
    }
}

impl From<ChangeUserError> for Problem {
    fn from(error: ChangeUserError) -> Self {
        match error {
            ChangeUserError::NotAdmin => not_admin(),
            ChangeUserError::NotFound => Self::of(Code::NotFound),
            ChangeUserError::OwnAccount => {
                Self::new(Code::Conflict, "admins can't suspend, demote or remove themselves here")
            }
            ChangeUserError::Store(error) => error.into(),
        }
    }
}

impl From<PageError> for Problem {
    fn from(error: PageError) -> Self {
        match error {
            PageError::NotAdmin => not_admin(),
            PageError::InvalidCursor(_) => Self::malformed("the cursor is not valid for this list"),
            PageError::Store(error) => error.into(),
        }
    }
}

impl From<RetryJobError> for Problem {
    fn from(error: RetryJobError) -> Self {
        match error {
            RetryJobError::NotAllowed(error) => error.into(),
            RetryJobError::Job(DeadJobError::NotFound) => Self::of(Code::NotFound),
            RetryJobError::Job(DeadJobError::Unreadable(_)) => {
                Self::new(Code::Conflict, "this node can't read the job: one of its version can")
            }
            RetryJobError::Job(DeadJobError::Store(error)) => error.into(),
        }
    }
}
