//! The folder of the data may not be written to, or is not there.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

use fm_e2e::{Api, Lane, Server, User, eventually};

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// Every folder below, and itself.
fn modes(path: &Path, to: u32) {
    mode(path, 0o700);
    for entry in fs::read_dir(path).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            modes(&entry.path(), to);
        }
    }
    mode(path, to);
}

/// It says which folder and why, and ends with 1.
#[track_caller]
fn refuses_to_start(server: &Server) {
    let ended = server.run(&["serve"]);
    assert_eq!(ended.code, Some(1), "{}", ended.output);
    assert!(!ended.output.contains("panicked"), "{}", ended.output);
    assert!(ended.output.contains("Permission denied"), "why: {}", ended.output);
    let data = server.data();
    assert!(ended.output.contains(data.to_str().unwrap()), "which folder: {}", ended.output);
}

#[tokio::test]
async fn without_a_folder_that_it_may_write_to_it_does_not_start() {
    let server = Server::of_an_ordinary_account();
    // It can't be made.
    mode(server.home(), 0o500);
    refuses_to_start(&server);
    mode(server.home(), 0o700);
    // It is there and empty, and may only be read.
    server.make_data();
    mode(&server.data(), 0o500);
    refuses_to_start(&server);
    mode(&server.data(), 0o700);
    // It is there and complete, and may not even be read.
    server.resume();
    server.stop();
    mode(&server.data(), 0o000);
    refuses_to_start(&server);
    mode(&server.data(), 0o700);
    // Nor does it with a folder of blobs that it may not write to.
    modes(&server.data().join("blobs"), 0o500);
    refuses_to_start(&server);
    modes(&server.data().join("blobs"), 0o700);
    server.resume();
    server.stop();
}

#[tokio::test]
async fn a_folder_that_becomes_read_only_is_told_as_503_until_it_is_not() {
    let server = Arc::new(Server::of_an_ordinary_account());
    server.resume();
    let user = Api::of(Arc::clone(&server)).user().await;
    let kept = user.file("kept.txt", "text").await;
    let gone = user.file("gone.txt", "text").await;
    let blobs = server.data().join("blobs");
    modes(&blobs, 0o500);
    for _ in 0..3 {
        user.upload("a.txt", "text").send().await.unavailable();
    }
    user.get("/health/ready").send().await.expect(503);
    let link = user.get(&format!("{}/content", User::path(&kept))).send().await.expect(302).field("location");
    assert_eq!(user.get(&link).send().await.expect(200).text(), "text", "it can still be read");
    user.delete(&User::path(&gone)).send().await.expect(204);
    assert_eq!(user.storage().await, (4, 1));
    modes(&blobs, 0o700);
    eventually("it is ready again", async || {
        (user.get("/health/ready").send().await.status == 200).then_some(())
    })
    .await;
    user.file("b.txt", "text").await;
    server.stores_exactly(2).await;
}

#[tokio::test]
async fn blobs_that_are_not_there_are_told_as_503_until_they_are_back() {
    let server = Arc::new(Server::start(Lane::Embedded, &[]));
    let user = Api::of(Arc::clone(&server)).user().await;
    let kept = user.file("kept.txt", "text").await;
    let link = user.get(&format!("{}/content", User::path(&kept))).send().await.expect(302).field("location");
    let upload = user
        .post("/v1/uploads")
        .header("tus-resumable", "1.0.0")
        .header("upload-length", "5")
        .header("upload-metadata", "filename YS50eHQ=");
    let upload = upload.send().await.expect(201).field("location");
    let append = || {
        let request = user.patch(&upload).header("tus-resumable", "1.0.0").header("upload-offset", "0");
        request.header("content-type", "application/offset+octet-stream").body("hello").send()
    };
    let (blobs, away) = (server.data().join("blobs"), server.data().join("away"));
    fs::rename(&blobs, &away).unwrap();
    for is_replaced in [false, true] {
        if is_replaced {
            fs::write(&blobs, "a file").unwrap();
        }
        user.upload("a.txt", "text").send().await.unavailable();
        append().await.unavailable();
        user.get(&link).send().await.unavailable();
        user.get("/health/ready").send().await.expect(503);
        user.get("/health/live").send().await.expect(200);
    }
    assert_eq!(user.storage().await, (4, 1));
    fs::remove_file(&blobs).unwrap();
    fs::rename(&away, &blobs).unwrap();
    assert_eq!(user.get(&link).send().await.expect(200).text(), "text");
    append().await.expect(204);
    user.file("b.txt", "text").await;
    server.stores_exactly(3).await;
}
