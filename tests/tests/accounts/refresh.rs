//! `POST /v1/auth/refresh`

use std::time::Duration;

use fm_api_types::TokenPair;
use fm_e2e::{Api, Lane, User, on_every_lane};
use serde_json::json;

async fn refreshed(user: &User, token: &str) -> TokenPair {
    user.spend(token).await.expect(200).parse()
}

async fn a_refresh_rotates_both_tokens(lane: Lane) {
    let user = Api::on(lane).user().await;
    let answer = user.spend(user.refresh()).await.expect(200);
    let pair: TokenPair = answer.parse();
    assert_ne!(pair.access_token, user.tokens.access_token);
    assert_ne!(pair.refresh_token, user.tokens.refresh_token);
    assert_eq!(pair.user.id.to_string(), user.id);
    assert_eq!(pair.expires_in, 900);
    assert_eq!(pair.refresh_expires_in, 2_592_000);
    for (name, token) in
        [("__Host-access_token", &pair.access_token), ("__Secure-refresh_token", &pair.refresh_token)]
    {
        assert_eq!(answer.cookie(name).expect(name).0, token.expose());
    }
    user.bearing(pair.access_token.expose()).get("/v1/auth/me").send().await.expect(200);
    assert_eq!(user.sessions().await.len(), 1, "it is the same session");
}

async fn a_spent_token_gets_the_current_one_within_the_grace(lane: Lane) {
    let user = Api::on(lane).user().await;
    let first = refreshed(&user, user.refresh()).await;
    let second = refreshed(&user, first.refresh_token.expose()).await;
    let replayed = refreshed(&user, user.refresh()).await;
    assert_eq!(replayed.refresh_token, second.refresh_token, "the current token, not a new one");
    user.bearing(replayed.access_token.expose()).get("/v1/auth/me").send().await.expect(200);
    user.spend(replayed.refresh_token.expose()).await.expect(200);
}

async fn a_spent_token_ends_the_session_after_the_grace(lane: Lane) {
    let user = Api::on(lane).user().await;
    let other = user.again().await;
    let pair = refreshed(&user, user.refresh()).await;
    tokio::time::sleep(Duration::from_secs(11)).await;
    user.spend(user.refresh()).await.unauthenticated();
    user.spend(pair.refresh_token.expose()).await.unauthenticated();
    user.bearing(pair.access_token.expose()).get("/v1/auth/me").send().await.unauthenticated();
    other.me().await.expect(200);
}

async fn a_forged_token_ends_nothing(lane: Lane) {
    let user = Api::on(lane).user().await;
    let genuine = user.refresh();
    let (rest, mac) = genuine.rsplit_once('.').unwrap();
    let flipped = mac.strip_prefix('A').map_or_else(|| format!("A{}", &mac[1..]), |rest| format!("B{rest}"));
    let mut fields = genuine.split('.');
    let session = fields.next().unwrap();
    let later = format!("{session}.7.{mac}");
    for forged in
        [&format!("{rest}.{flipped}"), &later, rest, "", "a.b.c", &format!("{genuine}x"), user.access()]
    {
        user.spend(forged).await.unauthenticated();
    }
    user.me().await.expect(200);
    user.spend(genuine).await.expect(200);
}

async fn twenty_parallel_refreshes_leave_one_session_and_usable_answers(lane: Lane) {
    let user = Api::on(lane).user().await;
    let answers = futures_util::future::join_all((0..20).map(|_| user.spend(user.refresh()))).await;
    let mut tokens = Vec::new();
    for answer in answers {
        let pair: TokenPair = answer.expect(200).parse();
        user.bearing(pair.access_token.expose()).get("/v1/auth/me").send().await.expect(200);
        tokens.push(pair.refresh_token);
    }
    assert_eq!(user.sessions().await.len(), 1);
    for token in tokens {
        user.spend(token.expose()).await.expect(200);
    }
}

async fn a_refresh_slides_the_end_of_the_session(lane: Lane) {
    let user = Api::on(lane).user().await;
    let expiry = async || user.sessions().await[0].expires_at;
    let before = expiry().await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    user.spend(user.refresh()).await.expect(200);
    assert!(expiry().await > before);
}

async fn a_refresh_token_dies_with_its_time(lane: Lane) {
    let api = Api::with(lane, &[("REFRESH_TOKEN_TTL_SECONDS", "2"), ("ACCESS_TOKEN_TTL_SECONDS", "1")]);
    let user = api.user().await;
    assert_eq!(user.tokens.refresh_expires_in, 2);
    tokio::time::sleep(Duration::from_millis(3_100)).await;
    user.spend(user.refresh()).await.unauthenticated();
}

async fn a_refresh_without_a_token_is_unauthenticated(lane: Lane) {
    let api = Api::on(lane);
    api.post("/v1/auth/refresh").send().await.unauthenticated();
    api.post("/v1/auth/refresh").json(&json!({})).send().await.unauthenticated();
}

async fn a_refresh_token_is_no_access_token(lane: Lane) {
    let user = Api::on(lane).user().await;
    user.bearing(user.refresh()).get("/v1/auth/me").send().await.unauthenticated();
}

on_every_lane![
    a_refresh_rotates_both_tokens,
    a_spent_token_gets_the_current_one_within_the_grace,
    a_spent_token_ends_the_session_after_the_grace,
    a_forged_token_ends_nothing,
    twenty_parallel_refreshes_leave_one_session_and_usable_answers,
    a_refresh_slides_the_end_of_the_session,
    a_refresh_token_dies_with_its_time,
    a_refresh_without_a_token_is_unauthenticated,
    a_refresh_token_is_no_access_token,
];
