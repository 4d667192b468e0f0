//! What a direct upload may be, and the key of a repetition.

use std::sync::Arc;

use bytes::Bytes;
use fm_api_types::File;
use fm_e2e::direct::Direct;
use fm_e2e::{Api, Lane, Server, User, eventually, noise, on_every_lane};
use serde_json::{Value, json};

use super::{PART, finished};

async fn what_is_not_acceptable_is_refused(lane: Lane) {
    let user = Api::on(lane).user().await;
    let refused = async |body: Value, pointers: &[&str]| {
        user.direct_creation(&body).send().await.invalid(pointers);
    };
    refused(json!({}), &["/name", "/size"]).await;
    refused(json!({"name": "a/b", "size": -1}), &["/name", "/size"]).await;
    refused(json!({"name": "a", "size": 1.5, "sha256": "ab"}), &["/size", "/sha256"]).await;
    refused(json!({"name": "a", "size": 1, "type": "text/plain"}), &["/type"]).await;
    let upload = user.direct("a", 1).await;
    let complete = format!("{}/complete", upload.path);
    let incomplete = user.post(&complete).json(&json!({"parts": [{"number": 0, "etag": ""}]})).send().await;
    incomplete.problem(422, "validation_failed");
    let sent = upload.send_all(&Bytes::from_static(b"a")).await;
    upload.complete(&sent).await.expect(201);
}

async fn quota_and_cap_hold(lane: Lane) {
    let api = Api::with(lane, &[("USER_QUOTA_BYTES", "10000"), ("MAX_RESUMABLE_BYTES", "9000")]);
    let user = api.user().await;
    let create = |size: usize| user.direct_creation(&json!({"name": "a", "size": size})).send();
    create(9_001).await.problem(413, "payload_too_large");
    let first = Direct::of(&user, &create(9_000).await.expect(201));
    create(1_001).await.problem(413, "quota_exceeded");
    let content = Bytes::from(noise(9_000));
    let sent = first.send_all(&content).await;
    first.complete(&sent).await.expect(201);
    assert_eq!(user.storage().await, (9_000, 1));
    create(1_001).await.problem(413, "quota_exceeded");
    let second = Direct::of(&user, &create(1_000).await.expect(201));
    second.cancel().await.expect(204);
    user.file("b", noise(1_000)).await;
}

async fn a_creation_with_the_same_key_finds_the_first(lane: Lane) {
    let user = Api::on(lane).user().await;
    let content = Bytes::from(noise(PART + 10));
    let create = |body: Value| user.direct_creation(&body).header("idempotency-key", "one").send();
    let body = json!({"name": "a", "size": content.len()});
    let first = Direct::of(&user, &create(body.clone()).await.expect(201));
    let mut sent = vec![first.send(&first.parts()[0], &content).await];
    let again = Direct::of(&user, &create(body.clone()).await.expect(200));
    assert_eq!(again.path, first.path);
    create(json!({"name": "b", "size": content.len()})).await.problem(409, "conflict");
    create(json!({"name": "a", "size": 1})).await.problem(409, "conflict");
    sent.push(again.send(&again.parts()[1], &content).await);
    let file: File = again.complete(&sent).await.expect(201).parse();
    assert!(user.content(&file).await == content);
    let after = Direct::of(&user, &create(body).await.expect(200));
    assert_eq!((&after.path, after.parts().len()), (&first.path, 0), "nothing is left to send");
    assert_eq!(after.complete(&sent).await.expect(200).parse::<File>().id, file.id);
}

/// Where a second process can be the worker.
#[tokio::test]
async fn a_key_is_free_once_its_bytes_were_replaced_before_they_were_read() {
    for lane in [Lane::Embedded, Lane::PostgresS3] {
        let server = Server::prepare(lane, &[], &["--no-worker"]);
        server.resume();
        let api = Api::of(Arc::new(server));
        let user = api.user().await;
        let content = Bytes::from(noise(1_000));
        let body = json!({"name": "a", "size": content.len()});
        let create = || user.direct_creation(&body).header("idempotency-key", "one").send();
        let first = Direct::of(&user, &create().await.expect(201));
        let file = finished(&first, &content).await;
        assert_eq!(Direct::of(&user, &create().await.expect(200)).path, first.path);
        user.put(&format!("{}/content", User::path(&file))).body("other").send().await.expect(200);
        let second = api
            .server
            .with_a_worker(eventually("the key is free", async || {
                let created = create().await;
                (created.status == 201).then(|| Direct::of(&user, &created))
            }))
            .await;
        assert_ne!(second.path, first.path);
        assert!(user.content(&finished(&second, &content).await).await == content);
        let replaced = user.current(&file).await;
        assert_eq!(user.content(&replaced).await, "other");
    }
}

on_every_lane![
    what_is_not_acceptable_is_refused,
    quota_and_cap_hold,
    a_creation_with_the_same_key_finds_the_first,
];
