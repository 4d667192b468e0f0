//! What refusals of trees are outside.

use std::time::Duration;

use fm_application::tree::{BatchError, Refusal, TreeError};

use super::refusals::too_many_lists;
use super::{Code, Problem};

/// When to begin another operation, where as many are under way as may be.
const OPERATIONS_RETRY: Duration = Duration::from_secs(10);

/// An operation of a batch is refused by its code alone.
impl From<Refusal> for Code {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotFound => Self::NotFound,
            Refusal::ValidationFailed => Self::ValidationFailed,
            Refusal::PreconditionFailed => Self::PreconditionFailed,
            Refusal::NameTaken => Self::NameTaken,
            Refusal::MoveIntoItself => Self::MoveIntoItself,
            Refusal::TooDeep => Self::TooDeep,
            Refusal::FolderFull => Self::FolderFull,
            Refusal::FolderNotEmpty => Self::FolderNotEmpty,
            Refusal::ParentTrashed => Self::ParentTrashed,
            Refusal::Conflict => Self::Conflict,
            Refusal::BatchTooLarge => Self::BatchTooLarge,
            Refusal::QuotaExceeded => Self::QuotaExceeded,
            Refusal::Forbidden => Self::Forbidden,
            Refusal::Unavailable => Self::Unavailable,
        }
    }
}

/// 429: those that are under way take seconds to minutes.
fn too_many_operations() -> Problem {
    Problem::new(Code::RateLimited, "100 operations of yours are under way").retry_after(OPERATIONS_RETRY)
}

impl From<BatchError> for Problem {
    fn from(error: BatchError) -> Self {
        match error {
            BatchError::TooMany => Self::of(Code::BatchTooLarge),
            BatchError::KeyConflict => {
                Self::new(Code::Conflict, "the idempotency key was used for another batch")
            }
            BatchError::Refused { index, error } => Self::from(error).at(format!("/operations/{index}")),
            BatchError::TooManyOperations => too_many_operations(),
            BatchError::Busy { retry_after } => too_many_lists(retry_after),
            BatchError::Denied(denied) => denied.into(),
            BatchError::Store(error) => error.into(),
        }
    }
}

impl From<TreeError> for Problem {
    fn from(error: TreeError) -> Self {
        match error {
            TreeError::NotFound | TreeError::NoParent => Self::of(Code::NotFound),
            TreeError::NotAFolder => Self::invalid("/parent_id", "is a file, which has no entries"),
            TreeError::RootIsFixed => Self::invalid("", "a root folder can't be changed"),
            TreeError::NotPortable(not_portable) => Self::invalid("/name", not_portable.to_string()),
            TreeError::PreconditionFailed => Self::of(Code::PreconditionFailed),
            TreeError::NameTaken { existing, kind } => Self::name_taken(existing, kind),
            TreeError::IntoItself => Self::of(Code::MoveIntoItself),
            TreeError::TooDeep => Self::of(Code::TooDeep),
            TreeError::FolderFull => Self::of(Code::FolderFull),
            TreeError::DriveFull => Self::new(
                Code::FolderFull,
                "you have as many files and folders as are allowed, those in the trash too",
            ),
            TreeError::NotEmpty => Self::of(Code::FolderNotEmpty),
            TreeError::ParentTrashed => Self::of(Code::ParentTrashed),
            TreeError::NoTrash => Self::new(Code::Conflict, "there is no trash: delete it for good instead"),
            TreeError::NotTrashed => Self::new(Code::Conflict, "the item is not in the trash"),
            TreeError::PresentContent => Self::new(Code::Conflict, "it is the present content of the file"),
            TreeError::TooManyPinned => {
                Self::new(Code::Conflict, "100 versions of the file are pinned already")
            }
            TreeError::TooLarge => Self::of(Code::BatchTooLarge),
            TreeError::QuotaExceeded { trash, versions } => {
                Self::of(Code::QuotaExceeded).reclaimable(trash, versions)
            }
            TreeError::InvalidCursor(_) => Self::malformed("the cursor is not valid for this list"),
            TreeError::Denied(denied) => denied.into(),
            TreeError::TooManyLists { retry_after } => too_many_lists(retry_after),
            TreeError::TooManyOperations => too_many_operations(),
            TreeError::Store(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use fm_domain::body::ByteSize;

    use super::*;

    #[test]
    fn a_refusal_of_an_operation_has_the_name_of_its_code() {
        for refusal in [
            Refusal::NotFound,
            Refusal::ValidationFailed,
            Refusal::PreconditionFailed,
            Refusal::NameTaken,
            Refusal::MoveIntoItself,
            Refusal::TooDeep,
            Refusal::FolderFull,
            Refusal::FolderNotEmpty,
            Refusal::ParentTrashed,
            Refusal::Conflict,
            Refusal::BatchTooLarge,
            Refusal::QuotaExceeded,
            Refusal::Forbidden,
            Refusal::Unavailable,
        ] {
            assert_eq!(Code::from(refusal).name(), refusal.code());
        }
    }

    #[test]
    fn a_batch_that_is_done_as_a_whole_is_refused_for_an_operation_of_it() {
        let problem = Problem::from(BatchError::Refused { index: 7, error: TreeError::TooDeep });
        assert_eq!((problem.code(), problem.pointer()), (Code::TooDeep, Some("/operations/7")));
    }

    #[test]
    fn where_too_many_operations_are_under_way_a_client_comes_again() {
        for problem in
            [Problem::from(TreeError::TooManyOperations), Problem::from(BatchError::TooManyOperations)]
        {
            assert_eq!((problem.code(), problem.pointer()), (Code::RateLimited, None));
        }
    }

    #[test]
    fn a_quota_that_is_exceeded_says_what_could_be_freed() {
        let (trash, versions) = (ByteSize::new(7), ByteSize::new(9));
        let problem = Problem::from(TreeError::QuotaExceeded { trash, versions });
        assert!(!problem.lacks_reclaimable());
        assert!(Problem::of(Code::QuotaExceeded).lacks_reclaimable());
        assert!(!Problem::of(Code::PayloadTooLarge).lacks_reclaimable());
    }
}
