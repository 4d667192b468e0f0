//! The schema: its conventions, and that it goes down and up again.

use std::path::Path;
use std::sync::{Arc, Barrier};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Nullable, Text};
use fm_sqlite::{MigrationState, migrate, migration_status, revert_last_migration};

use crate::fixture::{Fixture, connect};

#[derive(QueryableByName, Debug, PartialEq)]
struct Entry {
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Nullable<Text>)]
    text: Option<String>,
}

fn schema(path: &Path) -> Vec<Entry> {
    diesel::sql_query(
        "SELECT type AS kind, name, sql AS text FROM sqlite_schema WHERE name NOT LIKE '\\_\\_diesel%' ESCAPE '\\' \
         AND tbl_name NOT LIKE '\\_\\_diesel%' ESCAPE '\\' ORDER BY type, name",
    )
    .load(&mut connect(path))
    .unwrap()
}

fn folders(database: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations").join(database);
    let folders =
        std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut folders: Vec<String> = folders.collect();
    folders.sort();
    folders
}

#[test]
fn migrations_go_up_down_and_up_again_to_the_same_schema() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("updown.db");
    let names = migrate(&path).unwrap();
    assert_eq!(names, folders("sqlite"));
    let first = schema(&path);
    assert!(first.iter().any(|entry| entry.name == "nodes_by_name"));

    let mut reverted = Vec::new();
    while let Some(name) = revert_last_migration(&path).unwrap() {
        reverted.push(name);
    }
    reverted.reverse();
    assert_eq!(reverted, names, "the latest goes first");
    assert_eq!(schema(&path), [], "nothing is left");

    assert_eq!(migrate(&path).unwrap(), names);
    assert_eq!(schema(&path), first);
}

#[test]
fn each_migration_goes_down_and_up_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("steps.db");
    migrate(&path).unwrap();
    let whole = schema(&path);
    for depth in 1..=folders("sqlite").len() {
        for _ in 0..depth {
            revert_last_migration(&path).unwrap().unwrap();
        }
        assert_eq!(migrate(&path).unwrap().len(), depth);
        assert_eq!(schema(&path), whole, "after {depth} down and up");
    }
}

#[test]
fn migrating_twice_does_nothing_more() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("twice.db");
    let state = |applied| {
        folders("sqlite").into_iter().map(|name| MigrationState { name, applied }).collect::<Vec<_>>()
    };
    assert_eq!(migration_status(&path).unwrap(), state(false));
    migrate(&path).unwrap();
    assert_eq!(migrate(&path).unwrap(), Vec::<String>::new());
    assert_eq!(migration_status(&path).unwrap(), state(true));
}

#[test]
fn processes_that_migrate_at_once_do_it_once() {
    for _ in 0..10 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("race.db");
        let start = Arc::new(Barrier::new(6));
        let racers: Vec<_> = (0..6)
            .map(|_| {
                let (path, start) = (path.clone(), Arc::clone(&start));
                std::thread::spawn(move || {
                    start.wait();
                    migrate(&path).unwrap().len()
                })
            })
            .collect();
        let ran: usize = racers.into_iter().map(|racer| racer.join().unwrap()).sum();
        assert_eq!(ran, folders("sqlite").len());
    }
}

#[test]
fn both_databases_have_the_same_migrations() {
    assert_eq!(folders("sqlite"), folders("postgres"));
    for database in ["sqlite", "postgres"] {
        for folder in folders(database) {
            let root =
                Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations").join(database).join(&folder);
            for file in ["up.sql", "down.sql"] {
                let text = std::fs::read_to_string(root.join(file)).unwrap();
                assert!(!text.trim().is_empty(), "{database}/{folder}/{file} is empty");
            }
        }
    }
}

#[test]
fn every_table_is_strict_and_has_a_primary_key() {
    let fixture = Fixture::new();
    for table in schema(&fixture.path()).iter().filter(|entry| entry.kind == "table") {
        let text = table.text.as_deref().unwrap();
        assert!(text.contains("STRICT"), "{} is not strict", table.name);
        assert!(text.contains("PRIMARY KEY"), "{} has no primary key", table.name);
    }
}

