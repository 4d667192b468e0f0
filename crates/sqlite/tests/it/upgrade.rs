//! Uploads that the version before left unfinished: what becomes of each when the store remembers the state of a write.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use fm_domain::access::{Access, Right};
use fm_domain::blobs::WriteId;
use fm_domain::database::Database;
use fm_domain::ids::{UploadId, UserId};
use fm_domain::uploads::{Upload, WriteState};
use fm_sqlite::{SqliteDatabase, migrate, revert_last_migration};

use self::resumable_state::{Columns, MIGRATION, OLD, Old, after, hash, taken_back, uuid};
use crate::fixture::connect;

#[path = "../../../../migrations/resumable_state.rs"]
mod resumable_state;

fn id(number: u32) -> String {
    format!("x'{}'", uuid(number).simple())
}

fn statements(old: &Old) -> String {
    let Old { transport, offset, reserved, is_locked, parts, status, .. } = old;
    let (upload, owner, blob) = (id(old.id), id(old.owner), id(old.id + 100));
    let file = if old.is_complete() { id(old.id + 900) } else { "NULL".to_owned() };
    let (Columns { key, write, tails }, hash) = (old.columns(), hash());
    let mut statements = format!(
        "INSERT INTO uploads (id, owner, transport, blob, name, metadata, idempotency_key, offset_bytes,
             reserved_bytes, epoch, is_held, write_name, next_part, tails, hash_state, head, status, file, created_at,
             expires_at)
         VALUES ({upload}, {owner}, '{transport}', {blob}, 'a', '', {key}, {offset}, {reserved}, 3, {is_locked},
                 {write}, {parts} + 1, {tails}, x'{hash}', CAST('head' AS BLOB), '{status}', {file}, 0, 4102444800000000);
         INSERT INTO blobs VALUES ({blob}, 'files', {owner}, 'announced', 0, NULL, 0, 4102444800000000, NULL, NULL);"
    );
    for part in 1..=*parts {
        write!(statements, "INSERT INTO upload_parts VALUES ({upload}, {part}, 4, 'tag');").unwrap();
    }
    if old.has_key && old.is_complete() {
        write!(
            statements,
            "INSERT INTO idempotency_keys
             VALUES ({owner}, {key}, {blob}, 4102444800000000, {file}, 'a', zeroblob(32));
             UPDATE blobs SET state = 'settled', size = 5 WHERE id = {blob};"
        )
        .unwrap();
    } else if old.has_key {
        write!(
            statements,
            "INSERT INTO idempotency_keys
             VALUES ({owner}, {key}, {blob}, 4102444800000000, NULL, NULL, NULL);"
        )
        .unwrap();
    }
    for tail in old.tails {
        write!(
            statements,
            "INSERT INTO blobs
             VALUES ({}, 'files', {owner}, 'settled', 0, 3, 0, 4102444800000000, NULL, NULL);",
            id(*tail)
        )
        .unwrap();
    }
    statements
}
/// A database in which the migration has not been run, and which is full of uploads of every kind.
struct Before {
    folder: tempfile::TempDir,
}

impl Before {
    fn new() -> Self {
        let before = Self { folder: tempfile::tempdir().unwrap() };
        migrate(&before.path()).unwrap();
        before.down();
        // The second user has less reserved than the uploads say, which can't make it less than nothing.
        for (user, reserved) in [(1, 1000), (2, 4)] {
            before.run(&format!(
                "INSERT INTO users (id, email, email_key, role, password_hash, reserved_bytes, created_at)
                 VALUES ({}, '{user}@b.example', '{user}@b.example', 'user', 'hash', {reserved}, 0)",
                id(user)
            ));
        }
        for old in &OLD {
            before.run(&statements(old));
        }
        // A tail that was given up before stays as it is.
        let given_up = "UPDATE blobs SET state = 'doomed', doomed_at = 1, due_at = 2 WHERE id = ";
        before.run(&(given_up.to_owned() + &id(307)));
        before
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("upgrade.db")
    }

    /// Takes back this migration, and those after it.
    fn down(&self) {
        while revert_last_migration(&self.path()).unwrap().as_deref() != Some(MIGRATION) {}
    }

    fn run(&self, sql: &str) {
        let mut connection = connect(&self.path());
        connection.batch_execute("PRAGMA foreign_keys = ON").unwrap();
        connection.batch_execute(sql).unwrap();
    }

