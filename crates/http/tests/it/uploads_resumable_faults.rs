//! Resumable uploads that do not go as they should.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::common::client::{Answer, receive};
use crate::common::tus::{METADATA, PIECE, append, at, bare, begin, creation, offset, tus, user};
use crate::common::{AT_LAST, MAX_RESUMABLE, Server, UPLOAD_TTL};

/// Of `hello`.
const SHA1: &str = "sha1 qvTGHdzF6KLavt4PO0gs2a6pQ00=";
const CRC32: &str = "crc32 NhCmhg==";
const SHA256: &str = "sha256 LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=";

#[actix_web::test]
async fn a_first_piece_that_is_refused_leaves_an_upload_that_can_be_found() {
    let server = Server::start();
    let ada = user(&server).await;
    let client = creation(&ada, 5).with("Content-Type", PIECE);
    let wrong = client.with("Upload-Checksum", SHA1).send("POST", "/v1/uploads", b"hullo").await;
    assert_eq!(wrong.problem(), (460, "checksum_mismatch".into()));
    let path = wrong.header("location").unwrap();
    assert_eq!(offset(&ada, path).await, "0");
    let long = client.send("POST", "/v1/uploads", b"hello!").await;
    assert_eq!(long.problem(), (413, "payload_too_large".into()));
    assert_eq!(offset(&ada, long.header("location").unwrap()).await, "0");
    let right = append(&ada, path, 0, b"hello").await;
    assert!(right.header("x-file-id").is_some());
}

#[actix_web::test]
async fn a_creation_that_can_not_be_is_refused() {
    let server = Server::start();
    let ada = user(&server).await;
    let named = ada.with("Upload-Metadata", METADATA);
    let too_long = (MAX_RESUMABLE + 1).to_string();
    let lengths = [
        (named.clone(), 400),
        (named.with("Upload-Length", "5").with("Upload-Defer-Length", "1"), 400),
        (named.with("Upload-Defer-Length", "2"), 400),
        (named.with("Upload-Length", "-1"), 400),
        (named.with("Upload-Length", "+1"), 400),
        (named.with("Upload-Length", "5").with("Upload-Length", "5"), 400),
        (named.with("Upload-Length", &too_long), 413),
    ];
    for (client, status) in lengths {
        let answer = client.send("POST", "/v1/uploads", b"").await;
        let code = if status == 413 { "payload_too_large" } else { "malformed_request" };
        assert_eq!(answer.problem(), (status, code.into()));
        assert_eq!(answer.header("location"), None);
    }
    let sized = ada.with("Upload-Length", "5");
    for metadata in ["filename !", "filename YQ==,filename YQ==", ",", "filename YQ==,"] {
        let answer = sized.with("Upload-Metadata", metadata).send("POST", "/v1/uploads", b"").await;
        assert_eq!(answer.problem(), (400, "malformed_request".into()), "{metadata}");
    }
    // None, an empty one, a path.
    for client in
        [&sized, &sized.with("Upload-Metadata", "filename"), &sized.with("Upload-Metadata", "filename YS9i")]
    {
        assert_eq!(client.send("POST", "/v1/uploads", b"").await.pointers(), ["/filename"]);
    }
    let keyed = creation(&ada, 5).with("Idempotency-Key", "a b").send("POST", "/v1/uploads", b"").await;
    assert_eq!(keyed.problem(), (400, "malformed_request".into()));
}

#[actix_web::test]
async fn a_piece_belongs_where_the_upload_is() {
    let server = Server::start();
    let ada = user(&server).await;
    let path = begin(&ada, 10).await;
    append(&ada, &path, 0, b"hello").await;
    for wrong in [0, 4, 6, 10] {
        let answer = append(&ada, &path, wrong, b"world").await;
        assert_eq!(answer.problem(), (409, "conflict".into()));
        assert_eq!(answer.header("upload-offset"), Some("5"));
    }
    for bad in ["", "-1", "five", "99999999999999999999"] {
        let answer =
            ada.with("Content-Type", PIECE).with("Upload-Offset", bad).send("PATCH", &path, b"x").await;
        assert_eq!(answer.problem(), (400, "malformed_request".into()), "{bad}");
    }
    let without = ada.with("Content-Type", PIECE).send("PATCH", &path, b"x").await;
    assert_eq!(without.problem(), (400, "malformed_request".into()));
    for media_type in ["application/octet-stream", "", "text/plain"] {
        let answer =
            ada.with("Content-Type", media_type).with("Upload-Offset", "5").send("PATCH", &path, b"x").await;
        assert_eq!(answer.problem(), (415, "unsupported_media_type".into()), "{media_type}");
    }
    let coded = at(&ada, 5).with("Content-Encoding", "gzip").send("PATCH", &path, b"x").await;
    assert_eq!(coded.problem(), (415, "unsupported_media_type".into()));
    let long = append(&ada, &path, 5, b"world!").await;
    assert_eq!(long.problem(), (413, "payload_too_large".into()));
    let long = at(&ada, 5).chunked("PATCH", &path, &[b"wor", b"ld!"]).await;
    assert_eq!(long.problem(), (413, "payload_too_large".into()));
    assert_eq!(offset(&ada, &path).await, "5");
}

