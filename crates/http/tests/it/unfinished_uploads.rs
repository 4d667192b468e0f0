//! How many uploads a user may have unfinished at one time.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::time::Duration;

use serde_json::json;

use crate::common::client::Answer;
use crate::common::tus::{append, begin, creation, tus, user};
use crate::common::{Client, Server, UPLOAD_TTL};

fn allowing(limit: u64) -> Server {
    Server::with_both(|_| {}, |settings| settings.max_unfinished_uploads = limit)
}

async fn create_direct(client: &Client) -> Answer {
    let body = json!({"name": "a.bin", "size": 5}).to_string();
    client.json("POST", "/v1/direct-uploads", &body).await
}

async fn create_resumable(client: &Client) -> Answer {
    creation(client, 5).send("POST", "/v1/uploads", b"").await
}

/// Both transports refuse one more upload.
async fn assert_full(client: &Client, limit: u64) {
    for refused in [create_resumable(client).await, create_direct(client).await] {
        assert_eq!(refused.problem(), (409, "conflict".into()));
        let detail = refused.value()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(&limit.to_string()) && detail.contains("unfinished uploads"), "{detail}");
        // An offset or a time would tell tus clients to go on.
        assert_eq!((refused.header("upload-offset"), refused.header("retry-after")), (None, None));
    }
}

#[actix_web::test]
async fn uploads_of_both_transports_count_together_and_free_their_places_when_they_end() {
    let server = allowing(2);
    let ada = user(&server).await;
    let resumable = begin(&ada, 5).await;
    let direct = create_direct(&ada).await;
    assert_eq!(direct.status, 201, "{}", direct.text());
    assert_full(&ada, 2).await;
    // Other users and uploads of one request have nothing to do with it.
    let bob = tus(&server.user("bob@example.org").await);
    assert_eq!(create_resumable(&bob).await.status, 201);
    assert_eq!(ada.send("POST", "/v1/files?name=a", b"hello").await.status, 201);

    let direct = format!("/v1/direct-uploads/{}", direct.value()["id"].as_str().unwrap());
    assert_eq!(ada.send("DELETE", &direct, b"").await.status, 204);
    let second = begin(&ada, 5).await;
    assert_full(&ada, 2).await;
    assert!(append(&ada, &resumable, 0, b"hello").await.header("x-file-id").is_some());
    assert_eq!(create_direct(&ada).await.status, 201);
    assert_full(&ada, 2).await;
    assert_eq!(ada.send("DELETE", &second, b"").await.status, 204);
    assert_eq!(create_resumable(&ada).await.status, 201);
    assert_full(&ada, 2).await;
}

#[actix_web::test]
async fn uploads_that_expired_free_their_places_once_they_are_swept() {
    let server = allowing(2);
    let ada = user(&server).await;
    begin(&ada, 5).await;
    begin(&ada, 5).await;
    server.clock.advance(UPLOAD_TTL + Duration::from_secs(1));
    let ada = tus(&server.login("ada@example.org").await);
    assert_full(&ada, 2).await;
    server.use_cases.jobs.sweep.run().await.unwrap();
    assert_eq!(create_resumable(&ada).await.status, 201);
    assert_eq!(create_direct(&ada).await.status, 201);
    assert_full(&ada, 2).await;
}

#[actix_web::test]
async fn creations_at_once_never_pass_the_limit() {
    let server = allowing(3);
    let ada = user(&server).await;
    let creations = (0..16).map(|number| {
        let ada = ada.clone();
        async move { if number % 2 == 0 { create_resumable(&ada).await } else { create_direct(&ada).await } }
    });
    let answers = futures_util::future::join_all(creations).await;
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 3, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 13, "{statuses:?}");
}

#[actix_web::test]
async fn a_repetition_finds_its_upload_where_there_is_no_place_for_another() {
    let server = allowing(1);
    let ada = user(&server).await;
    let create = || creation(&ada.with("Idempotency-Key", "key-1"), 5);
    let first = create().send("POST", "/v1/uploads", b"").await;
    assert_eq!(first.status, 201);
    let again = create().send("POST", "/v1/uploads", b"").await;
    assert_eq!((again.status, again.header("location")), (200, first.header("location")));
    assert_full(&ada, 1).await;
}
