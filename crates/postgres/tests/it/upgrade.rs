//! Uploads that the version before left unfinished: what becomes of each when the store remembers the state of a write.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../../../../migrations/resumable_state.rs"]
mod resumable_state;

use std::fmt::Write as _;

use fm_domain::access::{Access, Right};
use fm_domain::blobs::WriteId;
use fm_domain::ids::{UploadId, UserId};
use fm_domain::uploads::{Upload, WriteState};
use fm_postgres::PgLimits;
use tokio_postgres::Client;

use resumable_state::{Columns, MIGRATION, OLD, Old, after, hash, taken_back, uuid};

use crate::common::Fixture;

fn id(number: u32) -> String {
    format!("'{}'", uuid(number))
}

fn statements(old: &Old) -> String {
    let Old { transport, offset, reserved, is_locked, parts, status, .. } = old;
    let (upload, owner, blob) = (id(old.id), id(old.owner), id(old.id + 100));
    let file = if old.is_complete() { id(old.id + 900) } else { "NULL".to_owned() };
    let (Columns { key, write, tails }, hash) = (old.columns(), hash());
    let mut statements = format!(
        "INSERT INTO uploads (id, owner_id, transport, blob_id, name, metadata, idempotency_key, length_bytes,
             offset_bytes, reserved_bytes, epoch, is_held, write_name, next_part, tails, hash_state, head, status,
             file_id, created_at, expires_at)
         VALUES ({upload}, {owner}, '{transport}', {blob}, 'a', '', {key}, NULL, {offset}, {reserved}, 3, {is_locked},
                 {write}, {parts} + 1, {tails}, '\\x{hash}', 'head', '{status}', {file}, '2026-11-01', '2100-01-01');
         INSERT INTO upload_parts SELECT {upload}, n, 4, 'tag' FROM generate_series(1, {parts}) AS n;
         INSERT INTO blobs (id, bucket, owner_id, state, reserved_bytes, announced_at, expires_at)
         VALUES ({blob}, 'files', {owner}, 'announced', 0, '2026-11-01', '2100-01-01');"
    );
    if old.has_key && old.is_complete() {
        write!(
            statements,
            "INSERT INTO idempotency_keys
             VALUES ({owner}, {key}, {blob}, '2100-01-01', {file}, 'a', sha256('a'));
             UPDATE blobs SET state = 'settled', was_settled = true, size_bytes = 5 WHERE id = {blob};"
        )
        .unwrap();
    } else if old.has_key {
        write!(statements, "INSERT INTO idempotency_keys VALUES ({owner}, {key}, {blob}, '2100-01-01');")
            .unwrap();
    }
    for tail in old.tails {
        write!(
            statements,
            "INSERT INTO blobs (id, bucket, owner_id, state, reserved_bytes, size_bytes, was_settled,
                                announced_at, expires_at)
             VALUES ({}, 'files', {owner}, 'settled', 0, 3, true, '2026-11-01', '2100-01-01');",
            id(*tail)
        )
        .unwrap();
    }
    statements
}

/// Two users. The second has less reserved than its uploads say, which can't make it less than nothing.
const USERS: &str = "
    INSERT INTO users (id, email, email_key, role, password_hash, reserved_bytes, created_at)
    SELECT ('00000000-0000-0000-0000-00000000000' || n)::uuid, n || '@b.example', n || '@b.example', 'user', 'hash',
           CASE n WHEN 1 THEN 1000 ELSE 4 END, now()
    FROM generate_series(1, 2) AS n";

/// The migration has not been run, and the database is full of uploads of every kind.
async fn before() -> (Fixture, Client) {
    let fixture = Fixture::bare(PgLimits::default()).await;
    fixture.migrations().up().await.unwrap();
    down(&fixture).await;
    let client = fixture.client().await;
    client.batch_execute(USERS).await.unwrap();
    for old in &OLD {
        client.batch_execute(&statements(old)).await.unwrap();
    }
    // A tail that was given up before stays as it is.
    let given_up =
        "UPDATE blobs SET state = 'doomed', doomed_at = '2026-11-02', due_at = '2026-11-03' WHERE id = ";
    client.batch_execute(&(given_up.to_owned() + &id(307))).await.unwrap();
    (fixture, client)
}

/// Takes back this migration, and those after it.
async fn down(fixture: &Fixture) {
    while fixture.migrations().down(1).await.unwrap() != [MIGRATION] {}
}

