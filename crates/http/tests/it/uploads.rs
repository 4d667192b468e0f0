//! Uploads: by form and raw, within their limits, and what becomes of bad ones.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::common::client::{Answer, receive};
use crate::common::{AT_LAST, ATTEMPTS, Client, MAX_UPLOAD, Server};

const FILE: &str = "name=\"file\"; filename=\"a.txt\"";
const HELLO: &str = "sha-256=:LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=:";
const OTHER: &str = "sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:";

/// A part: its disposition (and further headers), and its bytes.
type Part<'a> = (&'a str, &'a [u8]);

/// A form of these parts: their dispositions (and further headers), and their bytes.
fn form(parts: &[Part<'_>]) -> Vec<u8> {
    let mut form = Vec::new();
    for (head, bytes) in parts {
        form.extend_from_slice(format!("--xyz\r\nContent-Disposition: form-data; {head}\r\n\r\n").as_bytes());
        form.extend_from_slice(bytes);
        form.extend_from_slice(b"\r\n");
    }
    form.extend_from_slice(b"--xyz--\r\n");
    form
}

fn as_form(client: &Client) -> Client {
    client.with("Content-Type", "multipart/form-data; boundary=xyz")
}

async fn post(client: &Client, parts: &[Part<'_>]) -> Answer {
    as_form(client).send("POST", "/v1/files", &form(parts)).await
}

/// Nothing is kept of what was refused.
async fn nothing_is_left(server: &Server, client: &Client) {
    server.uploads_ended().await;
    assert_eq!(server.blobs.count(), 0);
    assert_eq!(client.get("/v1/files").await.value()["items"], serde_json::json!([]));
    let storage = client.get("/v1/auth/me").await.value()["storage"].clone();
    assert_eq!((&storage["used_bytes"], &storage["file_count"]), (&0.into(), &0.into()));
}

#[actix_web::test]
async fn a_form_brings_a_file_with_or_without_a_name_of_its_own() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    let typed = "name=\"file\"; filename=\"日本.txt\"\r\nContent-Type: text/plain";
    let file = post(&ada, &[(typed, b"hello")]).await;
    assert_eq!(
        (file.status, &file.value()["name"], &file.value()["content_type"]),
        (201, &"日本.txt".into(), &"text/plain".into())
    );
    let named: [&[Part<'_>]; 2] =
        [&[("name=\"name\"", b"b.txt"), (FILE, b"hello")], &[(FILE, b"hello"), ("name=\"name\"", b"b.txt")]];
    for parts in named {
        assert_eq!(post(&ada, parts).await.asked_name(), "b.txt");
    }
    for path in [r"C:\dir\a.txt", r"C:\\dir\\a.txt", "../../a.txt", "/etc/a.txt"] {
        let answer = post(&ada, &[(&format!("name=\"file\"; filename=\"{path}\""), b"hello")]).await;
        assert_eq!((answer.status, answer.asked_name()), (201, "a.txt".into()), "{path}");
    }
    let empty = post(&ada, &[(FILE, b"")]).await;
    assert_eq!((empty.status, &empty.value()["size"]), (201, &0.into()));
}

#[actix_web::test]
async fn a_form_that_is_not_acceptable_is_refused_and_leaves_nothing() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    let long = format!("name=\"file\"; filename=\"{}\"", "x".repeat(256));
    let cases: [(&[Part<'_>], &str); 11] = [
        (&[], "/file"),
        (&[("name=\"name\"", b"a")], "/file"),
        (&[(FILE, b"a"), (FILE, b"b")], "/file"),
        (&[(FILE, b"a"), ("name=\"other\"", b"b")], ""),
        (&[("name=\"other\"", b"b"), (FILE, b"a")], ""),
        (&[("name=\"file\"", b"a")], "/name"),
        (&[(FILE, b"a"), ("name=\"name\"", b"../b")], "/name"),
        (&[(FILE, b"a"), ("name=\"name\"", b"b"), ("name=\"name\"", b"c")], "/name"),
        (&[(FILE, b"a"), ("name=\"name\"", &[b'x'; 1025])], "/name"),
        (&[("name=\"file\"; filename=\"a\0b\"", b"a")], "/name"),
        (&[(&long, b"a")], "/name"),
    ];
    for (parts, pointer) in cases {
        assert_eq!(post(&ada, parts).await.pointers(), [pointer], "{parts:?}");
    }
    nothing_is_left(&server, &ada).await;
}

#[actix_web::test]
async fn a_broken_form_is_refused_and_leaves_nothing() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    let whole = form(&[(FILE, &[b'a'; 1000])]);
    for length in [0, 10, 60, 500, whole.len() - 5] {
        let answer = as_form(&ada).send("POST", "/v1/files", &whole[..length]).await;
        assert_eq!(answer.problem(), (400, "malformed_request".into()), "{length}");
    }
    for content_type in
        ["multipart/form-data", "multipart/form-data; boundary=abc", "multipart/form-data; boundary="]
    {
        let answer = ada.with("Content-Type", content_type).send("POST", "/v1/files", &whole).await;
        assert_eq!(answer.problem(), (400, "malformed_request".into()), "{content_type}");
    }
    nothing_is_left(&server, &ada).await;
}

#[actix_web::test]
async fn the_cap_is_exact_however_the_length_is_told() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    let cap = usize::try_from(MAX_UPLOAD).unwrap();
    for (size, fits) in [(cap - 1, true), (cap, true), (cap + 1, false)] {
        let body = vec![7; size];
        let raw = ada.send("POST", "/v1/files?name=a", &body).await;
        let chunked = ada.chunked("POST", "/v1/files?name=a", &[&body[..1000], &body[1000..]]).await;
        let by_form = post(&ada, &[(FILE, &body)]).await;
        let chunked_form = as_form(&ada).chunked("POST", "/v1/files", &[&form(&[(FILE, &body)])]).await;
        for answer in [raw, chunked, by_form, chunked_form] {
            if fits {
                assert_eq!((answer.status, &answer.value()["size"]), (201, &size.into()));
            } else {
                assert_eq!(answer.problem(), (413, "payload_too_large".into()), "{size}");
            }
        }
    }
    let padded = post(&ada, &[("name=\"name\"", b"a"), (FILE, &vec![7; cap + 70_000])]).await;
    assert_eq!(padded.problem(), (413, "payload_too_large".into()));
    assert_eq!(ada.get("/v1/files").await.value()["items"].as_array().unwrap().len(), 8);
}

#[actix_web::test]
async fn an_early_refusal_reaches_a_client_that_is_still_sending() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    let chunk = vec![b'x'; 64 * 1024];
    for framing in ["Content-Length: 50000000\r\n", "Transfer-Encoding: chunked\r\n"] {
        let mut stream = ada.connect().await;
        stream.write_all(ada.head_of("POST", "/v1/files?name=a", framing).as_bytes()).await.unwrap();
        // Sends a good deal before it looks for an answer.
        for _ in 0..64 {
            if framing.starts_with('T') {
                stream.write_all(b"10000\r\n").await.unwrap();
            }
            stream.write_all(&chunk).await.unwrap();
            if framing.starts_with('T') {
                stream.write_all(b"\r\n").await.unwrap();
            }
        }
        let answer = Answer::parse(&receive(&mut stream).await);
        assert_eq!(answer.problem(), (413, "payload_too_large".into()), "{framing}");
    }
    nothing_is_left(&server, &ada).await;
}

#[actix_web::test]
async fn a_client_that_asks_first_is_told_to_continue() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await.with("Expect", "100-continue");
    let mut stream = ada.connect().await;
    stream
        .write_all(ada.head_of("POST", "/v1/files?name=a", "Content-Length: 5\r\n").as_bytes())
        .await
        .unwrap();
    let mut told = [0; 25];
    stream.read_exact(&mut told).await.unwrap();
    assert_eq!(&told, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"hello").await.unwrap();
    assert_eq!(Answer::parse(&receive(&mut stream).await).status, 201);
}

