//! Uploads that end without a file.

use std::time::Duration;

use bytes::Bytes;
use fm_e2e::{Api, Lane, User, eventually, noise, on_every_lane};
use reqwest::Method;
use serde_json::json;

use super::{AWAITED, PART};

async fn a_terminated_upload_leaves_nothing(lane: Lane) {
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    for sent in [0, 1_000, PART + 1_000] {
        let content = Bytes::from(noise(sent));
        let upload = user.resumable("a.bin", 2 * PART).await;
        if sent > 0 {
            upload.send(0, content).await;
        }
        upload.terminate().await.expect(204);
        upload.head().await.expect(404);
        upload.piece(sent).body("more").send().await.not_found();
        upload.terminate().await.not_found();
    }
    assert_eq!(user.storage().await, (0, 0));
    api.server.stores_exactly(0).await;
}

async fn a_piece_that_comes_while_its_upload_is_terminated_ends(lane: Lane) {
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    let upload = user.resumable("a.bin", 2 * PART).await;
    let mut coming = upload.send_head(&user, 0, 2 * PART, AWAITED).await;
    coming.is_asked_for_the_body().await;
    assert!(coming.send(noise(PART + 1_000)).await);
    tokio::time::sleep(Duration::from_millis(300)).await;
    upload.terminate().await.expect(204);
    let answer = coming.answer().await;
    assert_eq!(answer.status, 404, "{answer:?}");
    api.server.stores_exactly(0).await;
}

async fn terminating_what_is_a_file_leaves_the_file(lane: Lane) {
    let user = Api::on(lane).user().await;
    let upload = user.resumable("a.txt", 5).await;
    upload.send(0, "hello").await;
    let file = upload.file().await;
    upload.terminate().await.expect(204);
    upload.head().await.expect(404);
    assert_eq!(user.content(&file).await, "hello");
}

async fn deleting_the_file_ends_no_other_upload(lane: Lane) {
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    let (done, open) = (user.resumable("a.txt", 5).await, user.resumable("b.txt", 5).await);
    done.send(0, "hello").await;
    open.send(0, "hel").await;
    user.delete(&User::path(&done.file().await)).send().await.expect(204);
    open.send(3, "lo").await;
    assert_eq!(user.content(&open.file().await).await, "hello");
    api.server.stores_exactly(1).await;
}

async fn removing_the_account_ends_its_uploads(lane: Lane) {
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    let upload = user.resumable("a.bin", 2 * PART).await;
    upload.send(0, noise(PART + 1_000)).await;
    user.resumable("b.txt", 10).await.send(0, "hel").await;
    let password = json!({"password": user.password});
    user.delete("/v1/auth/me").json(&password).send().await.expect(204);
    api.server.stores_exactly(0).await;
}

async fn an_upload_that_was_not_finished_in_time_is_gone(lane: Lane) {
    let api = Api::with(lane, &[("UPLOAD_TTL_SECONDS", "10"), ("USER_QUOTA_BYTES", "20000000")]);
    let user = api.user().await;
    let upload = user.resumable("a.bin", 2 * PART).await;
    upload.send(0, noise(PART + 1_000)).await;
    let small = user.resumable("b.txt", 10).await;
    small.send(0, "hel").await;
    eventually("they are over", async || {
        let over = [upload.head().await.status, small.head().await.status] == [410, 410];
        over.then_some(())
    })
    .await;
    upload.piece(PART + 1_000).body("more").send().await.problem(410, "upload_expired");
    upload.terminate().await.problem(410, "upload_expired");
    if lane.is_durable() {
        let swept = api.server.run(&["sweep"]);
        assert_eq!(swept.code, Some(0), "{}", swept.output);
        small.piece(3).body("lo").send().await.problem(410, "upload_expired");
        api.server.stores_exactly(0).await;
        // Nothing is reserved for them any more.
        user.resumable("c.bin", 20_000_000).await.terminate().await.expect(204);
    }
    assert_eq!(user.storage().await, (0, 0));
}

/// Each piece is a sign of life.
async fn an_upload_that_goes_on_does_not_expire(lane: Lane) {
    let api = Api::with(lane, &[("UPLOAD_TTL_SECONDS", "8")]);
    let user = api.user().await;
    let upload = user.resumable("a.txt", 4).await;
    for offset in 0..4 {
        tokio::time::sleep(Duration::from_millis(2_500)).await;
        upload.send(offset, "a").await;
    }
    // A file has come of it: that does not expire.
    tokio::time::sleep(Duration::from_millis(8_500)).await;
    assert_eq!(user.content(&upload.file().await).await, "aaaa");
}

async fn what_is_switched_off_is_not_there(lane: Lane) {
    let user = Api::with(lane, &[("RESUMABLE_UPLOADS", "0"), ("DIRECT_UPLOADS", "0")]).user().await;
    user.creation("a.txt").header("upload-length", "5").send().await.not_found();
    user.tus(Method::OPTIONS, "/v1/uploads").send().await.not_found();
    let direct = user.post("/v1/direct-uploads").json(&json!({"name": "a", "size": 1}));
    direct.send().await.not_found();
    assert_eq!(user.capabilities().await.transports, ["form", "raw"]);
}

on_every_lane![
    a_terminated_upload_leaves_nothing,
    a_piece_that_comes_while_its_upload_is_terminated_ends,
    terminating_what_is_a_file_leaves_the_file,
    deleting_the_file_ends_no_other_upload,
    removing_the_account_ends_its_uploads,
    an_upload_that_was_not_finished_in_time_is_gone,
    an_upload_that_goes_on_does_not_expire,
    what_is_switched_off_is_not_there,
];
