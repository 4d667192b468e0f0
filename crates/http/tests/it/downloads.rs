//! Signed URLs that we serve ourselves.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::time::Duration;

use serde_json::json;

use crate::common::client::Answer;
use crate::common::{ATTEMPTS, Client, Server};

const BYTES: &[u8] = b"0123456789";
const SHA256: &str = "sha-256=:hNiYd/DUBB77a/kaFvAkjy/Vc+avBcGflr7bn4gveII=:";

/// The path and query of a file's signed URL.
async fn link(server: &Server, name: &str, content_type: &str, bytes: &[u8]) -> String {
    let ada = server.user("ada@example.org").await;
    let answer =
        ada.with("Content-Type", content_type).send("POST", &format!("/v1/files?name={name}"), bytes).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    local(server, answer.value()["download"]["url"].as_str().unwrap())
}

fn local(server: &Server, url: &str) -> String {
    url.strip_prefix(&format!("http://{}", server.address)).unwrap().to_owned()
}

async fn range(client: &Client, path: &str, range: &str) -> Answer {
    client.with("Range", range).get(path).await
}

#[actix_web::test]
async fn a_signed_url_gives_the_bytes_and_says_all_of_them() {
    let server = Server::start();
    let path = link(&server, "caf%C3%A9.txt", "text/plain", BYTES).await;
    let client = server.client();
    let answer = client
        .with("Authorization", "Bearer nonsense")
        .with("Cookie", "__Host-access_token=x")
        .get(&path)
        .await;
    assert_eq!((answer.status, answer.body.as_slice()), (200, BYTES));
    let id = path.strip_prefix("/v1/blobs/").unwrap().split('?').next().unwrap();
    let expected = [
        ("content-length", "10"),
        ("content-type", "text/plain; charset=utf-8"),
        ("etag", &format!("\"{id}\"")),
        ("accept-ranges", "bytes"),
        ("content-disposition", "attachment; filename=\"caf_.txt\"; filename*=UTF-8''caf%C3%A9.txt"),
        ("repr-digest", SHA256),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "sandbox"),
    ];
    for (name, value) in expected {
        assert_eq!(answer.header(name), Some(value), "{name}");
    }
    let max_age: u64 =
        answer.header("cache-control").unwrap().strip_prefix("private, max-age=").unwrap().parse().unwrap();
    assert!((1800..=3600).contains(&max_age), "{max_age}");
    server.clock.advance(Duration::from_mins(1));
    let later = client.get(&path).await;
    assert_eq!(later.header("cache-control").unwrap(), format!("private, max-age={}", max_age - 60));
    let head = client.send("HEAD", &path, b"").await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.header("content-length"), Some("10"));
    assert_eq!(head.header("content-disposition"), answer.header("content-disposition"));
}

#[actix_web::test]
async fn a_pdf_loads_nothing_and_is_in_no_sandbox_and_what_only_claims_to_be_one_is() {
    for (bytes, content_type, policy) in [
        (&b"%PDF-1.7\n"[..], "application/pdf", "default-src 'none'; style-src 'unsafe-inline'"),
        (BYTES, "application/octet-stream", "sandbox"),
    ] {
        let server = Server::start();
        let path = link(&server, "a.pdf", "application/pdf", bytes).await;
        let answer = server.client().get(&path).await;
        assert_eq!(answer.header("content-type"), Some(content_type));
        assert_eq!(answer.header("content-security-policy"), Some(policy), "{content_type}");
    }
}

#[actix_web::test]
async fn ranges_are_answered_as_the_rfc_says() {
    let server = Server::start();
    let path = link(&server, "a.txt", "text/plain", BYTES).await;
    let client = server.client();
    let partial = [
        ("bytes=0-0", "bytes 0-0/10", "0"),
        ("bytes=0-9", "bytes 0-9/10", "0123456789"),
        ("bytes=5-100", "bytes 5-9/10", "56789"),
        ("bytes=9-", "bytes 9-9/10", "9"),
        ("bytes=-3", "bytes 7-9/10", "789"),
        ("bytes=-100", "bytes 0-9/10", "0123456789"),
    ];
    for (asked, told, bytes) in partial {
        let answer = range(&client, &path, asked).await;
        assert_eq!(
            (answer.status, answer.header("content-range"), answer.text().as_str()),
            (206, Some(told), bytes),
            "{asked}"
        );
        assert_eq!(answer.header("content-length").unwrap(), bytes.len().to_string());
        assert_eq!(answer.header("repr-digest"), Some(SHA256));
        let head = client.with("Range", asked).send("HEAD", &path, b"").await;
        assert_eq!(
            (head.status, head.header("content-range"), head.body.len()),
            (206, Some(told), 0),
            "{asked}"
        );
    }
    for asked in ["bytes=10-", "bytes=10-20", "bytes=-0", "bytes=99999999999999999999-"] {
        let answer = range(&client, &path, asked).await;
        assert_eq!(answer.problem(), (416, "range_not_satisfiable".into()), "{asked}");
        assert_eq!(answer.header("content-range"), Some("bytes */10"));
    }
    for asked in ["bytes=5-4", "bytes=a-b", "lines=0-1", "bytes=0-1,3-4", "bytes"] {
        assert_eq!(range(&client, &path, asked).await.status, 200, "{asked}");
    }
}

