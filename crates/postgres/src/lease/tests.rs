use diesel::QueryResult;
use diesel::result::{DatabaseErrorKind, Error};
use fm_domain::error::{PortError, chain};

use super::pair;

fn failed<T>(kind: DatabaseErrorKind, message: &str) -> QueryResult<T> {
    Err(Error::DatabaseError(kind, Box::new(message.to_owned())))
}

/// As the server answers statements after a failure.
fn refused<T>() -> QueryResult<T> {
    let message = "current transaction is aborted, commands ignored until end of transaction block";
    failed(DatabaseErrorKind::Unknown, message)
}

fn told(answer: Result<((), ()), PortError>) -> String {
    answer.err().map(|error| chain(&error)).unwrap_or_default()
}

#[test]
fn of_two_statements_the_one_that_failed_is_told() {
    let taken = "duplicate key value violates unique constraint";
    let unique = || failed(DatabaseErrorKind::UniqueViolation, taken);
    for answer in
        [pair(unique(), refused()), pair(refused(), unique()), pair(unique(), Ok(())), pair(Ok(()), unique())]
    {
        let told = told(answer);
        assert!(told.contains(taken), "{told}");
    }
    assert!(pair(Ok(()), Ok(())).is_ok());
}

#[test]
fn a_failure_keeps_its_kind_whichever_statement_it_was() {
    let raced = || failed(DatabaseErrorKind::SerializationFailure, "could not serialize access");
    for answer in [pair::<(), ()>(raced(), refused()), pair(refused(), raced())] {
        assert!(matches!(answer, Err(PortError::Contended(_))), "{answer:?}");
    }
    let lost = || failed(DatabaseErrorKind::ClosedConnection, "the connection is closed");
    let answer = pair::<(), ()>(lost(), lost());
    assert!(matches!(answer, Err(PortError::Unavailable(_))), "{answer:?}");
}
