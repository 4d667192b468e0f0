//! Uploads that something else overtakes.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use fm_api_types::File;
use fm_e2e::raw::Connection;
use fm_e2e::{Api, Lane, Server, User, noise, on_every_lane, pictures, sha256_hex};
use serde_json::json;

/// An upload of five bytes that the server has begun with, and that waits for its last two.
async fn half(user: &User, method: &str, target: &str) -> Connection {
    let mut connection = Connection::to(&user.server).await;
    let head = format!(
        "{method} {target} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Type: text/plain\r\n\
         Content-Length: 5\r\nExpect: 100-continue\r\n\r\n",
        user.server.address(),
        user.access()
    );
    assert!(connection.send(head).await);
    connection.is_asked_for_the_body().await;
    assert!(connection.send("hel").await);
    tokio::time::sleep(Duration::from_millis(300)).await;
    connection
}

async fn an_upload_whose_account_is_removed_meanwhile_leaves_nothing(lane: Lane) {
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    let mut upload = half(&user, "POST", "/v1/files?name=a.txt").await;
    user.delete("/v1/auth/me").json(&json!({"password": user.password})).send().await.expect(204);
    assert!(upload.send("lo").await);
    let answer = upload.answer().await;
    api.server.stores_exactly(0).await;
    assert!([401, 404].contains(&answer.status), "{answer:?}");
}

/// Whatever is left of the account then: no worker runs, where there can be another process.
async fn uploads_of_an_account_that_is_removed_meanwhile_are_refused(lane: Lane) {
    let arguments: &[&'static str] = if lane.is_durable() { &["--no-worker"] } else { &[] };
    let server = Server::prepare(lane, &[], arguments);
    server.resume();
    let api = Api::of(Arc::new(server));
    let user = api.user().await;
    let file = user.file("a.txt", "old").await;
    let mut post = half(&user, "POST", "/v1/files?name=b.txt").await;
    let mut put = half(&user, "PUT", &format!("{}/content", User::path(&file))).await;
    user.delete("/v1/auth/me").json(&json!({"password": user.password})).send().await.expect(204);
    for (upload, statuses) in [(&mut post, [401, 401]), (&mut put, [401, 404])] {
        assert!(upload.send("lo").await);
        let answer = upload.answer().await;
        assert!(statuses.contains(&answer.status), "{answer:?}");
    }
}

async fn content_of_a_file_that_is_removed_meanwhile_leaves_nothing(lane: Lane) {
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    let file = user.file("a.txt", "old").await;
    let mut put = half(&user, "PUT", &format!("{}/content", User::path(&file))).await;
    user.delete(&User::path(&file)).send().await.expect(204);
    assert!(put.send("lo").await);
    let answer = put.answer().await;
    assert_eq!(answer.status, 404, "{answer:?}");
    assert_eq!(user.storage().await, (0, 0));
    api.server.stores_exactly(0).await;
}

async fn a_rename_meanwhile_is_not_lost(lane: Lane) {
    let user = Api::on(lane).user().await;
    let file = user.file("a.txt", "old").await;
    let mut put = half(&user, "PUT", &format!("{}/content", User::path(&file))).await;
    user.patch(&User::path(&file)).json(&json!({"name": "b.txt"})).send().await.expect(200);
    assert!(put.send("lo").await);
    let answer = put.answer().await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let file = user.current(&file).await;
    assert_eq!(file.name, "b.txt");
    assert_eq!(file.sha256, Some(sha256_hex(b"hello")));
}

async fn the_thumbnail_is_that_of_the_last_content(lane: Lane) {
    let api = Api::with(lane, &[("VERSIONS_MAX_COUNT", "0")]);
    let user = api.user().await;
    let file = user.file("a.png", pictures::png(1_000, 1_000)).await;
    for height in [10, 20, 30, 40] {
        let put = user.put(&format!("{}/content", User::path(&file))).header("content-type", "image/png");
        put.body(pictures::png(64, height)).send().await.expect(200);
    }
    assert_eq!(user.with_thumbnail(&file).await.thumbnail.height, Some(40));
    api.server.stores_exactly(2).await;
}

/// With memory for one part of an S3 upload, they wait for each other and all get through.
async fn more_uploads_than_memory_wait_and_all_succeed(lane: Lane) {
    let api = Api::with(lane, &[("UPLOAD_BUFFER_BYTES", "16777216")]);
    let user = api.user().await;
    let body = Bytes::from(noise(6_000_000));
    let hash = sha256_hex(&body);
    let uploads = (0..12).map(|index| {
        let request = user.post("/v1/files").query(&[("name", "a")]).header("content-type", "text/plain");
        // Every other one does not say how much will come.
        let request = if index % 2 == 0 {
            request.body(body.clone())
        } else {
            request.chunked(body.chunks(65_536).map(Bytes::copy_from_slice).collect())
        };
        request.send()
    });
    for answer in futures_util::future::join_all(uploads).await {
        assert_eq!(answer.expect(201).parse::<File>().sha256.as_deref(), Some(&*hash));
    }
}

on_every_lane![
    an_upload_whose_account_is_removed_meanwhile_leaves_nothing,
    uploads_of_an_account_that_is_removed_meanwhile_are_refused,
    content_of_a_file_that_is_removed_meanwhile_leaves_nothing,
    a_rename_meanwhile_is_not_lost,
    the_thumbnail_is_that_of_the_last_content,
    more_uploads_than_memory_wait_and_all_succeed,
];
