//! Credentials in cookies.

use fm_e2e::{Api, Lane, on_every_lane};
use serde_json::json;

async fn an_access_cookie_authenticates(lane: Lane) {
    let user = Api::on(lane).user().await;
    let cookie = format!("theme=dark; __Host-access_token={}; other=1", user.access());
    let me = user.anonymous().get("/v1/auth/me").header("cookie", &cookie).send().await.expect(200).json();
    assert_eq!(me["id"], user.id);
}

async fn the_header_wins_over_the_cookie(lane: Lane) {
    let api = Api::on(lane);
    let (first, second) = (api.user().await, api.user().await);
    let cookie = format!("__Host-access_token={}", second.access());
    let me = first.get("/v1/auth/me").header("cookie", &cookie).send().await.expect(200).json();
    assert_eq!(me["id"], first.id);
    let broken = first.bearing("not-a-token").get("/v1/auth/me").header("cookie", &cookie);
    broken.send().await.unauthenticated();
}

async fn a_refresh_cookie_refreshes(lane: Lane) {
    let user = Api::on(lane).user().await;
    let cookie = format!("__Secure-refresh_token={}", user.refresh());
    let request = user.anonymous().post("/v1/auth/refresh").header("cookie", &cookie);
    let answer = request.send().await.expect(200);
    let (new, _) = answer.cookie("__Secure-refresh_token").expect("a new cookie");
    assert_ne!(new, user.refresh());
    user.spend(&new).await.expect(200);
}

async fn the_refresh_token_of_the_body_wins_over_the_cookie(lane: Lane) {
    let api = Api::on(lane);
    let (first, second) = (api.user().await, api.user().await);
    let request = api
        .post("/v1/auth/refresh")
        .header("cookie", &format!("__Secure-refresh_token={}", second.refresh()))
        .json(&json!({"refresh_token": first.refresh()}));
    assert_eq!(request.send().await.expect(200).json()["user"]["id"], first.id);
}

async fn who_prefers_little_gets_the_tokens_as_cookies_alone(lane: Lane) {
    let user = Api::on(lane).user().await;
    let login = json!({"email": user.email, "password": user.password});
    let mut request = user.anonymous().post("/v1/auth/login").json(&login);
    for _ in ["login", "refresh"] {
        let answer = request.header("prefer", "return=minimal").send().await.expect(204);
        assert!(answer.body.is_empty(), "{answer:#?}");
        assert_eq!(answer.field("preference-applied"), "return=minimal");
        let (access, _) = answer.cookie("__Host-access_token").expect("an access token");
        let (refresh, _) = answer.cookie("__Secure-refresh_token").expect("a refresh token");
        user.bearing(&access).get("/v1/auth/me").send().await.expect(200);
        let cookie = format!("__Secure-refresh_token={refresh}");
        request = user.anonymous().post("/v1/auth/refresh").header("cookie", &cookie);
    }
    // Another preference is none of ours, and not said to be followed.
    let other =
        user.anonymous().post("/v1/auth/login").header("prefer", "return=representation").json(&login);
    let answer = other.send().await.expect(200);
    assert!(answer.header("preference-applied").is_none() && answer.json()["access_token"].is_string());
}

async fn a_refresh_cookie_is_no_access_cookie(lane: Lane) {
    let user = Api::on(lane).user().await;
    let cookie = format!("__Secure-refresh_token={0}; __Host-access_token={0}", user.refresh());
    user.anonymous().get("/v1/auth/me").header("cookie", &cookie).send().await.unauthenticated();
}

on_every_lane![
    an_access_cookie_authenticates,
    the_header_wins_over_the_cookie,
    a_refresh_cookie_refreshes,
    the_refresh_token_of_the_body_wins_over_the_cookie,
    who_prefers_little_gets_the_tokens_as_cookies_alone,
    a_refresh_cookie_is_no_access_cookie,
];
