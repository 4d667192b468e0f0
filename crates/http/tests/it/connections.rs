//! Connections: what can't be read as a request, and what does not come in time.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::sync::Arc;
use std::time::Duration;

use fm_application::ports::Ports;
use fm_domain::blobs::{
    BlobHead, BlobKey, BlobLimits, BlobReader, BlobStore, ByteRange, GetBlob, PutBlob, PutHint, StoredBlob,
};
use fm_domain::body::{BodyError, ByteStream};
use fm_domain::error::PortResult;
use futures_util::{StreamExt as _, stream};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use crate::common::client::{Answer, receive};
use crate::common::{AT_LAST, Client, Server};

/// A time-out of the server; what a test sends comes in much less, on a busy machine too.
const SHORT: Duration = Duration::from_secs(1);
const GET: &str = "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n";

/// The one answer that the stream holds.
async fn only_answer(stream: &mut TcpStream) -> Answer {
    let received = receive(stream).await;
    let answers = received.windows(9).filter(|window| window.starts_with(b"HTTP/1.1 ")).count();
    assert_eq!(answers, 1, "{}", String::from_utf8_lossy(&received));
    Answer::parse(&received)
}

/// Reads one answer with a length from a connection that stays open.
async fn next_answer(stream: &mut TcpStream) -> Answer {
    let mut received = Vec::new();
    loop {
        assert!(
            stream.read_buf(&mut received).await.unwrap() > 0,
            "closed: {}",
            String::from_utf8_lossy(&received)
        );
        let Some(end) = received.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let answer = Answer::parse(&received);
        let length: usize = answer.header("content-length").unwrap().parse().unwrap();
        if received.len() >= end + 4 + length {
            assert_eq!(received.len(), end + 4 + length, "more came: {}", String::from_utf8_lossy(&received));
            return answer;
        }
    }
}

