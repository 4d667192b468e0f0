//! `/v1/auth/me`

use fm_e2e::{Api, Lane, on_every_lane, pictures};
use serde_json::json;

async fn me_is_the_user_with_what_they_keep(lane: Lane) {
    let user = Api::on(lane).user().await;
    let answer = user.me().await.expect(200);
    let me = answer.json();
    assert_eq!(me["id"], user.id);
    assert_eq!(me["email"], user.email);
    assert_eq!(me["role"], "user");
    let nothing =
        json!({"used_bytes": 0, "trash_bytes": 0, "version_bytes": 0, "file_count": 0, "quota_bytes": null});
    assert_eq!(me["storage"], nothing);
    assert_eq!(answer.field("cache-control"), "private, no-store");
    user.file("a.txt", "12345").await;
    assert_eq!(user.storage().await, (5, 1));
}

async fn a_name_can_be_changed_and_taken_away(lane: Lane) {
    let user = Api::on(lane).user().await;
    let changed =
        user.patch("/v1/auth/me").json(&json!({"name": "Cafe\u{301}"})).send().await.expect(200).json();
    assert_eq!(changed["name"], "Café", "names are kept in NFC");
    assert_eq!(user.me().await.expect(200).json()["name"], "Café");
    let changed = user.patch("/v1/auth/me").json(&json!({"name": null})).send().await.expect(200).json();
    assert!(changed["name"].is_null());
}

async fn a_bad_name_is_refused(lane: Lane) {
    let user = Api::on(lane).user().await;
    for name in ["", "   ", "a\u{0}b", "a\u{200b}b", "\u{202e}ada", "\u{3164}", &"x".repeat(256)] {
        user.patch("/v1/auth/me").json(&json!({"name": name})).send().await.invalid(&["/name"]);
    }
    user.patch("/v1/auth/me").json(&json!({"name": "x".repeat(255)})).send().await.expect(200);
}

async fn what_is_not_to_be_changed_is_an_unknown_member(lane: Lane) {
    let user = Api::on(lane).user().await;
    for member in ["role", "email", "id"] {
        let body = json!({"name": "A", member: "admin"});
        user.patch("/v1/auth/me").json(&body).send().await.problem(422, "validation_failed");
    }
    assert_eq!(user.me().await.expect(200).json()["role"], "user");
}

async fn removing_an_account_takes_the_password(lane: Lane) {
    let user = Api::on(lane).user().await;
    let body = json!({"password": "not the password"});
    user.delete("/v1/auth/me").json(&body).send().await.problem(403, "wrong_password");
    user.me().await.expect(200);
}

async fn with_an_account_its_sessions_and_files_go(lane: Lane) {
    let api = Api::on(lane);
    let user = api.user().await;
    let other = user.again().await;
    let file = user.file("a.png", pictures::png(80, 40)).await;
    let body = json!({"password": user.password});
    let answer = user.delete("/v1/auth/me").json(&body).send().await.expect(204);
    assert_eq!(answer.cookie("__Host-access_token").expect("it is cleared").0, "");
    user.me().await.unauthenticated();
    other.me().await.unauthenticated();
    other.get(&fm_e2e::User::path(&file)).send().await.unauthenticated();
    user.spend(other.refresh()).await.unauthenticated();
    let login = json!({"email": user.email, "password": user.password});
    api.post("/v1/auth/login").json(&login).send().await.problem(401, "invalid_credentials");
    api.post("/v1/auth/register").json(&login).send().await.expect(201);
    let again = user.again().await;
    assert_eq!(again.storage().await, (0, 0), "nothing of the old account is left");
}

async fn with_an_account_its_blobs_go(lane: Lane) {
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    let file = user.file("a.png", pictures::png(80, 40)).await;
    user.with_thumbnail(&file).await;
    user.file("b.txt", "text").await;
    api.server.stores_exactly(3).await;
    user.delete("/v1/auth/me").json(&json!({"password": user.password})).send().await.expect(204);
    api.server.stores_exactly(0).await;
}

on_every_lane![
    me_is_the_user_with_what_they_keep,
    a_name_can_be_changed_and_taken_away,
    a_bad_name_is_refused,
    what_is_not_to_be_changed_is_an_unknown_member,
    removing_an_account_takes_the_password,
    with_an_account_its_sessions_and_files_go,
    with_an_account_its_blobs_go,
];
