//! Database and store accept requests and never answer: no client waits for ever.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use fm_e2e::{Api, Fault, Server, User, noise, pictures};
use futures_util::future::{join, join_all};
use serde_json::json;

use super::within;

/// Of the S3 adapter: 60 s for an attempt that carries bytes, 33 s for what comes before and after it (three attempts
/// of 10 s, and the pauses between them), and cleaning up: waited for 5 s by the adapter, and 5 s by the use case.
const STORE_TRANSFER: Duration = Duration::from_secs(60 + 33 + 5 + 5);
/// The beginning of an upload in parts carries none: three attempts of 10 s with their pauses, and cleaning up.
const STORE_CONTROL: Duration = Duration::from_secs(33 + 5 + 5);
/// `/health/ready` gives the store 5 s.
const STORE_PING: Duration = Duration::from_secs(5);
/// `statement_timeout` is 15 s, and the answer to it is awaited 5 s longer; a new connection may take 10 s.
const DATABASE: Duration = Duration::from_secs(15 + 5 + 10);
/// The commit, reading it back, giving the upload up, and looking for the account: each as long as one statement.
const DATABASE_AT_THE_END: Duration = Duration::from_secs(4 * 20);

/// All at once, for they wait and do nothing.
#[tokio::test]
async fn what_never_answers_is_told_as_503_in_time() {
    tokio::join!(a_store_that_hangs(), a_database_that_hangs(), a_commit_that_hangs());
}

async fn a_store_that_hangs() {
    let server = Arc::new(Server::amid_chaos());
    let user = Api::of(Arc::clone(&server)).user().await;
    let kept = user.file("kept.txt", "text").await;
    let gone = user.file("gone.txt", "text").await;
    let before = user.storage().await;
    server.store_chaos().always(Fault::Hang);
    let ready = async {
        let answer = within(STORE_PING, "readiness", user.get("/health/ready")).await;
        assert_eq!(answer.expect(503).json()["checks"]["blob_store"], "failed");
        // Whatever needs no store does not notice.
        user.delete(&User::path(&gone)).send().await.expect(204);
        user.patch(&User::path(&kept)).json(&json!({"name": "b.txt"})).send().await.expect(200);
        user.get(&format!("{}/content", User::path(&kept))).send().await.expect(302);
        user.me().await.expect(200);
    };
    let replace = user.put(&format!("{}/content", User::path(&kept))).header("content-type", "text/plain");
    let in_parts = user.post("/v1/files").query(&[("name", "c.bin")]);
    let in_parts = in_parts.header("content-type", "application/octet-stream");
    let in_parts = in_parts.chunked(vec![Bytes::from(noise(6_000_000))]);
    let uploads = join_all([
        within(STORE_TRANSFER, "a small upload", user.upload("a.txt", "text")),
        within(STORE_TRANSFER, "a replacement", replace.body("other")),
        within(STORE_TRANSFER, "a large upload", user.upload("b.bin", noise(6_000_000))),
        within(STORE_CONTROL, "an upload in parts", in_parts),
    ]);
    for answer in join(ready, uploads).await.1 {
        answer.unavailable();
    }
    assert_eq!(user.storage().await, (4, 1), "before: {before:?}");
    server.store_chaos().calm();
    let picture = user.file_of("image/png", "c.png", pictures::png(20, 10)).await;
    user.with_thumbnail(&picture).await;
    server.stores_within(Duration::from_secs(200), 3).await;
}

async fn a_database_that_hangs() {
    let server = Arc::new(Server::amid_chaos());
    let api = Api::of(Arc::clone(&server));
    let user = api.user().await;
    let kept = user.file("kept.txt", "text").await;
    // Several pooled connections, each of which will hang.
    join_all((0..12).map(|index| user.file("more.txt", format!("text {index}")))).await;
    let before = user.storage().await;
    let path = User::path(&kept);
    // At the beginning of a unit of work: one connection that hangs is enough, and no other is tried.
    server.database_chaos().only("BEGIN\0", Fault::Hang);
    let changes = [
        ("an upload", user.upload("a.txt", "text")),
        ("a removal", user.delete(&path)),
        ("a new name", user.patch(&path).json(&json!({"name": "b.txt"}))),
    ];
    for answer in join_all(changes.map(|(what, request)| within(DATABASE, what, request))).await {
        answer.unavailable();
    }
    assert_eq!(user.storage().await, before, "reads go on");
    server.database_chaos().always(Fault::Hang);
    let login = json!({"email": user.email, "password": user.password});
    let register = json!({"email": "grace@example.com", "password": "a password that is long"});
    let requests = || {
        let mut requests = vec![
            ("an upload", user.upload("a.txt", "text")),
            ("a list", user.get("/v1/files")),
            ("a removal", user.delete(&path)),
            ("a new name", user.patch(&path).json(&json!({"name": "b.txt"}))),
            ("a login", api.post("/v1/auth/login").json(&login)),
            ("an account", api.post("/v1/auth/register").json(&register)),
        ];
        // More than there are connections.
        requests.extend((0..40).map(|_| ("an account's page", user.get("/v1/auth/me"))));
        requests
    };
    // Those that find connections, and those that find none any more.
    for round in ["first", "second"] {
        let answers = requests().into_iter().map(|(what, request)| {
            let what = format!("{what} in the {round} round");
            async move { within(DATABASE, &what, request).await }
        });
        for answer in join_all(answers).await {
            answer.unavailable();
        }
        api.get("/health/live").send().await.expect(200);
    }
    server.database_chaos().calm();
    fm_e2e::eventually("the database is there again", async || (user.me().await.status == 200).then_some(()))
        .await;
    assert_eq!(user.storage().await, before);
    user.file("after.txt", "text").await;
    server.stores_within(Duration::from_secs(150), 14).await;
}

/// The COMMIT of an upload is on its way for so long that the program gives it up; and then it arrives.
async fn a_commit_that_hangs() {
    let server = Arc::new(Server::amid_chaos());
    let user = Api::of(Arc::clone(&server)).user().await;
    // What enqueues a job: the thumbnail's.
    server.database_chaos().only("NOTIFY file_manager_jobs", Fault::Hang);
    let upload = user.upload("a.png", pictures::png(20, 10));
    within(DATABASE_AT_THE_END, "an upload", upload).await.unavailable();
    assert!(server.database_chaos().met() > 0, "its commit hung");
    server.database_chaos().calm();
    // Wholly done or not at all, whichever PostgreSQL makes of it.
    user.file_of("image/png", "b.png", pictures::png(20, 10)).await;
    let files = user.all(&[]).await;
    assert_eq!(user.storage().await.1, files.len() as u64);
    for file in &files {
        let made = user.with_thumbnail(file).await;
        assert_eq!(made.thumbnail.status, "ready");
        let content = user.get(made.download.url.expose()).send().await.expect(200);
        assert_eq!(content.body, pictures::png(20, 10));
    }
    server.stores_within(Duration::from_secs(200), 2 * files.len()).await;
}