/// Requests that are none, and what they are answered.
fn unreadable() -> Vec<(&'static str, Vec<u8>, u16)> {
    let get = |fields: &[u8]| [b"GET / HTTP/1.1\r\nHost: x\r\n", fields, b"\r\n"].concat();
    let post =
        |fields: &str| format!("POST /v1/files?name=a HTTP/1.1\r\nHost: x\r\n{fields}\r\n").into_bytes();
    let fields = |count: usize| "x: y\r\n".repeat(count).into_bytes();
    vec![
        ("97 fields", get(&fields(96)), 431),
        ("1,000 fields", get(&fields(1000)), 431),
        ("a head of 200 KB", get(format!("x: {}\r\n", "y".repeat(200_000)).as_bytes()), 431),
        (
            "a target of 200 KB",
            format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "y".repeat(200_000)).into_bytes(),
            431,
        ),
        ("raw UTF-8 in the target", "GET /v1/files?q=é HTTP/1.1\r\nHost: x\r\n\r\n".as_bytes().to_vec(), 400),
        ("a control character in the target", b"GET /\x01 HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(), 400),
        ("no length", post("Content-Length: five\r\n"), 400),
        ("a negative length", post("Content-Length: -5\r\n"), 400),
        ("two lengths", post("Content-Length: 5\r\nContent-Length: 6\r\n"), 400),
        ("a length and chunks", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), 400),
        ("an unknown transfer coding", post("Transfer-Encoding: gzip, chunked\r\n"), 400),
        ("no host", b"GET / HTTP/1.1\r\n\r\n".to_vec(), 400),
        ("two hosts", get(b"Host: y\r\n"), 400),
        ("another version", b"GET / HTTP/3.0\r\nHost: x\r\n\r\n".to_vec(), 400),
        ("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), 400),
        ("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(), 400),
        (
            "a large body behind it",
            [b"GET / HTTP/3.0\r\nHost: x\r\n\r\n".to_vec(), vec![b'x'; 300_000]].concat(),
            400,
        ),
        ("a field without a colon", get(b"nonsense\r\n"), 400),
        ("a space in a field name", get(b"a b: c\r\n"), 400),
    ]
}

/// Checks the answer to what is no request.
fn is_refused(answer: &Answer, what: &str, status: u16) {
    let code = if status == 431 { "header_fields_too_large" } else { "malformed_request" };
    assert_eq!(answer.problem(), (status, code.into()), "{what}");
    assert_eq!(answer.header("x-request-id").unwrap().len(), 36, "{what}");
    assert_eq!(answer.header("connection"), Some("close"), "{what}");
    assert_eq!(answer.header("content-length").unwrap(), answer.body.len().to_string(), "{what}");
}

#[actix_web::test]
async fn what_can_not_be_read_is_a_problem_with_an_id() {
    let server = Server::start();
    for (what, request, status) in unreadable() {
        let mut stream = server.client().connect().await;
        stream.write_all(&request).await.unwrap();
        is_refused(&only_answer(&mut stream).await, what, status);
    }
}

#[actix_web::test]
async fn answers_before_it_stay_as_they_are() {
    let server = Server::start();
    for (what, request, status) in unreadable() {
        let mut stream = server.client().connect().await;
        stream.write_all(GET.as_bytes()).await.unwrap();
        assert_eq!(next_answer(&mut stream).await.status, 200, "{what}");
        stream.write_all(&request).await.unwrap();
        is_refused(&only_answer(&mut stream).await, what, status);
    }
    // In one piece with the request before it.
    let mut stream = server.client().connect().await;
    stream.write_all(format!("{GET}{GET}{GET}nonsense\r\n\r\n").as_bytes()).await.unwrap();
    let received = String::from_utf8(receive(&mut stream).await).unwrap();
    let statuses: Vec<&str> =
        received.match_indices("HTTP/1.1 ").map(|(at, _)| &received[at + 9..at + 12]).collect();
    assert_eq!(statuses, ["200", "200", "200", "400"], "{received}");
    assert!(received.contains("application/problem+json"), "{received}");
}

#[actix_web::test]
async fn a_large_head_is_refused_however_its_segments_arrive() {
    let server = Server::start();
    let begin =
        format!("GET / HTTP/1.1\r\nHost: x\r\n{}y: ", format!("x: {}\r\n", "y".repeat(8000)).repeat(15));
    let head = |size: usize| format!("{begin}{}\r\n\r\n", "z".repeat(size - begin.len() - 4)).into_bytes();
    for pause in [Duration::ZERO, Duration::from_millis(20)] {
        for (size, status) in [(128 * 1024, 404), (128 * 1024 + 1, 431), (200 * 1024, 431)] {
            let request = head(size);
            assert_eq!(request.len(), size);
            let mut stream = server.client().connect().await;
            for piece in request.chunks(size.div_ceil(3)) {
                stream.write_all(piece).await.unwrap();
                tokio::time::sleep(pause).await;
            }
            let answer = next_answer(&mut stream).await;
            assert_eq!(answer.problem().0, status, "{size} bytes, {pause:?}");
        }
    }
}

#[actix_web::test]
async fn a_large_head_is_answered_while_its_client_still_sends() {
    let server = Server::start();
    let mut stream = server.client().connect().await;
    let (mut reader, mut writer) = stream.split();
    let sending = async {
        let _closed = writer.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n").await;
        for _ in 0..400 {
            if writer.write_all(format!("x: {}\r\n", "y".repeat(8000)).as_bytes()).await.is_err() {
                break;
            }
        }
        let _closed = writer.shutdown().await;
    };
    let ((), received) = tokio::join!(sending, receive(&mut reader));
    is_refused(&Answer::parse(&received), "a head of 3 MB", 431);
}

#[actix_web::test]
async fn a_body_whose_chunks_are_broken_is_answered_once() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    for (client, path, status) in [
        (&ada, "/v1/files?name=a.txt", 400),
        (&server.client(), "/v1/files?name=a.txt", 401),
        (&ada, "/nowhere", 404),
    ] {
        for pause in [Duration::ZERO, Duration::from_millis(50)] {
            let mut stream = client.connect().await;
            let head = client.head_of("POST", path, "Transfer-Encoding: chunked\r\n");
            let head = head.replace("Connection: close\r\n", "");
            stream.write_all(head.as_bytes()).await.unwrap();
            tokio::time::sleep(pause).await;
            stream.write_all(b"5\r\nhello\r\nnonsense\r\n").await.unwrap();
            assert_eq!(only_answer(&mut stream).await.problem().0, status, "{path} {pause:?}");
        }
    }
    server.uploads_ended().await;
    assert_eq!(server.blobs.count(), 0);
}

#[actix_web::test]
async fn bytes_of_a_file_are_never_taken_for_an_answer() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    let refusal =
        "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\ndate: Sun, 29 Nov 2026 00:00:00 GMT\r\n\r\n";
    for content in [refusal.to_owned(), refusal.repeat(3000), format!("{}{refusal}", "x".repeat(262_144))] {
        let file = ada.send("POST", "/v1/files?name=a.txt", content.as_bytes()).await.value();
        let url = file["download"]["url"].as_str().unwrap();
        let path = url.strip_prefix(&format!("http://{}", server.address)).unwrap();
        let mut stream = ada.connect().await;
        for _ in 0..2 {
            let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
            stream.write_all(request.as_bytes()).await.unwrap();
            let answer = next_answer(&mut stream).await;
            assert_eq!((answer.status, answer.text() == content), (200, true));
            stream.write_all(request.replace("GET", "HEAD").as_bytes()).await.unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                assert!(stream.read_buf(&mut head).await.unwrap() > 0);
            }
        }
        stream.write_all(b"nonsense\r\n\r\n").await.unwrap();
        is_refused(&only_answer(&mut stream).await, "after downloads", 400);
    }
}

/// A store whose blobs fail with their first byte.
struct Unreadable(Arc<dyn BlobStore>);

#[async_trait::async_trait]
impl BlobStore for Unreadable {
    async fn put(&self, key: &BlobKey, body: ByteStream, hint: &PutHint) -> Result<StoredBlob, PutBlob> {
        self.0.put(key, body, hint).await
    }

