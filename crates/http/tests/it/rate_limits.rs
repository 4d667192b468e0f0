//! Rate limits: what each request counts as, what answers tell of it, and who is not touched.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use fm_domain::error::{PortError, PortResult};
use fm_domain::limits::{LimitKey, LimitedAction, RateDecision, RateLimiter, RatePolicies, RatePolicy};
use fm_http::TrustedProxies;
use serde_json::json;

use crate::common::client::Answer;
use crate::common::{Client, Server};

/// Policies with `limit` units a minute for one action.
fn policies(action: LimitedAction, limit: u64) -> RatePolicies {
    let policy = RatePolicy { limit: NonZeroU64::new(limit).unwrap(), window: Duration::from_mins(1) };
    RatePolicies::from_iter([(action, policy)])
}

/// A server that limits one action, behind a proxy that is this machine.
fn limited(action: LimitedAction, limit: u64) -> Server {
    Server::with_both(
        |http| http.trusted_proxies = TrustedProxies::new(vec!["127.0.0.1/32".parse().unwrap()]),
        |settings| settings.rate_policies = policies(action, limit),
    )
}

fn from(server: &Server, address: &str) -> Client {
    server.client().with("X-Forwarded-For", address)
}

/// The client with these fields too.
fn all(client: &Client, fields: &[(&str, &str)]) -> Client {
    fields.iter().fold(client.clone(), |client, (name, value)| client.with(name, value))
}

async fn log_in(client: &Client, email: &str, password: &str) -> Answer {
    let body = json!({"email": email, "password": password}).to_string();
    client.json("POST", "/v1/auth/login", &body).await
}

/// Checks that an answer is 429 of this limit, and says when to ask again.
fn assert_limited(answer: &Answer, name: &str, seconds: u64) {
    assert_eq!(answer.problem(), (429, "rate_limited".into()), "{}", answer.text());
    assert_eq!(answer.header("retry-after"), Some(seconds.to_string().as_str()), "{name}");
    let state = answer.header("ratelimit").unwrap();
    assert!(state.contains(&format!("\"{name}\";r=0;t=")), "{name}: {state}");
}

#[actix_web::test]
async fn logins_to_one_account_are_limited_by_address() {
    let server = limited(LimitedAction::LoginsToAccount, 2);
    let user = from(&server, "192.0.2.1");
    server.user("ada@example.org").await;
    for left in [1, 0] {
        let answer = log_in(&user, "ada@example.org", "wrong horse").await;
        assert_eq!(answer.status, 401);
        assert_eq!(answer.header("ratelimit-policy"), Some("\"logins-to-account\";q=2;w=60"));
        assert_eq!(
            answer.header("ratelimit").unwrap(),
            format!("\"logins-to-account\";r={left};t={}", 30 * (2 - left))
        );
    }
    for spelling in ["ada@example.org", " ADA@Example.org", "ada@EXAMPLE.ORG"] {
        let refused = log_in(&user, spelling, "correct horse").await;
        assert_limited(&refused, "logins-to-account", 30);
        assert!(refused.text().contains("2 logins in 60 seconds"), "{}", refused.text());
    }
    assert_eq!(log_in(&from(&server, "192.0.2.2"), "ada@example.org", "correct horse").await.status, 200);
    assert_eq!(log_in(&user, "bob@example.org", "correct horse").await.status, 401, "another account");
    server.clock.advance(Duration::from_secs(30));
    assert_eq!(log_in(&user, "ada@example.org", "correct horse").await.status, 200);
}

#[actix_web::test]
async fn an_unknown_account_is_limited_like_a_known_one() {
    let server = limited(LimitedAction::LoginsToAccount, 1);
    let client = from(&server, "192.0.2.1");
    assert_eq!(log_in(&client, "new@example.org", "correct horse").await.status, 401);
    assert_limited(&log_in(&client, "new@example.org", "correct horse").await, "logins-to-account", 60);
}

#[actix_web::test]
async fn logins_to_many_accounts_are_limited_by_address() {
    let server = limited(LimitedAction::LoginsFromAddress, 3);
    let client = from(&server, "192.0.2.1");
    for account in ["a@example.org", "b@example.org", "no address"] {
        assert_eq!(log_in(&client, account, "correct horse").await.status, 401, "{account}");
    }
    assert_limited(&log_in(&client, "c@example.org", "correct horse").await, "logins-from-address", 20);
    let other = from(&server, "192.0.2.2");
    assert_eq!(log_in(&other, "c@example.org", "correct horse").await.status, 401);
}

#[actix_web::test]
async fn the_word_of_a_client_on_its_address_is_not_taken() {
    let server = Server::with_both(
        |_| {},
        |settings| {
            settings.rate_policies = policies(LimitedAction::LoginsFromAddress, 1);
        },
    );
    assert_eq!(log_in(&from(&server, "192.0.2.1"), "a@example.org", "correct horse").await.status, 401);
    let refused = log_in(&from(&server, "192.0.2.2"), "a@example.org", "correct horse").await;
    assert_limited(&refused, "logins-from-address", 60);
}

