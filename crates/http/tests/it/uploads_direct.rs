//! Direct uploads, whose parts are sent to ourselves because the store is ours.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::time::Duration;

use fm_domain::body::ByteSize;
use fm_http::CorsOrigins;
use serde_json::{Value, json};

use crate::common::client::Answer;
use crate::common::{Client, MAX_RESUMABLE, Server, UPLOAD_TTL};

/// What a part has, but for the last.
const PART: usize = 8 << 20;

async fn create(client: &Client, size: usize) -> Value {
    let body = json!({"name": "a.bin", "size": size}).to_string();
    let answer = client.json("POST", "/v1/direct-uploads", &body).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.value()
}

/// The path of a part's URL.
fn part(upload: &Value, index: usize) -> String {
    let url = upload["parts"][index]["url"].as_str().unwrap();
    format!("/v1{}", url.split_once("/v1").unwrap().1)
}

/// Sends a part, without any credentials; its tag.
async fn send(server: &Server, upload: &Value, index: usize, bytes: &[u8]) -> String {
    let answer = server.client().send("PUT", &part(upload, index), bytes).await;
    assert_eq!((answer.status, answer.body.len()), (200, 0), "{}", answer.text());
    answer.header("etag").unwrap().to_owned()
}

fn path(upload: &Value) -> String {
    format!("/v1/direct-uploads/{}", upload["id"].as_str().unwrap())
}

async fn complete(client: &Client, upload: &Value, tags: &[(u32, &str)]) -> Answer {
    let parts: Vec<Value> =
        tags.iter().map(|(number, etag)| json!({"number": number, "etag": etag})).collect();
    client.json("POST", &format!("{}/complete", path(upload)), &json!({"parts": parts}).to_string()).await
}

fn refused(answer: &Answer) {
    assert_eq!(answer.problem(), (403, "forbidden".into()));
}

#[actix_web::test]
async fn parts_in_any_order_become_a_file() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    let bytes: Vec<u8> = (0..=250).cycle().take(2 * PART + 5).collect();
    let upload = create(&ada, bytes.len()).await;
    assert_eq!(upload["expires_at"], "2027-01-16T08:00:00.000000Z");
    let parts = upload["parts"].as_array().unwrap();
    let sizes: Vec<(u64, u64, u64)> = parts
        .iter()
        .map(|part| ["number", "offset", "size"].map(|name| part[name].as_u64().unwrap()))
        .map(|[number, offset, size]| (number, offset, size))
        .collect();
    let size = PART as u64;
    assert_eq!(sizes, [(1, 0, size), (2, size, size), (3, 2 * size, 5)]);
    assert!(parts.iter().all(|part| part["method"] == "PUT" && part["headers"] == json!({})));

    let third = send(&server, &upload, 2, &bytes[2 * PART..]).await;
    let wrong = send(&server, &upload, 0, &vec![0; PART]).await;
    let second = send(&server, &upload, 1, &bytes[PART..2 * PART]).await;
    let first = send(&server, &upload, 0, &bytes[..PART]).await;
    assert_ne!(first, wrong);
    // In any order, with the quotes or without.
    let tags = [(3, third.trim_matches('"')), (1, &first), (2, &second)];
    let answer = complete(&ada, &upload, &tags).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let file = answer.value();
    assert_eq!(answer.header("location").unwrap(), format!("/v1/files/{}", file["id"].as_str().unwrap()));
    assert!(answer.header("etag").is_some());
    assert_eq!((&file["name"], &file["size"]), (&"a.bin".into(), &bytes.len().into()));
    assert_eq!(file["sha256"], Value::Null);
    let url = file["download"]["url"].as_str().unwrap();
    let content = server.client().get(&format!("/v1{}", url.split_once("/v1").unwrap().1)).await;
    assert!(content.body == bytes, "other bytes came back");

    let again = complete(&ada, &upload, &tags).await;
    assert_eq!((again.status, &again.value()["id"]), (200, &file["id"]));
    refused(&server.client().send("PUT", &part(&upload, 2), &bytes[2 * PART..]).await);
    let cancelled = ada.send("DELETE", &path(&upload), b"").await;
    assert_eq!(cancelled.status, 204);
    assert_eq!(ada.get(answer.header("location").unwrap()).await.status, 200);
}

#[actix_web::test]
async fn what_has_no_bytes_has_no_parts() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    let upload = create(&ada, 0).await;
    assert_eq!(upload["parts"], json!([]));
    let answer = complete(&ada, &upload, &[]).await;
    assert_eq!((answer.status, &answer.value()["size"]), (201, &0.into()));
}

#[actix_web::test]
async fn what_has_no_bytes_is_known_at_once_and_frees_its_key_when_it_goes() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await.with("Idempotency-Key", "k-0");
    let nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let wrong = json!({"name": "a.bin", "size": 0, "sha256": "0".repeat(64)}).to_string();
    let answer = ada.json("POST", "/v1/direct-uploads", &wrong).await;
    assert_eq!(answer.status, 422, "{}", answer.text());
    let upload = create(&ada, 0).await;
    let file = complete(&ada, &upload, &[]).await.value();
    assert_eq!(file["sha256"], nothing);
    let removed = ada.send("DELETE", &format!("/v1/files/{}", file["id"].as_str().unwrap()), b"").await;
    assert_eq!(removed.status, 204);
    assert_ne!(create(&ada, 0).await["id"], upload["id"]);
}

