//! Resumable uploads: tus 1.0.0 as clients speak it.

#![expect(clippy::unwrap_used, reason = "a test may")]

mod common;

use std::time::Duration;

use common::client::{Answer, receive};
use common::{Client, MAX_RESUMABLE, Server, UPLOAD_TTL};
use fm_http::CorsOrigins;
use tokio::io::AsyncWriteExt as _;

/// `café.txt`, a text.
const METADATA: &str = "filename Y2Fmw6kudHh0,filetype dGV4dC9wbGFpbg==,note";
const PIECE: &str = "application/offset+octet-stream";
/// Of `hello`.
const SHA1: &str = "sha1 qvTGHdzF6KLavt4PO0gs2a6pQ00=";
const CRC32: &str = "crc32 NhCmhg==";
const SHA256: &str = "sha256 LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=";

fn tus(client: &Client) -> Client {
    client.with("Tus-Resumable", "1.0.0")
}

async fn user(server: &Server) -> Client {
    tus(&server.user("ada@example.org").await)
}

/// A request that begins an upload.
fn creation(client: &Client, length: usize) -> Client {
    client.with("Upload-Length", &length.to_string()).with("Upload-Metadata", METADATA)
}

/// A new upload's path.
async fn begin(client: &Client, length: usize) -> String {
    let answer = creation(client, length).send("POST", "/v1/uploads", b"").await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.header("location").unwrap().to_owned()
}

/// A request that brings a piece.
fn at(client: &Client, offset: usize) -> Client {
    client.with("Content-Type", PIECE).with("Upload-Offset", &offset.to_string())
}

async fn append(client: &Client, path: &str, offset: usize, bytes: &[u8]) -> Answer {
    at(client, offset).send("PATCH", path, bytes).await
}

async fn offset(client: &Client, path: &str) -> String {
    let answer = client.send("HEAD", path, b"").await;
    assert_eq!(answer.status, 200);
    answer.header("upload-offset").unwrap().to_owned()
}

/// The status of an answer without a body.
fn bare(answer: &Answer) -> u16 {
    assert!(answer.body.is_empty(), "{}", answer.text());
    answer.status
}

