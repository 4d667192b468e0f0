//! Lists by hash and by type.

use fm_e2e::{Api, Lane, names, on_every_lane, pictures, sha256_hex};

async fn files_are_found_by_their_hash(lane: Lane) {
    let user = Api::on(lane).user().await;
    user.file("one.txt", "same").await;
    user.file("two.txt", "same").await;
    user.file("three.txt", "other").await;
    let hash = sha256_hex(b"same");
    for hash in [hash.clone(), hash.to_uppercase()] {
        let found = names(&user.all(&[("sha256", &hash), ("limit", "1")]).await);
        assert_eq!(found, ["two.txt", "one.txt"]);
    }
    assert!(user.all(&[("sha256", &sha256_hex(b"nothing"))]).await.is_empty());
}

async fn files_are_found_by_their_type_or_its_family(lane: Lane) {
    let user = Api::on(lane).user().await;
    user.file("a.png", pictures::png(4, 4)).await;
    user.file("a.gif", pictures::animated_gif(4, 4)).await;
    user.file_of("text/plain", "a.txt", "text").await;
    user.file_of("text/csv", "a.csv", "text").await;
    user.file_of("application/x-image", "odd", "text").await;
    for (content_type, expected) in [
        ("image/png", vec!["a.png"]),
        ("IMAGE/PNG", vec!["a.png"]),
        ("image/*", vec!["a.gif", "a.png"]),
        ("text/*", vec!["a.csv", "a.txt"]),
        ("text/csv", vec!["a.csv"]),
        ("video/*", vec![]),
        ("image/jpeg", vec![]),
    ] {
        assert_eq!(names(&user.all(&[("content_type", content_type)]).await), expected, "{content_type}");
    }
}

async fn all_that_is_given_must_match(lane: Lane) {
    let user = Api::on(lane).user().await;
    user.file_of("text/plain", "report.txt", "same").await;
    user.file_of("text/csv", "report.csv", "same").await;
    user.file_of("text/csv", "other.csv", "same").await;
    let hash = sha256_hex(b"same");
    let found = user.all(&[("q", "REPORT"), ("content_type", "text/csv"), ("sha256", &hash)]).await;
    assert_eq!(names(&found), ["report.csv"]);
}

on_every_lane![
    files_are_found_by_their_hash,
    files_are_found_by_their_type_or_its_family,
    all_that_is_given_must_match,
];