#[actix_web::test]
async fn parts_that_were_not_sent_end_the_upload() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    let other = "0".repeat(64);
    for case in 0..4 {
        let upload = create(&ada, 5).await;
        let tag = send(&server, &upload, 0, b"hello").await;
        let tags: &[(u32, &str)] = match case {
            0 => &[(1, &other)],
            1 => &[],
            2 => &[(2, &tag)],
            _ => &[(1, &tag), (1, &tag)],
        };
        assert_eq!(complete(&ada, &upload, tags).await.pointers(), ["/parts"], "{case}");
        assert_eq!(complete(&ada, &upload, &[(1, &tag)]).await.problem(), (404, "not_found".into()));
        refused(&server.client().send("PUT", &part(&upload, 0), b"hello").await);
    }
    let upload = create(&ada, 5).await;
    assert_eq!(complete(&ada, &upload, &[(1, &other)]).await.pointers(), ["/parts"]);
}

#[actix_web::test]
async fn a_part_has_exactly_the_length_that_was_signed() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    let upload = create(&ada, 5).await;
    let (client, url) = (server.client(), part(&upload, 0));
    let short = client.send("PUT", &url, b"hell").await;
    assert_eq!(short.problem(), (400, "malformed_request".into()));
    let long = client.send("PUT", &url, b"hello!").await;
    assert_eq!(long.problem(), (413, "payload_too_large".into()));
    assert_eq!(client.chunked("PUT", &url, &[b"hell"]).await.problem(), (400, "malformed_request".into()));
    assert_eq!(
        client.chunked("PUT", &url, &[b"hel", b"lo!"]).await.problem(),
        (413, "payload_too_large".into())
    );
    let coded = client.with("Content-Encoding", "gzip").send("PUT", &url, b"hello").await;
    assert_eq!(coded.problem(), (415, "unsupported_media_type".into()));
    let tag = client.chunked("PUT", &url, &[b"hel", b"lo"]).await.header("etag").unwrap().to_owned();
    assert_eq!(tag, "\"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\"");
    assert_eq!(complete(&ada, &upload, &[(1, &tag)]).await.status, 201);
}

#[actix_web::test]
async fn a_url_that_was_tampered_with_is_good_for_nothing() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    let upload = create(&ada, 5).await;
    let other = create(&ada, 5).await;
    let url = part(&upload, 0);
    let (path, token) = url.split_once("?token=").unwrap();
    let elsewhere = part(&other, 0).split_once('?').unwrap().0.to_owned();
    let mut forged = token.to_owned();
    let last = if forged.pop() == Some('A') { 'B' } else { 'A' };
    forged.insert(0, last);
    for bad in [
        path.to_owned(),
        format!("{path}?token="),
        format!("{path}?token={forged}"),
        format!("{elsewhere}?token={token}"),
        format!("{}2?token={token}", path.strip_suffix('1').unwrap()),
        format!("{}x?token={token}", path.strip_suffix('1').unwrap()),
        format!("/v1/direct-uploads/x/parts/1?token={token}"),
    ] {
        // No credentials help, not even the owner's.
        refused(&ada.send("PUT", &bad, b"hello").await);
        refused(&server.client().send("PUT", &bad, b"hello").await);
    }
    let strangers = server.client().with_token("nonsense").with("Cookie", "__Host-access_token=nonsense");
    assert_eq!(strangers.send("PUT", &url, b"hello").await.status, 200);
    server.clock.advance(UPLOAD_TTL + Duration::from_secs(1));
    refused(&server.client().send("PUT", &url, b"hello").await);
}

#[actix_web::test]
async fn an_upload_that_is_not_finished_in_time_has_expired() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    let upload = create(&ada, 5).await;
    let tag = send(&server, &upload, 0, b"hello").await;
    server.clock.advance(UPLOAD_TTL + Duration::from_secs(1));
    let ada = server.login("ada@example.org").await;
    assert_eq!(complete(&ada, &upload, &[(1, &tag)]).await.problem(), (410, "upload_expired".into()));
    assert_eq!(ada.send("DELETE", &path(&upload), b"").await.problem(), (410, "upload_expired".into()));
}

