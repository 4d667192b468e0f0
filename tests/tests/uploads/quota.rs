//! What a user may keep.

use bytes::Bytes;
use fm_e2e::{Api, Form, Lane, User, noise, on_every_lane};
use serde_json::json;

const QUOTA: usize = 10_000;

async fn user(lane: Lane) -> User {
    Api::with(lane, &[("USER_QUOTA_BYTES", "10000")]).user().await
}

/// A user whose old versions are not kept.
async fn forgetful(lane: Lane) -> User {
    Api::with(lane, &[("USER_QUOTA_BYTES", "10000"), ("VERSIONS_MAX_COUNT", "0")]).user().await
}

async fn the_quota_is_told(lane: Lane) {
    let user = user(lane).await;
    let me = user.me().await.expect(200).json();
    let nothing =
        json!({"used_bytes": 0, "trash_bytes": 0, "version_bytes": 0, "file_count": 0, "quota_bytes": QUOTA});
    assert_eq!(me["storage"], nothing);
}

async fn the_quota_is_exact(lane: Lane) {
    let user = user(lane).await;
    user.file("a.bin", noise(QUOTA - 1)).await;
    user.upload("b.bin", noise(2)).send().await.problem(413, "quota_exceeded");
    let last = user.file("b.bin", noise(1)).await;
    assert_eq!(user.storage().await, (QUOTA as u64, 2));
    user.upload("c.bin", noise(1)).send().await.problem(413, "quota_exceeded");
    user.file("empty", "").await;
    user.delete(&User::path(&last)).send().await.expect(204);
    user.file("c.bin", noise(1)).await;
    assert_eq!(user.storage().await, (QUOTA as u64, 3));
    user.server.stores_exactly(3).await;
}

async fn the_quota_holds_without_a_length_and_in_forms(lane: Lane) {
    let user = user(lane).await;
    let chunked = |size: usize| {
        let pieces = noise(size).chunks(1_000).map(Bytes::copy_from_slice).collect();
        user.post("/v1/files?name=a.bin").header("content-type", "text/plain").chunked(pieces)
    };
    chunked(QUOTA + 1).send().await.problem(413, "quota_exceeded");
    let form = Form::file("a.bin", "text/plain", noise(QUOTA + 1));
    user.post("/v1/files").form(&form).send().await.problem(413, "quota_exceeded");
    assert_eq!(user.storage().await, (0, 0));
    chunked(QUOTA).send().await.expect(201);
    assert_eq!(user.storage().await, (QUOTA as u64, 1));
}

async fn what_is_used_follows_every_change_at_once(lane: Lane) {
    let user = forgetful(lane).await;
    let file = user.file("a.bin", noise(6_000)).await;
    assert_eq!(user.storage().await, (6_000, 1));
    let path = format!("{}/content", User::path(&file));
    let put = |size: usize| user.put(&path).header("content-type", "text/plain").body(noise(size));
    put(2_000).send().await.expect(200);
    assert_eq!(user.storage().await, (2_000, 1));
    user.file("b.bin", noise(1_000)).await;
    put(9_001).send().await.problem(413, "quota_exceeded");
    assert_eq!(user.storage().await, (3_000, 2));
    user.delete(&User::path(&file)).send().await.expect(204);
    assert_eq!(user.storage().await, (1_000, 1));
}

/// What is replaced does not count: at the end no more is kept than allowed.
async fn a_full_account_can_still_replace_its_content(lane: Lane) {
    let user = forgetful(lane).await;
    let file = user.file("a.bin", noise(QUOTA)).await;
    let path = format!("{}/content", User::path(&file));
    let put = |size: usize| user.put(&path).header("content-type", "text/plain").body(noise(size));
    put(QUOTA).send().await.expect(200);
    put(QUOTA - 1).send().await.expect(200);
    put(QUOTA + 1).send().await.problem(413, "quota_exceeded");
    assert_eq!(user.storage().await, (QUOTA as u64 - 1, 1));
}

/// What a refusal says could be freed is what deleting it for good frees.
async fn what_could_be_freed_is_told_where_the_quota_refuses(lane: Lane) {
    let user = user(lane).await;
    let file = user.file("a.bin", noise(2_000)).await;
    let put = user.put(&format!("{}/content", User::path(&file))).header("content-type", "text/plain");
    put.body(noise(1_000)).send().await.expect(200);
    let trashed = user.file("b.bin", noise(3_000)).await;
    user.post(&format!("/v1/items/{}/trash", trashed.id)).send().await.expect(200);
    let storage = user.counters().await;
    assert_eq!((storage.used_bytes, storage.trash_bytes, storage.version_bytes), (6_000, 3_000, 2_000));
    let refused = user.upload("c.bin", noise(4_001)).send().await;
    let problem = refused.problem(413, "quota_exceeded");
    assert_eq!(problem["reclaimable"], json!({"trash_bytes": 3_000, "version_bytes": 2_000}));
    user.delete(&format!("{}/versions", User::path(&file))).send().await.expect(204);
    user.delete(&User::path(&trashed)).send().await.expect(204);
    assert_eq!(user.storage().await, (1_000, 1));
    user.file("c.bin", noise(9_000)).await;
}

async fn parallel_uploads_never_pass_the_quota(lane: Lane) {
    let user = user(lane).await;
    let uploads = (0..10).map(|_| user.upload("a.bin", noise(3_000)).send());
    let answers = futures_util::future::join_all(uploads).await;
    let kept = answers.iter().filter(|answer| answer.status == 201).count();
    for answer in &answers {
        if answer.status != 201 {
            answer.problem(413, "quota_exceeded");
        }
    }
    assert!((1..=3).contains(&kept), "{kept}");
    assert_eq!(user.storage().await, (3_000 * kept as u64, kept as u64));
    user.file("the rest", noise(QUOTA - 3_000 * kept)).await;
}

on_every_lane![
    the_quota_is_told,
    the_quota_is_exact,
    the_quota_holds_without_a_length_and_in_forms,
    what_is_used_follows_every_change_at_once,
    a_full_account_can_still_replace_its_content,
    what_could_be_freed_is_told_where_the_quota_refuses,
    parallel_uploads_never_pass_the_quota,
];