    /// The uploads with these columns, one a line.
    fn uploads(&self, columns: &str) -> Vec<String> {
        ask(
            &self.path(),
            &format!(
                "SELECT concat_ws(' ', ltrim(hex(id), '0'), status, epoch, offset_bytes, reserved_bytes, {columns},
                        coalesce(write_name, '-'), coalesce(nullif(CAST(head AS TEXT), ''), '-'),
                        CASE WHEN expires_at = 4102444800000000 THEN 'later'
                             WHEN expires_at / 1e6 - unixepoch() BETWEEN 85800 AND 86401 THEN 'in a day'
                             ELSE expires_at END) AS line
                 FROM uploads ORDER BY id"
            ),
        )
    }

    async fn find(&self, owner: u32, id: u32) -> Upload {
        let database = SqliteDatabase::open(&self.path()).unwrap();
        let (owner, id) = (UserId::new(uuid(owner)), UploadId::new(uuid(id)));
        let found = database
            .read()
            .await
            .unwrap()
            .uploads()
            .find(&Access::on_behalf_of(owner, Right::Read), id)
            .await;
        database.close().await;
        found.unwrap().unwrap()
    }

    fn blobs(&self) -> Vec<String> {
        ask(
            &self.path(),
            "SELECT concat_ws(' ', ltrim(hex(id), '0'), state,
                    CASE WHEN doomed_at <> due_at THEN 'before'
                         WHEN unixepoch() - doomed_at / 1e6 BETWEEN -1 AND 600 THEN 'now' END) AS line
             FROM blobs ORDER BY id",
        )
    }

    fn parts(&self) -> Vec<String> {
        ask(
            &self.path(),
            "SELECT concat_ws(' ', ltrim(hex(upload), '0'), number, size, tag) AS line
             FROM upload_parts ORDER BY upload, number",
        )
    }

    fn keys(&self) -> Vec<String> {
        ask(
            &self.path(),
            "SELECT concat_ws(' ', key, iif(file IS NOT NULL, 't', 'f')) AS line FROM idempotency_keys ORDER BY attempt",
        )
    }

    fn reserved(&self) -> Vec<String> {
        ask(&self.path(), "SELECT CAST(reserved_bytes AS TEXT) AS line FROM users ORDER BY id")
    }
}

/// What a statement answers in its column `line`.
fn ask(path: &Path, sql: &str) -> Vec<String> {
    #[derive(QueryableByName)]
    struct Line {
        #[diesel(sql_type = Text)]
        line: String,
    }
    let lines: Vec<Line> = diesel::sql_query(sql).load(&mut connect(path)).unwrap();
    lines.into_iter().map(|line| line.line).collect()
}

#[tokio::test]
async fn uploads_go_on_where_the_store_can_and_expire_where_it_can_not() {
    let database = Before::new();
    assert_eq!(migrate(&database.path()).unwrap().first().map(String::as_str), Some(MIGRATION));

    let state = "iif(is_locked, 't', 'f'), iif(write_state IS NULL, 'null', hex(write_state)) || '.'";
    assert_eq!(database.uploads(state), after::UPLOADS);
    assert_eq!(database.blobs(), after::BLOBS);
    assert_eq!(database.parts(), after::PARTS);
    assert_eq!(database.keys(), after::KEYS);
    assert_eq!(database.reserved(), after::RESERVED);

    assert_eq!(database.find(1, 1).await.state, None);
    for written_at_the_offset in [2, 3] {
        assert_eq!(database.find(1, written_at_the_offset).await.state, Some(WriteState::default()));
    }
    assert_eq!(database.find(1, 8).await.write, Some(WriteId::new("multipart-8".to_owned())));
}

#[tokio::test]
async fn the_version_before_goes_on_with_uploads_that_were_not_begun() {
    let database = Before::new();
    migrate(&database.path()).unwrap();
    database.run(&format!("UPDATE uploads SET write_state = x'7b7d', offset_bytes = 5 WHERE id = {}", id(1)));
    database.run(&format!("UPDATE uploads SET write_state = NULL WHERE id = {}", id(3)));
    database.down();

    assert_eq!(database.uploads("iif(is_held, 't', 'f'), next_part, tails"), taken_back::UPLOADS);
    assert_eq!(database.blobs()[..3], taken_back::FIRST_BLOBS);
    assert_eq!(database.parts(), taken_back::PARTS);
    assert_eq!(database.keys(), taken_back::KEYS);
    assert_eq!(database.reserved(), taken_back::RESERVED);

    // And up again: nothing that goes on is lost.
    migrate(&database.path()).unwrap();
    assert_eq!(database.find(1, 3).await.state, None);
    assert_eq!(database.find(1, 8).await.write, Some(WriteId::new("multipart-8".to_owned())));
    assert_eq!(database.reserved(), taken_back::RESERVED);
}