#[actix_web::test]
async fn a_stalled_body_is_cut_off() {
    let server = Server::with(|settings| settings.stall_timeout = Duration::from_millis(300));
    let ada = server.user("ada@example.org").await;
    for (client, path, begun) in [
        (ada.clone(), "/v1/files?name=a", &b"hel"[..]),
        (as_form(&ada), "/v1/files", b"--xyz\r\nContent-Disp"),
        (as_form(&ada), "/v1/files", &form(&[(FILE, b"hello")])[..70]),
    ] {
        let mut stream = client.connect().await;
        stream.write_all(client.head_of("POST", path, "Content-Length: 5000\r\n").as_bytes()).await.unwrap();
        stream.write_all(begun).await.unwrap();
        assert_eq!(Answer::parse(&receive(&mut stream).await).problem(), (408, "request_timeout".into()));
    }
    nothing_is_left(&server, &ada).await;
}

#[actix_web::test]
async fn a_body_that_trickles_is_cut_off() {
    let server = Server::with(|settings| settings.stall_timeout = Duration::from_millis(300));
    let ada = server.user("ada@example.org").await;
    let file = ada.send("POST", "/v1/files?name=b", b"hello").await.value();
    let content = format!("/v1/files/{}/content", file["id"].as_str().unwrap());
    for (client, method, path, begun) in [
        (ada.clone(), "POST", "/v1/files?name=a", &b"hel"[..]),
        (as_form(&ada), "POST", "/v1/files", b"preamble"),
        (as_form(&ada), "POST", "/v1/files", b"--xyz\r\nContent-Disp"),
        (as_form(&ada), "POST", "/v1/files", &form(&[(FILE, b"hello")])[..70]),
        (as_form(&ada), "POST", "/v1/files", &form(&[(FILE, b"hello")])),
        (ada.clone(), "PUT", &content, b""),
    ] {
        let mut stream = client.connect().await;
        let head = client.head_of(method, path, "Content-Length: 5000\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(begun).await.unwrap();
        let (mut reader, mut writer) = stream.into_split();
        let mut sent = 0;
        let trickle = async {
            // Each pause is short enough.
            while writer.write_all(b"x").await.is_ok() {
                sent += 1;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            std::future::pending::<()>().await;
        };
        let mut answer = [0; 12];
        tokio::select! {
            read = reader.read_exact(&mut answer) => drop(read.unwrap()),
            () = trickle => {}
            () = tokio::time::sleep(AT_LAST) => {}
        }
        assert_eq!(&answer, b"HTTP/1.1 408", "{method} {path} after {begun:?} and {sent} bytes");
    }
}

#[actix_web::test]
async fn a_client_that_goes_away_leaves_nothing() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    for framing in ["Content-Length: 200000\r\n", "Transfer-Encoding: chunked\r\n"] {
        for reset in [true, false] {
            let mut stream = ada.connect().await;
            stream.write_all(ada.head_of("POST", "/v1/files?name=a", framing).as_bytes()).await.unwrap();
            stream.write_all(b"186a0\r\n").await.unwrap();
            stream.write_all(&vec![7; 90_000]).await.unwrap();
            tokio::time::sleep(Duration::from_millis(50)).await;
            if reset {
                #[expect(deprecated, reason = "a reset is what is wanted; nothing waits for it")]
                stream.set_linger(Some(Duration::ZERO)).unwrap();
            }
            drop(stream);
        }
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    nothing_is_left(&server, &ada).await;
}

#[actix_web::test]
async fn digests_are_checked() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    for name in ["Content-Digest", "Repr-Digest"] {
        let raw = |digest: &str| {
            let client = ada.with(name, digest);
            async move { client.send("POST", "/v1/files?name=a", b"hello").await }
        };
        assert_eq!(raw(HELLO).await.status, 201);
        assert_eq!(raw("md5=:AAAA:").await.status, 201);
        assert_eq!(raw(OTHER).await.pointers(), [""]);
        assert_eq!(raw("sha-256=nonsense").await.problem(), (400, "malformed_request".into()));
        let part = |digest: &str| format!("{FILE}\r\n{name}: {digest}");
        assert_eq!(post(&ada, &[(&part(HELLO), b"hello")]).await.status, 201);
        assert_eq!(post(&ada, &[(&part(OTHER), b"hello")]).await.pointers(), [""]);
        let whole = form(&[(FILE, b"hello")]);
        assert_eq!(as_form(&ada.with(name, HELLO)).send("POST", "/v1/files", &whole).await.pointers(), [""]);
        assert_eq!(
            as_form(&ada.with(name, &digest(&whole))).send("POST", "/v1/files", &whole).await.status,
            201
        );
    }
    assert_eq!(ada.get("/v1/files").await.value()["items"].as_array().unwrap().len(), 8);
}

fn digest(bytes: &[u8]) -> String {
    use base64::Engine as _;
    use sha2::Digest as _;
    format!("sha-256=:{}:", base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(bytes)))
}