#[actix_web::test]
async fn checksums_are_checked_and_nothing_of_a_bad_piece_is_kept() {
    let server = Server::start();
    let ada = user(&server).await;
    let path = begin(&ada, 15).await;
    let checked = |checksum: &str, offset, body: &'static [u8]| {
        let (client, path) = (at(&ada, offset).with("Upload-Checksum", checksum), path.clone());
        async move { client.send("PATCH", &path, body).await }
    };
    let bad = checked(SHA1, 0, b"hullo").await;
    assert_eq!(bad.problem(), (460, "checksum_mismatch".into()));
    assert_eq!(bad.value()["title"], "Checksum Mismatch");
    assert_eq!(offset(&ada, &path).await, "0");
    for unusable in ["md5 XUFAKrxLKna5cZ2REBfFkg==", "sha1", "sha1 !", "sha1 NhCmhg=="] {
        let answer = checked(unusable, 0, b"hello").await;
        assert_eq!(answer.problem(), (400, "malformed_request".into()), "{unusable}");
    }
    for (index, checksum) in [SHA1, SHA256, CRC32].into_iter().enumerate() {
        assert_eq!(checked(checksum, index * 5, b"hello").await.status, 204, "{checksum}");
    }
    assert!(ada.send("HEAD", &path, b"").await.header("x-file-id").is_some());
}

#[actix_web::test]
async fn the_reason_of_a_mismatch_is_the_protocols_own() {
    let server = Server::start();
    let ada = user(&server).await;
    let path = begin(&ada, 5).await;
    let client = at(&ada, 0).with("Upload-Checksum", SHA1);
    let mut stream = client.connect().await;
    stream.write_all(client.head_of("PATCH", &path, "Content-Length: 5\r\n").as_bytes()).await.unwrap();
    stream.write_all(b"hullo").await.unwrap();
    let received = receive(&mut stream).await;
    assert!(
        received.starts_with(b"HTTP/1.1 460 Checksum Mismatch\r\n"),
        "{}",
        String::from_utf8_lossy(&received)
    );
}

#[actix_web::test]
async fn an_upload_that_is_not_finished_in_time_has_expired() {
    let server = Server::start();
    let ada = user(&server).await;
    let path = begin(&ada, 10).await;
    server.clock.advance(UPLOAD_TTL + Duration::from_secs(1));
    let ada = tus(&server.login("ada@example.org").await);
    assert_eq!(append(&ada, &path, 0, b"hello").await.problem(), (410, "upload_expired".into()));
    assert_eq!(bare(&ada.send("HEAD", &path, b"").await), 410);
    assert_eq!(ada.send("DELETE", &path, b"").await.problem(), (410, "upload_expired".into()));
}

#[actix_web::test]
async fn another_users_upload_does_not_exist() {
    let server = Server::start();
    let ada = user(&server).await;
    let bob = tus(&server.user("bob@example.org").await);
    let path = begin(&ada, 10).await;
    let unknown = "/v1/uploads/0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a10";
    for path in [path.as_str(), unknown, "/v1/uploads/x"] {
        assert_eq!(append(&bob, path, 0, b"hello").await.problem(), (404, "not_found".into()), "{path}");
        assert_eq!(bare(&bob.send("HEAD", path, b"").await), 404);
        assert_eq!(bob.send("DELETE", path, b"").await.problem(), (404, "not_found".into()));
    }
    assert_eq!(offset(&ada, &path).await, "0");
}