    async fn get(&self, key: &BlobKey, range: Option<ByteRange>) -> Result<BlobReader, GetBlob> {
        let bytes = stream::iter([Err(BodyError::Source("the disk is gone".into()))]).boxed();
        Ok(BlobReader { bytes, ..self.0.get(key, range).await? })
    }

    async fn head(&self, key: &BlobKey) -> PortResult<Option<BlobHead>> {
        self.0.head(key).await
    }

    async fn delete(&self, key: &BlobKey) -> PortResult<()> {
        self.0.delete(key).await
    }

    fn limits(&self) -> BlobLimits {
        self.0.limits()
    }

    async fn ping(&self) -> PortResult<()> {
        self.0.ping().await
    }
}

#[actix_web::test]
async fn an_answer_that_fails_before_its_first_byte_is_no_fault_of_the_client() {
    let fails = |ports: &mut Ports| ports.blobs = Arc::new(Unreadable(Arc::clone(&ports.blobs)));
    let server = Server::with_all(|_| {}, |_| {}, fails);
    let ada = server.user("ada@example.org").await;
    let file = ada.send("POST", "/v1/files?name=a.txt", b"hello").await.value();
    let url = file["download"]["url"].as_str().unwrap();
    let path = url.strip_prefix(&format!("http://{}", server.address)).unwrap();
    let answer = ada.get(path).await;
    assert_eq!(answer.problem(), (500, "internal".into()));
    assert!(!answer.text().contains("disk"), "{}", answer.text());
}

/// Waits for the end of a connection that sends nothing before it.
async fn ends_without_a_word(stream: &mut TcpStream) -> Duration {
    let begun = Instant::now();
    assert_eq!(String::from_utf8_lossy(&receive(stream).await), "");
    begun.elapsed()
}

#[actix_web::test]
async fn a_connection_without_a_byte_is_closed_without_a_word() {
    let server = Server::with(|settings| settings.head_timeout = SHORT);
    let mut stream = server.client().connect().await;
    let took = ends_without_a_word(&mut stream).await;
    assert!(took >= SHORT.mul_f32(0.8), "{took:?}");
}

#[actix_web::test]
async fn a_head_that_has_begun_and_stalls_is_answered_408() {
    let server = Server::with(|settings| settings.head_timeout = SHORT);
    for head in ["G", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: x\r\nX-Long: y"] {
        let mut stream = server.client().connect().await;
        stream.write_all(head.as_bytes()).await.unwrap();
        let answer = only_answer(&mut stream).await;
        assert_eq!(answer.problem(), (408, "request_timeout".into()), "{head}");
        assert_eq!(answer.header("connection"), Some("close"));
    }
    // Each byte is no new beginning.
    let mut stream = server.client().connect().await;
    let (mut reader, mut writer) = stream.split();
    let dripping = async {
        loop {
            if writer.write_all(b"x").await.is_err() {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(SHORT / 5).await;
        }
    };
    let received = timeout(AT_LAST, async {
        tokio::select! {
            received = async {
                let mut received = vec![0; 4096];
                let length = reader.read(&mut received).await.unwrap();
                received.truncate(length);
                received
            } => received,
            () = dripping => unreachable!("it drips for ever"),
        }
    });
    assert_eq!(Answer::parse(&received.await.unwrap()).problem(), (408, "request_timeout".into()));
}

#[actix_web::test]
async fn a_kept_alive_connection_follows_the_same_rules() {
    let server = Server::with(|settings| {
        settings.head_timeout = SHORT;
        settings.keep_alive = SHORT * 3;
    });
    let kept = async || {
        let mut stream = server.client().connect().await;
        stream.write_all(GET.as_bytes()).await.unwrap();
        assert_eq!(next_answer(&mut stream).await.status, 200);
        stream
    };
    let mut idle = kept().await;
    let took = ends_without_a_word(&mut idle).await;
    assert!(took >= SHORT * 2, "an idle connection is kept: {took:?}");
    let mut stalled = kept().await;
    stalled.write_all(b"GET / HT").await.unwrap();
    assert_eq!(only_answer(&mut stalled).await.problem(), (408, "request_timeout".into()));
    // A pause between two requests is none within a head.
    let mut slow = kept().await;
    tokio::time::sleep(SHORT * 2).await;
    slow.write_all(GET.as_bytes()).await.unwrap();
    assert_eq!(next_answer(&mut slow).await.status, 200);
}

#[actix_web::test]
async fn the_time_of_a_head_is_not_that_of_a_body() {
    let server = Server::with(|settings| {
        settings.head_timeout = SHORT;
        settings.keep_alive = SHORT;
    });
    let ada: Client = server.user("ada@example.org").await;
    let mut stream = ada.connect().await;
    let head = ada.head_of("POST", "/v1/files?name=a.txt", "Content-Length: 5\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    for byte in b"hello" {
        tokio::time::sleep(SHORT / 2).await;
        stream.write_all(&[*byte]).await.unwrap();
    }
    assert_eq!(only_answer(&mut stream).await.status, 201);
}
