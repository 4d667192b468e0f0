use diesel::result::{DatabaseErrorKind, Error};

use super::{from_diesel, is_of_notify};

fn told(kind: DatabaseErrorKind, message: &str) -> Error {
    Error::DatabaseError(kind, Box::new(message.to_owned()))
}

/// The commit that is sent with the NOTIFY has failed in every other case, or may have.
#[test]
fn of_a_commit_that_notifies_a_full_queue_and_a_lock_that_is_not_free_are_no_failures() {
    for message in ["too many notifications in the NOTIFY queue", "canceling statement due to lock timeout"] {
        assert!(is_of_notify(&from_diesel(told(DatabaseErrorKind::Unknown, message))), "{message}");
    }
    for other in [
        told(DatabaseErrorKind::Unknown, "division by zero"),
        told(DatabaseErrorKind::SerializationFailure, "could not serialize access"),
        told(DatabaseErrorKind::Unknown, "deadlock detected"),
        told(DatabaseErrorKind::Unknown, "canceling statement due to statement timeout"),
        told(DatabaseErrorKind::ClosedConnection, "connection closed"),
        Error::NotFound,
    ] {
        assert!(!is_of_notify(&from_diesel(other)));
    }
}
