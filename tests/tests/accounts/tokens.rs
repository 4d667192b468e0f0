//! Access tokens that are not what they say.

use std::time::Duration;

use fm_api_types::TokenPair;
use fm_e2e::{Api, Forged, Lane, forge, on_every_lane};
use serde_json::json;

async fn forged_tokens_are_refused(lane: Lane) {
    let api = Api::on(lane);
    let (user, stranger) = (api.user().await, api.user().await);
    let genuine = user.access();
    let (signed, signature) = genuine.rsplit_once('.').unwrap();
    let (_, other_signature) = stranger.access().rsplit_once('.').unwrap();
    let other_claims = format!("{}.{signature}", stranger.access().rsplit_once('.').unwrap().0);
    let unsigned = forge(genuine, &json!({}), Forged::None);
    let tokens = [
        forge(genuine, &json!({}), Forged::Hs256(b"some other secret of enough bytes")),
        forge(genuine, &json!({}), Forged::Hs256(b"")),
        unsigned.clone(),
        unsigned.trim_end_matches('.').to_owned(),
        format!("{unsigned}{signature}"),
        format!("{signed}.{other_signature}"),
        other_claims,
        format!("{signed}."),
        signed.to_owned(),
        format!("{genuine}."),
        "a.b.c".to_owned(),
        "..".to_owned(),
        "x".repeat(4000),
    ];
    for token in tokens {
        user.bearing(&token).get("/v1/auth/me").send().await.unauthenticated();
        user.bearing(&token).get("/v1/files").send().await.unauthenticated();
    }
    user.me().await.expect(200);
}

/// With the very secret, but claims that are not ours or no longer true.
async fn claims_are_checked_even_under_the_right_key(lane: Lane) {
    let api = Api::with(lane, &[("JWT_SECRET", "the-only-secret-of-this-test-0123456789")]);
    let user = api.user().await;
    let key = api.server.jwt_secret().unwrap().as_bytes().to_vec();
    for changes in [
        json!({"exp": 1_000_000_000}),
        json!({"exp": null}),
        json!({"nbf": 32_503_680_000_i64}),
        json!({"iss": "someone else"}),
        json!({"aud": "someone else"}),
        json!({"sid": "01890000-0000-7000-8000-000000000000"}),
        json!({"sub": "01890000-0000-7000-8000-000000000000"}),
        json!({"sub": "no id"}),
    ] {
        let token = forge(user.access(), &changes, Forged::Hs256(&key));
        user.bearing(&token).get("/v1/auth/me").send().await.unauthenticated();
    }
}

async fn a_token_dies_with_its_time(lane: Lane) {
    let api = Api::with(lane, &[("ACCESS_TOKEN_TTL_SECONDS", "5")]);
    let user = api.user().await;
    assert_eq!(user.tokens.expires_in, 5);
    user.me().await.expect(200);
    // At most 2 s of leeway, and whole seconds.
    tokio::time::sleep(Duration::from_millis(8_100)).await;
    user.me().await.unauthenticated();
    let pair: TokenPair = user.spend(user.refresh()).await.expect(200).parse();
    user.bearing(pair.access_token.expose()).get("/v1/auth/me").send().await.expect(200);
}

async fn other_schemes_and_malformed_fields_are_refused(lane: Lane) {
    let user = Api::on(lane).user().await;
    let anonymous = user.anonymous();
    for value in ["Basic dXNlcjpwYXNz", "Bearer", "Bearer ", "Token x", &format!("Basic {}", user.access())] {
        anonymous.get("/v1/auth/me").header("authorization", value).send().await.unauthenticated();
    }
    let lower = format!("bearer {}", user.access());
    anonymous.get("/v1/auth/me").header("authorization", &lower).send().await.expect(200);
    let query = anonymous.get("/v1/auth/me").query(&[("access_token", user.access())]);
    query.send().await.unauthenticated();
}

on_every_lane![
    forged_tokens_are_refused,
    claims_are_checked_even_under_the_right_key,
    a_token_dies_with_its_time,
    other_schemes_and_malformed_fields_are_refused,
];