#[test]
fn columns_keep_to_the_conventions() {
    #[derive(QueryableByName)]
    struct Column {
        #[diesel(sql_type = Text)]
        place: String,
        #[diesel(sql_type = Text)]
        name: String,
        #[diesel(sql_type = Text)]
        kind: String,
        #[diesel(sql_type = Bool)]
        is_key: bool,
        #[diesel(sql_type = Bool)]
        required: bool,
    }
    let fixture = Fixture::new();
    let columns: Vec<Column> = diesel::sql_query(
        "SELECT t.name || '.' || c.name AS place, c.name, c.type AS kind, c.pk > 0 AS is_key, c.\"notnull\" AS required \
         FROM pragma_table_list t, pragma_table_info(t.name) c \
         WHERE t.type = 'table' AND t.name NOT LIKE '\\_\\_diesel%' ESCAPE '\\' AND t.name NOT LIKE 'sqlite%'",
    )
    .load(&mut fixture.connect())
    .unwrap();
    assert!(columns.len() > 50, "the columns were found");
    for Column { place, name, kind, is_key, required } in columns {
        let expected = match name.as_str() {
            "id"
            | "owner"
            | "user_id"
            | "blob"
            | "thumbnail_blob"
            | "file"
            | "attempt"
            | "actor"
            | "account"
            | "target"
            | "drive"
            | "parent"
            | "trash"
            | "trashed_from"
            | "created_by"
            | "original"
            | "thumbnail_placeholder"
                if place != "jobs.attempt" =>
            {
                "BLOB"
            }
            "upload" | "sha256" | "promised_sha256" | "salt" | "hash_state" | "head" | "write_state" => {
                "BLOB"
            }
            "spent_at" => "TEXT",
            "size" | "attempt" | "valid_until" | "lease_until" | "generation" | "revision" | "version"
            | "seq" | "changed_seq" => "INTEGER",
            name if name.ends_with("_at") || name.ends_with("_bytes") || name.ends_with("_count") => {
                "INTEGER"
            }
            _ => kind.as_str(),
        };
        assert_eq!(kind, expected, "{place}");
        assert!(!is_key || required, "{place} is a key that may be null");
    }
}

