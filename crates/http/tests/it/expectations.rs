//! `Expect: 100-continue`: a refusal that needs only the head comes instead of `100 Continue`.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::time::Duration;

use fm_domain::body::ByteSize;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::common::client::{Answer, receive};
use crate::common::tus::{PIECE, at, begin, creation, tus};
use crate::common::{AT_LAST, Client, MAX_UPLOAD, Server};

const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// Sends the head of a request whose body has this length, or is chunked, and holds the body back.
async fn withhold(client: &Client, method: &str, path: &str, length: Option<u64>) -> TcpStream {
    let framing = length.map_or("Transfer-Encoding: chunked\r\n".to_owned(), |length| {
        format!("Content-Length: {length}\r\n")
    });
    let mut stream = client.connect().await;
    let head = client.with("Expect", "100-continue").head_of(method, path, &framing);
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

/// The answer to a body that is never sent.
async fn refusal(client: &Client, method: &str, path: &str, length: Option<u64>) -> Answer {
    let mut stream = withhold(client, method, path, length).await;
    let mut received = Vec::new();
    let whole = async {
        // The connection stays open for a moment, for a client that sends its body all the same.
        while !is_whole(&received) {
            assert!(
                stream.read_buf(&mut received).await.unwrap() > 0,
                "{method} {path}: closed without an answer"
            );
        }
    };
    assert!(timeout(AT_LAST, whole).await.is_ok(), "{method} {path}: no answer");
    assert!(!received.starts_with(b"HTTP/1.1 100"), "{method} {path}: the body is asked for");
    Answer::parse(&received)
}

fn is_whole(received: &[u8]) -> bool {
    let Some(end) = received.windows(4).position(|window| window == b"\r\n\r\n") else { return false };
    let answer = Answer::parse(received);
    answer.status >= 200
        && answer
            .header("content-length")
            .is_none_or(|length| received.len() >= end + 4 + length.parse::<usize>().unwrap())
}

/// Holds a body back until it is asked for, sends it, and gives the answer.
async fn accepted(client: &Client, method: &str, path: &str, length: Option<u64>, body: &[u8]) -> Answer {
    let mut stream = withhold(client, method, path, length).await;
    let mut asked = [0; CONTINUE.len()];
    timeout(AT_LAST, stream.read_exact(&mut asked)).await.unwrap().unwrap();
    assert_eq!(asked, CONTINUE, "{method} {path}: {}", String::from_utf8_lossy(&asked));
    stream.write_all(body).await.unwrap();
    Answer::parse(&receive(&mut stream).await)
}

fn of_type(client: &Client, content_type: &str) -> Client {
    client.with("Content-Type", content_type)
}

#[actix_web::test]
async fn a_refusal_that_needs_only_the_head_comes_instead() {
    let server = Server::with_both(|_| {}, |settings| settings.quota = Some(ByteSize::new(1000)));
    let anonymous = server.client();
    let ada = server.user("ada@example.org").await;
    let file = ada.send("POST", "/v1/files?name=a.txt", b"old").await;
    let content = format!("/v1/files/{}/content", file.value()["id"].as_str().unwrap());
    let unknown = "/v1/files/0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a10/content";
    let access = ada.header("Authorization").strip_prefix("Bearer ").unwrap().to_owned();
    let cross_site = anonymous
        .with("Cookie", &format!("__Host-access_token={access}"))
        .with("Sec-Fetch-Site", "cross-site");
    let tus = tus(&ada);
    let upload = begin(&tus, 50).await;
    let form = of_type(&ada, "multipart/form-data; boundary=xyz");
    let json = of_type(&ada, "application/json");
    let mixed = of_type(&ada, "multipart/mixed; boundary=xyz");
    let new = "/v1/files?name=b.txt";
    let small = Some(5);
    let large = Some(MAX_UPLOAD + 1);
    let cases: Vec<(Client, &str, &str, Option<u64>, u16)> = vec![
        (anonymous.clone(), "POST", new, small, 401),
        (anonymous.clone(), "POST", new, None, 401),
        (anonymous.with_token("garbage"), "PUT", &content, small, 401),
        (cross_site, "POST", new, small, 403),
        (anonymous.clone(), "POST", "/nowhere", small, 404),
        (anonymous.clone(), "POST", "/nowhere", None, 404),
        (ada.clone(), "PUT", unknown, small, 404),
        (form.clone(), "PUT", unknown, small, 404),
        (ada.clone(), "PUT", "/v1/files", small, 405),
        (ada.with("If-Match", "\"r7-x\""), "PUT", &content, small, 412),
        (form.with("If-Match", "\"r7-x\""), "PUT", &content, small, 412),
        (ada.clone(), "POST", new, large, 413),
        (ada.clone(), "PUT", &content, large, 413),
        (form.clone(), "POST", new, Some(MAX_UPLOAD + 64 * 1024 + 1), 413),
        (ada.clone(), "POST", new, Some(2000), 413),
        (ada.clone(), "PUT", &content, Some(2000), 413),
        (json.clone(), "POST", "/v1/direct-uploads", Some(65_537), 413),
        (ada.with("Content-Encoding", "gzip"), "POST", new, small, 415),
        (json.with("Content-Encoding", "gzip"), "PATCH", "/v1/auth/me", small, 415),
        (of_type(&ada, "text/plain"), "PATCH", "/v1/auth/me", small, 415),
        (mixed.clone(), "POST", new, small, 415),
        (mixed, "PUT", &content, small, 415),
        (ada.clone(), "POST", "/v1/files", small, 422),
        (ada.with("Idempotency-Key", "a b"), "POST", new, small, 400),
        (of_type(&ada, "multipart/form-data"), "POST", new, small, 400),
        (at(&tus, 7), "PATCH", &upload, small, 409),
        (at(&tus, 0), "PATCH", "/v1/uploads/0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a10", small, 404),
        (at(&tus, 0).without("Tus-Resumable"), "PATCH", &upload, small, 412),
        (at(&tus, 0).without("Content-Type"), "PATCH", &upload, small, 415),
        (
            of_type(&creation(&tus, 50), PIECE).with("Upload-Concat", "partial"),
            "POST",
            "/v1/uploads",
            small,
            400,
        ),
    ];
    for (index, (client, method, path, length, status)) in cases.into_iter().enumerate() {
        let answer = refusal(&client, method, path, length).await;
        assert_eq!(answer.problem().0, status, "{index}: {method} {path}: {}", answer.text());
    }
}

#[actix_web::test]
async fn a_body_that_is_wanted_is_asked_for_and_taken() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    let raw = accepted(&ada, "POST", "/v1/files?name=a.txt", Some(5), b"hello").await;
    assert_eq!((raw.status, &raw.value()["size"]), (201, &5.into()));
    let chunked = accepted(&ada, "POST", "/v1/files?name=a.txt", None, b"5\r\nhello\r\n0\r\n\r\n").await;
    assert_eq!((chunked.status, &chunked.value()["size"]), (201, &5.into()));
    let form =
        b"--xyz\r\nContent-Disposition: form-data; name=file; filename=b.txt\r\n\r\nhello\r\n--xyz--\r\n";
    let client = of_type(&ada, "multipart/form-data; boundary=xyz");
    let answer = accepted(&client, "POST", "/v1/files", Some(form.len() as u64), form).await;
    assert_eq!((answer.status, &answer.value()["name"]), (201, &"b.txt".into()));
    let content = format!("/v1/files/{}/content", answer.value()["id"].as_str().unwrap());
    assert_eq!(accepted(&ada, "PUT", &content, Some(3), b"new").await.status, 200);
    assert_eq!(accepted(&client, "PUT", &content, Some(form.len() as u64), form).await.status, 200);
    let json = of_type(&ada, "application/json");
    assert_eq!(accepted(&json, "PATCH", "/v1/auth/me", Some(13), br#"{"name": "A"}"#).await.status, 200);
    let tus = tus(&ada);
    let upload = begin(&tus, 5).await;
    let patch = accepted(&at(&tus, 0), "PATCH", &upload, Some(5), b"hello").await;
    assert_eq!((patch.status, patch.header("upload-offset")), (204, Some("5")));
    // Larger than what waits in buffers on the way.
    let large = vec![7; 250_000];
    let answer = accepted(&ada, "POST", "/v1/files?name=c.bin", Some(large.len() as u64), &large).await;
    assert_eq!((answer.status, &answer.value()["size"]), (201, &250_000.into()));
    // Refused by what is in the body.
    let answer = accepted(&json, "PATCH", "/v1/auth/me", Some(2), b"[]").await;
    assert_eq!(answer.pointers(), [""]);
}

#[actix_web::test]
async fn a_client_may_send_its_body_without_waiting() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await.with("Expect", "100-continue");
    for _ in 0..20 {
        assert_eq!(ada.send("POST", "/v1/files?name=a.txt", b"hello").await.status, 201);
    }
    assert_eq!(ada.get("/v1/auth/me").await.status, 200);
    assert_eq!(ada.send("HEAD", "/v1/auth/me", b"").await.body, b"");
    assert_eq!(ada.send("POST", "/v1/files?name=empty.txt", b"").await.status, 201);
}

#[actix_web::test]
async fn a_connection_goes_on_after_an_expectation() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    let mut stream = ada.connect().await;
    let keep = |client: &Client, method: &str, path: &str, framing: &str| {
        client.head_of(method, path, framing).replace("Connection: close\r\n", "")
    };
    let expecting = ada.with("Expect", "100-continue");
    for _ in 0..3 {
        let head = keep(&expecting, "POST", "/v1/files?name=a.txt", "Content-Length: 5\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut asked = [0; CONTINUE.len()];
        stream.read_exact(&mut asked).await.unwrap();
        assert_eq!(asked, CONTINUE);
        stream.write_all(b"hello").await.unwrap();
        let mut received = Vec::new();
        while !is_whole(&received) {
            assert!(stream.read_buf(&mut received).await.unwrap() > 0);
        }
        assert_eq!(Answer::parse(&received).status, 201);
    }
    stream.write_all(ada.head_of("GET", "/v1/auth/me", "").as_bytes()).await.unwrap();
    assert_eq!(Answer::parse(&receive(&mut stream).await).status, 200);
}

#[actix_web::test]
async fn a_client_that_goes_away_while_it_is_asked_leaves_nothing() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    let mut stream = withhold(&ada, "POST", "/v1/files?name=a.txt", Some(5)).await;
    let mut asked = [0; CONTINUE.len()];
    stream.read_exact(&mut asked).await.unwrap();
    drop(stream);
    tokio::time::sleep(Duration::from_millis(100)).await;
    server.uploads_ended().await;
    assert_eq!(server.blobs.count(), 0);
    assert_eq!(ada.get("/v1/files").await.value()["items"], serde_json::json!([]));
}
