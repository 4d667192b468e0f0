//! Uploads that the version before left unfinished: what becomes of each when the store remembers the state of a write.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "no test program needs all of the fixture")]
mod common;

use std::fmt::Write as _;

use common::Fixture;
use fm_domain::access::{Access, Right};
use fm_domain::blobs::WriteId;
use fm_domain::ids::{UploadId, UserId};
use fm_domain::uploads::{HashState, Upload, WriteState};
use fm_postgres::PgLimits;
use tokio_postgres::Client;
use uuid::Uuid;

const MIGRATION: &str = "20261128000008_resumable_state";

/// An upload as the version before wrote it. Its blob's id is 100 more than its own.
struct Old {
    id: u32,
    owner: u32,
    transport: &'static str,
    has_key: bool,
    offset: i64,
    reserved: i64,
    is_locked: bool,
    write: Option<&'static str>,
    /// The blobs of its tails, three bytes each.
    tails: &'static [u32],
    parts: i64,
    status: &'static str,
}

/// A resumable upload that was only created.
const CREATED: Old = Old {
    id: 0,
    owner: 1,
    transport: "resumable",
    has_key: true,
    offset: 0,
    reserved: 10,
    is_locked: false,
    write: None,
    tails: &[],
    parts: 0,
    status: "open",
};

const OLD: [Old; 10] = [
    Old { id: 1, ..CREATED },
    Old { id: 2, offset: 5, is_locked: true, write: Some("file"), ..CREATED },
    Old { id: 3, write: Some("memory"), ..CREATED },
    Old { id: 4, offset: 8, is_locked: true, write: Some("multipart-4"), parts: 2, ..CREATED },
    Old { id: 5, has_key: false, reserved: 0, offset: 3, tails: &[205], ..CREATED },
    Old { id: 6, owner: 2, write: Some("multipart-6"), ..CREATED },
    Old { id: 7, offset: 6, write: Some("multipart-7"), tails: &[207, 307], ..CREATED },
    Old { id: 8, transport: "direct", write: Some("multipart-8"), parts: 2, ..CREATED },
    Old {
        id: 9,
        offset: 5,
        reserved: 0,
        write: Some("multipart-9"),
        parts: 1,
        status: "complete",
        ..CREATED
    },
    Old { id: 10, reserved: 0, write: Some("file"), status: "expired", has_key: false, ..CREATED },
];

/// The id whose digits are this number.
fn uuid(number: u32) -> Uuid {
    format!("{number:0>32}").parse().unwrap()
}

fn id(number: u32) -> String {
    format!("'{}'", uuid(number))
}

fn text(value: Option<&str>) -> String {
    value.map_or("NULL".to_owned(), |value| format!("'{value}'"))
}

