//! `Content-Digest` and `Repr-Digest` (RFC 9530).

use fm_api_types::File;
use fm_e2e::{Answer, Api, Form, Lane, Part, User, digest_field, on_every_lane};

async fn raw(user: &User, name: &str, value: &str) -> Answer {
    let request = user.post("/v1/files?name=a.txt").header("content-type", "text/plain").header(name, value);
    request.body("hello").send().await
}

async fn a_digest_that_matches_is_welcome(lane: Lane) {
    let user = Api::on(lane).user().await;
    for name in ["content-digest", "repr-digest"] {
        raw(&user, name, &digest_field(b"hello")).await.expect(201);
        let among_others = format!("sha-512=:AAAA:, {}", digest_field(b"hello"));
        raw(&user, name, &among_others).await.expect(201);
    }
}

async fn a_digest_that_does_not_match_keeps_nothing(lane: Lane) {
    let user = Api::on(lane).user().await;
    for name in ["content-digest", "repr-digest"] {
        raw(&user, name, &digest_field(b"other")).await.problem(422, "validation_failed");
    }
    assert_eq!(user.storage().await, (0, 0));
    assert!(user.all(&[]).await.is_empty());
}

async fn a_digest_of_other_algorithms_alone_is_ignored(lane: Lane) {
    let user = Api::on(lane).user().await;
    raw(&user, "content-digest", "md5=:XUFAKrxLKna5cZ2REBfFkg==:").await.expect(201);
}

async fn a_digest_that_is_none_is_refused(lane: Lane) {
    let user = Api::on(lane).user().await;
    for value in ["sha-256=:AAAA:", "sha-256=nonsense", "sha-256=:!!!:"] {
        let answer = raw(&user, "content-digest", value).await;
        assert!(answer.status == 422 || answer.status == 400, "{value}: {answer:#?}");
    }
    assert_eq!(user.storage().await, (0, 0));
}

async fn on_a_form_the_field_of_the_request_covers_the_whole_body(lane: Lane) {
    let user = Api::on(lane).user().await;
    let form = Form::file("a.txt", "text/plain", "hello");
    let whole = digest_field(&form.body());
    let request = user.post("/v1/files").form(&form).header("content-digest", &whole);
    assert_eq!(request.send().await.expect(201).parse::<File>().size, 5);
    let of_the_file = user.post("/v1/files").form(&form).header("content-digest", &digest_field(b"hello"));
    of_the_file.send().await.problem(422, "validation_failed");
    assert_eq!(user.storage().await, (5, 1));
}

async fn on_the_part_file_it_covers_the_file(lane: Lane) {
    let user = Api::on(lane).user().await;
    for name in ["Content-Digest", "Repr-Digest"] {
        let part = || Part::file("file", "a.txt", "text/plain", "hello");
        let right = Form::of([part().header(name, &digest_field(b"hello"))]);
        user.post("/v1/files").form(&right).send().await.expect(201);
        let wrong = Form::of([part().header(name, &digest_field(b"other"))]);
        user.post("/v1/files").form(&wrong).send().await.problem(422, "validation_failed");
    }
    assert_eq!(user.storage().await, (10, 2));
}

async fn new_content_is_checked_too(lane: Lane) {
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    let file = user.file("a.txt", "old").await;
    let path = format!("{}/content", User::path(&file));
    let put =
        |digest: &str| user.put(&path).header("content-type", "text/plain").header("content-digest", digest);
    put(&digest_field(b"other")).body("hello").send().await.problem(422, "validation_failed");
    let same = user.current(&file).await;
    assert_eq!(same.sha256, file.sha256);
    put(&digest_field(b"hello")).body("hello").send().await.expect(200);
    // The old content is a version.
    api.server.stores_exactly(2).await;
}

async fn an_upload_refused_for_its_digest_leaves_no_blob(lane: Lane) {
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    raw(&user, "content-digest", &digest_field(b"other")).await.problem(422, "validation_failed");
    api.server.stores_exactly(0).await;
}

on_every_lane![
    a_digest_that_matches_is_welcome,
    a_digest_that_does_not_match_keeps_nothing,
    a_digest_of_other_algorithms_alone_is_ignored,
    a_digest_that_is_none_is_refused,
    on_a_form_the_field_of_the_request_covers_the_whole_body,
    on_the_part_file_it_covers_the_file,
    new_content_is_checked_too,
    an_upload_refused_for_its_digest_leaves_no_blob,
];
