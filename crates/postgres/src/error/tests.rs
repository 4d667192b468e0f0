use diesel::result::{DatabaseErrorKind, Error};

use super::{from_diesel, is_notify_queue_full};

fn told(kind: DatabaseErrorKind, message: &str) -> Error {
    Error::DatabaseError(kind, Box::new(message.to_owned()))
}

/// The commit that is sent with the NOTIFY has failed in every other case, or may have.
#[test]
fn of_a_commit_that_notifies_only_a_full_queue_is_no_failure() {
    let full = told(DatabaseErrorKind::Unknown, "too many notifications in the NOTIFY queue");
    assert!(is_notify_queue_full(&from_diesel(full)));
    for other in [
        told(DatabaseErrorKind::Unknown, "division by zero"),
        told(DatabaseErrorKind::SerializationFailure, "could not serialize access"),
        told(DatabaseErrorKind::ClosedConnection, "connection closed"),
        Error::NotFound,
    ] {
        assert!(!is_notify_queue_full(&from_diesel(other)));
    }
}