#[actix_web::test]
async fn a_server_says_what_it_knows_of_tus() {
    let server = Server::start();
    let answer = server.client().send("OPTIONS", "/v1/uploads", b"").await;
    assert_eq!(bare(&answer), 204);
    for (name, value) in [
        ("tus-resumable", "1.0.0"),
        ("tus-version", "1.0.0"),
        ("tus-max-size", &MAX_RESUMABLE.to_string()),
        (
            "tus-extension",
            "creation,creation-with-upload,creation-defer-length,expiration,termination,checksum",
        ),
        ("tus-checksum-algorithm", "sha1,sha256,crc32"),
        ("allow", "OPTIONS, POST"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{name}");
    }
}

#[actix_web::test]
async fn an_upload_comes_in_pieces_and_becomes_a_file() {
    let server = Server::start();
    let ada = user(&server).await;
    let created = creation(&ada, 10).send("POST", "/v1/uploads", b"").await;
    assert_eq!(bare(&created), 201);
    let path = created.header("location").unwrap();
    assert!(path.starts_with("/v1/uploads/"), "{path}");
    // 2027-01-16T08:00:00Z, 24 hours after the clock of the server.
    assert_eq!(created.header("upload-expires"), Some("Sat, 16 Jan 2027 08:00:00 GMT"));
    assert_eq!((created.header("upload-offset"), created.header("x-file-id")), (None, None));

    let first = append(&ada, path, 0, b"hello").await;
    assert_eq!((bare(&first), first.header("upload-offset")), (204, Some("5")));
    assert!(first.header("upload-expires").is_some() && first.header("x-file-id").is_none());
    let shown = ada.send("HEAD", path, b"").await;
    assert_eq!(bare(&shown), 200);
    for (name, value) in [
        ("upload-offset", "5"),
        ("upload-length", "10"),
        ("upload-metadata", METADATA),
        ("cache-control", "no-store"),
        ("tus-resumable", "1.0.0"),
    ] {
        assert_eq!(shown.header(name), Some(value), "{name}");
    }

    let last = append(&ada, path, 5, b"world").await;
    assert_eq!((bare(&last), last.header("upload-offset")), (204, Some("10")));
    assert_eq!(last.header("upload-expires"), None);
    let file = last.header("x-file-id").unwrap();
    let again = ada.send("HEAD", path, b"").await;
    assert_eq!((again.header("x-file-id"), again.header("upload-offset")), (Some(file), Some("10")));
    let file = ada.get(&format!("/v1/files/{file}")).await.value();
    assert_eq!((&file["name"], &file["size"]), (&"café.txt".into(), &10.into()));
    assert_eq!(file["content_type"], "text/plain");
    assert_eq!(file["sha256"], "936a185caaa266bb9cbe981e9e05cb78cd732b0b3280eb944412bb6f8f8f07af");
}

#[actix_web::test]
async fn bytes_may_come_with_the_creation() {
    let server = Server::start();
    let ada = user(&server).await;
    let with_piece = |length, body: &'static [u8]| {
        let client = creation(&ada, length).with("Content-Type", PIECE);
        async move { client.send("POST", "/v1/uploads", body).await }
    };
    let half = with_piece(10, b"hello").await;
    assert_eq!((bare(&half), half.header("upload-offset")), (201, Some("5")));
    let rest = append(&ada, half.header("location").unwrap(), 5, b"world").await;
    assert!(rest.header("x-file-id").is_some());
    let whole = with_piece(5, b"hello").await;
    assert_eq!((whole.status, whole.header("upload-offset")), (201, Some("5")));
    assert!(whole.header("x-file-id").is_some());
    // Some clients send a type with every request: another body is not taken.
    let other = creation(&ada, 5).with("Content-Type", "text/plain").send("POST", "/v1/uploads", b"").await;
    assert_eq!((other.status, other.header("upload-offset")), (201, None));
}

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
async fn what_has_no_bytes_is_a_file_at_once() {
    let server = Server::start();
    let ada = user(&server).await;
    for client in [creation(&ada, 0), creation(&ada, 0).with("Content-Type", PIECE)] {
        let answer = client.send("POST", "/v1/uploads", b"").await;
        assert_eq!((answer.status, answer.header("upload-expires")), (201, None));
        let file = answer.header("x-file-id").unwrap();
        assert_eq!(ada.get(&format!("/v1/files/{file}")).await.value()["size"], 0);
    }
}

