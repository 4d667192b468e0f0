//! Pieces that break off, come twice, come wrong or get stuck.

use std::time::Duration;

use bytes::Bytes;
use fm_e2e::tus::Resumable;
use fm_e2e::{Api, Lane, eventually, noise, on_every_lane, sha256_hex};
use reqwest::Method;

use super::{AWAITED, PART};

/// SHA-1 of `hello`, and of nothing.
const HELLO: &str = "sha1 qvTGHdzF6KLavt4PO0gs2a6pQ00=";
const EMPTY: &str = "sha1 2jmj7l5rSw0yVb/vlWAYkK/YBwk=";

async fn bytes_of_a_cut_piece_that_arrived_stay(lane: Lane) {
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    let content = Bytes::from(noise(2 * PART + 500_000));
    let upload = user.resumable("a.bin", content.len()).await;
    let mut offset = 0;
    for (came, abrupt) in [(1, false), (150_000, true), (PART + 200_000, false), (PART - 150_001, true)] {
        let mut connection = upload.send_head(&user, offset, content.len() - offset, "").await;
        assert!(connection.send(&content[offset..offset + came]).await);
        // Bytes that the server has not read yet are lost with the connection.
        tokio::time::sleep(Duration::from_secs(2)).await;
        if abrupt {
            connection.reset();
        } else {
            drop(connection);
        }
        offset += came;
        upload.reaches(offset).await;
    }
    upload.send(offset, content.slice(offset..)).await;
    assert_eq!(upload.file().await.sha256, Some(sha256_hex(&content)));
    api.server.stores_exactly(1).await;
}

/// What the server read last, and had no time to hand on, is lost.
async fn of_a_connection_that_closes_at_once_little_is_lost(lane: Lane) {
    const READ_AT_ONCE: usize = 256 * 1024;
    let user = Api::on(lane).user().await;
    let content = Bytes::from(noise(2 * PART));
    let upload = user.resumable("a.bin", content.len()).await;
    let mut connection = upload.send_head(&user, 0, content.len(), "").await;
    let came = PART + 700_000;
    assert!(connection.send(&content[..came]).await);
    drop(connection);
    let offset = eventually("nearly all of it is kept", async || {
        let offset = upload.offset().await;
        (offset + READ_AT_ONCE >= came).then_some(offset)
    })
    .await;
    assert!(offset <= came, "{offset}");
    upload.send(offset, content.slice(offset..)).await;
    assert_eq!(upload.file().await.sha256, Some(sha256_hex(&content)));
}

async fn a_piece_with_a_checksum_counts_as_a_whole_or_not_at_all(lane: Lane) {
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    let upload = user.resumable("a.txt", 10).await;
    let mut cut = upload.send_head(&user, 0, 5, &format!("Upload-Checksum: {HELLO}\r\n")).await;
    assert!(cut.send("hel").await);
    drop(cut);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let sent = |body: &'static str, offset: usize, sum: &str| {
        upload.piece(offset).header("upload-checksum", sum).body(body).send()
    };
    sent("hallo", 0, HELLO).await.problem(460, "checksum_mismatch");
    assert_eq!(upload.offset().await, 0);
    sent("hello", 0, "crc7 AAAA").await.problem(400, "malformed_request");
    sent("hello", 0, HELLO).await.expect(204);
    sent("", 5, EMPTY).await.expect(204);
    sent("hello", 5, HELLO).await.expect(204);
    assert_eq!(user.content(&upload.file().await).await, "hellohello");
    api.server.stores_exactly(1).await;
}

/// Larger than a part: its parts are in the store before the checksum is known.
async fn a_large_piece_that_is_not_what_its_checksum_says_leaves_nothing(lane: Lane) {
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    let content = Bytes::from(noise(2 * PART + 100));
    let upload = user.resumable("a.bin", content.len()).await;
    let wrong = upload.piece(0).header("upload-checksum", HELLO).body(content.clone()).send().await;
    wrong.problem(460, "checksum_mismatch");
    assert_eq!(upload.offset().await, 0);
    upload.send(0, content.slice(..=PART)).await;
    let wrong = upload.piece(PART + 1).header("upload-checksum", HELLO).body(content.slice(PART + 1..));
    wrong.send().await.problem(460, "checksum_mismatch");
    assert_eq!(upload.offset().await, PART + 1);
    upload.send(PART + 1, content.slice(PART + 1..)).await;
    assert_eq!(upload.file().await.sha256, Some(sha256_hex(&content)));
    api.server.stores_exactly(1).await;
}

/// Bytes that never count are bounded: each try takes the place of the one before.
async fn tries_with_a_wrong_checksum_hold_no_more_than_one_of_them(lane: Lane) {
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    let content = Bytes::from(noise(2 * PART + 100));
    let upload = user.resumable("a.bin", 3 * PART).await;
    for _ in 0..10 {
        let wrong = upload.piece(0).header("upload-checksum", HELLO).body(content.clone()).send().await;
        wrong.problem(460, "checksum_mismatch");
        let stored = api.server.stored_bytes().unwrap_or_default();
        assert!(stored <= content.len() as u64, "{stored} bytes of pieces of {}", content.len());
    }
    upload.send(0, content.slice(..PART)).await;
    upload.terminate().await.expect(204);
    api.server.stores_exactly(0).await;
}

