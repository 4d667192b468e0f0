//! The S3 fails: it refuses, cuts connections, loses answers.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use fm_api_types::File;
use fm_e2e::{Api, Fault, Server, User, eventually, noise, pictures};
use futures_util::future::join4;

use super::within;

/// More than one part of an S3 upload.
const LARGE: usize = 6_000_000;

/// More than is held of a body that is sent while it comes, and than sockets hold of it.
const LONGER: usize = 20_000_000;

/// Three attempts that fail at once, the pauses between them (1 s each at most), and as much once more for cleaning up
/// (waited for 5 s at most by the adapter, and 5 s by the use case).
const BOUND: Duration = Duration::from_secs(15);

async fn is_ready(api: &Api, ready: bool) {
    let status = if ready { 200 } else { 503 };
    eventually("readiness follows the store", async || {
        let answer = api.get("/health/ready").send().await;
        (answer.status == status).then_some(())
    })
    .await;
}

/// While every request to the store meets this, uploads are 503 and leave nothing, and everything else works.
async fn is_told_and_leaves_nothing(user: &User, fault: Fault) {
    let kept = user.file("kept.txt", "text").await;
    let gone = user.file("gone.txt", "text").await;
    let before = user.storage().await;
    let chaos = user.server.store_chaos();
    let met = chaos.met();
    chaos.always(fault);
    let what = format!("{fault:?}");
    let replacement =
        user.put(&format!("{}/content", User::path(&kept))).header("content-type", "text/plain");
    let answers = join4(
        within(BOUND, &what, user.upload("small.txt", "text")),
        within(BOUND, &what, user.upload("large.bin", noise(LARGE))),
        within(BOUND, &what, user.upload("empty.txt", "")),
        within(BOUND, &what, replacement.body("other")),
    )
    .await;
    for answer in [answers.0, answers.1, answers.2, answers.3] {
        answer.unavailable();
    }
    if fault != Fault::Gone {
        assert!(chaos.met() > met, "requests met the fault");
    }
    is_ready(user, false).await;
    assert_eq!(user.storage().await, before, "{fault:?}: nothing is charged");
    user.delete(&User::path(&gone)).send().await.expect(204);
    let link = user.get(&format!("{}/content", User::path(&kept))).send().await.expect(302);
    chaos.calm();
    assert_eq!(user.get(&link.field("location")).send().await.expect(200).text(), "text", "{fault:?}");
    is_ready(user, true).await;
    user.file("after.txt", "text").await;
}

/// On one server after the other: at the end the store holds what the files need, and nothing of what failed.
async fn faults_are_told_and_leave_nothing(faults: &[Fault]) {
    let server = Arc::new(Server::amid_chaos());
    let user = Api::of(Arc::clone(&server)).user().await;
    for fault in faults {
        is_told_and_leaves_nothing(&user, *fault).await;
    }
    let files = user.storage().await.1;
    assert_eq!(files, 2 * faults.len() as u64);
    // Jobs that are tried again, and the sweep, delete what could not be deleted at once.
    server.stores_within(Duration::from_secs(150), usize::try_from(files).unwrap()).await;
}

#[tokio::test]
async fn a_store_that_refuses_is_told_as_503_and_leaves_nothing() {
    faults_are_told_and_leave_nothing(&[
        Fault::Refuse(500, "InternalError"),
        Fault::Refuse(503, "SlowDown"),
        Fault::Gone,
    ])
    .await;
}

#[tokio::test]
async fn a_store_that_cuts_connections_is_told_as_503_and_leaves_nothing() {
    faults_are_told_and_leave_nothing(&[Fault::CutRequest, Fault::CutAnswer, Fault::LoseAnswer]).await;
}

/// A single fault is no failure: the adapter tries again, or asks the store what happened.
#[tokio::test]
async fn a_single_fault_of_the_store_is_hidden_from_clients() {
    let server = Arc::new(Server::amid_chaos());
    let user = Api::of(Arc::clone(&server)).user().await;
    let chaos = server.store_chaos();
    let mut files = 0;
    for fault in
        [Fault::Refuse(503, "SlowDown"), Fault::CutRequest, Fault::CutAnswer, Fault::LoseAnswer, Fault::Slow]
    {
        // The object, the beginning of an upload, a part of it, and its end.
        for (text, size) in
            [("PUT /", 1_000), ("?uploads", LARGE), ("partNumber=2", LARGE), ("?uploadId=", LARGE)]
        {
            let met = chaos.met();
            chaos.next(1, text, fault);
            let bytes = Bytes::from(noise(size));
            // Of unknown length, so that the longer ones go in parts.
            let upload = user.post("/v1/files").query(&[("name", "a.bin")]);
            let upload = upload.header("content-type", "application/octet-stream");
            let file: File = upload.chunked(vec![bytes.clone()]).send().await.expect(201).parse();
            assert_eq!(chaos.met(), met + 1, "{fault:?} of {text}");
            let content = user.get(file.download.url.expose()).send().await.expect(200);
            assert_eq!(content.body, bytes, "{fault:?} of {text}");
            files += 1;
        }
    }
    chaos.calm();
    // Only the sweep removes a multipart upload whose creation lost its answer: the adapter does not know its id.
    let orphans = 2;
    let stored = server.stored().await.unwrap();
    assert!((files..=files + orphans).contains(&stored), "{stored} objects for {files} files");
}

