//! What SQLite says, and what the domain hears.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use fm_domain::error::PortError;

use super::{begin_error, store_error};
use crate::open::{Location, REQUEST_LOCK_WAIT};

fn connect(path: &std::path::Path) -> SqliteConnection {
    SqliteConnection::establish(path.to_str().unwrap()).unwrap()
}

#[test]
fn a_full_disk_is_unavailable() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = connect(&folder.path().join("full.db"));
    connection.batch_execute("CREATE TABLE heap (bytes BLOB); PRAGMA max_page_count = 4").unwrap();
    let error = connection.batch_execute("INSERT INTO heap VALUES (zeroblob(100000))").unwrap_err();
    assert!(matches!(store_error(error), PortError::Unavailable(_)));
}

#[test]
fn a_lock_held_by_another_is_contended_in_a_unit_and_unavailable_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("locked.db");
    let (mut holder, mut other) = (connect(&path), connect(&path));
    holder.batch_execute("BEGIN EXCLUSIVE").unwrap();
    let error = other.batch_execute("CREATE TABLE late (id INTEGER)").unwrap_err();
    assert!(matches!(store_error(error), PortError::Contended(_)));
    let error = other.batch_execute("BEGIN IMMEDIATE").unwrap_err();
    let location = Location::prepare(&path, REQUEST_LOCK_WAIT).unwrap();
    assert!(matches!(begin_error(error, &location), PortError::Unavailable(_)));
}

#[test]
fn a_file_that_is_no_database_is_corrupt() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("prose.db");
    std::fs::write(&path, "This is prose, and prose is no database.".repeat(40)).unwrap();
    let error = connect(&path).batch_execute("CREATE TABLE late (id INTEGER)").unwrap_err();
    assert!(matches!(store_error(error), PortError::Corrupt { what: "the database file", .. }));
}

#[test]
fn an_error_of_ours_is_unexpected() {
    let folder = tempfile::tempdir().unwrap();
    let error = connect(&folder.path().join("typo.db")).batch_execute("SELEKT 1").unwrap_err();
    assert!(matches!(store_error(error), PortError::Unexpected(_)));
}
