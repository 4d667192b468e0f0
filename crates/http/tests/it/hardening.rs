//! What clients can hold, and what browsers are told.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::time::Duration;

use actix_web::http::header::HeaderValue;
use fm_domain::body::ByteSize;
use fm_http::TrustedProxies;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::common::client::{Answer, receive};
use crate::common::{AT_LAST, Server};

const POLICY: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

fn is_safe(answer: &Answer, policy: &str, embedding: &str) {
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(answer.header("content-security-policy"), Some(policy));
    assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(answer.header("cross-origin-resource-policy"), Some(embedding));
    assert_eq!(answer.header("strict-transport-security"), Some("max-age=31536000"));
}

#[actix_web::test]
async fn every_answer_tells_browsers_what_not_to_do_with_it() {
    let server = Server::with(|settings| settings.hsts = Some(HeaderValue::from_static("max-age=31536000")));
    let ada = server.user("ada@example.org").await;
    let file = ada.send("POST", "/v1/files?name=a.txt", b"hello").await.value();
    for path in ["/v1/auth/me", "/v1/files", "/nowhere", "/health/live"] {
        is_safe(&ada.get(path).await, POLICY, "same-origin");
    }
    is_safe(&server.client().get("/v1/auth/me").await, POLICY, "same-origin");
    is_safe(&ada.send("POST", "/v1/auth/logout", b"").await, POLICY, "same-origin");
    let path = file["download"]["url"].as_str().unwrap().to_owned();
    let path = path.strip_prefix(&format!("http://{}", server.address)).unwrap();
    is_safe(&ada.get(path).await, "sandbox", "cross-origin");
    // What the HTTP library can't read.
    let mut stream = server.client().connect().await;
    stream.write_all(b"nonsense\r\n\r\n").await.unwrap();
    is_safe(&Answer::parse(&receive(&mut stream).await), POLICY, "same-origin");
}

#[actix_web::test]
async fn another_site_logs_no_browser_in() {
    let server = Server::start();
    server.user("ada@example.org").await;
    let body = r#"{"email": "ada@example.org", "password": "correct horse"}"#;
    let other = r#"{"email": "eve@example.org", "password": "correct horse"}"#;
    for (name, value) in [("Sec-Fetch-Site", "cross-site"), ("Origin", "https://evil.example")] {
        let client = server.client().with(name, value);
        let login = client.json("POST", "/v1/auth/login", body).await;
        assert_eq!(login.problem(), (403, "forbidden".into()), "{name}");
        assert_eq!(login.header("set-cookie"), None);
        assert_eq!(client.json("POST", "/v1/auth/register", other).await.problem().0, 403, "{name}");
    }
    let client = server.client().with("Sec-Fetch-Site", "same-origin");
    assert_eq!(client.json("POST", "/v1/auth/login", body).await.status, 200);
}

