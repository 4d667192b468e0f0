//! Quota, caps, and the key of a repetition.

use bytes::Bytes;
use fm_e2e::tus::Resumable;
use fm_e2e::{Api, Lane, User, noise, on_every_lane, unique};
use serde_json::json;

async fn the_whole_is_reserved_when_its_length_is_known(lane: Lane) {
    let api = Api::with(lane, &[("USER_QUOTA_BYTES", "10000")]);
    let user = api.user().await;
    let create = |length: usize| user.creation("a.bin").header("upload-length", &length.to_string()).send();
    create(10_001).await.problem(413, "quota_exceeded");
    let first = Resumable::of(&user, &create(6_000).await.expect(201));
    create(4_001).await.problem(413, "quota_exceeded");
    user.upload("b.bin", noise(4_001)).send().await.problem(413, "quota_exceeded");
    let second = Resumable::of(&user, &create(4_000).await.expect(201));
    first.send(0, noise(6_000)).await;
    second.terminate().await.expect(204);
    assert_eq!(user.storage().await, (6_000, 1));
    user.file("b.bin", noise(4_000)).await;
    create(1).await.problem(413, "quota_exceeded");
    user.delete(&User::path(&first.file().await)).send().await.expect(204);
    create(6_000).await.expect(201);
}

async fn an_upload_without_a_length_can_not_pass_the_quota(lane: Lane) {
    let api = Api::with(lane, &[("USER_QUOTA_BYTES", "10000")]);
    let user = api.user().await;
    let created = user.creation("a.bin").header("upload-defer-length", "1").send().await.expect(201);
    let upload = Resumable::of(&user, &created);
    upload.send(0, noise(6_000)).await;
    let more = upload.piece(6_000).body(noise(4_001)).send().await;
    assert_eq!(more.status, 413, "{more:?}");
    let offset = upload.offset().await;
    assert!((6_000..=10_000).contains(&offset), "{offset}");
    let declared = upload.piece(offset).header("upload-length", "10001").body("").send().await;
    declared.problem(413, "quota_exceeded");
    let rest = noise(10_000 - offset);
    upload.piece(offset).header("upload-length", "10000").body(rest).send().await.expect(204);
    assert_eq!(user.storage().await, (10_000, 1));
}

async fn the_cap_of_resumable_uploads_is_exact(lane: Lane) {
    let api = Api::with(lane, &[("MAX_RESUMABLE_BYTES", "1000"), ("MAX_UPLOAD_BYTES", "100")]);
    let user = api.user().await;
    user.creation("a").header("upload-length", "1001").send().await.problem(413, "payload_too_large");
    let upload = user.resumable("a", 1_000).await;
    upload.send(0, noise(1_000)).await;
    let options = api.request(reqwest::Method::OPTIONS, "/v1/uploads").send().await.expect(204);
    assert_eq!(options.field("tus-max-size"), "1000");
    let created = user.creation("b").header("upload-defer-length", "1").send().await.expect(201);
    let deferred = Resumable::of(&user, &created);
    deferred.piece(0).body(noise(1_001)).send().await.problem(413, "payload_too_large");
    let pieces = vec![Bytes::from(noise(600)), Bytes::from(noise(600))];
    deferred.piece(0).chunked(pieces).send().await.problem(413, "payload_too_large");
    deferred.terminate().await.expect(204);
    api.server.stores_exactly(1).await;
}

async fn a_user_has_only_so_many_unfinished_uploads(lane: Lane) {
    let api = Api::with(lane, &[("MAX_UNFINISHED_UPLOADS_PER_USER", "3")]);
    let (user, stranger) = (api.user().await, api.user().await);
    let create = |name: String| user.creation(&name).header("upload-length", "5").send();
    let answers = futures_util::future::join_all((0..12).map(|n| create(format!("{n}.txt")))).await;
    let (begun, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 201);
    assert_eq!((begun.len(), refused.len()), (3, 9), "{refused:?}");
    for refused in refused {
        refused.problem(409, "conflict");
    }
    let direct = || user.post("/v1/direct-uploads").json(&json!({"name": "a.bin", "size": 5})).send();
    direct().await.problem(409, "conflict");
    stranger.resumable("a.txt", 5).await;
    Resumable::of(&user, &begun[0]).terminate().await.expect(204);
    direct().await.expect(201);
    create("a.txt".to_owned()).await.problem(409, "conflict");
    Resumable::of(&user, &begun[1]).send(0, "hello").await;
    create("a.txt".to_owned()).await.expect(201);
    direct().await.problem(409, "conflict");
}

async fn a_creation_with_the_same_key_finds_the_first(lane: Lane) {
    let api = Api::with(lane, &[]);
    let (user, stranger) = (api.user().await, api.user().await);
    let key = unique("key-");
    let create = |user: &User, name: &str, length: usize| {
        let create = user.creation(name).header("upload-length", &length.to_string());
        create.header("idempotency-key", &key).send()
    };
    let first = create(&user, "a.txt", 5).await.expect(201);
    let upload = Resumable::of(&user, &first);
    upload.send(0, "hel").await;
    let again = create(&user, "a.txt", 5).await.expect(200);
    assert_eq!(
        (again.field("location"), again.field("upload-offset")),
        (upload.path.clone(), "3".to_owned())
    );
    create(&user, "b.txt", 5).await.problem(409, "conflict");
    create(&user, "a.txt", 6).await.problem(409, "conflict");
    let other = create(&stranger, "b.txt", 6).await.expect(201);
    assert_ne!(other.field("location"), upload.path);
    upload.send(3, "lo").await;
    let file = upload.file().await;
    let again = create(&user, "a.txt", 5).await.expect(200);
    assert_eq!(again.field("x-file-id"), file.id.to_string());
    user.delete(&User::path(&file)).send().await.expect(204);
    let fresh = create(&user, "c.txt", 7).await.expect(201);
    Resumable::of(&user, &fresh).terminate().await.expect(204);
    create(&user, "d.txt", 8).await.expect(201);
}

async fn parallel_creations_with_one_key_begin_one_upload(lane: Lane) {
    let user = Api::on(lane).user().await;
    let creations = (0..6).map(|_| {
        let create = user.creation("a.txt").header("upload-length", "5");
        create.header("idempotency-key", "race").send()
    });
    let answers = futures_util::future::join_all(creations).await;
    let fresh = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(fresh, 1, "{answers:?}");
    let first = answers[0].field("location");
    assert!(answers.iter().all(|answer| answer.field("location") == first), "{answers:?}");
}

on_every_lane![
    the_whole_is_reserved_when_its_length_is_known,
    an_upload_without_a_length_can_not_pass_the_quota,
    the_cap_of_resumable_uploads_is_exact,
    a_user_has_only_so_many_unfinished_uploads,
    a_creation_with_the_same_key_finds_the_first,
    parallel_creations_with_one_key_begin_one_upload,
];
