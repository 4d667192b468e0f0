//! Files of the version before there were folders: they move into the tree, and back.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Text};
use fm_sqlite::{SqliteDatabase, migrate, revert_last_migration};
use uuid::Uuid;

use self::nodes::{FILES, FIRST, Old, assert_migrated, names_after, old_files, use_the_tree, uuid};
use crate::fixture::connect;

#[path = "../../../../migrations/nodes.rs"]
mod nodes;

/// Takes back the migrations that make a tree.
fn down(path: &Path) {
    while revert_last_migration(path).unwrap().as_deref() != Some(FIRST) {}
}

fn fill(path: &Path, files: &[Old]) {
    let mut statements = String::from("BEGIN;");
    for (owner, count) in (1..).zip(FILES) {
        write!(
            statements,
            "INSERT INTO users (id, email, email_key, role, password_hash, used_bytes, file_count, created_at)
             VALUES (x'{}', '{owner}@b.example', '{owner}@b.example', 'user', 'hash', {count}, {count}, 0);",
            uuid(owner).simple()
        )
        .unwrap();
    }
    for files in files.chunks(1_000) {
        statements.push_str(
            "INSERT INTO files (id, owner, name, name_sort, name_search, content_type, family, size, blob, thumbnail,
                                revision, created_at, updated_at) VALUES ",
        );
        for (place, file) in files.iter().enumerate() {
            let (name, at) = (&file.name, file.created_at() * 1_000_000);
            write!(
                statements,
                "{}(x'{id}', x'{}', '{name}', '{}', '{}', 'text/plain', 'text', 1, x'{id}', 'none', 1, {at}, {at})",
                if place == 0 { "" } else { "," },
                uuid(file.owner).simple(),
                name.sort_key(),
                name.search_key(),
                id = file.id().simple(),
            )
            .unwrap();
        }
        statements.push(';');
    }
    statements.push_str("COMMIT");
    connect(path).batch_execute(&statements).unwrap();
}

/// The names of all files in the table of the version before.
fn names(path: &Path) -> HashMap<Uuid, String> {
    #[derive(QueryableByName)]
    struct Named {
        #[diesel(sql_type = Binary)]
        id: Vec<u8>,
        #[diesel(sql_type = Text)]
        name: String,
    }
    let rows: Vec<Named> =
        diesel::sql_query("SELECT id, name FROM main.files").load(&mut connect(path)).unwrap();
    rows.into_iter().map(|row| (Uuid::from_slice(&row.id).unwrap(), row.name)).collect()
}

fn node_counts(path: &Path) -> Vec<i64> {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        node_count: i64,
    }
    let rows: Vec<Count> =
        diesel::sql_query("SELECT node_count FROM main.users ORDER BY id").load(&mut connect(path)).unwrap();
    rows.into_iter().map(|row| row.node_count).collect()
}

#[tokio::test]
async fn a_hundred_thousand_files_move_into_the_tree_and_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tree.db");
    let old = old_files();
    migrate(&path).unwrap();
    down(&path);
    fill(&path, &old);

    assert_eq!(migrate(&path).unwrap().first().map(String::as_str), Some(FIRST));
    let database = SqliteDatabase::open(&path).unwrap();
    assert_migrated(&database, &old).await;
    // Thirty files, two folders of their own, and a root; each other one has a root too.
    assert_eq!(node_counts(&path), [33, 2, 100_001]);
    use_the_tree(&database, &old).await;
    database.close().await;

    // Every file keeps its new name, whether it is in a folder or in the trash.
    down(&path);
    assert_eq!(names(&path), names_after(&old));

    migrate(&path).unwrap();
    assert_migrated(&SqliteDatabase::open(&path).unwrap(), &old).await;
}