#[actix_web::test]
async fn a_length_may_be_told_later() {
    let server = Server::start();
    let ada = user(&server).await;
    let deferred = ada.with("Upload-Defer-Length", "1").with("Upload-Metadata", METADATA);
    let answer = deferred.send("POST", "/v1/uploads", b"").await;
    assert_eq!(answer.status, 201);
    let path = answer.header("location").unwrap();
    assert_eq!(append(&ada, path, 0, b"hello").await.status, 204);
    let shown = ada.send("HEAD", path, b"").await;
    assert_eq!(shown.header("upload-defer-length"), Some("1"));
    assert_eq!(shown.header("upload-length"), None);
    let short = at(&ada, 5).with("Upload-Length", "4").send("PATCH", path, b"").await;
    assert_eq!(short.problem(), (409, "conflict".into()));
    let told = at(&ada, 5).with("Upload-Length", "7").send("PATCH", path, b"!").await;
    assert_eq!((told.status, told.header("upload-offset")), (204, Some("6")));
    let other = at(&ada, 6).with("Upload-Length", "8").send("PATCH", path, b"!").await;
    assert_eq!(other.problem(), (409, "conflict".into()));
    let last = at(&ada, 6).with("Upload-Length", "7").send("PATCH", path, b"!").await;
    assert!(last.header("x-file-id").is_some());
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
async fn a_repetition_with_the_same_key_finds_the_upload() {
    let server = Server::start();
    let ada = user(&server).await.with("Idempotency-Key", "k-1");
    let path = begin(&ada, 10).await;
    assert_eq!(append(&ada, &path, 0, b"hello").await.status, 204);
    let again = creation(&ada, 10).with("Content-Type", PIECE).send("POST", "/v1/uploads", b"hello").await;
    assert_eq!((bare(&again), again.header("location")), (200, Some(path.as_str())));
    assert_eq!(again.header("upload-offset"), Some("5"));
    let last = append(&ada, &path, 5, b"world").await;
    let done = creation(&ada, 10).send("POST", "/v1/uploads", b"").await;
    assert_eq!((done.status, done.header("location")), (200, Some(path.as_str())));
    assert_eq!(done.header("x-file-id"), last.header("x-file-id"));
    let other = creation(&ada, 11).send("POST", "/v1/uploads", b"").await;
    assert_eq!(other.problem(), (409, "conflict".into()));
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
async fn a_piece_without_a_length_is_taken() {
    let server = Server::start();
    let ada = user(&server).await;
    let path = begin(&ada, 10).await;
    let some = at(&ada, 0).chunked("PATCH", &path, &[b"hel", b"lo", b"wo"]).await;
    assert_eq!((some.status, some.header("upload-offset")), (204, Some("7")));
    assert!(at(&ada, 7).chunked("PATCH", &path, &[b"rld"]).await.header("x-file-id").is_some());
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
async fn a_cancelled_upload_is_gone_and_a_file_stays() {
    let server = Server::start();
    let ada = user(&server).await;
    let path = begin(&ada, 10).await;
    append(&ada, &path, 0, b"hello").await;
    assert_eq!(bare(&ada.send("DELETE", &path, b"").await), 204);
    assert_eq!(ada.send("DELETE", &path, b"").await.problem(), (404, "not_found".into()));
    assert_eq!(append(&ada, &path, 5, b"world").await.problem(), (404, "not_found".into()));
    assert_eq!(bare(&ada.send("HEAD", &path, b"").await), 404);
    let path = begin(&ada, 5).await;
    let done = append(&ada, &path, 0, b"hello").await;
    assert_eq!(bare(&ada.send("DELETE", &path, b"").await), 204);
    let file = format!("/v1/files/{}", done.header("x-file-id").unwrap());
    assert_eq!(ada.get(&file).await.status, 200);
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
async fn every_answer_names_the_version_and_every_request_must() {
    let server = Server::start();
    let ada = user(&server).await;
    let path = begin(&ada, 10).await;
    let silent = ada.without("Tus-Resumable");
    for client in [silent.clone(), silent.with("Tus-Resumable", "0.2.2")] {
        let client = creation(&client, 10);
        for (method, path) in [("POST", "/v1/uploads"), ("PATCH", path.as_str()), ("DELETE", &path)] {
            let answer = client.send(method, path, b"").await;
            assert_eq!(answer.problem(), (412, "precondition_failed".into()), "{method}");
            assert_eq!(
                (answer.header("tus-version"), answer.header("tus-resumable")),
                (Some("1.0.0"), Some("1.0.0"))
            );
        }
        assert_eq!(bare(&client.send("HEAD", &path, b"").await), 412);
    }
    let stranger = tus(&server.client());
    for (method, path) in [("POST", "/v1/uploads"), ("PATCH", path.as_str()), ("DELETE", &path)] {
        let answer = stranger.send(method, path, b"").await;
        assert_eq!(answer.problem(), (401, "unauthenticated".into()), "{method}");
        assert_eq!(answer.header("tus-resumable"), Some("1.0.0"));
    }
    for (method, path, allow) in [
        ("GET", path.as_str(), "PATCH, HEAD, DELETE"),
        ("POST", &path, "PATCH, HEAD, DELETE"),
        ("PUT", &path, "PATCH, HEAD, DELETE"),
        ("GET", "/v1/uploads", "OPTIONS, POST"),
    ] {
        let answer = ada.send(method, path, b"").await;
        assert_eq!(answer.problem(), (405, "method_not_allowed".into()), "{method} {path}");
        assert_eq!((answer.header("allow"), answer.header("tus-resumable")), (Some(allow), Some("1.0.0")));
    }
    let options = stranger.send("OPTIONS", &path, b"").await;
    assert_eq!((bare(&options), options.header("tus-resumable")), (204, Some("1.0.0")));
    assert_eq!(ada.get("/v1/files").await.header("tus-resumable"), None);
}

#[actix_web::test]
async fn a_post_may_stand_for_another_method() {
    let server = Server::start();
    let ada = user(&server).await;
    let meaning = |client: &Client, method: &str| client.with("X-HTTP-Method-Override", method);
    let created = meaning(&creation(&ada, 10), "POST").send("POST", "/v1/uploads", b"").await;
    assert_eq!(created.status, 201);
    let path = created.header("location").unwrap();
    let appended = meaning(&at(&ada, 0), "PATCH").send("POST", path, b"hello").await;
    assert_eq!((appended.status, appended.header("upload-offset")), (204, Some("5")));
    let shown = meaning(&ada, "head").send("POST", path, b"").await;
    assert_eq!((bare(&shown), shown.header("upload-offset")), (200, Some("5")));
    assert_eq!(meaning(&ada, "DELETE").send("POST", path, b"").await.status, 204);
    // It is still a POST, whose answer has a body.
    assert_eq!(meaning(&ada, "HEAD").send("POST", path, b"").await.problem(), (404, "not_found".into()));
    let get = meaning(&ada, "GET").send("POST", path, b"").await;
    assert_eq!(get.problem(), (405, "method_not_allowed".into()));
    // Nothing else is overridden.
    let put = meaning(&at(&ada, 0), "PATCH").send("PUT", path, b"hello").await;
    assert_eq!(put.problem(), (405, "method_not_allowed".into()));
    let file = meaning(&ada, "DELETE").send("POST", "/v1/files?name=a", b"hello").await;
    assert_eq!(file.status, 201);
}

#[actix_web::test]
async fn a_browser_of_an_allowed_origin_can_upload() {
    let server =
        Server::with(|settings| settings.cors = CorsOrigins::List(vec!["https://app.example".into()]));
    let ada = user(&server).await.with("Origin", "https://app.example");
    let wanted = "authorization,content-type,idempotency-key,tus-resumable,upload-checksum,upload-defer-length,\
        upload-length,upload-metadata,upload-offset,x-http-method-override";
    for method in ["POST", "PATCH", "DELETE", "HEAD"] {
        let preflight = server
            .client()
            .with("Origin", "https://app.example")
            .with("Access-Control-Request-Method", method)
            .with("Access-Control-Request-Headers", wanted)
            .send("OPTIONS", "/v1/uploads", b"")
            .await;
        assert_eq!(preflight.status, 204);
        assert_eq!(preflight.header("access-control-allow-origin"), Some("https://app.example"));
        assert_eq!(preflight.header("access-control-allow-headers"), Some(wanted));
        assert!(preflight.header("access-control-allow-methods").unwrap().contains(method));
    }
    let created = creation(&ada, 10).send("POST", "/v1/uploads", b"").await;
    let exposed = created.header("access-control-expose-headers").unwrap();
    for name in [
        "Location",
        "X-File-Id",
        "Upload-Offset",
        "Upload-Length",
        "Upload-Defer-Length",
        "Upload-Metadata",
        "Upload-Expires",
        "Tus-Resumable",
        "Tus-Version",
        "Tus-Extension",
        "Tus-Max-Size",
        "Tus-Checksum-Algorithm",
        "Retry-After",
    ] {
        assert!(exposed.split(", ").any(|known| known == name), "{name} in {exposed}");
    }
}

#[actix_web::test]
async fn what_came_of_a_piece_that_broke_off_is_kept() {
    let server = Server::with(|settings| settings.stall_timeout = Duration::from_millis(300));
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
    tokio::time::sleep(Duration::from_millis(100)).await;
    server.uploads_ended().await;
    assert_eq!(offset(&ada, &path).await, "5");
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
    stuck.write_all(client.head_of("PATCH", &path, "Content-Length: 5\r\n").as_bytes()).await.unwrap();
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
