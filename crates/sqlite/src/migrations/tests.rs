//! Migrations beside a service that writes.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use std::thread;
use std::time::Duration;

use diesel::Connection as _;
use diesel::connection::SimpleConnection as _;

use super::*;

fn connect(path: &Path) -> SqliteConnection {
    SqliteConnection::establish(path.to_str().unwrap()).unwrap()
}

#[test]
fn a_database_that_has_all_migrations_is_looked_at_while_another_process_writes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    assert!(!migrate(&path).unwrap().is_empty());
    let mut writer = connect(&path);
    writer.batch_execute("BEGIN IMMEDIATE").unwrap();
    assert!(migrate(&path).unwrap().is_empty());
    assert!(migration_status(&path).unwrap().iter().all(|migration| migration.applied));
    assert!(unknown_migrations(&path).unwrap().is_empty());
}

#[test]
fn pending_migrations_have_their_turn_among_other_writers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    migrate(&path).unwrap();
    let last = revert_last_migration(&path).unwrap().unwrap();
    let mut other = Turnstile::of(&path);
    let inside = other.enter();
    thread::scope(|scope| {
        let migrated = scope.spawn(|| migrate(&path).unwrap());
        thread::sleep(Duration::from_millis(200));
        assert!(!migrated.is_finished(), "it passed by a process that waits already");
        drop(inside);
        assert_eq!(migrated.join().unwrap(), [last]);
    });
}

#[test]
fn pending_migrations_wait_for_a_writer_that_ends_soon() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    migrate(&path).unwrap();
    let last = revert_last_migration(&path).unwrap().unwrap();
    let mut writer = connect(&path);
    writer.batch_execute("BEGIN IMMEDIATE").unwrap();
    thread::scope(|scope| {
        let migrated = scope.spawn(|| migrate(&path).unwrap());
        thread::sleep(Duration::from_millis(200));
        assert!(!migrated.is_finished(), "it ran beside a writer");
        writer.batch_execute("COMMIT").unwrap();
        assert_eq!(migrated.join().unwrap(), [last]);
    });
}
