//! URLs that stay the same within their window, so that they can be cached.

use std::collections::HashSet;

use fm_api_types::File;
use fm_e2e::{Api, Lane, User, on_every_lane, pictures};
use serde_json::json;

use super::{seconds_until, url_of};

async fn one_files_url_stays_the_same_within_its_window(lane: Lane) {
    let user = Api::on(lane).user().await;
    let file = user.file("a.png", pictures::png(90, 90)).await;
    let file = user.with_thumbnail(&file).await;
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    let again = user.current(&file).await;
    let listed = user.page(&[]).await.items[0].clone();
    let other_session = user.again().await.current(&file).await;
    for same in [again, listed, other_session] {
        assert_eq!(same.download, file.download);
        assert_eq!(same.thumbnail, file.thumbnail);
    }
}

async fn at_least_half_the_life_is_left_and_windows_are_spread(lane: Lane) {
    let user = Api::on(lane).user().await;
    let mut ends = HashSet::new();
    for index in 0..6 {
        let file = user.file(&format!("{index}"), "text").await;
        let left = seconds_until(file.download.expires_at);
        assert!((1_795..=3_600).contains(&left), "{left} s are left");
        ends.insert(file.download.expires_at);
    }
    assert!(ends.len() > 1, "not all windows end at once");
}

async fn a_new_name_or_content_is_a_new_url(lane: Lane) {
    let user = Api::on(lane).user().await;
    let file = user.file("a.txt", "text").await;
    let path = User::path(&file);
    let renamed: File = user.patch(&path).json(&json!({"name": "b.txt"})).send().await.expect(200).parse();
    assert_ne!(url_of(&renamed), url_of(&file), "the name to save it under is part of it");
    let put = user.put(&format!("{path}/content")).header("content-type", "text/plain").body("new");
    let replaced: File = put.send().await.expect(200).parse();
    assert_ne!(url_of(&replaced), url_of(&renamed));
}

on_every_lane![
    one_files_url_stays_the_same_within_its_window,
    at_least_half_the_life_is_left_and_windows_are_spread,
    a_new_name_or_content_is_a_new_url,
];
