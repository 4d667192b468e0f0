//! What the program stands on goes away, and comes back.

use std::sync::Arc;

use fm_api_types::Readiness;
use fm_e2e::{Api, Server, User, eventually, pictures};
use serde_json::json;

async fn checks(api: &Api, status: u16) -> Readiness {
    eventually(&format!("readiness is {status}"), async || {
        let answer = api.get("/health/ready").send().await;
        (answer.status == status).then(|| answer.parse())
    })
    .await
}

#[tokio::test]
async fn without_its_store_nothing_half_done_is_left_visible() {
    let server = Arc::new(Server::on_shaky_ground());
    let user = Api::of(Arc::clone(&server)).user().await;
    let kept = user.file("kept.txt", "text").await;
    let removed = user.file("removed.txt", "text").await;
    server
        .without_its_store(async {
            let ready = checks(&user, 503).await;
            assert_eq!(ready.status, "failed");
            assert_eq!(ready.checks.blob_store, "failed");
            assert_eq!(ready.checks.database, "ok");
            user.get("/health/live").send().await.expect(200);
            user.upload("a.txt", "text").send().await.unavailable();
            let put =
                user.put(&format!("{}/content", User::path(&kept))).header("content-type", "text/plain");
            put.body("new").send().await.unavailable();
            assert_eq!(user.storage().await, (8, 2));
            user.delete(&User::path(&removed)).send().await.expect(204);
            user.patch(&User::path(&kept)).json(&json!({"name": "b.txt"})).send().await.expect(200);
        })
        .await;
    checks(&user, 200).await;
    let file = user.current(&kept).await;
    assert_eq!(user.get(file.download.url.expose()).send().await.expect(200).text(), "text");
    user.file("after.txt", "text").await;
    assert_eq!(user.storage().await, (8, 2));
}

/// A thumbnail whose store is away is made when it is back; what was removed meanwhile goes then.
#[tokio::test]
async fn background_work_is_made_up_for() {
    let server = Arc::new(Server::on_shaky_ground());
    let user = Api::of(Arc::clone(&server)).user().await;
    let removed = user.file("removed.txt", "text").await;
    let picture = user.file("a.png", pictures::png(100, 50)).await;
    user.with_thumbnail(&picture).await;
    server
        .without_its_store(async {
            user.post(&format!("{}/thumbnail", User::path(&picture))).send().await.expect(202);
            user.delete(&User::path(&removed)).send().await.expect(204);
            tokio::time::sleep(std::time::Duration::from_secs(2)).await;
        })
        .await;
    eventually("the thumbnail is made after all", async || {
        let file = user.current(&picture).await;
        assert_ne!(file.thumbnail.status, "failed", "the picture is not to blame");
        (file.thumbnail.status == "ready").then_some(())
    })
    .await;
    eventually("the removed bytes go after all", async || (server.stored().await == Some(2)).then_some(()))
        .await;
}

#[tokio::test]
async fn without_its_database_it_says_so_and_recovers() {
    let server = Arc::new(Server::on_shaky_ground());
    let user = Api::of(Arc::clone(&server)).user().await;
    user.file("a.txt", "text").await;
    server
        .without_its_database(async {
            let ready = checks(&user, 503).await;
            assert_eq!(ready.checks.database, "failed");
            assert_eq!(ready.checks.blob_store, "ok");
            user.get("/health/live").send().await.expect(200);
            user.me().await.unavailable();
            user.get("/v1/files").send().await.unavailable();
            user.upload("b.txt", "text").send().await.unavailable();
            let login = json!({"email": user.email, "password": user.password});
            user.anonymous().post("/v1/auth/login").json(&login).send().await.unavailable();
        })
        .await;
    checks(&user, 200).await;
    assert_eq!(user.storage().await, (4, 1));
    user.file("b.txt", "text").await;
    user.spend(user.refresh()).await.expect(200);
    server.stores_exactly(2).await;
}