/// A body that is sent to the store while it comes can't be sent again. Where only the answer is lost or late, the store is asked.
#[tokio::test]
async fn an_answer_that_is_lost_or_late_to_a_longer_body_is_hidden_from_clients() {
    let server = Arc::new(Server::amid_chaos());
    let user = Api::of(Arc::clone(&server)).user().await;
    let chaos = server.store_chaos();
    let bytes = Bytes::from(noise(LONGER));
    let faults = [Fault::LoseAnswer, Fault::CutAnswer, Fault::Slow];
    for fault in faults {
        let met = chaos.met();
        chaos.next(1, "PUT /", fault);
        let file = user.file("a.bin", bytes.clone()).await;
        assert_eq!(chaos.met(), met + 1, "{fault:?}");
        let content = user.get(file.download.url.expose()).send().await.expect(200);
        assert_eq!(content.body, bytes, "{fault:?}");
    }
    chaos.calm();
    server.stores_within(Duration::from_secs(150), faults.len()).await;
}

/// Else the client is told, and its repetition goes in parts, of which a single fault is hidden.
#[tokio::test]
async fn a_fault_in_the_middle_of_a_longer_body_is_told_and_the_repetition_succeeds() {
    for fault in [Fault::CutRequest, Fault::Refuse(503, "SlowDown")] {
        let server = Arc::new(Server::amid_chaos());
        let user = Api::of(Arc::clone(&server)).user().await;
        let chaos = server.store_chaos();
        let (bytes, before) = (Bytes::from(noise(LONGER)), user.storage().await);
        chaos.next(1, "PUT /", fault);
        within(BOUND, "a longer upload", user.upload("a.bin", bytes.clone())).await.unavailable();
        assert_eq!(user.storage().await, before, "{fault:?}: nothing is charged");
        let met = chaos.met();
        chaos.next(1, "partNumber=2", fault);
        let file = user.file("a.bin", bytes.clone()).await;
        assert_eq!(chaos.met(), met + 1, "{fault:?}");
        let content = user.get(file.download.url.expose()).send().await.expect(200);
        assert_eq!(content.body, bytes, "{fault:?}");
        chaos.calm();
        server.stores_within(Duration::from_secs(150), 1).await;
    }
}

/// The bytes of a picture that break off on the way to its thumbnail are no reason to call it broken.
#[tokio::test]
async fn a_thumbnail_whose_store_fails_is_made_after_all() {
    let server = Arc::new(Server::amid_chaos());
    let user = Api::of(Arc::clone(&server)).user().await;
    let chaos = server.store_chaos();
    for (text, fault) in [
        ("GET /files", Fault::CutAnswer),
        ("GET /files", Fault::LoseAnswer),
        ("PUT /thumbnails", Fault::CutRequest),
        ("PUT /thumbnails", Fault::LoseAnswer),
    ] {
        let met = chaos.met();
        // More than the attempts of one request.
        chaos.next(4, text, fault);
        let file = user.file_of("image/png", "a.png", pictures::png(60, 40)).await;
        let made = eventually("the thumbnail is made after all", async || {
            let file = user.current(&file).await;
            assert_ne!(file.thumbnail.status, "failed", "{fault:?} of {text}: the picture is not to blame");
            (file.thumbnail.status == "ready").then_some(file)
        })
        .await;
        assert!(chaos.met() > met, "{fault:?} of {text}");
        user.get(made.thumbnail.url.as_ref().unwrap().expose()).send().await.expect(200);
        chaos.calm();
    }
    server.stores_within(Duration::from_secs(150), 8).await;
}

/// A limit of the store's operator, below the program's own: the file can't be stored by any way, and nothing of it stays.
#[tokio::test]
async fn a_file_that_is_too_large_for_the_store_is_refused_for_good() {
    let server = Arc::new(Server::amid_chaos());
    let user = Api::of(Arc::clone(&server)).user().await;
    let kept = user.file("kept.txt", "text").await;
    let direct = user.direct("direct.bin", LARGE).await;
    let sent = direct.send_all(&noise(LARGE).into()).await;
    let refusal = Fault::Refuse(413, "EntityTooLarge");
    let chaos = server.store_chaos();

    chaos.only("PUT", refusal);
    let replace = user.put(&format!("{}/content", User::path(&kept))).header("content-type", "text/plain");
    // It is refused when most of it was sent, and might be taken in parts: the client's next attempt tells.
    user.upload("large.bin", noise(LARGE)).send().await.unavailable();
    for answer in [
        user.upload("small.txt", "text").send().await,
        user.upload("large.bin", noise(LARGE)).send().await,
        replace.body("other").send().await,
    ] {
        answer.problem(413, "payload_too_large");
    }
    for size in [10, LARGE] {
        let upload = user.resumable("a.bin", size).await;
        upload.piece(0).body(noise(size)).send().await.problem(413, "payload_too_large");
        upload.head().await.expect(404);
    }
    // The client sends parts to the store itself, which may see only at the end how large the whole is.
    chaos.only("POST", refusal);
    direct.complete(&sent).await.problem(413, "payload_too_large");
    direct.complete(&sent).await.expect(404);
    chaos.calm();

    assert_eq!(user.storage().await, (4, 1));
    assert!(server.output().contains("raise the size limit"), "the log names the limit");
    server.stores_within(Duration::from_secs(150), 1).await;
}