#[actix_web::test]
async fn an_ipv6_client_is_its_network() {
    let server = limited(LimitedAction::LoginsFromAddress, 1);
    for (address, status) in [("2001:db8::1", 401), ("2001:db8::2", 429), ("2001:db8:0:1::1", 401)] {
        let client = from(&server, address);
        assert_eq!(log_in(&client, "a@example.org", "correct horse").await.status, status, "{address}");
    }
}

#[actix_web::test]
async fn registrations_and_refreshes_are_limited_by_address() {
    for (action, path, body, status) in [
        (
            LimitedAction::Registrations,
            "/v1/auth/register",
            r#"{"email": "ada@example.org", "password": "correct horse"}"#,
            201,
        ),
        (LimitedAction::Refreshes, "/v1/auth/refresh", r#"{"refresh_token": "none"}"#, 401),
    ] {
        let server = limited(action, 1);
        let client = from(&server, "192.0.2.1");
        assert_eq!(client.json("POST", path, body).await.status, status);
        assert_limited(&client.json("POST", path, body).await, action.name(), 60);
    }
}

#[actix_web::test]
async fn requests_without_credentials_are_limited_by_address() {
    let server = limited(LimitedAction::AnonymousRequests, 4);
    let client = from(&server, "192.0.2.1");
    let forged = client.clone().with_token("a.b.c");
    assert_eq!(client.get("/v1/capabilities").await.status, 200);
    assert_eq!(client.get("/v1/blobs/1?token=x").await.status, 403);
    assert_eq!(client.get("/v1/files").await.status, 401);
    assert_eq!(forged.get("/v1/files").await.status, 401);
    for path in ["/v1/capabilities", "/v1/blobs/1?token=x", "/v1/files"] {
        assert_limited(&client.get(path).await, "anonymous-requests", 15);
    }
    assert_limited(&forged.get("/v1/auth/me").await, "anonymous-requests", 15);
    for path in ["/health/live", "/health/ready"] {
        let answer = client.get(path).await;
        assert_eq!((answer.status, answer.header("ratelimit")), (200, None), "{path}");
    }
    let ada = server.user("ada@example.org").await.with("X-Forwarded-For", "192.0.2.1");
    let answer = ada.get("/v1/auth/me").await;
    assert_eq!((answer.status, answer.header("ratelimit")), (200, None), "who is known counts as a user");
}

#[actix_web::test]
async fn requests_of_a_user_are_limited_wherever_they_come_from() {
    let server = limited(LimitedAction::UserRequests, 2);
    let (ada, bob) = (server.user("ada@example.org").await, server.user("bob@example.org").await);
    let elsewhere = server.login("ada@example.org").await.with("X-Forwarded-For", "192.0.2.9");
    assert_eq!(ada.get("/v1/auth/me").await.header("ratelimit"), Some("\"user-requests\";r=1;t=30"));
    assert_eq!(elsewhere.get("/v1/files").await.status, 200);
    for client in [&ada, &elsewhere] {
        assert_limited(&client.get("/v1/auth/me").await, "user-requests", 30);
    }
    assert_eq!(bob.get("/v1/auth/me").await.status, 200);
}

#[actix_web::test]
async fn uploads_are_limited_by_whatever_transport_they_come() {
    let server = limited(LimitedAction::Uploads, 4);
    let ada = server.user("ada@example.org").await;
    let first = ada.send("POST", "/v1/files?name=a.txt", b"text").await;
    assert_eq!(first.status, 201, "{}", first.text());
    let content = format!("/v1/files/{}/content", first.value()["id"].as_str().unwrap());
    assert_eq!(ada.send("PUT", &content, b"other").await.status, 200);
    let tus = [("Tus-Resumable", "1.0.0"), ("Upload-Length", "4"), ("Upload-Metadata", "filename YQ==")];
    assert_eq!(all(&ada, &tus).send("POST", "/v1/uploads", b"").await.status, 201);
    let direct = r#"{"name": "a.txt", "size": 4}"#;
    assert_eq!(ada.json("POST", "/v1/direct-uploads", direct).await.status, 201);

    assert_limited(&ada.send("POST", "/v1/files?name=a.txt", b"text").await, "uploads", 15);
    assert_limited(&ada.send("PUT", &content, b"text").await, "uploads", 15);
    assert_limited(&all(&ada, &tus).send("POST", "/v1/uploads", b"").await, "uploads", 15);
    assert_limited(&ada.json("POST", "/v1/direct-uploads", direct).await, "uploads", 15);
    assert_eq!(ada.get("/v1/files").await.status, 200, "other requests are not uploads");
    let items = ada.get("/v1/files").await.value()["items"].as_array().unwrap().len();
    assert_eq!(items, 1, "what was refused left nothing");
}

#[actix_web::test]
async fn bytes_are_counted_when_their_number_is_known() {
    let server = limited(LimitedAction::UploadBytes, 100);
    let ada = server.user("ada@example.org").await;
    let answer = ada.send("POST", "/v1/files?name=a.txt", &[b'a'; 40]).await;
    assert_eq!(answer.header("ratelimit-policy"), Some("\"upload-bytes\";q=100;qu=\"content-bytes\";w=60"));
    assert_eq!(answer.header("ratelimit"), Some("\"upload-bytes\";r=60;t=24"));
    let tus = [("Tus-Resumable", "1.0.0"), ("Upload-Length", "30"), ("Upload-Metadata", "filename YQ==")];
    let answer = all(&ada, &tus).send("POST", "/v1/uploads", b"").await;
    assert_eq!(answer.header("ratelimit"), Some("\"upload-bytes\";r=30;t=42"));
    let direct = r#"{"name": "a.txt", "size": 31}"#;
    let refused = ada.json("POST", "/v1/direct-uploads", direct).await;
    assert_eq!(refused.problem(), (429, "rate_limited".into()));
    assert_eq!(refused.header("retry-after"), Some("1"), "one byte is missing");
    let direct = r#"{"name": "a.txt", "size": 30}"#;
    let answer = ada.json("POST", "/v1/direct-uploads", direct).await;
    assert_eq!(answer.header("ratelimit"), Some("\"upload-bytes\";r=0;t=60"));
}

#[actix_web::test]
async fn a_length_that_is_told_later_is_counted_then() {
    let server = limited(LimitedAction::UploadBytes, 100);
    let ada = server.user("ada@example.org").await;
    let chunked = ada.chunked("POST", "/v1/files?name=a.txt", &[&[b'a'; 30], &[b'b'; 10]]).await;
    assert_eq!(chunked.status, 201, "{}", chunked.text());
    assert_eq!(chunked.header("ratelimit"), Some("\"upload-bytes\";r=60;t=24"));
    let deferred =
        [("Tus-Resumable", "1.0.0"), ("Upload-Defer-Length", "1"), ("Upload-Metadata", "filename YQ==")];
    let created = all(&ada, &deferred).send("POST", "/v1/uploads", b"").await;
    assert_eq!((created.status, created.header("ratelimit")), (201, None));
    let location = created.header("location").unwrap().to_owned();
    let piece = |length| {
        vec![
            ("Tus-Resumable", "1.0.0"),
            ("Content-Type", "application/offset+octet-stream"),
            ("Upload-Offset", "0"),
            ("Upload-Length", length),
        ]
    };
    assert_eq!(all(&ada, &piece("61")).send("PATCH", &location, b"text").await.status, 429);
    let appended = all(&ada, &piece("60")).send("PATCH", &location, b"text").await;
    assert_eq!((appended.status, appended.header("ratelimit")), (204, Some("\"upload-bytes\";r=0;t=60")));
}

#[actix_web::test]
async fn every_limit_of_a_request_is_told() {
    let policy =
        |limit| RatePolicy { limit: NonZeroU64::new(limit).unwrap(), window: Duration::from_mins(1) };
    let both = RatePolicies::from_iter([
        (LimitedAction::Uploads, policy(5)),
        (LimitedAction::UserRequests, policy(7)),
    ]);
    let server = Server::with_both(|_| {}, |settings| settings.rate_policies = both);
    let ada = server.user("ada@example.org").await;
    let answer = ada.send("POST", "/v1/files?name=a.txt", b"text").await;
    assert_eq!(answer.header("ratelimit-policy"), Some("\"user-requests\";q=7;w=60, \"uploads\";q=5;w=60"));
    assert_eq!(answer.header("ratelimit"), Some("\"user-requests\";r=6;t=9, \"uploads\";r=4;t=12"));
}

#[actix_web::test]
async fn without_policies_nothing_is_counted_or_told() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    for _ in 0..50 {
        let answer = ada.get("/v1/auth/me").await;
        assert_eq!(
            (answer.status, answer.header("ratelimit"), answer.header("ratelimit-policy")),
            (200, None, None)
        );
    }
}

/// A limiter that never answers.
struct Gone;

#[async_trait]
impl RateLimiter for Gone {
    async fn take(&self, _: &LimitKey, _: &RatePolicy, _: NonZeroU64) -> PortResult<RateDecision> {
        Err(PortError::Unavailable("gone".into()))
    }

    async fn spend(&self, _: &LimitKey, _: &RatePolicy, _: NonZeroU64) -> PortResult<RateDecision> {
        Err(PortError::Unavailable("gone".into()))
    }
}

#[actix_web::test]
async fn a_limiter_that_fails_refuses_requests_before_they_do_something() {
    let server = Server::with_all(
        |_| {},
        |settings| settings.rate_policies = policies(LimitedAction::Registrations, 1),
        |ports| ports.limits = Arc::new(Gone),
    );
    let body = r#"{"email": "ada@example.org", "password": "correct horse"}"#;
    let refused = server.client().json("POST", "/v1/auth/register", body).await;
    assert_eq!(refused.problem(), (503, "unavailable".into()));
    assert_eq!(refused.header("retry-after"), Some("1"));
}
