//! Clients that go away in the middle.

use std::time::Duration;

use fm_e2e::raw::Connection;
use fm_e2e::{Api, Form, Lane, User, noise, on_every_lane};

fn head(user: &User, method: &str, target: &str, fields: &str) -> String {
    format!(
        "{method} {target} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n{fields}\r\n",
        user.server.address(),
        user.access()
    )
}

/// Nothing was kept, nothing is charged; and the server goes on.
async fn nothing_is_left(user: &User, files: u64, bytes: u64, objects: usize) {
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(user.storage().await, (bytes, files));
    assert_eq!(user.all(&[]).await.len() as u64, files);
    user.server.stores_exactly(objects).await;
}

async fn a_reset_in_the_middle_of_a_raw_body_leaves_nothing(lane: Lane) {
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    for sent in [0, 10, 150_000] {
        let mut connection = Connection::to(&user.server).await;
        let fields = "Content-Type: text/plain\r\nContent-Length: 200000\r\n";
        assert!(connection.send(head(&user, "POST", "/v1/files?name=a.bin", fields)).await);
        assert!(connection.send(noise(sent)).await);
        tokio::time::sleep(Duration::from_millis(200)).await;
        connection.reset();
    }
    nothing_is_left(&user, 0, 0, 0).await;
}

/// A body that just stops is not the whole: half an upload is never kept.
async fn a_close_in_the_middle_of_a_chunked_body_leaves_nothing(lane: Lane) {
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    let mut connection = Connection::to(&user.server).await;
    let fields = "Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n";
    assert!(connection.send(head(&user, "POST", "/v1/files?name=a.bin", fields)).await);
    assert!(connection.send("5\r\nhello\r\n").await);
    tokio::time::sleep(Duration::from_millis(200)).await;
    drop(connection);
    nothing_is_left(&user, 0, 0, 0).await;
}

async fn a_reset_in_the_middle_of_a_form_leaves_nothing(lane: Lane) {
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    let form = Form::file("a.bin", "text/plain", noise(200_000));
    let body = form.body();
    let fields = format!("Content-Type: {}\r\nContent-Length: {}\r\n", form.content_type(), body.len());
    for sent in [50, 100_000, body.len() - 3] {
        let mut connection = Connection::to(&user.server).await;
        assert!(connection.send(head(&user, "POST", "/v1/files", &fields)).await);
        assert!(connection.send(&body[..sent]).await);
        tokio::time::sleep(Duration::from_millis(200)).await;
        connection.reset();
    }
    nothing_is_left(&user, 0, 0, 0).await;
}

async fn a_reset_while_content_is_replaced_keeps_the_old(lane: Lane) {
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    let file = user.file("a.txt", "the old content").await;
    let mut connection = Connection::to(&user.server).await;
    let target = format!("{}/content", User::path(&file));
    let fields = "Content-Type: text/plain\r\nContent-Length: 200000\r\n";
    assert!(connection.send(head(&user, "PUT", &target, fields)).await);
    assert!(connection.send(noise(100_000)).await);
    tokio::time::sleep(Duration::from_millis(200)).await;
    connection.reset();
    nothing_is_left(&user, 1, 15, 1).await;
    let url = user.current(&file).await.download.url;
    assert_eq!(user.get(url.expose()).send().await.expect(200).text(), "the old content");
}

/// Large enough that an S3 store has parts on their way.
async fn a_reset_behind_several_parts_leaves_nothing(lane: Lane) {
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    let mut connection = Connection::to(&user.server).await;
    let fields = "Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n";
    assert!(connection.send(head(&user, "POST", "/v1/files?name=a.bin", fields)).await);
    let mut chunk = b"f4240\r\n".to_vec();
    chunk.extend(noise(1_000_000));
    chunk.extend(b"\r\n");
    for _ in 0..20 {
        assert!(connection.send(&chunk).await);
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    connection.reset();
    nothing_is_left(&user, 0, 0, 0).await;
}

async fn a_download_that_is_given_up_hurts_no_other(lane: Lane) {
    let user = Api::on(lane).user().await;
    let body = noise(5_000_000);
    let file = user.file("a.bin", body.clone()).await;
    let url = file.download.url.expose();
    for _ in 0..5 {
        let mut answer = user.get(url).open().await;
        assert!(answer.chunk().await.unwrap().is_some());
        drop(answer);
    }
    assert_eq!(user.get(url).send().await.expect(200).body.len(), body.len());
}

on_every_lane![
    a_reset_in_the_middle_of_a_raw_body_leaves_nothing,
    a_close_in_the_middle_of_a_chunked_body_leaves_nothing,
    a_reset_in_the_middle_of_a_form_leaves_nothing,
    a_reset_while_content_is_replaced_keeps_the_old,
    a_reset_behind_several_parts_leaves_nothing,
    a_download_that_is_given_up_hurts_no_other,
];
