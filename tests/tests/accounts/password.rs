//! `POST /v1/auth/password`

use fm_e2e::{Api, Lane, on_every_lane, unique};
use serde_json::json;

async fn a_changed_password_revokes_every_other_session(lane: Lane) {
    let user = Api::on(lane).user().await;
    let other = user.again().await;
    let new = unique("new-password-");
    user.secret(&new);
    let body = json!({"current_password": user.password, "new_password": new});
    user.post("/v1/auth/password").json(&body).send().await.expect(204);
    user.me().await.expect(200);
    user.spend(user.refresh()).await.expect(200);
    other.me().await.unauthenticated();
    other.spend(other.refresh()).await.unauthenticated();
    let login = user.anonymous();
    let old = json!({"email": user.email, "password": user.password});
    login.post("/v1/auth/login").json(&old).send().await.problem(401, "invalid_credentials");
    login
        .post("/v1/auth/login")
        .json(&json!({"email": user.email, "password": new}))
        .send()
        .await
        .expect(200);
}

async fn the_current_password_has_to_be_right(lane: Lane) {
    let user = Api::on(lane).user().await;
    let body = json!({"current_password": "not the password", "new_password": "another password"});
    user.post("/v1/auth/password").json(&body).send().await.problem(403, "wrong_password");
    user.again().await.me().await.expect(200);
}

async fn the_new_password_has_to_be_acceptable(lane: Lane) {
    let user = Api::on(lane).user().await;
    let other = user.again().await;
    let body = json!({"current_password": user.password, "new_password": "short"});
    user.post("/v1/auth/password").json(&body).send().await.invalid(&["/new_password"]);
    other.me().await.expect(200);
}

on_every_lane![
    a_changed_password_revokes_every_other_session,
    the_current_password_has_to_be_right,
    the_new_password_has_to_be_acceptable,
];