#[actix_web::test]
async fn an_empty_file_has_no_ranges() {
    let server = Server::start();
    let path = link(&server, "a.txt", "text/plain", b"").await;
    assert_eq!(server.client().get(&path).await.header("content-length"), Some("0"));
    let answer = range(&server.client(), &path, "bytes=0-").await;
    assert_eq!((answer.status, answer.header("content-range")), (416, Some("bytes */0")));
}

#[actix_web::test]
async fn conditions_are_honoured() {
    let server = Server::start();
    let path = link(&server, "a.txt", "text/plain", BYTES).await;
    let client = server.client();
    let tag = client.get(&path).await.header("etag").unwrap().to_owned();
    for condition in [tag.clone(), format!("W/{tag}"), "*".to_owned()] {
        let answer = client.with("If-None-Match", &condition).get(&path).await;
        assert_eq!(
            (answer.status, answer.body.len(), answer.header("etag")),
            (304, 0, Some(tag.as_str())),
            "{condition}"
        );
        assert!(answer.header("cache-control").is_some());
    }
    let asked = client.with("Range", "bytes=0-1");
    for (condition, status) in [
        (tag.clone(), 206),
        (format!("W/{tag}"), 200),
        ("\"x\"".into(), 200),
        ("Thu, 01 Jan 2026 00:00:00 GMT".into(), 200),
    ] {
        assert_eq!(asked.with("If-Range", &condition).get(&path).await.status, status, "{condition}");
    }
}

#[actix_web::test]
async fn what_was_tampered_with_or_has_expired_is_forbidden() {
    let server = Server::start();
    let path = link(&server, "a.txt", "text/plain", BYTES).await;
    let client = server.client();
    let (bare, token) = path.split_once("?token=").unwrap();
    let other = "/v1/blobs/0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a10";
    for bad in [
        bare.to_owned(),
        format!("{bare}?token="),
        format!("{path}x"),
        format!("{other}?token={token}"),
        format!("/v1/blobs/x?token={token}"),
    ] {
        assert_eq!(client.get(&bad).await.problem(), (403, "forbidden".into()), "{bad}");
    }
    server.clock.advance(Duration::from_hours(2));
    assert_eq!(client.get(&path).await.problem(), (403, "forbidden".into()));
}

#[actix_web::test]
async fn messages_and_bodies_of_several_parts_are_kept_as_claimed_and_always_saved() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    for claimed in [
        "multipart/x-mixed-replace",
        "Multipart/Related",
        "multipart/mixed",
        "message/rfc822",
        "message/external-body",
    ] {
        let body =
            json!({"name": "a", "size": 4, "content_type": format!("{claimed}; boundary=x")}).to_string();
        let upload = ada.json("POST", "/v1/direct-uploads", &body).await.value();
        let part = upload["parts"][0]["url"].as_str().unwrap();
        let sent = server.client().send("PUT", &local(&server, part), b"text").await;
        let tag = sent.header("etag").unwrap();
        let path = format!("/v1/direct-uploads/{}/complete", upload["id"].as_str().unwrap());
        let file = ada.json("POST", &path, &json!({"parts": [{"number": 1, "etag": tag}]}).to_string()).await;
        assert_eq!(file.value()["content_type"], claimed.to_ascii_lowercase(), "{}", file.text());
        let id = file.value()["id"].as_str().unwrap().to_owned();
        let inline = ada.get(&format!("/v1/files/{id}/content?disposition=inline")).await;
        let answer = server.client().get(&local(&server, inline.header("location").unwrap())).await;
        assert_eq!(answer.header("content-type"), Some("application/octet-stream"), "{claimed}");
        assert!(answer.header("content-disposition").unwrap().starts_with("attachment;"), "{claimed}");
    }
}

#[actix_web::test]
async fn what_a_browser_would_run_is_always_saved() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    let html = ada.with("Content-Type", "text/html").send("POST", "/v1/files?name=a.html", b"<script>").await;
    let id = html.value()["id"].as_str().unwrap().to_owned();
    let inline = ada.get(&format!("/v1/files/{id}/content?disposition=inline")).await;
    let answer = server.client().get(&local(&server, inline.header("location").unwrap())).await;
    assert_eq!(answer.header("content-type"), Some("application/octet-stream"));
    assert!(answer.header("content-disposition").unwrap().starts_with("attachment;"));
    let text = ada.with("Content-Type", "text/plain").send("POST", "/v1/files?name=a.txt", b"a").await;
    let id = text.value()["id"].as_str().unwrap().to_owned();
    let inline = ada.get(&format!("/v1/files/{id}/content?disposition=inline")).await;
    let answer = server.client().get(&local(&server, inline.header("location").unwrap())).await;
    assert!(answer.header("content-disposition").unwrap().starts_with("inline;"));
}

#[actix_web::test]
async fn head_and_body_arrive_without_a_stall() {
    let server = Server::start();
    let path = link(&server, "a.txt", "text/plain", &[7; 4096]).await;
    let client = server.client();
    // A stall of 40 ms is there in every download; a busy machine is so for a while.
    let mut shortest = Duration::MAX;
    for _ in 0..ATTEMPTS * 3 {
        let begun = std::time::Instant::now();
        for _ in 0..20 {
            assert_eq!(client.get(&path).await.body.len(), 4096);
        }
        shortest = shortest.min(begun.elapsed());
        if shortest < Duration::from_millis(600) {
            break;
        }
    }
    assert!(shortest < Duration::from_millis(600), "{shortest:?} for 20 downloads");
}
