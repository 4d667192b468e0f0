//! What every route has in common.

#![expect(clippy::unwrap_used, reason = "a test may")]

use fm_http::CorsOrigins;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::common::client::Answer;
use crate::common::{AT_LAST, Server};

#[actix_web::test]
async fn every_answer_carries_a_request_id() {
    let server = Server::start();
    let client = server.client();
    for path in ["/health/live", "/v1/auth/me", "/nowhere", "/v1/files/x"] {
        assert_eq!(client.get(path).await.header("x-request-id").unwrap().len(), 36, "{path}");
    }
    let named = client.with("x-request-id", "A.b_c-1").get("/nowhere").await;
    assert_eq!(named.header("x-request-id"), Some("A.b_c-1"));
    let long = "x".repeat(65);
    for bad in ["a b", "ä", long.as_str()] {
        let answer = client.with("x-request-id", bad).get("/health/live").await;
        assert_eq!(answer.header("x-request-id").unwrap().len(), 36, "{bad}");
    }
}

/// RFC 9110, section 12.5.3: a server without content codings may disregard the field (section 12.4.1).
#[actix_web::test]
async fn no_answer_depends_on_accept_encoding() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    for number in 0..10 {
        let made = ada.send("POST", &format!("/v1/files?name={number}.txt"), b"text").await;
        assert_eq!(made.status, 201, "{}", made.text());
    }
    for path in ["/v1/files", "/v1/auth/me", "/health/live", "/nowhere", "/v1/files?limit=x"] {
        let plain = ada.get(path).await;
        for accepted in [
            "",
            "identity",
            "gzip, deflate, br, zstd",
            "gzip;q=1.0, identity;q=0.5, *;q=0",
            "identity;q=0",
            "*;q=0",
            "br;q=1, identity;q=0",
            "gzip;q=x,,;",
        ] {
            let answer = ada.with("Accept-Encoding", accepted).get(path).await;
            assert_eq!(
                (answer.status, answer.body.len()),
                (plain.status, plain.body.len()),
                "{path}: {accepted}"
            );
            assert_eq!(answer.header("content-encoding"), None, "{path}: {accepted}");
            assert_eq!(answer.header("vary"), plain.header("vary"), "{path}: {accepted}");
            assert_eq!(answer.header("content-type"), plain.header("content-type"), "{path}: {accepted}");
        }
    }
    let list = ada.get("/v1/files").await;
    assert!(list.body.len() > 1024, "a list that others would compress");
    assert_eq!(ada.with("Accept-Encoding", "identity;q=0").get("/v1/files").await.value(), list.value());
}

#[actix_web::test]
async fn unknown_paths_and_malformed_ids_are_not_found() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    let malformed = [
        "/",
        "/v1",
        "/v2/files",
        "/v1/files/x",
        "/v1/files/0195c2f47a3e7c119d552f6f0c8f3a10",
        "/v1/files/%00",
        "/docs",
        "/openapi.json",
        "/redoc",
        "/metrics",
    ];
    for path in malformed {
        assert_eq!(ada.get(path).await.problem(), (404, "not_found".into()), "{path}");
    }
    let unknown = ada.get("/v1/files/0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a10").await;
    assert_eq!(unknown.problem(), (404, "not_found".into()));
    assert_eq!(unknown.header("cache-control"), Some("private, no-store"));
}

#[actix_web::test]
async fn who_asks_comes_before_what_is_asked() {
    let server = Server::start();
    let stranger = server.client();
    for (method, path) in [
        ("GET", "/v1/files/x"),
        ("PATCH", "/v1/files/x"),
        ("GET", "/v1/files?limit=0"),
        ("POST", "/v1/files"),
        ("DELETE", "/v1/auth/sessions/x"),
        ("PUT", "/v1/files/x/content"),
    ] {
        let answer = stranger.send(method, path, b"{").await;
        assert_eq!(answer.problem(), (401, "unauthenticated".into()), "{method} {path}");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    }
}

#[actix_web::test]
async fn a_method_that_a_path_does_not_know_is_refused_by_name() {
    let server = Server::start();
    let client = server.client();
    let answer = client.send("PUT", "/v1/files", b"").await;
    assert_eq!(answer.problem(), (405, "method_not_allowed".into()));
    assert_eq!(answer.header("allow"), Some("GET, HEAD, POST"));
    let options = client.send("OPTIONS", "/v1/auth/login", b"").await;
    assert_eq!((options.status, options.header("allow")), (204, Some("POST")));
    let head = client.send("HEAD", "/v1/auth/login", b"").await;
    assert_eq!((head.status, head.header("allow")), (405, Some("POST")));
}

#[actix_web::test]
async fn trace_is_not_answered() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await.with("X-Secret", "reflected");
    for (path, status) in [("/v1/auth/me", 405), ("/v1/files", 405), ("/nowhere", 404)] {
        let answer = ada.send("TRACE", path, b"").await;
        assert_eq!(answer.problem().0, status, "{path}");
        assert!(!answer.text().contains("reflected"), "{path}: {}", answer.text());
    }
}