async fn find(fixture: &Fixture, owner: u32, id: u32) -> Upload {
    let (owner, id) = (UserId::new(uuid(owner)), UploadId::new(uuid(id)));
    fixture
        .database()
        .read()
        .await
        .unwrap()
        .uploads()
        .find(&Access::on_behalf_of(owner, Right::Read), id)
        .await
        .unwrap()
        .unwrap()
}

/// The uploads with these columns, one a line.
async fn uploads(fixture: &Fixture, columns: &str) -> Vec<String> {
    let sql = format!(
        "SELECT concat_ws(' ', ltrim(replace(id::text, '-', ''), '0'), status, epoch, offset_bytes, reserved_bytes, {columns},
                          coalesce(write_name, '-'), coalesce(nullif(encode(head, 'escape'), ''), '-'),
                          CASE WHEN expires_at = '2100-01-01' THEN 'later'
                               WHEN expires_at - now() BETWEEN interval '23:50' AND interval '24:00' THEN 'in a day'
                               ELSE expires_at::text END)
         FROM uploads ORDER BY id"
    );
    fixture.ask(&sql).await
}

const BLOBS: &str = "
    SELECT concat_ws(' ', ltrim(replace(id::text, '-', ''), '0'), state,
                     CASE WHEN doomed_at <> due_at THEN 'before'
                          WHEN now() - doomed_at BETWEEN interval '0' AND interval '10 minutes' THEN 'now' END)
    FROM blobs ORDER BY id";

const PARTS: &str =
    "SELECT concat_ws(' ', ltrim(replace(upload_id::text, '-', ''), '0'), number, size_bytes, tag)
                     FROM upload_parts ORDER BY upload_id, number";

const KEYS: &str =
    "SELECT concat_ws(' ', key, file_id IS NOT NULL) FROM idempotency_keys ORDER BY attempt_id";

const RESERVED: &str = "SELECT reserved_bytes::text FROM users ORDER BY id";

#[tokio::test]
async fn uploads_go_on_where_the_store_can_and_expire_where_it_can_not() {
    let (fixture, _client) = before().await;
    assert_eq!(fixture.migrations().up().await.unwrap().first().map(String::as_str), Some(MIGRATION));

    let state = "is_locked, coalesce(encode(write_state, 'hex'), 'null') || '.'";
    assert_eq!(uploads(&fixture, state).await, after::UPLOADS);
    assert_eq!(fixture.ask(BLOBS).await, after::BLOBS);
    assert_eq!(fixture.ask(PARTS).await, after::PARTS);
    assert_eq!(fixture.ask(KEYS).await, after::KEYS);
    assert_eq!(fixture.ask(RESERVED).await, after::RESERVED);

    assert_eq!(find(&fixture, 1, 1).await.state, None);
    for written_at_the_offset in [2, 3] {
        assert_eq!(find(&fixture, 1, written_at_the_offset).await.state, Some(WriteState::default()));
    }
    assert_eq!(find(&fixture, 1, 8).await.write, Some(WriteId::new("multipart-8".to_owned())));
}

#[tokio::test]
async fn the_version_before_goes_on_with_uploads_that_were_not_begun() {
    let (fixture, client) = before().await;
    fixture.migrations().up().await.unwrap();
    let goes_on = format!("UPDATE uploads SET write_state = '{{}}', offset_bytes = 5 WHERE id = {}", id(1));
    client.batch_execute(&goes_on).await.unwrap();
    let created = format!("UPDATE uploads SET write_state = NULL WHERE id = {}", id(3));
    client.batch_execute(&created).await.unwrap();
    down(&fixture).await;

    let progress = "is_held, next_part, tails";
    assert_eq!(uploads(&fixture, progress).await, taken_back::UPLOADS);
    let blobs = fixture.ask(BLOBS).await;
    assert_eq!(blobs[..3], taken_back::FIRST_BLOBS);
    assert_eq!(fixture.ask(PARTS).await, taken_back::PARTS);
    assert_eq!(fixture.ask(KEYS).await, taken_back::KEYS);
    assert_eq!(fixture.ask(RESERVED).await, taken_back::RESERVED);

    // And up again: nothing that goes on is lost.
    fixture.migrations().up().await.unwrap();
    assert_eq!(find(&fixture, 1, 3).await.state, None);
    assert_eq!(find(&fixture, 1, 8).await.write, Some(WriteId::new("multipart-8".to_owned())));
    assert_eq!(fixture.ask(RESERVED).await, taken_back::RESERVED);
}
