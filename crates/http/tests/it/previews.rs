//! Previews: linked in every answer with files, and made when they are asked for.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::time::{Duration, Instant};

use fm_application::jobs::Ran;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::common::client::Answer;
use crate::common::{ATTEMPTS, Client, PNG, Server};

async fn upload(client: &Client, name: &str, body: &[u8]) -> Value {
    let answer = client.send("POST", &format!("/v1/files?name={name}"), body).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.value()
}

fn path(file: &Value, size: &str) -> String {
    format!("/v1/files/{}/previews/{size}", file["id"].as_str().unwrap())
}

async fn run_all(server: &Server) {
    while let Ran::Job(_) = server.use_cases.jobs.run_next.run_any().await.unwrap() {}
}

fn is_not_ready(answer: &Answer) {
    assert_eq!(answer.problem(), (404, "preview_not_ready".into()));
    assert_eq!(answer.header("retry-after"), Some("1"));
}

#[actix_web::test]
async fn a_preview_is_made_when_it_is_asked_for_and_then_linked() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    let file = upload(&ada, "a.png", PNG).await;
    for size in ["small", "medium"] {
        let first = ada.get(&path(&file, size)).await;
        is_not_ready(&first);
        assert_eq!(first.header("preference-applied"), None);
        run_all(&server).await;
        let linked = ada.get(&path(&file, size)).await;
        assert_eq!((linked.status, linked.header("cache-control")), (302, Some("private, max-age=300")));
        assert_eq!(
            linked.header("vary"),
            Some("Authorization, Cookie"),
            "another user of a browser asks anew"
        );
        let url = linked.header("location").unwrap();
        let origin = format!("http://{}", server.address);
        let shown = server.client().get(url.strip_prefix(&origin).unwrap()).await;
        assert_eq!((shown.status, shown.header("content-type")), (200, Some("image/png")));
        assert_eq!(shown.body, PNG);
    }
}

#[actix_web::test]
async fn files_link_to_their_previews_unless_they_are_no_pictures() {
    let server = Server::with(|settings| settings.public_url.push_str("/base"));
    let ada = server.user("ada@example.org").await;
    let (picture, text) = (upload(&ada, "a.png", PNG).await, upload(&ada, "a.txt", b"hello").await);
    assert_eq!((&text["previews"], &text["placeholder"]), (&Value::Null, &Value::Null));
    let link = |size: &str| json!({"url": format!("/base{}?v=1", path(&picture, size))});
    let expected = json!({"small": link("small"), "medium": link("medium")});
    assert_eq!((&picture["previews"], &picture["placeholder"]), (&expected, &Value::Null));
    for list in ["/v1/files", "/v1/folders/root/children"] {
        let items = ada.get(list).await.value()["items"].clone();
        let listed = items.as_array().unwrap().iter().find(|item| item["id"] == picture["id"]).unwrap();
        assert_eq!(listed["previews"], expected, "{list}");
    }
    let content = format!("/v1/files/{}/content", picture["id"].as_str().unwrap());
    let replaced = ada.send("PUT", &content, &[PNG, b"more"].concat()).await.value();
    assert_eq!(replaced["previews"]["small"]["url"], format!("/base{}?v=2", path(&picture, "small")));
}

#[actix_web::test]
async fn there_is_no_preview_of_what_is_no_picture_unknown_or_of_another_user() {
    let server = Server::start();
    let (ada, bob) = (server.user("ada@example.org").await, server.user("bob@example.org").await);
    let (picture, text) = (upload(&ada, "a.png", PNG).await, upload(&ada, "a.txt", b"hello").await);
    assert_eq!(ada.get(&path(&text, "small")).await.problem(), (404, "no_preview".into()));
    for size in ["large", "Small", "256"] {
        assert_eq!(ada.get(&path(&picture, size)).await.problem(), (404, "not_found".into()), "{size}");
    }
    assert_eq!(bob.get(&path(&picture, "small")).await.problem(), (404, "not_found".into()));
    let anonymous = server.client().get(&path(&picture, "large")).await;
    assert_eq!(anonymous.problem(), (401, "unauthenticated".into()));
    let unknown = json!({"id": "0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a10"});
    for unknown in [unknown, json!({"id": "none"})] {
        assert_eq!(ada.get(&path(&unknown, "small")).await.problem(), (404, "not_found".into()));
    }
}

#[actix_web::test]
async fn a_request_that_prefers_to_wait_is_answered_once_the_preview_is_there() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    let file = upload(&ada, "a.png", PNG).await;
    let waiting = ada.with("Prefer", "wait=10");
    let path = path(&file, "small");
    let (linked, ()) = tokio::join!(waiting.get(&path), async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        run_all(&server).await;
    });
    assert_eq!((linked.status, linked.header("preference-applied")), (302, Some("wait")));
    assert_eq!(ada.get(&path).await.header("preference-applied"), None);
}

#[actix_web::test]
async fn it_waits_no_longer_than_it_prefers() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    let file = upload(&ada, "a.png", PNG).await;
    let begun = Instant::now();
    let waited = ada.with("Prefer", "wait=1").get(&path(&file, "small")).await;
    is_not_ready(&waited);
    assert_eq!(waited.header("preference-applied"), Some("wait"));
    assert!(begun.elapsed() >= Duration::from_secs(1), "{:?}", begun.elapsed());
    for preference in ["wait=0", "wait=soon", "return=minimal"] {
        let answer = ada.with("Prefer", preference).get(&path(&file, "small")).await;
        is_not_ready(&answer);
        assert_eq!(answer.header("preference-applied"), None, "{preference}");
    }
}

/// A connection on which a preview was asked for.
async fn asked(client: &Client, path: &str) -> TcpStream {
    let mut stream = client.connect().await;
    stream.write_all(client.head_of("GET", path, "").as_bytes()).await.unwrap();
    stream
}

/// Has more requests wait than a user may have, lets their clients go, and waits until there is room again; how long all of that
/// took.
async fn fill_and_leave(ada: &Client, path: &str) -> Duration {
    let waiting = ada.with("Prefer", "wait=10");
    let was_held = async || {
        let answer = ada.with("Prefer", "wait=1").get(path).await;
        is_not_ready(&answer);
        answer.header("preference-applied").is_some()
    };
    let begun = Instant::now();
    let mut held = Vec::new();
    for _ in 0..8 {
        held.push(asked(&waiting, path).await);
    }
    // One that came before them has taken the place of one of them.
    while was_held().await {
        assert!(held.len() < 16, "there is no share");
        held.push(asked(&waiting, path).await);
    }
    drop(held);
    while !was_held().await {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    begun.elapsed()
}

#[actix_web::test]
async fn a_user_has_a_share_of_the_requests_that_wait_and_clients_that_go_free_it() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    let file = upload(&ada, "a.png", PNG).await;
    let path = path(&file, "small");
    let mut shortest = Duration::MAX;
    for _ in 0..ATTEMPTS {
        shortest = shortest.min(fill_and_leave(&ada, &path).await);
        if shortest < Duration::from_secs(9) {
            break;
        }
    }
    assert!(shortest < Duration::from_secs(9), "they would have gone by themselves: {shortest:?}");
}