#[actix_web::test]
async fn what_came_of_a_piece_that_broke_off_is_kept() {
    let server = Server::with(|settings| settings.stall_timeout = Duration::from_secs(2));
    let ada = user(&server).await;
    let path = begin(&ada, 10).await;
    let half = async |offset: usize, checksum: Option<&str>, body: &[u8]| {
        let client =
            checksum.iter().fold(at(&ada, offset), |client, text| client.with("Upload-Checksum", text));
        let mut stream = client.connect().await;
        stream.write_all(client.head_of("PATCH", &path, "Content-Length: 5\r\n").as_bytes()).await.unwrap();
        stream.write_all(body).await.unwrap();
        stream
    };
    // The client stalls.
    let mut stream = half(0, None, b"hel").await;
    assert_eq!(Answer::parse(&receive(&mut stream).await).problem(), (408, "request_timeout".into()));
    assert_eq!(offset(&ada, &path).await, "3");
    // The client goes away.
    drop(half(3, None, b"lo").await);
    let kept = async {
        while offset(&ada, &path).await != "5" {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    assert!(tokio::time::timeout(AT_LAST, kept).await.is_ok(), "the bytes that arrived are kept");
    server.uploads_ended().await;
    // What has a checksum counts as a whole only.
    drop(half(5, Some(SHA1), b"he").await);
    tokio::time::sleep(Duration::from_millis(100)).await;
    server.uploads_ended().await;
    assert_eq!(offset(&ada, &path).await, "5");
    assert!(append(&ada, &path, 5, b"world").await.header("x-file-id").is_some());
}

#[actix_web::test]
async fn a_piece_takes_the_upload_away_from_one_that_is_stuck() {
    let server = Server::start();
    let ada = user(&server).await;
    let path = begin(&ada, 10).await;
    let client = at(&ada, 0);
    let mut stuck = client.connect().await;
    let fields = "Content-Length: 5\r\nExpect: 100-continue\r\n";
    stuck.write_all(client.head_of("PATCH", &path, fields).as_bytes()).await.unwrap();
    // Its body is asked for: it has the upload.
    let mut asked = [0; b"HTTP/1.1 100 Continue\r\n\r\n".len()];
    stuck.read_exact(&mut asked).await.unwrap();
    stuck.write_all(b"hel").await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let taken = append(&ada, &path, 0, b"hello").await;
    assert_eq!((taken.status, taken.header("upload-offset")), (204, Some("5")));
    let lost = Answer::parse(&receive(&mut stuck).await);
    assert_eq!(lost.problem(), (409, "conflict".into()));
    assert_eq!(lost.header("retry-after"), Some("1"));
    assert_eq!(offset(&ada, &path).await, "5");
}

#[actix_web::test]
async fn the_quota_counts_uploads_that_have_only_begun() {
    let server =
        Server::with_both(|_| {}, |settings| settings.quota = Some(fm_domain::body::ByteSize::new(12)));
    let ada = user(&server).await;
    let path = begin(&ada, 10).await;
    let more = creation(&ada, 3).send("POST", "/v1/uploads", b"").await;
    assert_eq!(more.problem(), (413, "quota_exceeded".into()));
    assert_eq!(ada.send("DELETE", &path, b"").await.status, 204);
    begin(&ada, 3).await;
}

#[actix_web::test]
async fn the_quota_counts_what_came_of_uploads_of_unknown_length() {
    let server =
        Server::with_both(|_| {}, |settings| settings.quota = Some(fm_domain::body::ByteSize::new(12)));
    let ada = user(&server).await;
    let deferred = ada.with("Upload-Defer-Length", "1").with("Upload-Metadata", METADATA);
    let mut paths = Vec::new();
    for _ in 0..2 {
        let answer = deferred.send("POST", "/v1/uploads", b"").await;
        assert_eq!(answer.status, 201);
        paths.push(answer.header("location").unwrap().to_owned());
    }
    assert_eq!(append(&ada, &paths[0], 0, b"12345678").await.status, 204);
    assert_eq!(append(&ada, &paths[1], 0, b"1234").await.status, 204);
    assert_eq!(append(&ada, &paths[1], 4, b"5").await.problem(), (413, "quota_exceeded".into()));
    assert_eq!(append(&ada, &paths[0], 8, b"9").await.problem(), (413, "quota_exceeded".into()));
    assert_eq!(ada.send("DELETE", &paths[1], b"").await.status, 204);
    let told = at(&ada, 8).with("Upload-Length", "12").send("PATCH", &paths[0], b"9012").await;
    assert!(told.header("x-file-id").is_some(), "{}", told.text());
}
