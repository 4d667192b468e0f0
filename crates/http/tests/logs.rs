//! The log: one line a request, a failure once with its causes, and never a secret.
//!
//! A program of its own: a process has one log, and counts its failures, so requests of other tests would be seen in it.

#![expect(clippy::unwrap_used, reason = "a test may")]

#[expect(dead_code, reason = "the other test program uses the rest of it")]
#[path = "it/common/mod.rs"]
mod common;

use std::io::Write;
use std::num::NonZeroU64;
use std::ops::Range;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use common::Server;
use fm_domain::error::{Overloaded, PortError};
use fm_domain::limits::{LimitedAction, RatePolicies, RatePolicy};
use fm_domain::sessions::MockSessionStore;
use serde_json::{Value, json};

static LOG: LazyLock<Log> = LazyLock::new(|| {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone());
    tracing::subscriber::set_global_default(subscriber.finish()).unwrap();
    log
});

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// The fields of the lines about this request.
    fn about(&self, request: &str) -> Vec<Value> {
        let lines: Vec<Value> = self.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        lines.into_iter().filter(|line| line["fields"]["request.id"] == request).collect()
    }
}

#[actix_web::test]
async fn every_request_leaves_one_line() {
    let log = LOG.clone();
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    let id = ada.get("/v1/auth/me").await.value()["id"].as_str().unwrap().to_owned();
    ada.with("x-request-id", "line-1").send("POST", "/v1/files?name=a.txt", b"hello").await;
    let [line] = log.about("line-1").try_into().unwrap();
    assert_eq!(line["level"], "INFO");
    let fields = &line["fields"];
    assert_eq!(
        (&fields["http.method"], &fields["http.route"], &fields["http.status"]),
        (&"POST".into(), &"/v1/files".into(), &201.into())
    );
    assert_eq!((&fields["received_bytes"], &fields["user.id"]), (&5.into(), &id.as_str().into()));
    assert!(fields["duration_ms"].as_f64().unwrap() > 0.0 && fields["size_bytes"].as_u64().unwrap() > 100);
    ada.with("x-request-id", "line-2").get("/v1/files/x?q=secret").await;
    let [line] = log.about("line-2").try_into().unwrap();
    assert_eq!(
        (&line["fields"]["http.route"], &line["fields"]["problem.code"]),
        (&"/v1/files/{id}".into(), &"not_found".into())
    );
    ada.with("x-request-id", "line-3").get("/nowhere").await;
    let [line] = log.about("line-3").try_into().unwrap();
    assert_eq!(line["fields"]["http.route"], "unknown");
}

