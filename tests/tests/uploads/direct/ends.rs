//! How direct uploads end, and what is left of those that came to nothing.

use std::time::Duration;

use bytes::Bytes;
use fm_api_types::{File, SentPart};
use fm_e2e::direct::Direct;
use fm_e2e::{Api, Lane, User, eventually, noise, on_every_lane};
use serde_json::json;

use super::{PART, finished};

async fn a_second_completion_gets_the_same_file(lane: Lane) {
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    let content = Bytes::from(noise(1_000));
    let upload = user.direct("a.bin", content.len()).await;
    let sent = upload.send_all(&content).await;
    let first = upload.complete(&sent).await.expect(201);
    let file: File = first.parse();
    assert_eq!(first.field("location"), User::path(&file));
    assert_eq!(upload.complete(&sent).await.expect(200).parse::<File>().id, file.id);
    assert_eq!(upload.complete(&[]).await.expect(200).parse::<File>().id, file.id, "whatever it names");
    user.delete(&User::path(&file)).send().await.expect(204);
    upload.complete(&sent).await.not_found();
    api.server.stores_exactly(0).await;
}

async fn of_parallel_completions_all_get_one_file(lane: Lane) {
    let user = Api::on(lane).user().await;
    let content = Bytes::from(noise(1_000));
    let upload = user.direct("a.bin", content.len()).await;
    let sent = upload.send_all(&content).await;
    let completions = (0..5).map(|_| upload.complete(&sent));
    for answer in futures_util::future::join_all(completions).await {
        assert!([200, 201, 409].contains(&answer.status), "{answer:?}");
    }
    let file = upload.complete(&sent).await;
    assert!([200, 201].contains(&file.status), "{file:?}");
    assert_eq!(user.storage().await, (1_000, 1));
}

/// What was signed before can change nothing afterwards.
async fn the_urls_are_dead_once_it_is_complete(lane: Lane) {
    let user = Api::on(lane).user().await;
    let content = Bytes::from(noise(1_000));
    let upload = user.direct("a.bin", content.len()).await;
    let file = finished(&upload, &content).await;
    let after = upload.put(&upload.parts()[0], vec![b'x'; 1_000]).send().await;
    assert!([403, 404].contains(&after.status), "{after:?}");
    assert!(user.content(&file).await == content);
}

async fn parts_that_were_not_sent_end_the_upload(lane: Lane) {
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    let content = Bytes::from(noise(PART + 1_000));
    for kind in ["missing", "one too many", "twice", "wrong tag", "not sent"] {
        let upload = user.direct("a.bin", content.len()).await;
        let mut parts = upload.send_all(&content).await;
        match kind {
            "missing" => drop(parts.pop()),
            "one too many" => parts.push(SentPart { number: 3, ..parts[1].clone() }),
            "twice" => parts.push(parts[1].clone()),
            "wrong tag" => parts[1].etag = "\"0123456789abcdef0123456789abcdef\"".into(),
            _ => parts = unsent(&user, &content).await,
        }
        upload.complete(&parts).await.invalid(&["/parts"]);
        upload.complete(&parts).await.not_found();
        upload.cancel().await.not_found();
    }
    assert_eq!(user.storage().await, (0, 0));
    api.server.stores_exactly(0).await;
}

/// The parts of another upload, which is canceled.
async fn unsent(user: &User, content: &Bytes) -> Vec<SentPart> {
    let other = user.direct("b.bin", content.len()).await;
    let first = other.send(&other.parts()[0], content).await;
    other.cancel().await.expect(204);
    vec![first.clone(), SentPart { number: 2, ..first }]
}

async fn a_canceled_upload_leaves_nothing(lane: Lane) {
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    let content = Bytes::from(noise(PART + 1_000));
    let upload = user.direct("a.bin", content.len()).await;
    upload.send(&upload.parts()[0], &content).await;
    upload.cancel().await.expect(204);
    upload.cancel().await.not_found();
    upload.complete(&[]).await.not_found();
    api.server.stores_exactly(0).await;
    let after = upload.put(&upload.parts()[1], content.slice(PART..)).send().await;
    assert!([403, 404].contains(&after.status), "{after:?}");
    api.server.stores_exactly(0).await;
    assert_eq!(user.storage().await, (0, 0));
}

async fn an_upload_of_another_user_is_not_found(lane: Lane) {
    let api = Api::on(lane);
    let (user, stranger) = (api.user().await, api.user().await);
    let content = Bytes::from(noise(10));
    let upload = user.direct("a.bin", 10).await;
    let sent = upload.send_all(&content).await;
    upload.by(&stranger).complete(&sent).await.not_found();
    upload.by(&stranger).cancel().await.not_found();
    upload.by(&api).complete(&sent).await.unauthenticated();
    upload.complete(&sent).await.expect(201);
    upload.by(&stranger).complete(&sent).await.not_found();
    let resumable = user.resumable("a.txt", 5).await;
    let id = resumable.path.rsplit('/').next().unwrap();
    user.delete(&format!("/v1/direct-uploads/{id}")).send().await.not_found();
}

async fn an_abandoned_upload_is_swept(lane: Lane) {
    let api = Api::with(lane, &[("UPLOAD_TTL_SECONDS", "10"), ("USER_QUOTA_BYTES", "20000000")]);
    let user = api.user().await;
    let content = Bytes::from(noise(PART + 1_000));
    let created = user.direct_creation(&json!({"name": "a", "size": content.len()})).send().await;
    let upload = Direct::of(&user, &created.expect(201));
    let sent = upload.send(&upload.parts()[0], &content).await;
    eventually("its URLs are dead", async || {
        let after = upload.put(&upload.parts()[1], content.slice(PART..)).send().await;
        (after.status != 200).then_some(())
    })
    .await;
    // Their life is told in whole seconds, which may end earlier than the upload's.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    upload.complete(&[sent]).await.problem(410, "upload_expired");
    if lane.is_durable() {
        let swept = api.server.run(&["sweep"]);
        assert_eq!(swept.code, Some(0), "{}", swept.output);
        api.server.stores_exactly(0).await;
        user.direct("c.bin", 20_000_000).await.cancel().await.expect(204);
    }
    assert_eq!(user.storage().await, (0, 0));
}

on_every_lane![
    a_second_completion_gets_the_same_file,
    of_parallel_completions_all_get_one_file,
    the_urls_are_dead_once_it_is_complete,
    parts_that_were_not_sent_end_the_upload,
    a_canceled_upload_leaves_nothing,
    an_upload_of_another_user_is_not_found,
    an_abandoned_upload_is_swept,
];
