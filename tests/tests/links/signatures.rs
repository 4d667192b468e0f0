//! Signed URLs that were tampered with, or whose time is over.

use std::time::Duration;

use fm_api_types::SignedUrl;
use fm_e2e::{Answer, Api, Lane, User, on_every_lane};
use reqwest::Url;
use serde_json::{Value, json};

use super::{seconds_until, url_of};

/// A refusal of the program's own, or of the S3 server.
#[track_caller]
fn refused(lane: Lane, answer: &Answer) {
    if lane.serves_links_itself() {
        answer.problem(403, "forbidden");
    } else {
        // Every S3 server has its own way to refuse; the one of the tests says 501 of another algorithm.
        assert!([400, 403, 404, 501].contains(&answer.status), "{answer:?}");
    }
    assert!(!answer.text().contains("the bytes"));
}

async fn whatever_is_changed_in_a_url_it_is_refused(lane: Lane) {
    let user = Api::on(lane).user().await;
    let url = Url::parse(&url_of(&user.file("a.txt", "the bytes").await)).unwrap();
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    assert!(!pairs.is_empty());
    let with = |pairs: &[(String, String)]| {
        let mut changed = url.clone();
        changed.query_pairs_mut().clear().extend_pairs(pairs);
        changed
    };
    user.get(with(&pairs).as_str()).send().await.expect(200);
    for index in 0..pairs.len() {
        let mut changed = pairs.clone();
        let last = changed[index].1.pop();
        changed[index].1.push(if last == Some('1') { '2' } else { '1' });
        refused(lane, &user.get(with(&changed).as_str()).send().await);
        let mut changed = pairs.clone();
        changed.remove(index);
        refused(lane, &user.get(with(&changed).as_str()).send().await);
        let mut changed = pairs.clone();
        changed[index].1.clear();
        refused(lane, &user.get(with(&changed).as_str()).send().await);
    }
    let mut bare = url.clone();
    bare.set_query(None);
    refused(lane, &user.get(bare.as_str()).send().await);
}

async fn a_signature_is_good_for_its_own_blob_alone(lane: Lane) {
    let user = Api::on(lane).user().await;
    let first = Url::parse(&url_of(&user.file("a.txt", "the bytes of one").await)).unwrap();
    let mut second = Url::parse(&url_of(&user.file("a.txt", "the bytes of two").await)).unwrap();
    second.set_query(first.query());
    refused(lane, &user.get(second.as_str()).send().await);
    let path = first.path().to_owned();
    for changed in
        [format!("{path}x"), format!("{path}/"), path.replace("files", "thumbnails"), format!("{path}/../x")]
    {
        if changed == path {
            continue;
        }
        let mut url = first.clone();
        url.set_path(&changed);
        let answer = user.get(url.as_str()).send().await;
        assert!([400, 403, 404].contains(&answer.status), "{changed}: {answer:?}");
    }
}

async fn a_url_dies_with_its_time(lane: Lane) {
    let user = Api::on(lane).user().await;
    let path = format!("{}/signed-url", User::path(&user.file("a.txt", "the bytes").await));
    let signed = user.post(&path).json(&json!({"expires_in": 1})).send().await.expect(200);
    let SignedUrl { url, .. } = signed.parse();
    tokio::time::sleep(Duration::from_millis(2_600)).await;
    refused(lane, &user.get(url.expose()).send().await);
}

async fn the_life_of_a_url_is_what_was_asked_for(lane: Lane) {
    let user = Api::on(lane).user().await;
    let path = format!("{}/signed-url", User::path(&user.file("a.txt", "the bytes").await));
    for (body, expected) in [
        (json!({}), 3_600),
        (json!({"expires_in": 60}), 60),
        (json!({"expires_in": 604_800}), 604_800),
        (json!({"expires_in": null, "disposition": null}), 3_600),
    ] {
        let signed = user.post(&path).json(&body).send().await.expect(200);
        assert_eq!(signed.field("cache-control"), "private, no-store");
        let members: Vec<String> = signed.json().as_object().unwrap().keys().cloned().collect();
        assert_eq!(members, ["expires_at", "url"]);
        let SignedUrl { url, expires_at } = signed.parse();
        let left = seconds_until(expires_at);
        assert!((expected - 5..=expected + 1).contains(&left), "{left} s for {body}");
        user.get(url.expose()).send().await.expect(200);
    }
}

async fn a_life_out_of_bounds_is_refused(lane: Lane) {
    let user = Api::on(lane).user().await;
    let path = format!("{}/signed-url", User::path(&user.file("a.txt", "the bytes").await));
    for life in
        [json!(0), json!(-1), json!(604_801), json!(1.5), json!("60"), json!(1e300), Value::Array(vec![])]
    {
        let answer = user.post(&path).json(&json!({"expires_in": life})).send().await;
        answer.invalid(&["/expires_in"]);
    }
}

async fn the_url_of_a_removed_file_dies_at_the_latest_with_its_time(lane: Lane) {
    let user = Api::on(lane).user().await;
    let file = user.file("a.txt", "the bytes").await;
    let path = format!("{}/signed-url", User::path(&file));
    let signed = user.post(&path).json(&json!({"expires_in": 2})).send().await.expect(200);
    let SignedUrl { url, .. } = signed.parse();
    user.delete(&User::path(&file)).send().await.expect(204);
    tokio::time::sleep(Duration::from_millis(3_600)).await;
    let answer = user.get(url.expose()).send().await;
    assert!([400, 403, 404].contains(&answer.status), "{answer:?}");
}

on_every_lane![
    whatever_is_changed_in_a_url_it_is_refused,
    a_signature_is_good_for_its_own_blob_alone,
    a_url_dies_with_its_time,
    the_life_of_a_url_is_what_was_asked_for,
    a_life_out_of_bounds_is_refused,
    the_url_of_a_removed_file_dies_at_the_latest_with_its_time,
];