#[actix_web::test]
async fn a_creation_that_can_not_be_is_refused() {
    let server = Server::with_both(|_| {}, |settings| settings.quota = Some(ByteSize::new(1000)));
    let ada = server.user("ada@example.org").await;
    let post = |body: Value| {
        let client = ada.clone();
        async move { client.json("POST", "/v1/direct-uploads", &body.to_string()).await }
    };
    assert_eq!(post(json!({})).await.pointers(), ["/name", "/size"]);
    let bad = json!({"name": "a/b", "size": -1, "content_type": "x", "sha256": "00", "colour": 1});
    assert_eq!(post(bad).await.pointers(), ["/name", "/size", "/content_type", "/sha256", "/colour"]);
    assert_eq!(post(json!({"name": "a", "size": 1.5})).await.pointers(), ["/size"]);
    let large = post(json!({"name": "a", "size": MAX_RESUMABLE + 1})).await;
    assert_eq!(large.problem(), (413, "payload_too_large".into()));
    let over = post(json!({"name": "a", "size": 1001})).await;
    assert_eq!(over.problem(), (413, "quota_exceeded".into()));
    assert_eq!(
        ada.json("POST", "/v1/direct-uploads", "{").await.problem(),
        (400, "malformed_request".into())
    );
}

#[actix_web::test]
async fn a_completion_that_can_not_be_read_leaves_the_upload() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    let upload = create(&ada, 5).await;
    let tag = send(&server, &upload, 0, b"hello").await;
    let url = format!("{}/complete", path(&upload));
    for (body, pointers) in [
        (json!({}), vec!["/parts"]),
        (json!({"parts": {}}), vec!["/parts"]),
        (json!({"parts": [1, {"number": 0}]}), vec!["/parts/0", "/parts/1/number", "/parts/1/etag"]),
        (
            json!({"parts": [{"number": 1, "etag": "a\n", "a": 1}], "b": 1}),
            vec!["/parts/0/etag", "/parts/0/a", "/b"],
        ),
    ] {
        assert_eq!(ada.json("POST", &url, &body.to_string()).await.pointers(), pointers, "{body}");
    }
    // A thousand parts are more than other JSON may have.
    let many: Vec<Value> =
        (1..=1000).map(|number| json!({"number": number, "etag": "0".repeat(64)})).collect();
    let body = json!({"parts": many}).to_string();
    assert!(body.len() > 65_536);
    let other = create(&ada, 5).await;
    assert_eq!(ada.json("POST", &format!("{}/complete", path(&other)), &body).await.pointers(), ["/parts"]);
    let larger = " ".repeat(262_145);
    assert_eq!(ada.json("POST", &url, &larger).await.problem(), (413, "payload_too_large".into()));
    assert_eq!(complete(&ada, &upload, &[(1, &tag)]).await.status, 201);
}

#[actix_web::test]
async fn a_repetition_with_the_same_key_gets_the_same_upload() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await.with("Idempotency-Key", "k-1");
    let first = create(&ada, 5).await;
    let again = ada.json("POST", "/v1/direct-uploads", r#"{"name": "a.bin", "size": 5}"#).await;
    assert_eq!((again.status, again.value()), (200, first.clone()));
    let other = ada.json("POST", "/v1/direct-uploads", r#"{"name": "a.bin", "size": 6}"#).await;
    assert_eq!(other.problem(), (409, "conflict".into()));
}

#[actix_web::test]
async fn another_users_upload_does_not_exist() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    let bob = server.user("bob@example.org").await;
    let upload = create(&ada, 5).await;
    let tag = send(&server, &upload, 0, b"hello").await;
    let unknown = json!({"id": "0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a10"});
    for upload in [&upload, &unknown, &json!({"id": "x"})] {
        assert_eq!(complete(&bob, upload, &[(1, &tag)]).await.problem(), (404, "not_found".into()));
        assert_eq!(bob.send("DELETE", &path(upload), b"").await.problem(), (404, "not_found".into()));
    }
    // The two kinds of uploads are apart.
    let tus = ada.with("Tus-Resumable", "1.0.0");
    let resumable = format!("/v1/uploads/{}", upload["id"].as_str().unwrap());
    assert_eq!(tus.send("DELETE", &resumable, b"").await.problem(), (404, "not_found".into()));
    assert_eq!(complete(&ada, &upload, &[(1, &tag)]).await.status, 201);
}

#[actix_web::test]
async fn a_cancelled_upload_is_gone() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    let upload = create(&ada, 5).await;
    assert_eq!(ada.send("DELETE", &path(&upload), b"").await.status, 204);
    assert_eq!(ada.send("DELETE", &path(&upload), b"").await.problem(), (404, "not_found".into()));
    refused(&server.client().send("PUT", &part(&upload, 0), b"hello").await);
}

#[actix_web::test]
async fn a_browser_of_an_allowed_origin_can_send_parts() {
    let server =
        Server::with(|settings| settings.cors = CorsOrigins::List(vec!["https://app.example".into()]));
    let ada = server.user("ada@example.org").await;
    let upload = create(&ada, 5).await;
    let app = server.client().with("Origin", "https://app.example");
    let preflight =
        app.with("Access-Control-Request-Method", "PUT").send("OPTIONS", &part(&upload, 0), b"").await;
    assert_eq!(preflight.status, 204);
    assert!(preflight.header("access-control-allow-methods").unwrap().contains("PUT"));
    let sent = app.send("PUT", &part(&upload, 0), b"hello").await;
    assert_eq!(sent.header("access-control-allow-origin"), Some("https://app.example"));
    assert!(sent.header("access-control-expose-headers").unwrap().contains("ETag"));
}
