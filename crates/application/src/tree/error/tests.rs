#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{Refusal, TreeError};
use crate::fixture::unavailable;
use fm_domain::body::ByteSize;
use fm_domain::files::NotPortable;

const ALL: [Refusal; 14] = [
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
];

#[test]
fn refusals_are_stored_by_their_codes() {
    for refusal in ALL {
        let stored = serde_json::to_value(refusal).unwrap();
        assert_eq!(stored, refusal.code());
        assert_eq!(serde_json::from_value::<Refusal>(stored).unwrap(), refusal);
    }
}

#[test]
fn errors_are_refusals_by_what_a_client_can_do_about_them() {
    let full = TreeError::QuotaExceeded { trash: ByteSize::ZERO, versions: ByteSize::ZERO };
    for (error, refusal) in [
        (TreeError::NoParent, Refusal::NotFound),
        (TreeError::NotAFolder, Refusal::ValidationFailed),
        (NotPortable::Device.into(), Refusal::ValidationFailed),
        (TreeError::NoTrash, Refusal::Conflict),
        (TreeError::NotTrashed, Refusal::Conflict),
        (full, Refusal::QuotaExceeded),
        (TreeError::DriveFull, Refusal::FolderFull),
        (TreeError::TooManyOperations, Refusal::Unavailable),
        (unavailable().into(), Refusal::Unavailable),
    ] {
        assert_eq!(Refusal::of(&error), refusal, "{error:?}");
    }
}
