//! Opening and closing.

use std::path::Path;
use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::Text;
use fm_domain::database::Database;
use fm_domain::error::PortError;
use fm_sqlite::{OpenSqlite, SqliteDatabase, migrate};

use crate::fill::{job, user};
use crate::fixture::Fixture;
use crate::units::SOON;

#[cfg(unix)]
#[test]
fn a_new_database_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/er/new.db");
    migrate(&path).unwrap();
    let _open = SqliteDatabase::open(&path).unwrap();
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(&path.with_extension("db-wal")), 0o600, "the log holds the same secrets");
    assert_eq!(mode(path.parent().unwrap()), 0o700);
}

#[test]
fn a_folder_that_can_not_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    let refused = SqliteDatabase::open(&folder.path().join("file/below/new.db")).err().unwrap();
    assert!(matches!(refused, OpenSqlite::Folder { .. }), "{refused:?}");
    assert!(refused.to_string().contains("file/below"), "{refused}");
}

#[test]
fn a_path_that_is_a_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refused = SqliteDatabase::open(folder.path()).err().unwrap();
    assert!(matches!(refused, OpenSqlite::File { .. }), "{refused:?}");
}

#[test]
fn a_file_that_is_no_database_is_refused_and_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("letter.txt");
    let letter = "Dear database, I am not one of you. ".repeat(100);
    std::fs::write(&path, &letter).unwrap();
    let refused = SqliteDatabase::open(&path).err().unwrap();
    assert!(matches!(refused, OpenSqlite::Database { .. }), "{refused:?}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), letter);
}

#[test]
fn a_name_is_a_name_and_never_a_uri_or_a_keyword() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["file:odd?mode=memory", ":memory:", "50%20 é.db"] {
        let path = folder.path().join(name);
        migrate(&path).unwrap();
        assert!(std::fs::metadata(&path).unwrap().len() > 0, "{name}");
    }
}

#[tokio::test]
async fn closing_waits_for_the_open_unit_and_leaves_one_file() {
    let fixture = Fixture::new();
    let someone = user();
    let mut unit = fixture.database.begin().await.unwrap();
    unit.users().insert(&someone).await.unwrap();

    let closing = fixture.database.clone();
    let closed = tokio::spawn(async move { closing.close().await });
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!closed.is_finished(), "a unit is still open");
    unit.commit().await.unwrap();
    tokio::time::timeout(SOON, closed).await.unwrap().unwrap();

    assert!(!fixture.path().with_extension("db-wal").exists(), "the log was taken into the file");
    assert!(matches!(fixture.database.begin().await.err(), Some(PortError::Unavailable(_))));
    assert!(matches!(fixture.database.ping().await, Err(PortError::Unavailable(_))));
    let again = SqliteDatabase::open(&fixture.path()).unwrap();
    assert!(again.read().await.unwrap().users().find(someone.id).await.unwrap().is_some());
}

#[tokio::test]
async fn threads_end_when_the_last_handle_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dropped.db");
    migrate(&path).unwrap();
    let database = SqliteDatabase::open(&path).unwrap();
    let mut unit = database.begin().await.unwrap();
    unit.jobs().enqueue(&job()).await.unwrap();
    drop(database);
    // The unit outlives the handle.
    unit.commit().await.unwrap();
    let closed = async {
        while path.with_extension("db-wal").exists() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    assert!(tokio::time::timeout(SOON, closed).await.is_ok(), "a connection stayed open");
}

#[tokio::test]
async fn a_database_whose_file_is_gone_fails_its_ping() {
    let fixture = Fixture::new();
    fixture.database.ping().await.unwrap();
    std::fs::remove_file(fixture.path()).unwrap();
    assert!(matches!(fixture.database.ping().await, Err(PortError::Unavailable(_))));
}

#[test]
fn the_library_inside_is_the_bundled_one() {
    #[derive(QueryableByName)]
    struct Library {
        #[diesel(sql_type = Text)]
        source: String,
    }
    let library: Library = diesel::sql_query("SELECT sqlite_source_id() AS source")
        .get_result(&mut Fixture::new().connect())
        .unwrap();
    assert_eq!(library.source, libsqlite3_sys::SQLITE_SOURCE_ID.to_str().unwrap());
}
