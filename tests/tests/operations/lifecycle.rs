//! Starting, stopping, dying, starting again.

use std::sync::Arc;
use std::time::{Duration, Instant};

use fm_api_types::File;
use fm_e2e::raw::Connection;
use fm_e2e::{AT_LAST, Api, Lane, Server, User, eventually, noise, on_every_lane, pictures};
use serde_json::json;

/// Longer than a busy machine takes to stop, and shorter than the grace that open requests are given.
const STOPS_WITHIN: Duration = Duration::from_secs(25);

async fn sigterm_ends_it_with_0(lane: Lane) {
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    user.file("a.txt", "text").await;
    let started = Instant::now();
    api.server.stop();
    assert!(started.elapsed() < STOPS_WITHIN, "idle connections do not hold it up: {:?}", started.elapsed());
}

async fn sigint_ends_it_with_0(lane: Lane) {
    let server = Server::start(lane, &[]);
    server.signal("INT");
    let status = server.ended(AT_LAST).expect("it ends");
    assert_eq!(status.code(), Some(0));
    server.stop();
}

/// An upload of `a.txt` that the server has begun with, and that lacks its last two bytes.
async fn three_of_five_bytes(user: &User) -> Connection {
    let mut upload = Connection::to(&user.server).await;
    let head = format!(
        "POST /v1/files?name=a.txt HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Type: text/plain\r\n\
         Content-Length: 5\r\nExpect: 100-continue\r\n\r\n",
        user.server.address(),
        user.access()
    );
    assert!(upload.send(head).await);
    upload.is_asked_for_the_body().await;
    assert!(upload.send("hel").await);
    upload
}

async fn requests_in_flight_are_finished(lane: Lane) {
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    let mut upload = three_of_five_bytes(&user).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    user.server.signal("TERM");
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert!(upload.send("lo").await);
    let answer = upload.answer().await;
    assert_eq!(answer.status, 201, "{answer:?}");
    drop(upload);
    let status = user.server.ended(STOPS_WITHIN).expect("it ends when the last is answered");
    assert_eq!(status.code(), Some(0));
    user.server.stop();
    if lane.is_durable() {
        user.server.resume();
        assert_eq!(user.storage().await, (5, 1));
    }
}

async fn a_second_signal_ends_it_at_once(lane: Lane) {
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    let _upload = three_of_five_bytes(&user).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    user.server.signal("TERM");
    assert_eq!(user.server.ended(Duration::from_secs(1)), None, "it waits for the upload");
    user.server.signal("TERM");
    let status = user.server.ended(STOPS_WITHIN).expect("it ends at once");
    assert_eq!(status.code(), Some(0));
    user.server.stop();
    if lane.is_durable() {
        user.server.resume();
        assert_eq!(user.storage().await, (0, 0), "the upload was cut off");
    }
}

async fn readiness_fails_from_sigterm_on(lane: Lane) {
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    let mut upload = three_of_five_bytes(&user).await;
    let mut probe = Connection::to(&user.server).await;
    assert!(probe.send("GET /health/ready HTTP/1.1\r\nHost: x\r\n\r\n").await);
    assert_eq!(probe.answer().await.status, 200);
    tokio::time::sleep(Duration::from_millis(300)).await;
    user.server.signal("TERM");
    eventually("a new client can't connect, or is answered with 503", async || {
        let answer = user.anonymous().get("/health/ready").try_send().await;
        (!answer.is_ok_and(|answer| answer.status != 503)).then_some(())
    })
    .await;
    assert!(upload.send("lo").await);
    assert_eq!(upload.answer().await.status, 201);
}

