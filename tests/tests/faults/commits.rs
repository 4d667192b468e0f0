//! The connection breaks around a COMMIT: what is answered is the truth, or that it is not known.

use std::sync::Arc;
use std::time::Duration;

use fm_api_types::File;
use fm_e2e::{Answer, Api, Fault, Server, User, pictures};
use serde_json::json;

/// What carries a unit of work that enqueues a job: nothing but the second unit of uploads of pictures, and deletions.
const WITH_A_JOB: &str = "NOTIFY file_manager_jobs";
const ANY: &str = "COMMIT\0";

/// A change is answered as it should be, or with 503; whether it was.
#[track_caller]
fn was_answered(answer: &Answer, status: u16) -> bool {
    if answer.status == status {
        return true;
    }
    answer.unavailable();
    false
}

/// Whether a file is there, and its name and hash.
async fn found(user: &User, file: &File) -> Option<(String, String)> {
    let answer = user.get(&User::path(file)).send().await;
    if answer.status == 404 {
        return None;
    }
    let file: File = answer.expect(200).parse();
    Some((file.name, file.sha256.unwrap()))
}

/// Every change, each of whose commits meets the fault once.
async fn changes_meet(user: &User, fault: Fault) {
    let chaos = user.server.database_chaos();
    // A commit whose answer is lost is read back, so that the truth can be said.
    let is_told = fault != Fault::CutRequest;
    let met = chaos.met();

    // The intent is a statement by itself: the first COMMIT is that of the second unit.
    chaos.next(1, ANY, fault);
    let before = user.storage().await.1;
    let answer = user.upload("a.txt", "text").send().await;
    assert_eq!(was_answered(&answer, 201), is_told, "{fault:?}: an upload");
    assert_eq!(user.storage().await.1, before + u64::from(is_told));

    chaos.next(1, WITH_A_JOB, fault);
    let before = user.storage().await.1;
    let answer = user.upload("a.png", pictures::png(30, 20)).send().await;
    assert_eq!(was_answered(&answer, 201), is_told, "{fault:?}: an upload of a picture");
    assert_eq!(user.storage().await.1, before + u64::from(is_told));

    let file = user.file("b.txt", "text").await;
    chaos.next(1, ANY, fault);
    let answer = user.patch(&User::path(&file)).json(&json!({"name": "c.txt"})).send().await;
    assert_eq!(was_answered(&answer, 200), is_told, "{fault:?}: a new name");
    assert_eq!(found(user, &file).await.unwrap().0, if is_told { "c.txt" } else { "b.txt" });

    chaos.next(1, ANY, fault);
    let before = found(user, &file).await;
    let replace = user.put(&format!("{}/content", User::path(&file))).header("content-type", "text/plain");
    let answer = replace.body("another").send().await;
    assert_eq!(was_answered(&answer, 200), is_told, "{fault:?}: new content");
    assert_eq!(found(user, &file).await != before, is_told);

    chaos.next(1, WITH_A_JOB, fault);
    let answer = user.delete(&User::path(&file)).send().await;
    assert_eq!(was_answered(&answer, 204), is_told, "{fault:?}: a removal");
    assert_eq!(found(user, &file).await.is_none(), is_told);

    chaos.next(1, ANY, fault);
    let account = json!({"email": format!("{fault:?}@example.com").to_lowercase(), "password": "a password that is long"});
    let answer = user.anonymous().post("/v1/auth/register").json(&account).send().await;
    let registered = was_answered(&answer, 201);
    let login = user.anonymous().post("/v1/auth/login").json(&account).send().await;
    assert_eq!(login.status == 200, registered, "{fault:?}: an account");
    assert_eq!(registered, is_told);
    assert_eq!(chaos.met(), met + 6, "each met one");
}

#[tokio::test]
async fn a_commit_whose_connection_breaks_is_told_as_it_came_out() {
    // Without workers, whose commits would meet the faults instead.
    let server = Arc::new(Server::amid_chaos_without_workers());
    let user = Api::of(Arc::clone(&server)).user().await;
    for fault in [Fault::LoseAnswer, Fault::CutAnswer, Fault::CutRequest] {
        changes_meet(&user, fault).await;
    }
    server.database_chaos().calm();
    server
        .with_a_worker(async {
            let mut objects = 0;
            for file in user.all(&[]).await {
                objects += 1 + usize::from(user.with_thumbnail(&file).await.thumbnail.status == "ready");
            }
            // What was announced and not kept goes with its lease, 60 s, at the next sweep, within another 60 s.
            server.stores_within(Duration::from_secs(150), objects).await;
        })
        .await;
}

/// Connections that break at any other moment are a 503 at most.
#[tokio::test]
async fn a_slow_database_is_slow_and_one_that_goes_is_told_as_503() {
    let server = Arc::new(Server::amid_chaos());
    let user = Api::of(Arc::clone(&server)).user().await;
    let chaos = server.database_chaos();
    chaos.always(Fault::Slow);
    user.file("slow.txt", "text").await;
    chaos.always(Fault::Gone);
    user.upload("gone.txt", "text").send().await.unavailable();
    user.get("/v1/files").send().await.unavailable();
    user.anonymous()
        .post("/v1/auth/refresh")
        .json(&json!({"refresh_token": user.refresh()}))
        .send()
        .await
        .unavailable();
    let ready = user.get("/health/ready").send().await.expect(503).json();
    assert_eq!(
        (&ready["checks"]["database"], &ready["checks"]["blob_store"]),
        (&"failed".into(), &"ok".into())
    );
    chaos.calm();
    for text in ["SELECT", "INSERT", "UPDATE", "BEGIN"] {
        for fault in [Fault::CutRequest, Fault::CutAnswer, Fault::LoseAnswer] {
            chaos.next(2, text, fault);
            was_answered(&user.upload("a.txt", "text").send().await, 201);
            was_answered(&user.get("/v1/files").send().await, 200);
            was_answered(&user.again_or_not().await, 200);
        }
    }
    chaos.calm();
    user.spend(user.refresh()).await.expect(200);
    let files = user.storage().await.1;
    server.stores_within(Duration::from_secs(150), usize::try_from(files).unwrap()).await;
}