#[actix_web::test]
async fn a_retry_with_the_same_key_gets_the_first_file() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    let keyed = ada.with("Idempotency-Key", "k-1");
    let first = keyed.send("POST", "/v1/files?name=a", b"hello").await;
    assert_eq!(first.status, 201);
    let again = keyed.send("POST", "/v1/files?name=a", b"hello").await;
    assert_eq!((again.status, again.value()), (200, first.value()));
    assert_eq!(keyed.send("POST", "/v1/files?name=b", b"hello").await.problem(), (409, "conflict".into()));
    assert_eq!(keyed.send("POST", "/v1/files?name=a", b"other").await.problem(), (409, "conflict".into()));
    for bad in ["", "a b", "ä", "x".repeat(256).as_str()] {
        let answer = ada.with("Idempotency-Key", bad).send("POST", "/v1/files?name=a", b"x").await;
        assert_eq!(answer.problem(), (400, "malformed_request".into()), "{bad}");
    }
}

#[actix_web::test]
async fn a_retry_while_the_first_upload_runs_is_asked_to_wait() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    for attempt in 1..=ATTEMPTS {
        let ada = ada.with("Idempotency-Key", &format!("key-{attempt}"));
        let mut stream = ada.connect().await;
        let head = ada.head_of("POST", "/v1/files?name=a", "Content-Length: 5\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(b"he").await.unwrap();
        tokio::time::sleep(Duration::from_millis(100) * attempt).await;
        let busy = ada.send("POST", "/v1/files?name=a", b"hello").await;
        if busy.status == 201 && attempt < ATTEMPTS {
            // The machine was too busy to begin with the first.
            continue;
        }
        assert_eq!(busy.problem(), (409, "conflict".into()));
        assert_eq!(busy.header("retry-after"), Some("60"));
        stream.write_all(b"llo").await.unwrap();
        assert_eq!(Answer::parse(&receive(&mut stream).await).status, 201);
        return;
    }
}

#[actix_web::test]
async fn a_coded_body_is_refused() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    let answer = ada.with("Content-Encoding", "gzip").send("POST", "/v1/files?name=a", b"hello").await;
    assert_eq!(answer.problem(), (415, "unsupported_media_type".into()));
    assert_eq!(
        ada.with("Content-Encoding", "identity").send("POST", "/v1/files?name=a", b"hello").await.status,
        201
    );
}
