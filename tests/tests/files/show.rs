//! `GET /v1/files/{id}`

use fm_api_types::File;
use fm_e2e::{Api, Lane, User, eventually, on_every_lane, pictures};
use serde_json::json;

async fn a_tag_that_is_still_right_saves_the_answer(lane: Lane) {
    let user = Api::on(lane).user().await;
    let path = User::path(&user.file("a.txt", "text").await);
    let tag = user.get(&path).send().await.expect(200).field("etag");
    assert!(tag.starts_with('"') || tag.starts_with("W/\""), "{tag}");
    for sent in [
        tag.clone(),
        "*".to_owned(),
        format!("\"other\", {tag}"),
        format!("W/{}", tag.trim_start_matches("W/")),
    ] {
        let answer = user.get(&path).header("if-none-match", &sent).send().await.expect(304);
        assert!(answer.body.is_empty());
        assert_eq!(answer.field("etag"), tag);
        assert_eq!(answer.field("cache-control"), "private, no-cache");
    }
    user.get(&path).header("if-none-match", "\"other\"").send().await.expect(200);
    let head = user.head(&path).header("if-none-match", &tag).send().await;
    assert_eq!(head.status, 304);
}

async fn the_tag_changes_with_an_edit(lane: Lane) {
    let user = Api::on(lane).user().await;
    let created = user.upload("a.txt", "text").send().await.expect(201);
    let path = User::path(&created.parse());
    let first = created.field("etag");
    let renamed = user.patch(&path).json(&json!({"name": "b.txt"})).send().await.expect(200);
    let second = renamed.field("etag");
    assert_ne!(first, second);
    assert_eq!(user.get(&path).send().await.field("etag"), second);
    user.get(&path).header("if-none-match", &first).send().await.expect(200);
}

async fn the_tag_changes_with_the_state_of_the_thumbnail(lane: Lane) {
    let user = Api::on(lane).user().await;
    let created = user.upload("a.png", pictures::png(90, 90)).send().await.expect(201);
    let file: File = created.parse();
    user.with_thumbnail(&file).await;
    let answer =
        user.get(&User::path(&file)).header("if-none-match", &created.field("etag")).send().await.expect(200);
    assert_eq!(answer.parse::<File>().thumbnail.status, "ready");
    // The revision is the user's: their tag of before still allows an edit.
    let patch =
        user.patch(&User::path(&file)).header("if-match", &created.field("etag")).json(&json!({"name": "b"}));
    patch.send().await.expect(200);
}

/// With a window of seconds, a 304 never leaves a client with dead URLs.
async fn the_tag_changes_with_the_window_of_the_urls(lane: Lane) {
    let api = Api::with(lane, &[("SIGNED_URL_TTL_SECONDS", "4")]);
    let user = api.user().await;
    let path = User::path(&user.file("a.txt", "text").await);
    let first = user.get(&path).send().await.expect(200);
    tokio::time::sleep(std::time::Duration::from_millis(4_300)).await;
    let second = user.get(&path).header("if-none-match", &first.field("etag")).send().await.expect(200);
    let url = |answer: &fm_e2e::Answer| answer.parse::<File>().download.url.expose().to_owned();
    assert_ne!(url(&first), url(&second));
    // Two seconds are left of it at least, unless the machine is busy.
    eventually("the URL of an answer works", async || {
        let answer = user.get(&path).send().await.expect(200);
        (user.get(&url(&answer)).send().await.status == 200).then_some(())
    })
    .await;
    let gone = user.get(&url(&first)).send().await;
    assert!(gone.status == 403 || (lane == Lane::PostgresS3 && gone.status >= 400), "{gone:#?}");
}

on_every_lane![
    a_tag_that_is_still_right_saves_the_answer,
    the_tag_changes_with_an_edit,
    the_tag_changes_with_the_state_of_the_thumbnail,
    the_tag_changes_with_the_window_of_the_urls,
];