#[actix_web::test]
async fn refusals_are_told_by_their_codes() {
    let log = LOG.clone();
    let server = Server::with_all(
        |_| {},
        |settings| {
            let policy = RatePolicy { limit: NonZeroU64::MIN, window: Duration::from_hours(1) };
            settings.rate_policies = RatePolicies::from_iter([(LimitedAction::Registrations, policy)]);
        },
        |_| {},
    );
    let body = r#"{"email": "ada@example.org", "password": "correct horse"}"#;
    let client = server.client();
    assert_eq!(client.json("POST", "/v1/auth/register", body).await.status, 201);
    let login = client.json("POST", "/v1/auth/login", body).await.value();
    let ada = client.with_token(login["access_token"].as_str().unwrap());
    let user = &login["user"]["id"];
    let (me, wrong) = ("/v1/auth/me", r#"{"password": "wrong horse"}"#);
    let login = r#"{"email": "ada@example.org", "password": "wrong horse"}"#;
    let no_user = &Value::Null;
    for (client, method, path, body, status, code, by) in [
        (&client, "GET", me, "", 401, "unauthenticated", no_user),
        (&client, "POST", "/v1/auth/login", login, 401, "invalid_credentials", no_user),
        (&ada, "DELETE", me, wrong, 403, "wrong_password", user),
        (&ada, "PATCH", me, "{}", 422, "validation_failed", user),
        (&client, "POST", "/v1/auth/register", body, 429, "rate_limited", no_user),
    ] {
        let id = format!("refusal-{status}-{code}");
        let answer = client.with("x-request-id", &id).json(method, path, body).await;
        assert_eq!(answer.problem(), (status, code.into()));
        let [line] = log.about(&id).try_into().unwrap();
        let fields = &line["fields"];
        assert_eq!((&line["level"], &fields["problem.code"]), (&"INFO".into(), &code.into()));
        assert_eq!((&fields["http.status"], &fields["http.route"]), (&status.into(), &path.into()));
        assert_eq!((&fields["client.address"], &fields["user.id"]), (&"127.0.0.1".into(), by), "{code}");
    }
}

#[actix_web::test]
async fn the_line_of_a_request_names_its_trace_and_its_session() {
    let log = LOG.clone();
    let server = Server::start();
    let ada = server.user("grace@example.org").await;
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let given = ada.with("traceparent", &format!("00-{trace}-00f067aa0ba902b7-01"));
    given.with("x-request-id", "traced-1").get("/v1/auth/me").await;
    let [line] = log.about("traced-1").try_into().unwrap();
    assert_eq!(line["fields"]["trace_id"], trace);
    assert!(line["fields"]["session.id"].is_string());
    let mut others = Vec::new();
    for (request, field) in [("traced-2", "00-malformed"), ("traced-3", ""), ("traced-4", "")] {
        ada.with("traceparent", field).with("x-request-id", request).get("/v1/auth/me").await;
        let [line] = log.about(request).try_into().unwrap();
        others.push(line["fields"]["trace_id"].as_str().unwrap().to_owned());
    }
    others.extend([trace.to_owned()]);
    others.sort();
    others.dedup();
    assert_eq!(others.len(), 4, "each has a trace of its own: {others:?}");
    assert!(others.iter().all(|id| id.len() == 32));
}

#[actix_web::test]
async fn a_failure_is_logged_once_with_its_causes_which_no_client_sees() {
    let log = LOG.clone();
    let server = Server::with_all(
        |_| {},
        |_| {},
        |ports| {
            let mut sessions = MockSessionStore::new();
            sessions.expect_create().returning(|_| {
                let cause = std::io::Error::other("connection to 10.0.0.7 refused");
                Err(PortError::Unavailable(Box::new(cause)))
            });
            ports.sessions = Arc::new(sessions);
        },
    );
    let client = server.client();
    let body = r#"{"email": "ada@example.org", "password": "correct horse"}"#;
    client.json("POST", "/v1/auth/register", body).await;
    let answer = client.with("x-request-id", "failure-1").json("POST", "/v1/auth/login", body).await;
    assert_eq!(answer.problem(), (503, "unavailable".into()));
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert!(!answer.text().contains("10.0.0.7"));
    let lines = log.about("failure-1");
    let failures: Vec<&Value> = lines.iter().filter(|line| line["level"] == "ERROR").collect();
    assert_eq!((lines.len(), failures.len()), (2, 1));
    assert_eq!(failures[0]["fields"]["error"], "the store is out of reach: connection to 10.0.0.7 refused");
}

/// A name, what the store answers, and how many of 80 failures have a line.
type Failing = (&'static str, fn() -> PortError, Range<usize>);

#[actix_web::test]
async fn an_outage_fills_no_log_and_a_load_of_clients_is_no_failure() {
    let log = LOG.clone();
    let failures: [Failing; 3] = [
        ("outage", || PortError::Unavailable("out of reach".into()), 60..75),
        ("load", || PortError::Unavailable(Overloaded("no room").into()), 0..1),
        ("race", || PortError::Contended("a deadlock".into()), 0..1),
    ];
    for (name, error, lines) in failures {
        let server = Server::with_all(
            |_| {},
            |_| {},
            |ports| {
                let mut sessions = MockSessionStore::new();
                sessions.expect_create().returning(|_| Ok(()));
                sessions.expect_list().returning(|_, _| Ok(Vec::new()));
                sessions.expect_find().returning(move |_, _| Err(error()));
                ports.sessions = Arc::new(sessions);
            },
        );
        let client = server.client();
        let body = r#"{"email": "ada@example.org", "password": "correct horse"}"#;
        client.json("POST", "/v1/auth/register", body).await;
        let login = client.json("POST", "/v1/auth/login", body).await.value();
        let refresh = json!({"refresh_token": login["refresh_token"]}).to_string();
        for number in 0..80 {
            let client = client.with("x-request-id", &format!("{name}-{number}"));
            assert_eq!(client.json("POST", "/v1/auth/refresh", &refresh).await.status, 503);
        }
        let written: Vec<Value> = (0..80).flat_map(|number| log.about(&format!("{name}-{number}"))).collect();
        let level = |level: &str| written.iter().filter(|line| line["level"] == level).count();
        assert_eq!(level("INFO"), 80, "each request has its line");
        assert!(lines.contains(&level("ERROR")), "{name}: {}", level("ERROR"));
        assert_eq!(level("WARN"), 0);
    }
}

#[actix_web::test]
async fn what_can_not_be_read_leaves_one_line_that_is_no_failure() {
    use tokio::io::AsyncWriteExt as _;
    let log = LOG.clone();
    let server = Server::start();
    let fields = "x: y\r\n".repeat(100);
    for (request, status) in [
        ("nonsense\r\n\r\n".to_owned(), 400),
        (format!("GET / HTTP/1.1\r\nHost: x\r\n{fields}\r\n"), 431),
        ("GET /v1/files?q=secret-é HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(), 400),
    ] {
        let mut stream = server.client().connect().await;
        stream.write_all(request.as_bytes()).await.unwrap();
        let answer = common::client::Answer::parse(&common::client::receive(&mut stream).await);
        assert_eq!(answer.status, status);
        let [line] = log.about(answer.header("x-request-id").unwrap()).try_into().unwrap();
        assert_eq!((&line["level"], &line["fields"]["http.status"]), (&"INFO".into(), &status.into()));
        assert_eq!(line["fields"]["client.address"], "127.0.0.1");
    }
    for line in log.text().lines().filter(|line| line.contains("actix")) {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_ne!(line["level"], "ERROR", "{line}");
    }
}

#[actix_web::test]
async fn no_secret_reaches_the_log() {
    let log = LOG.clone();
    let server = Server::start();
    let client = server.client();
    let body = r#"{"email": "eve@example.org", "password": "hunter2hunter2"}"#;
    client.json("POST", "/v1/auth/register", body).await;
    let login = client.json("POST", "/v1/auth/login", body).await.value();
    let (access, refresh) =
        (login["access_token"].as_str().unwrap(), login["refresh_token"].as_str().unwrap());
    let eve = client.with_token(access);
    let cookie =
        client.with("Cookie", &format!("__Host-access_token={access}; __Secure-refresh_token={refresh}"));
    cookie.get("/v1/auth/me").await;
    cookie.send("POST", "/v1/auth/refresh", b"").await;
    let file = eve.send("POST", "/v1/files?name=a.txt", b"hello").await.value();
    let url = file["download"]["url"].as_str().unwrap();
    let path = url.strip_prefix(&format!("http://{}", server.address)).unwrap();
    let token = path.split_once("token=").unwrap().1;
    client.get(path).await;
    client.get(&format!("{path}x")).await;
    client.with_token(&format!("{access}x")).get("/v1/auth/me").await;
    client.json("POST", "/v1/auth/refresh", &format!(r#"{{"refresh_token": "{refresh}x"}}"#)).await;
    let written = log.text();
    let signature = |token: &str| token.rsplit('.').next().unwrap().to_owned();
    for secret in
        ["hunter2", access, refresh, token, &signature(access), &signature(refresh), &signature(token)]
    {
        assert!(!written.contains(secret), "{secret} was logged");
    }
    assert!(written.contains("/v1/blobs/{id}"));
}
