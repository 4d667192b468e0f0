//! What a signed URL answers.

use fm_e2e::{Api, Lane, digest_field, noise, on_every_lane, pictures};

use super::url_of;

async fn a_signed_url_needs_and_heeds_no_credentials(lane: Lane) {
    let api = Api::on(lane);
    let user = api.user().await;
    let url = url_of(&user.file("a.txt", "text").await);
    let plain = api.get(&url).send().await.expect(200);
    assert_eq!(plain.text(), "text");
    if lane.serves_links_itself() {
        // An S3 server takes an Authorization field for its own.
        let answer = api
            .get(&url)
            .header("authorization", "Bearer nonsense")
            .header("cookie", "__Host-access_token=nonsense");
        assert_eq!(answer.send().await.expect(200).text(), "text");
    }
    user.post("/v1/auth/logout").send().await.expect(204);
    assert_eq!(api.get(&url).send().await.expect(200).text(), "text", "it outlives a logout");
}

async fn a_download_is_safe_to_handle(lane: Lane) {
    let api = Api::on(lane);
    let user = api.user().await;
    let body = noise(200_000);
    let file = user.file_of("text/plain", "a.txt", body.clone()).await;
    let answer = api.get(&url_of(&file)).send().await.expect(200);
    assert!(answer.body == body);
    assert_eq!(answer.field("content-length"), "200000");
    assert_eq!(answer.field("content-type").split(';').next(), Some("text/plain"));
    assert!(answer.field("content-disposition").starts_with("attachment"));
    let tag = answer.field("etag");
    assert!(tag.starts_with('"') && tag.ends_with('"'), "a strong tag: {tag}");
    if lane.serves_links_itself() {
        // Fields that no S3 server sends, or not the one of the tests.
        assert_eq!(answer.field("accept-ranges"), "bytes");
        assert_eq!(answer.field("x-content-type-options"), "nosniff");
        assert!(answer.field("content-security-policy").contains("sandbox"));
        assert_eq!(answer.field("repr-digest"), digest_field(&body));
        let cache = answer.field("cache-control");
        let age: i64 = cache.strip_prefix("private, max-age=").expect("max-age").parse().expect("seconds");
        let left = super::seconds_until(file.download.expires_at);
        assert!((left - 5..=left + 5).contains(&age), "{age} of {left} left");
        assert!(answer.header("set-cookie").is_none());
    }
}

async fn head_answers_as_get_does_without_the_bytes(lane: Lane) {
    if !lane.serves_links_itself() {
        // A presigned URL is for GET alone.
        let user = Api::on(lane).user().await;
        let url = url_of(&user.file("a.txt", "text").await);
        assert_eq!(user.head(&url).send().await.status, 403);
        return;
    }
    let user = Api::on(lane).user().await;
    let url = url_of(&user.file("a.txt", "text").await);
    let (get, head) = (user.get(&url).send().await.expect(200), user.head(&url).send().await.expect(200));
    assert!(head.body.is_empty());
    for name in
        ["content-length", "content-type", "content-disposition", "etag", "repr-digest", "accept-ranges"]
    {
        assert_eq!(get.header(name), head.header(name), "{name}");
    }
}

async fn a_tag_that_is_still_right_saves_the_bytes(lane: Lane) {
    let user = Api::on(lane).user().await;
    let file = user.file("a.txt", "text").await;
    let url = url_of(&file);
    let tag = user.get(&url).send().await.expect(200).field("etag");
    if lane.serves_links_itself() {
        // The S3 server of the tests takes no conditions.
        for sent in [tag.as_str(), "*", &format!("\"other\", {tag}"), &format!("W/{tag}")] {
            let answer = user.get(&url).header("if-none-match", sent).send().await.expect(304);
            assert!(answer.body.is_empty());
            assert_eq!(answer.field("etag"), tag);
            assert!(answer.field("cache-control").starts_with("private, max-age="));
        }
    }
    user.get(&url).header("if-none-match", "\"other\"").send().await.expect(200);
    let path = format!("{}/content", fm_e2e::User::path(&file));
    let put = user.put(&path).header("content-type", "text/plain").body("other");
    let new = url_of(&put.send().await.expect(200).parse());
    assert_ne!(user.get(&new).send().await.expect(200).field("etag"), tag);
}

async fn other_methods_are_not_allowed(lane: Lane) {
    let user = Api::on(lane).user().await;
    let url = url_of(&user.file("a.txt", "text").await);
    for method in [reqwest::Method::PUT, reqwest::Method::POST, reqwest::Method::DELETE] {
        let answer = user.request(method, &url).body("x").send().await;
        if lane.serves_links_itself() {
            answer.problem(405, "method_not_allowed");
            assert!(answer.field("allow").contains("GET"));
        } else {
            assert!(answer.status >= 400, "{answer:?}");
        }
    }
    assert_eq!(user.get(&url).send().await.expect(200).text(), "text");
}

async fn a_thumbnail_is_answered_as_a_picture(lane: Lane) {
    let user = Api::on(lane).user().await;
    let file = user.file("a.jpg", pictures::halves(128, 64, image::ImageFormat::Jpeg)).await;
    let file = user.with_thumbnail(&file).await;
    let answer = user.get(file.thumbnail.url.as_ref().unwrap().expose()).send().await.expect(200);
    assert_eq!(answer.field("content-type"), "image/png");
    assert!(answer.field("content-disposition").starts_with("inline"));
    if lane.serves_links_itself() {
        assert_eq!(answer.field("x-content-type-options"), "nosniff");
        assert!(answer.field("cache-control").starts_with("private, max-age="));
    }
    assert_eq!(pictures::decode(&answer.body).dimensions(), (64, 32));
}

on_every_lane![
    a_signed_url_needs_and_heeds_no_credentials,
    a_download_is_safe_to_handle,
    head_answers_as_get_does_without_the_bytes,
    a_tag_that_is_still_right_saves_the_bytes,
    other_methods_are_not_allowed,
    a_thumbnail_is_answered_as_a_picture,
];
