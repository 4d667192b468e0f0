//! Parts, and the file that they make.

use std::sync::Arc;

use bytes::Bytes;
use fm_api_types::{DirectPart, File, Secret};
use fm_e2e::direct::Direct;
use fm_e2e::{Api, Lane, Server, User, asked_name, eventually, noise, on_every_lane, pictures, sha256_hex};
use serde_json::json;

use super::{PART, finished};

async fn the_parts_make_the_file(lane: Lane) {
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    for size in [0, 1, PART - 1, PART, PART + 1, 2 * PART + 500] {
        let content = Bytes::from(noise(size));
        let upload = user.direct("a.bin", size).await;
        assert_eq!(upload.parts().len(), size.div_ceil(PART));
        let file = finished(&upload, &content).await;
        assert_eq!((asked_name(&file), file.size), ("a.bin", size as u64));
        assert!(user.content(&file).await == content, "the bytes are those that were sent");
    }
    api.server.stores_exactly(6).await;
}

/// Where the store has an address of its own, it gets the bytes.
async fn the_urls_lead_to_the_store(lane: Lane) {
    let user = Api::on(lane).user().await;
    let upload = user.direct("a.bin", 2 * PART).await;
    for part in upload.parts() {
        let is_ours = part.url.expose().starts_with(&format!("{}/", user.server.base()));
        assert_eq!(is_ours, lane.serves_links_itself(), "{part:?}");
    }
    upload.cancel().await.expect(204);
}

/// The bytes did not come by us: a job reads them once.
async fn the_hash_is_known_soon_and_the_type_at_once(lane: Lane) {
    let user = Api::on(lane).user().await;
    let picture = Bytes::from(pictures::png(300, 200));
    let claim = json!({"name": "a.txt", "size": picture.len(), "content_type": "text/plain"});
    let created = user.direct_creation(&claim).send().await.expect(201);
    let file = finished(&Direct::of(&user, &created), &picture).await;
    assert_eq!(file.content_type, "image/png");
    let file = user.with_thumbnail(&file).await;
    assert_eq!((&*file.thumbnail.status, file.thumbnail.width), ("ready", Some(64)));
    let hash = hashed(&user, &file).await;
    assert_eq!(hash, sha256_hex(&picture));
    let found = user.all(&[("sha256", &hash)]).await;
    assert_eq!(found.len(), 1, "{found:?}");
}

async fn hashed(user: &User, file: &File) -> String {
    eventually("the hash is known", async || user.current(file).await.sha256).await
}

/// Only a worker reads them, and none runs.
async fn the_hash_is_null_until_the_bytes_were_read(lane: Lane) {
    let server = Server::prepare(lane, &[], &["--no-worker"]);
    server.resume();
    let api = Api::of(Arc::new(server));
    let user = api.user().await;
    let content = Bytes::from(noise(100_000));
    let file = finished(&user.direct("a.bin", content.len()).await, &content).await;
    let shown = user.get(&User::path(&file)).send().await.expect(200);
    let shown = shown.json();
    assert!(shown["sha256"].is_null() && shown.as_object().unwrap().contains_key("sha256"), "{shown}");
    assert_eq!((file.sha256.as_deref(), user.all(&[]).await[0].sha256.as_deref()), (None, None));
    assert!(user.content(&file).await == content);
    let before = user.get(&User::path(&file)).send().await.expect(200);
    let hash = api.server.with_a_worker(hashed(&user, &file)).await;
    assert_eq!(hash, sha256_hex(&content));
    let after = user.get(&User::path(&file)).header("if-none-match", &before.field("etag")).send().await;
    after.expect(200);
}

async fn parts_come_in_any_order_at_once_and_again(lane: Lane) {
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    let content = Bytes::from(noise(2 * PART + 1_000));
    let upload = user.direct("a.bin", content.len()).await;
    let parts = upload.parts();
    // Another first attempt at the same part, of the right size.
    let other = vec![b'x'; PART];
    upload.put(&parts[1], other).send().await.expect(200);
    let sends = parts.iter().rev().map(|part| upload.send(part, &content));
    let mut sent = futures_util::future::join_all(sends).await;
    let last = upload.send(&parts[2], &content).await;
    assert_eq!(last, sent[0], "the same bytes have the same tag");
    sent.swap(0, 1);
    let file: File = upload.complete(&sent).await.expect(201).parse();
    assert!(user.content(&file).await == content, "the later attempt counts");
    api.server.stores_exactly(1).await;
}

/// The signature covers the length.
async fn a_part_of_another_size_is_refused(lane: Lane) {
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    let content = Bytes::from(noise(1_000));
    let upload = user.direct("a.bin", content.len()).await;
    let part = &upload.parts()[0];
    for size in [0, 999, 1_001] {
        let refused = upload.put(part, noise(size)).send().await;
        assert!((400..500).contains(&refused.status), "{size}: {refused:?}");
    }
    let file = finished(&upload, &content).await;
    assert!(user.content(&file).await == content);
    api.server.stores_exactly(1).await;
}

async fn a_url_that_was_tampered_with_is_refused(lane: Lane) {
    let user = Api::on(lane).user().await;
    let content = Bytes::from(noise(PART + 5));
    let upload = user.direct("a.bin", content.len()).await;
    let parts = upload.parts();
    let url = parts[1].url.expose();
    let elsewhere = url.replacen("/parts/2?", "/parts/1?", 1).replacen("partNumber=2", "partNumber=1", 1);
    assert_ne!(elsewhere, url);
    let moved = DirectPart { url: Secret::new(elsewhere), ..parts[1].clone() };
    upload.put(&moved, content.slice(PART..)).send().await.expect(403);
    upload.cancel().await.expect(204);
}

on_every_lane![
    the_parts_make_the_file,
    the_urls_lead_to_the_store,
    the_hash_is_known_soon_and_the_type_at_once,
    parts_come_in_any_order_at_once_and_again,
    a_part_of_another_size_is_refused,
    a_url_that_was_tampered_with_is_refused,
];

// Where a second process can be the worker.
mod embedded_apart {
    #[tokio::test]
    async fn the_hash_is_null_until_the_bytes_were_read() {
        super::the_hash_is_null_until_the_bytes_were_read(fm_e2e::Lane::Embedded).await;
    }
}

mod postgres_s3_apart {
    #[tokio::test]
    async fn the_hash_is_null_until_the_bytes_were_read() {
        super::the_hash_is_null_until_the_bytes_were_read(fm_e2e::Lane::PostgresS3).await;
    }
}