async fn a_piece_belongs_where_the_upload_is(lane: Lane) {
    let user = Api::on(lane).user().await;
    let upload = user.resumable("a.txt", 10).await;
    upload.send(0, "12345").await;
    for offset in [0, 4, 6, 10, 11] {
        let refused = upload.piece(offset).body("6").send().await;
        refused.problem(409, "conflict");
        assert_eq!(refused.field("upload-offset"), "5");
    }
    upload.piece(5).body("678901").send().await.problem(413, "payload_too_large");
    let other = user.tus(Method::PATCH, &upload.path).header("content-type", "application/octet-stream");
    let other = other.header("upload-offset", "5").body("6").send().await;
    other.problem(415, "unsupported_media_type");
    assert_eq!(upload.offset().await, 5);
    upload.send(5, "67890").await;
    let file = upload.file().await;
    upload.piece(5).body("67890").send().await.problem(409, "conflict");
    let again = upload.piece(10).body("").send().await.expect(204);
    assert_eq!(again.field("x-file-id"), file.id.to_string(), "a lost answer can be asked for again");
    assert_eq!(user.content(&file).await, "1234567890");
}

/// More comes than was said, without a length of its own.
async fn a_chunked_piece_can_not_pass_the_length(lane: Lane) {
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    let upload = user.resumable("a.txt", 10).await;
    let pieces = |count: usize| vec![Bytes::from_static(b"12345"); count];
    upload.piece(0).chunked(pieces(3)).send().await.problem(413, "payload_too_large");
    let offset = upload.offset().await;
    assert!(offset < 10, "{offset}");
    upload.piece(offset).chunked(vec![Bytes::from(noise(10 - offset))]).send().await.expect(204);
    assert_eq!(upload.file().await.size, 10);
    api.server.stores_exactly(1).await;
}

/// A client that lost its connection does not wait until the server has noticed.
async fn a_stuck_piece_gives_way_to_the_next_and_ends(lane: Lane) {
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    let content = Bytes::from(noise(PART + 1_000));
    let upload = user.resumable("a.bin", content.len()).await;
    let mut stuck = upload.send_head(&user, 0, content.len(), AWAITED).await;
    stuck.is_asked_for_the_body().await;
    assert!(stuck.send(&content[..PART / 2]).await);
    tokio::time::sleep(Duration::from_millis(500)).await;
    let offset = upload.offset().await;
    let first = upload.send(offset, content.slice(offset..offset + 10)).await;
    assert!(first.header("x-file-id").is_none());
    upload.send(offset + 10, content.slice(offset + 10..)).await;
    let answer = stuck.answer().await;
    assert_eq!(answer.status, 409, "{answer:?}");
    assert!(answer.head.contains("retry-after:"), "{answer:?}");
    assert_eq!(upload.file().await.sha256, Some(sha256_hex(&content)));
    api.server.stores_exactly(1).await;
}

/// Everyone begins at the same offset.
async fn of_parallel_pieces_one_is_kept(lane: Lane) {
    let user = Api::on(lane).user().await;
    let upload = user.resumable("a.txt", 5).await;
    let pieces = (0..6).map(|_| upload.piece(0).body("hello").send());
    let answers = futures_util::future::join_all(pieces).await;
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert!(statuses.iter().all(|status| [204, 409].contains(status)), "{statuses:?}");
    let offset = upload.offset().await;
    if offset < 5 {
        upload.send(offset, &b"hello"[offset..]).await;
    }
    assert_eq!(user.content(&upload.file().await).await, "hello");
    assert_eq!(user.storage().await, (5, 1));
}

/// The refusal of the first piece says where the upload is.
async fn a_creation_whose_piece_is_refused_is_an_upload_all_the_same(lane: Lane) {
    let user = Api::on(lane).user().await;
    let create = user.creation("a.txt").header("upload-length", "5").header("upload-checksum", HELLO);
    let create = create.header("content-type", "application/offset+octet-stream").body("hallo");
    let refused = create.send().await;
    refused.problem(460, "checksum_mismatch");
    let upload = Resumable::of(&user, &refused);
    upload.send(0, "hello").await;
    assert_eq!(user.content(&upload.file().await).await, "hello");
}

on_every_lane![
    bytes_of_a_cut_piece_that_arrived_stay,
    of_a_connection_that_closes_at_once_little_is_lost,
    a_piece_with_a_checksum_counts_as_a_whole_or_not_at_all,
    a_large_piece_that_is_not_what_its_checksum_says_leaves_nothing,
    tries_with_a_wrong_checksum_hold_no_more_than_one_of_them,
    a_piece_belongs_where_the_upload_is,
    a_chunked_piece_can_not_pass_the_length,
    a_stuck_piece_gives_way_to_the_next_and_ends,
    of_parallel_pieces_one_is_kept,
    a_creation_whose_piece_is_refused_is_an_upload_all_the_same,
];
