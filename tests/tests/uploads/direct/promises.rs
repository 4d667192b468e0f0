//! A hash that was promised.

use bytes::Bytes;
use fm_e2e::direct::Direct;
use fm_e2e::{Api, Lane, User, eventually, noise, on_every_lane, sha256_hex};
use serde_json::json;

use super::finished;

async fn promised(user: &User, content: &Bytes, sha256: &str) -> Direct {
    let body = json!({"name": "a.bin", "size": content.len(), "sha256": sha256});
    Direct::of(user, &user.direct_creation(&body).send().await.expect(201))
}

async fn a_hash_that_was_promised_is_kept(lane: Lane) {
    let user = Api::on(lane).user().await;
    let content = Bytes::from(noise(100_000));
    let upload = promised(&user, &content, &sha256_hex(&content).to_uppercase()).await;
    let file = finished(&upload, &content).await;
    eventually("the hash is known", async || {
        user.current(&file).await.sha256.map(|hash| assert_eq!(hash, sha256_hex(&content)))
    })
    .await;
}

async fn a_file_of_another_hash_than_was_promised_is_withdrawn(lane: Lane) {
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    let content = Bytes::from(noise(100_000));
    let upload = promised(&user, &content, &sha256_hex(b"other")).await;
    let file = finished(&upload, &content).await;
    let path = User::path(&file);
    eventually("the file is gone", async || {
        let answer = user.get(&path).send().await;
        (answer.status == 404).then_some(())
    })
    .await;
    assert_eq!(user.storage().await, (0, 0));
    api.server.stores_exactly(0).await;
}

on_every_lane![a_hash_that_was_promised_is_kept, a_file_of_another_hash_than_was_promised_is_withdrawn];
