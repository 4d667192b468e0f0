//! `POST /v1/auth/logout`

use fm_api_types::TokenPair;
use fm_e2e::{Api, Lane, on_every_lane};

async fn every_token_of_the_session_ends_at_once(lane: Lane) {
    let user = Api::on(lane).user().await;
    let pair: TokenPair = user.spend(user.refresh()).await.expect(200).parse();
    let newer = user.bearing(pair.access_token.expose());
    newer.post("/v1/auth/logout").send().await.expect(204);
    user.me().await.unauthenticated();
    newer.get("/v1/auth/me").send().await.unauthenticated();
    newer.get("/v1/files").send().await.unauthenticated();
    user.spend(user.refresh()).await.unauthenticated();
    user.spend(pair.refresh_token.expose()).await.unauthenticated();
}

async fn other_sessions_go_on(lane: Lane) {
    let user = Api::on(lane).user().await;
    let other = user.again().await;
    user.post("/v1/auth/logout").send().await.expect(204);
    other.me().await.expect(200);
    other.spend(other.refresh()).await.expect(200);
}

async fn both_cookies_are_cleared(lane: Lane) {
    let user = Api::on(lane).user().await;
    let answer = user.post("/v1/auth/logout").send().await.expect(204);
    assert!(answer.body.is_empty());
    for (name, path) in [("__Host-access_token", "path=/"), ("__Secure-refresh_token", "path=/v1/auth")] {
        let (value, attributes) = answer.cookie(name).expect(name);
        assert!(value.is_empty());
        assert!(attributes.contains(&"max-age=0".to_owned()), "{attributes:?}");
        assert!(attributes.contains(&path.to_owned()), "{attributes:?}");
    }
}

async fn a_second_logout_clears_the_cookies_too(lane: Lane) {
    let user = Api::on(lane).user().await;
    user.post("/v1/auth/logout").send().await.expect(204);
    for request in [user.post("/v1/auth/logout"), user.anonymous().post("/v1/auth/logout")] {
        let answer = request.send().await.expect(204);
        assert_eq!(answer.cookie("__Secure-refresh_token").expect("it is cleared").0, "");
    }
}

async fn the_refresh_cookie_alone_logs_out(lane: Lane) {
    let user = Api::on(lane).user().await;
    let other = user.again().await;
    let cookie = format!("theme=dark; __Secure-refresh_token={}", user.refresh());
    let logout = || user.anonymous().post("/v1/auth/logout").header("cookie", &cookie);
    logout().header("sec-fetch-site", "cross-site").send().await.problem(403, "forbidden");
    user.me().await.expect(200);
    let answer = logout().send().await.expect(204);
    for name in ["__Host-access_token", "__Secure-refresh_token"] {
        assert_eq!(answer.cookie(name).expect(name).0, "");
    }
    user.me().await.unauthenticated();
    user.spend(user.refresh()).await.unauthenticated();
    other.me().await.expect(200);
}

on_every_lane![
    every_token_of_the_session_ends_at_once,
    other_sessions_go_on,
    both_cookies_are_cleared,
    a_second_logout_clears_the_cookies_too,
    the_refresh_cookie_alone_logs_out,
];