#[actix_web::test]
async fn every_get_answers_head_with_the_same_headers_and_no_body() {
    let server = Server::with(|settings| settings.is_debug = true);
    let ada = server.user("ada@example.org").await;
    for path in [
        "/health/live",
        "/v1/capabilities",
        "/v1/auth/me",
        "/v1/files",
        "/v1/folders/root",
        "/v1/folders/root/children",
        "/v1/trash",
        "/nowhere",
        "/openapi.json",
        "/redoc",
    ] {
        let (get, head) = (ada.get(path).await, ada.send("HEAD", path, b"").await);
        assert_eq!(head.status, get.status, "{path}");
        assert_eq!(head.body, b"", "{path}");
        assert_eq!(head.header("content-length").unwrap(), get.body.len().to_string(), "{path}");
        assert_eq!(head.header("content-type"), get.header("content-type"), "{path}");
    }
}

#[actix_web::test]
async fn json_bodies_are_held_to_their_rules() {
    let server = Server::start();
    let client = server.client();
    let json = |body: String| {
        let client = client.clone();
        async move { client.json("POST", "/v1/auth/login", &body).await }
    };
    assert_eq!(json("{".into()).await.problem(), (400, "malformed_request".into()));
    assert_eq!(json(String::new()).await.problem(), (400, "malformed_request".into()));
    assert_eq!(json("[]".into()).await.pointers(), [""]);
    assert_eq!(
        json(r#"{"email": 1, "pasword": "x", "a/b~": 1}"#.into()).await.pointers(),
        ["/email", "/password", "/a~1b~0", "/pasword"]
    );
    assert_eq!(json(" ".repeat(65_537)).await.problem(), (413, "payload_too_large".into()));
    let chunk = vec![b' '; 40_000];
    let chunked = client
        .with("Content-Type", "application/json")
        .chunked("POST", "/v1/auth/login", &[&chunk, &chunk])
        .await;
    assert_eq!(chunked.problem(), (413, "payload_too_large".into()));
    for media_type in ["text/plain", "application/x-www-form-urlencoded", "application/json5"] {
        let answer = client.with("Content-Type", media_type).send("POST", "/v1/auth/login", b"{}").await;
        assert_eq!(answer.problem(), (415, "unsupported_media_type".into()), "{media_type}");
    }
    let charset = client
        .with("Content-Type", "Application/JSON; charset=utf-8")
        .send("POST", "/v1/auth/login", b"{}")
        .await;
    assert_eq!(charset.status, 422);
}

#[actix_web::test]
async fn every_fault_of_a_body_is_reported_at_once() {
    let server = Server::start();
    let body = r#"{"email": "no address", "password": "short", "name": " ", "role": "admin"}"#;
    let answer = server.client().json("POST", "/v1/auth/register", body).await;
    assert_eq!(answer.pointers(), ["/email", "/password", "/name", "/role"]);
}

#[actix_web::test]
async fn json_and_redirects_are_never_kept() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    for path in [
        "/v1/auth/me",
        "/v1/files",
        "/v1/auth/sessions",
        "/v1/auth/activity",
        "/v1/capabilities",
        "/v1/folders/root/usage",
        "/v1/trash",
        "/health/ready",
    ] {
        assert_eq!(ada.get(path).await.header("cache-control"), Some("private, no-store"), "{path}");
    }
}

#[actix_web::test]
async fn a_listed_origin_is_let_in_with_credentials_and_others_are_not() {
    let server =
        Server::with(|settings| settings.cors = CorsOrigins::List(vec!["https://app.example".into()]));
    let client = server.client();
    let app = client.with("Origin", "https://app.example");
    let preflight = app
        .with("Access-Control-Request-Method", "PATCH")
        .with("Access-Control-Request-Headers", "authorization");
    let answer = preflight.send("OPTIONS", "/v1/files", b"").await;
    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://app.example"));
    assert_eq!(answer.header("access-control-allow-credentials"), Some("true"));
    assert_eq!(answer.header("access-control-allow-headers"), Some("authorization"));
    assert!(answer.header("access-control-allow-methods").unwrap().contains("PATCH"));
    let refused = app.get("/v1/auth/me").await;
    assert_eq!(
        (refused.status, refused.header("access-control-allow-origin")),
        (401, Some("https://app.example"))
    );
    assert!(refused.header("access-control-expose-headers").unwrap().contains("x-request-id"));
    assert_eq!(refused.header("vary"), Some("Origin"));
    let evil = client.with("Origin", "https://evil.example").get("/health/live").await;
    assert_eq!((evil.header("access-control-allow-origin"), evil.header("vary")), (None, Some("Origin")));
}

#[actix_web::test]
async fn any_origin_is_let_in_without_credentials_where_it_is_so_configured() {
    let server = Server::with(|settings| settings.cors = CorsOrigins::Any);
    let answer = server.client().with("Origin", "https://any.example").get("/health/live").await;
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert_eq!(answer.header("access-control-allow-credentials"), None);
}

#[actix_web::test]
async fn an_endless_body_is_not_read_for_ever() {
    let server = Server::with(|settings| settings.linger = std::time::Duration::from_millis(200));
    let client = server.client();
    let mut stream = client.connect().await;
    stream
        .write_all(client.head_of("POST", "/nowhere", "Transfer-Encoding: chunked\r\n").as_bytes())
        .await
        .unwrap();
    let mut received = vec![0; 4096];
    let length = stream.read(&mut received).await.unwrap();
    assert_eq!(Answer::parse(&received[..length]).problem(), (404, "not_found".into()));
    let sending = async { while stream.write_all(b"5\r\nhello\r\n").await.is_ok() {} };
    let ended = tokio::time::timeout(AT_LAST, sending).await;
    assert!(ended.is_ok(), "the server goes on reading");
}