/// What the embedded and the real stores keep is there after a restart, and every token still works.
async fn everything_is_there_after_a_restart(lane: Lane) {
    if !lane.is_durable() {
        let server = Arc::new(Server::start(lane, &[]));
        let api = Api::of(Arc::clone(&server));
        let user = api.user().await;
        server.stop();
        assert_eq!(std::fs::read_dir(server.home()).unwrap().count(), 0, "it leaves no file behind");
        server.resume();
        user.me().await.unauthenticated();
        return;
    }
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    let file = user.file("Übung.png", pictures::png(128, 64)).await;
    let file = user.with_thumbnail(&file).await;
    let page = {
        user.file("b.txt", "text").await;
        user.page(&[("limit", "1")]).await
    };
    api.server.stop();
    api.server.resume();
    let again = user.current(&file).await;
    let same = File { thumbnail: file.thumbnail.clone(), download: file.download.clone(), ..again.clone() };
    assert_eq!(same, file);
    assert_eq!(again.thumbnail.status, "ready");
    let bytes = user.get(again.download.url.expose()).send().await.expect(200);
    assert_eq!(bytes.body, pictures::png(128, 64));
    let cursor = page.next_cursor.unwrap();
    let next = user.page(&[("limit", "1"), ("cursor", &cursor)]).await;
    assert_eq!(next.items[0].id, file.id, "a cursor of before still works");
    user.spend(user.refresh()).await.expect(200);
    user.again().await.me().await.expect(200);
    let revoked = user.again().await;
    user.delete("/v1/auth/sessions").send().await.expect(204);
    api.server.stop();
    api.server.resume();
    revoked.me().await.unauthenticated();
    user.me().await.expect(200);
}

/// Killed in the middle of an upload: no file, nothing charged; and what was deleted just before is gone too.
async fn a_kill_leaves_nothing_half_done(lane: Lane) {
    if !lane.is_durable() {
        let server = Server::start(lane, &[]);
        server.kill();
        server.resume();
        return;
    }
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    let kept = user.file("kept.txt", "text").await;
    let gone = user.file("gone.png", pictures::png(900, 900)).await;
    let mut upload = Connection::to(&user.server).await;
    let head = format!(
        "POST /v1/files?name=half.bin HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Type: text/plain\r\n\
         Content-Length: 900000\r\n\r\n",
        user.server.address(),
        user.access()
    );
    assert!(upload.send(head).await);
    assert!(upload.send(noise(500_000)).await);
    tokio::time::sleep(Duration::from_millis(300)).await;
    user.delete(&User::path(&gone)).send().await.expect(204);
    api.server.kill();
    drop(upload);
    api.server.resume();
    let names = fm_e2e::names(&user.all(&[]).await);
    assert_eq!(names, ["kept.txt"]);
    assert_eq!(user.storage().await, (4, 1));
    let kept = user.current(&kept).await;
    assert_eq!(user.get(kept.download.url.expose()).send().await.expect(200).text(), "text");
    user.patch(&User::path(&kept)).json(&json!({"name": "b"})).send().await.expect(200);
}

on_every_lane![
    sigterm_ends_it_with_0,
    sigint_ends_it_with_0,
    requests_in_flight_are_finished,
    a_second_signal_ends_it_at_once,
    readiness_fails_from_sigterm_on,
    everything_is_there_after_a_restart,
    a_kill_leaves_nothing_half_done,
];

/// `serve --no-worker` makes no thumbnail and removes no bytes; `worker` does both, and serves nothing.
async fn the_worker_can_run_apart(lane: Lane) {
    let server = Server::prepare(lane, &[], &["--no-worker"]);
    server.resume();
    let api = Api::of(Arc::new(server));
    let user = api.user().await;
    let file = user.file("a.png", pictures::png(100, 50)).await;
    let removed = user.file("b.txt", "text").await;
    user.delete(&User::path(&removed)).send().await.expect(204);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let waiting = user.current(&file).await;
    assert_eq!(waiting.thumbnail.status, "pending");
    api.server
        .with_a_worker(async {
            assert_eq!(user.with_thumbnail(&file).await.thumbnail.status, "ready");
            api.server.stores_exactly(2).await;
        })
        .await;
}

#[tokio::test]
async fn the_worker_can_run_apart_on_sqlite() {
    the_worker_can_run_apart(Lane::Embedded).await;
}

#[tokio::test]
async fn the_worker_can_run_apart_on_postgres() {
    the_worker_can_run_apart(Lane::PostgresS3).await;
}

/// No other account can read the secret that the program makes for itself.
#[tokio::test]
async fn the_secret_that_is_made_once_is_kept_closed() {
    use std::os::unix::fs::PermissionsExt as _;
    let api = Api::with(Lane::Embedded, &[]);
    api.user().await;
    let data = api.server.home().join("data");
    let mut secrets = 0;
    for entry in std::fs::read_dir(data).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy().to_lowercase();
        if name.contains("secret") {
            secrets += 1;
            assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{name}");
        }
    }
    assert_eq!(secrets, 1);
}