#[actix_web::test]
async fn faults_of_one_body_are_told_up_to_fifty() {
    let server = Server::start();
    let fields: Vec<String> = (0..5000).map(|index| format!(r#""{index}": 1"#)).collect();
    let answer = server.client().json("POST", "/v1/auth/login", &format!("{{{}}}", fields.join(","))).await;
    assert_eq!(answer.problem(), (422, "validation_failed".into()));
    assert_eq!(answer.value()["errors"].as_array().unwrap().len(), 50);
}

#[actix_web::test]
async fn the_address_of_a_client_comes_through_trusted_proxies_alone() {
    for (trusted, address) in
        [(vec!["127.0.0.0/8".parse().unwrap()], "198.51.100.7"), (Vec::new(), "127.0.0.1")]
    {
        let server = Server::with(|settings| settings.trusted_proxies = TrustedProxies::new(trusted));
        server.user("ada@example.org").await;
        let proxied = server.client().with("X-Forwarded-For", "203.0.113.1, 198.51.100.7");
        let body = r#"{"email": "ada@example.org", "password": "correct horse"}"#;
        let login = proxied.json("POST", "/v1/auth/login", body).await.value();
        let ada = proxied.with_token(login["access_token"].as_str().unwrap());
        let sessions = ada.get("/v1/auth/sessions").await.value();
        assert_eq!(sessions["items"][0]["ip"], address, "{sessions}");
    }
}

#[actix_web::test]
async fn an_address_holds_no_more_connections_than_its_share() {
    let server = Server::with(|settings| {
        settings.max_connections_per_address = 3;
        settings.limits_loopback = true;
    });
    let mut held = Vec::new();
    for _ in 0..3 {
        let mut stream = server.client().connect().await;
        stream.write_all(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 200");
        held.push(stream);
    }
    let mut refused = server.client().connect().await;
    assert_eq!(receive(&mut refused).await, b"", "it is closed at once");
    held.pop();
    // The server notices the end of a connection a moment later.
    let served = async {
        loop {
            let mut stream = server.client().connect().await;
            let _closed = stream.write_all(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n").await;
            let mut answer = [0; 12];
            if stream.read_exact(&mut answer).await.is_ok() {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    assert_eq!(&tokio::time::timeout(AT_LAST, served).await.unwrap(), b"HTTP/1.1 200");
}

#[actix_web::test]
async fn a_client_that_does_not_read_its_answer_is_let_go() {
    // More than the buffers of both kernels take.
    let content = vec![7; 30 << 20];
    let server = Server::with_both(
        |settings| settings.stall_timeout = Duration::from_secs(2),
        |settings| settings.max_upload = ByteSize::new(64 << 20),
    );
    let ada = server.user("ada@example.org").await;
    let file = ada.send("POST", "/v1/files?name=a.bin", &content).await.value();
    let url = file["download"]["url"].as_str().unwrap();
    let path = url.strip_prefix(&format!("http://{}", server.address)).unwrap();
    let mut stream = ada.connect().await;
    stream.write_all(ada.head_of("GET", path, "").as_bytes()).await.unwrap();
    let mut first = [0; 12];
    stream.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    tokio::time::sleep(Duration::from_secs(8)).await;
    let mut rest = Vec::new();
    let outcome = tokio::time::timeout(AT_LAST, stream.read_to_end(&mut rest)).await.unwrap();
    assert!(outcome.is_err() || rest.len() < content.len(), "all of it came after the pause: {outcome:?}");
}

#[actix_web::test]
async fn a_client_that_reads_its_answer_by_the_byte_is_let_go() {
    let server = Server::with_both(
        |settings| settings.write_timeout = Duration::from_millis(500),
        |settings| settings.max_upload = ByteSize::new(64 << 20),
    );
    let ada = server.user("ada@example.org").await;
    let file = ada.send("POST", "/v1/files?name=a.bin", &vec![7; 30 << 20]).await.value();
    let url = file["download"]["url"].as_str().unwrap();
    let path = url.strip_prefix(&format!("http://{}", server.address)).unwrap();
    let mut stream = ada.connect().await;
    stream.write_all(ada.head_of("GET", path, "").as_bytes()).await.unwrap();
    let (mut some, mut count) = ([0; 64], 0);
    for _ in 0..300 {
        // What its kernel has taken by then still comes.
        count += stream.read(&mut some).await.unwrap();
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let mut rest = Vec::new();
    let read = tokio::time::timeout(AT_LAST, stream.read_to_end(&mut rest)).await.unwrap();
    assert!(count + rest.len() < 30 << 20, "all of it came: {read:?}");
}

#[actix_web::test]
async fn extensions_of_chunks_are_bounded_and_chunks_of_a_byte_are_taken() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    let head = ada.head_of("POST", "/v1/files?name=a.txt", "Transfer-Encoding: chunked\r\n");
    let mut stream = ada.connect().await;
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&b"1\r\nx\r\n".repeat(200_000)).await.unwrap();
    stream.write_all(b"0;last=1\r\n\r\n").await.unwrap();
    let answer = Answer::parse(&receive(&mut stream).await);
    assert_eq!((answer.status, answer.value()["size"].as_u64()), (201, Some(200_000)), "{}", answer.text());
    let mut stream = ada.connect().await;
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(b"5;").await.unwrap();
    let (mut reader, mut writer) = stream.into_split();
    let sent = async {
        let (extension, mut sent) = (vec![b'x'; 64 * 1024], 0);
        while sent < 64 << 20 && writer.write_all(&extension).await.is_ok() {
            sent += extension.len();
        }
    };
    let mut answer = Vec::new();
    let ((), read) = tokio::join!(sent, reader.read_to_end(&mut answer));
    assert!(read.is_ok() || !answer.is_empty(), "{read:?}");
    assert_eq!(Answer::parse(&answer).problem(), (400, "malformed_request".into()));
    server.uploads_ended().await;
}
