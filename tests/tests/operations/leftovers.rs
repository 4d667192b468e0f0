//! When all files are gone, nothing of them is left.

use bytes::Bytes;
use fm_e2e::{Api, Form, Lane, User, digest_field, noise, on_every_lane, pictures};

async fn after_a_busy_day_the_store_is_empty(lane: Lane) {
    let api = Api::with(lane, &[("MAX_UPLOAD_BYTES", "20000000")]);
    let users = [api.user().await, api.user().await];
    for user in &users {
        for index in 0..4 {
            user.file("a.png", pictures::png(100 + index, 80)).await;
            user.file("a.txt", noise(1_000)).await;
        }
        user.post("/v1/files")
            .form(&Form::file("b.png", "image/png", pictures::png(300, 300)))
            .send()
            .await
            .expect(201);
        // Over an S3 part.
        let pieces = noise(12_000_000).chunks(250_000).map(Bytes::copy_from_slice).collect();
        let large = user.post("/v1/files?name=large").header("content-type", "text/plain").chunked(pieces);
        large.send().await.expect(201);
        // Refused in every way.
        user.upload("a/b", "text").send().await.problem(422, "validation_failed");
        let pieces = noise(20_000_001).chunks(250_000).map(Bytes::copy_from_slice).collect();
        let large = user.post("/v1/files?name=large").header("content-type", "text/plain").chunked(pieces);
        large.send().await.problem(413, "payload_too_large");
        let wrong = user.upload("a.txt", "text").header("repr-digest", &digest_field(b"other"));
        wrong.send().await.problem(422, "validation_failed");
        user.upload("broken.png", pictures::head_of_a_png()).send().await.expect(201);
        // Replaced and made again.
        for file in user.all(&[("q", "a.png")]).await {
            let path = User::path(&file);
            let put = user.put(&format!("{path}/content")).header("content-type", "image/png");
            put.body(pictures::png(64, 200)).send().await.expect(200);
            user.post(&format!("{path}/thumbnail")).send().await.expect(202);
        }
    }
    for user in &users {
        for file in user.all(&[]).await {
            user.delete(&User::path(&file)).send().await.expect(204);
        }
        assert_eq!(user.storage().await, (0, 0));
    }
    api.server.stores_exactly(0).await;
}

on_every_lane![after_a_busy_day_the_store_is_empty];
