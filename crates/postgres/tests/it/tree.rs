//! Files of the version before there were folders: they move into the tree, and back.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../../../../migrations/nodes.rs"]
mod nodes;

use std::collections::HashMap;
use std::fmt::Write as _;

use fm_postgres::PgLimits;
use uuid::Uuid;

use nodes::{FILES, FIRST, Old, assert_migrated, names_after, old_files, use_the_tree, uuid};

use crate::common::Fixture;

/// Takes back the migrations that make a tree.
async fn down(fixture: &Fixture) {
    while fixture.migrations().down(1).await.unwrap() != [FIRST] {}
}

async fn fill(fixture: &Fixture, files: &[Old]) {
    let mut statements = String::from("BEGIN;");
    for (owner, count) in (1..).zip(FILES) {
        write!(
            statements,
            "INSERT INTO users (id, email, email_key, role, password_hash, used_bytes, file_count, created_at)
             VALUES ('{}', '{owner}@b.example', '{owner}@b.example', 'user', 'hash', {count}, {count}, now());",
            uuid(owner)
        )
        .unwrap();
    }
    for files in files.chunks(1_000) {
        statements.push_str(
            "INSERT INTO files (id, owner_id, name, name_sort, name_search, content_type, size_bytes, blob_id,
                                thumbnail_state, revision, created_at, updated_at) VALUES ",
        );
        for (place, file) in files.iter().enumerate() {
            let (name, at) = (&file.name, format!("to_timestamp({})", file.created_at()));
            write!(
                statements,
                "{}('{id}', '{}', '{name}', '{}', '{}', 'text/plain', 1, '{id}', 'none', 1, {at}, {at})",
                if place == 0 { "" } else { "," },
                uuid(file.owner),
                name.sort_key(),
                name.search_key(),
                id = file.id(),
            )
            .unwrap();
        }
        statements.push(';');
    }
    statements.push_str("COMMIT");
    fixture.client().await.batch_execute(&statements).await.unwrap();
}

/// The names of all files in the table of the version before.
async fn names(fixture: &Fixture) -> HashMap<Uuid, String> {
    let rows = fixture.client().await.query("SELECT id::text, name FROM files", &[]).await.unwrap();
    rows.iter().map(|row| (row.get::<_, String>(0).parse().unwrap(), row.get(1))).collect()
}

#[tokio::test]
async fn a_hundred_thousand_files_move_into_the_tree_and_back() {
    let fixture = Fixture::bare(PgLimits::default()).await;
    let old = old_files();
    fixture.migrations().up().await.unwrap();
    down(&fixture).await;
    fill(&fixture, &old).await;

    assert_eq!(fixture.migrations().up().await.unwrap().first().map(String::as_str), Some(FIRST));
    assert_migrated(&*fixture.database(), &old).await;
    // Thirty files, two folders of their own, and a root; each other one has a root too.
    assert_eq!(fixture.ask("SELECT node_count::text FROM users ORDER BY id").await, ["33", "2", "100001"]);
    use_the_tree(&*fixture.database(), &old).await;

    // Every file keeps its new name, whether it is in a folder or in the trash.
    down(&fixture).await;
    assert_eq!(names(&fixture).await, names_after(&old));

    fixture.migrations().up().await.unwrap();
    assert_migrated(&*fixture.database(), &old).await;
}