impl Old {
    fn statements(&self) -> String {
        let Self { transport, offset, reserved, is_locked, parts, status, .. } = self;
        let (upload, owner, blob) = (id(self.id), id(self.owner), id(self.id + 100));
        let is_complete = *status == "complete";
        let key = format!("key-{}", self.id);
        let key = text(self.has_key.then_some(key.as_str()));
        let file = if is_complete { id(self.id + 900) } else { "NULL".to_owned() };
        let tail = |blob: &u32| format!(r#"{{"blob": "{}", "size": 3}}"#, uuid(*blob));
        let tails: Vec<String> = self.tails.iter().map(tail).collect();
        let (write, tails) = (text(self.write), tails.join(", "));
        let mut hash = String::new();
        for byte in HashState::new().to_bytes() {
            write!(hash, "{byte:02x}").unwrap();
        }
        let mut statements = format!(
            "INSERT INTO uploads (id, owner_id, transport, blob_id, name, metadata, idempotency_key, length_bytes,
                 offset_bytes, reserved_bytes, epoch, is_held, write_name, next_part, tails, hash_state, head, status,
                 file_id, created_at, expires_at)
             VALUES ({upload}, {owner}, '{transport}', {blob}, 'a', '', {key}, NULL, {offset}, {reserved}, 3, {is_locked},
                     {write}, {parts} + 1, '[{tails}]', '\\x{hash}', 'head', '{status}', {file}, '2026-11-01', '2100-01-01');
             INSERT INTO upload_parts SELECT {upload}, n, 4, 'tag' FROM generate_series(1, {parts}) AS n;
             INSERT INTO blobs (id, bucket, owner_id, state, reserved_bytes, announced_at, expires_at)
             VALUES ({blob}, 'files', {owner}, 'announced', 0, '2026-11-01', '2100-01-01');"
        );
        if self.has_key && is_complete {
            write!(
                statements,
                "INSERT INTO idempotency_keys
                 VALUES ({owner}, {key}, {blob}, '2100-01-01', {file}, 'a', sha256('a'));
                 UPDATE blobs SET state = 'settled', was_settled = true, size_bytes = 5 WHERE id = {blob};"
            )
            .unwrap();
        } else if self.has_key {
            write!(statements, "INSERT INTO idempotency_keys VALUES ({owner}, {key}, {blob}, '2100-01-01');")
                .unwrap();
        }
        for tail in self.tails {
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
        client.batch_execute(&old.statements()).await.unwrap();
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
    assert_eq!(
        uploads(&fixture, state).await,
        [
            "1 open 3 0 10 f null. - head later",
            "2 open 3 5 10 t . - head later",
            "3 open 3 0 10 f . - head later",
            "4 expired 4 8 0 t null. - - in a day",
            "5 expired 4 3 0 f null. - - in a day",
            "6 expired 4 0 0 f null. - - in a day",
            "7 expired 4 6 0 f null. - - in a day",
            "8 open 3 0 10 f null. multipart-8 head later",
            "9 complete 3 5 0 f null. - head later",
            "10 expired 3 0 0 f null. - head later",
        ]
    );
    assert_eq!(
        fixture.ask(BLOBS).await,
        [
            "101 announced",
            "102 announced",
            "103 announced",
            "104 doomed now",
            "105 doomed now",
            "106 doomed now",
            "107 doomed now",
            "108 announced",
            "109 settled",
            "110 announced",
            "205 doomed now",
            "207 doomed now",
            "307 doomed before",
        ]
    );
    assert_eq!(fixture.ask(PARTS).await, ["8 1 4 tag", "8 2 4 tag"]);
    assert_eq!(fixture.ask(KEYS).await, ["key-1 f", "key-2 f", "key-3 f", "key-8 f", "key-9 t"]);
    assert_eq!(fixture.ask(RESERVED).await, ["980", "0"]);

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
    assert_eq!(
        uploads(&fixture, progress).await,
        [
            "1 expired 4 5 0 f 1 [] - - in a day",
            "2 expired 4 5 0 t 1 [] - - in a day",
            "3 open 3 0 10 f 1 [] - head later",
            "4 expired 4 8 0 t 1 [] - - in a day",
            "5 expired 4 3 0 f 1 [] - - in a day",
            "6 expired 4 0 0 f 1 [] - - in a day",
            "7 expired 4 6 0 f 1 [] - - in a day",
            "8 open 3 0 10 f 1 [] multipart-8 head later",
            "9 complete 3 5 0 f 1 [] - head later",
            "10 expired 3 0 0 f 1 [] - head later",
        ]
    );
    let blobs = fixture.ask(BLOBS).await;
    assert_eq!(blobs[..3], ["101 doomed now", "102 doomed now", "103 announced"]);
    assert_eq!(fixture.ask(PARTS).await, ["8 1 4 tag", "8 2 4 tag"]);
    assert_eq!(fixture.ask(KEYS).await, ["key-3 f", "key-8 f", "key-9 t"]);
    assert_eq!(fixture.ask(RESERVED).await, ["960", "0"]);

    // And up again: nothing that goes on is lost.
    fixture.migrations().up().await.unwrap();
    assert_eq!(find(&fixture, 1, 3).await.state, None);
    assert_eq!(find(&fixture, 1, 8).await.write, Some(WriteId::new("multipart-8".to_owned())));
    assert_eq!(fixture.ask(RESERVED).await, ["960", "0"]);
}
