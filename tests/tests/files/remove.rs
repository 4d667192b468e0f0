//! `DELETE /v1/files/{id}`

use fm_e2e::{Api, Lane, User, eventually, on_every_lane, pictures};
use serde_json::json;

async fn a_removed_file_is_gone_for_every_route_at_once(lane: Lane) {
    let user = Api::on(lane).user().await;
    let file = user.file("a.png", pictures::png(80, 80)).await;
    let file = user.with_thumbnail(&file).await;
    let path = User::path(&file);
    let answer = user.delete(&path).send().await.expect(204);
    assert!(answer.body.is_empty());
    user.get(&path).send().await.not_found();
    user.get(&format!("{path}/content")).send().await.not_found();
    user.get(&format!("{path}/thumbnail")).send().await.not_found();
    user.post(&format!("{path}/thumbnail")).send().await.not_found();
    user.post(&format!("{path}/signed-url")).json(&json!({})).send().await.not_found();
    user.patch(&path).json(&json!({"name": "b"})).send().await.not_found();
    user.delete(&path).send().await.not_found();
    assert!(user.all(&[]).await.is_empty());
    assert_eq!(user.storage().await, (0, 0));
}

async fn its_blobs_follow(lane: Lane) {
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    let file = user.file("a.png", pictures::png(80, 80)).await;
    user.with_thumbnail(&file).await;
    api.server.stores_exactly(2).await;
    user.delete(&User::path(&file)).send().await.expect(204);
    api.server.stores_exactly(0).await;
    let url = file.download.url.expose();
    eventually("its URL leads nowhere", async || {
        let answer = user.get(url).send().await;
        (400..500).contains(&answer.status).then_some(())
    })
    .await;
}

/// While its thumbnail is still being made.
async fn a_fresh_picture_can_be_removed_and_nothing_is_left(lane: Lane) {
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    for _ in 0..5 {
        let file = user.file("a.png", pictures::png(600, 600)).await;
        user.delete(&User::path(&file)).send().await.expect(204);
    }
    api.server.stores_exactly(0).await;
}

async fn a_removal_can_be_bound_to_a_revision(lane: Lane) {
    let user = Api::on(lane).user().await;
    let created = user.upload("a.txt", "text").send().await.expect(201);
    let path = User::path(&created.parse());
    user.patch(&path).json(&json!({"name": "b.txt"})).send().await.expect(200);
    let stale = user.delete(&path).header("if-match", &created.field("etag"));
    stale.send().await.problem(412, "precondition_failed");
    let tag = user.get(&path).send().await.expect(200).field("etag");
    user.delete(&path).header("if-match", &tag).send().await.expect(204);
}

async fn of_parallel_removals_one_removes(lane: Lane) {
    let user = Api::on(lane).user().await;
    let kept = user.file("kept.txt", "text").await;
    let path = User::path(&user.file("a.txt", "text").await);
    let answers = futures_util::future::join_all((0..8).map(|_| user.delete(&path).send())).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 204).count(), 1);
    assert_eq!(answers.iter().filter(|answer| answer.status == 404).count(), 7);
    assert_eq!(user.storage().await, (4, 1));
    user.get(&User::path(&kept)).send().await.expect(200);
}

async fn one_of_two_equal_files_can_be_removed(lane: Lane) {
    let user = Api::on(lane).user().await;
    let (first, second) = (user.file("a.txt", "same").await, user.file("a.txt", "same").await);
    user.delete(&User::path(&first)).send().await.expect(204);
    let url = user.current(&second).await.download.url;
    assert_eq!(user.get(url.expose()).send().await.expect(200).text(), "same");
}

on_every_lane![
    a_removed_file_is_gone_for_every_route_at_once,
    its_blobs_follow,
    a_fresh_picture_can_be_removed_and_nothing_is_left,
    a_removal_can_be_bound_to_a_revision,
    of_parallel_removals_one_removes,
    one_of_two_equal_files_can_be_removed,
];