#[test]
fn the_schema_refuses_what_can_not_be() {
    let fixture = Fixture::new();
    let mut connection = fixture.connect();
    connection
        .batch_execute(
            "PRAGMA foreign_keys = ON; INSERT INTO users (id, email, email_key, role, password_hash, created_at) \
             VALUES (zeroblob(16), 'a@example.com', 'a@example.com', 'user', 'x', 0); \
             INSERT INTO uploads VALUES (zeroblob(16), zeroblob(16), 'direct', zeroblob(16), 'a', NULL, NULL, '', NULL, \
             5, 5, 5, 0, NULL, x'', x'', 'open', NULL, 0, 0, 0, NULL, NULL, NULL, '', 'rename', 0, NULL, NULL); \
             INSERT INTO upload_parts VALUES (zeroblob(16), 1, 5, 'tag'); \
             INSERT INTO nodes (id, drive, parent, kind, name, name_sort, name_search, size, blob, content_at, modified_at, \
                                revision, created_at, updated_at) \
             VALUES (x'01000000000000000000000000000000', zeroblob(16), zeroblob(16), 'file', 'a', 'a', 'a', 0, \
                     zeroblob(16), 0, 0, 1, 0, 0)",
        )
        .unwrap();
    for wrong in [
        "UPDATE users SET used_bytes = -1",
        "UPDATE users SET reserved_bytes = -1",
        "UPDATE users SET file_count = -1",
        "UPDATE users SET role = 'root'",
        "UPDATE users SET id = zeroblob(15)",
        "UPDATE users SET created_at = 'today'",
        "INSERT INTO blobs VALUES (zeroblob(16), 'files', zeroblob(16), 'settled', 0, NULL, 0, 0, NULL, NULL, 1)",
        "INSERT INTO blobs VALUES (zeroblob(16), 'files', zeroblob(16), 'doomed', 0, NULL, 0, 0, NULL, NULL, 1)",
        "INSERT INTO blobs VALUES (zeroblob(16), 'files', zeroblob(16), 'announced', 0, 1, 0, 0, NULL, NULL, 1)",
        "INSERT INTO blobs VALUES (zeroblob(16), 'attic', zeroblob(16), 'announced', 0, NULL, 0, 0, NULL, NULL, 1)",
        "INSERT INTO jobs (id, kind, payload, priority, first_run_at, run_at) VALUES (zeroblob(16), 'x', '{', 0, 0, 0)",
        "INSERT INTO idempotency_keys VALUES (randomblob(16), 'key', zeroblob(16), 0, NULL, NULL, NULL)",
        "INSERT INTO idempotency_keys VALUES (zeroblob(16), 'key', zeroblob(16), 0, zeroblob(16), NULL, NULL)",
        "UPDATE uploads SET transport = 'post'",
        "UPDATE uploads SET promised_sha256 = x'00'",
        "UPDATE uploads SET idempotency_key = ''",
        "UPDATE uploads SET offset_bytes = 6",
        "UPDATE uploads SET offset_bytes = -1",
        "UPDATE uploads SET reserved_bytes = -1",
        "UPDATE uploads SET epoch = -1",
        "UPDATE uploads SET is_locked = 2",
        "UPDATE uploads SET write_state = 1",
        "UPDATE uploads SET status = 'lost'",
        "UPDATE uploads SET status = 'complete'",
        "UPDATE uploads SET file = zeroblob(16)",
        "UPDATE upload_parts SET number = 0",
        "UPDATE upload_parts SET number = 4294967296",
        "UPDATE upload_parts SET size = -1",
        "INSERT INTO upload_parts VALUES (randomblob(16), 1, 5, 'tag')",
        "UPDATE uploads SET parent = x'00'",
        "UPDATE uploads SET path = NULL",
        "UPDATE uploads SET on_conflict = 'skip'",
        "UPDATE uploads SET strict_parent = 2",
        "UPDATE users SET seq = -1",
        "UPDATE users SET trash_bytes = -1",
        "UPDATE users SET version_bytes = -1",
        "UPDATE users SET node_count = -1",
        "UPDATE nodes SET kind = 'link'",
        "UPDATE nodes SET parent = x'01000000000000000000000000000000'",
        "UPDATE nodes SET trash = id WHERE name = 'a'",
        "UPDATE nodes SET parent = NULL WHERE name = 'a'",
        "UPDATE nodes SET kind = 'folder' WHERE name = 'a'",
        "UPDATE nodes SET blob = NULL WHERE name = 'a'",
        "UPDATE nodes SET size = NULL WHERE name = 'a'",
        "UPDATE nodes SET thumbnail = 'ready' WHERE name = 'a'",
        "UPDATE nodes SET version = 0 WHERE name = 'a'",
        "INSERT INTO previews VALUES (zeroblob(15), 'small', NULL, NULL, NULL, NULL)",
        "INSERT INTO previews VALUES (zeroblob(16), '', NULL, NULL, NULL, NULL)",
        "INSERT INTO previews VALUES (zeroblob(16), 'small', zeroblob(15), 'png', 1, 1)",
        "INSERT INTO previews VALUES (zeroblob(16), 'small', zeroblob(16), NULL, 1, 1)",
        "INSERT INTO previews VALUES (zeroblob(16), 'small', zeroblob(16), 'png', NULL, 1)",
        "INSERT INTO previews VALUES (zeroblob(16), 'small', zeroblob(16), 'png', 1, NULL)",
        "INSERT INTO previews VALUES (zeroblob(16), 'small', NULL, 'png', 1, 1)",
        "INSERT INTO file_versions VALUES (randomblob(16), 1, '', NULL, 0, NULL, zeroblob(16), zeroblob(16), 0, 0, 0, NULL)",
        "INSERT INTO file_versions VALUES (x'01000000000000000000000000000000', 0, '', NULL, 0, NULL, zeroblob(16), \
         zeroblob(16), 0, 0, 0, NULL)",
        "INSERT INTO operations VALUES (zeroblob(16), zeroblob(16), 'copy', 'running', 0, NULL, '[', NULL, 'null', 0, NULL)",
        "INSERT INTO operations VALUES (zeroblob(16), randomblob(16), 'copy', 'running', 0, NULL, '[]', NULL, 'null', 0, NULL)",
        "INSERT INTO audit_entries VALUES (0, zeroblob(15), 'file.removed', NULL, NULL, NULL, NULL, NULL)",
        "INSERT INTO audit_entries VALUES (0, zeroblob(16), '', NULL, NULL, NULL, NULL, NULL)",
        "INSERT INTO audit_entries VALUES (0, zeroblob(16), 'file.removed', x'00', NULL, NULL, NULL, NULL)",
    ] {
        assert!(connection.batch_execute(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn entries_of_the_audit_trail_can_be_added_and_removed_but_not_changed() {
    let fixture = Fixture::new();
    let mut connection = fixture.connect();
    let entry =
        "INSERT INTO audit_entries VALUES (0, zeroblob(16), 'file.removed', NULL, NULL, NULL, NULL, NULL)";
    connection.batch_execute(entry).unwrap();
    for change in ["action = 'file.renamed'", "actor = zeroblob(16)", "happened_at = 1", "id = id"] {
        let refused = connection.batch_execute(&format!("UPDATE audit_entries SET {change}")).unwrap_err();
        assert!(refused.to_string().contains("never changed"), "{change}: {refused}");
    }
    connection.batch_execute("DELETE FROM audit_entries").unwrap();
}
