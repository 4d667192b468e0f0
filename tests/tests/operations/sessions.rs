//! `file-manager end-sessions`: what an operator does about a stolen token.

use std::time::Duration;

use fm_e2e::{Api, Lane, on_durable_lanes, within};
use serde_json::{Value, json};

async fn an_operator_ends_all_sessions_of_an_account(lane: Lane) {
    // Without news of it the node would use its copy of the session for a minute.
    let api = Api::with(lane, &[("SESSION_CACHE_TTL_SECONDS", "60")]);
    let (ada, bob) = (api.user().await, api.user().await);
    let login = json!({"email": ada.email, "password": ada.password});
    let other = api.post("/v1/auth/login").json(&login).send().await.expect(200).json();
    let refresh = json!({"refresh_token": other["refresh_token"]});
    ada.me().await.expect(200);
    bob.me().await.expect(200);

    for account in [ada.email.to_uppercase(), ada.id.clone()] {
        let ended = api.server.run(&["end-sessions", &account]);
        assert_eq!(ended.code, Some(0), "{}", ended.output);
        assert!(ended.output.contains(&ada.id), "{}", ended.output);
    }
    within(Duration::from_secs(45), "the node knows that the session has ended", async || {
        (ada.me().await.status != 200).then_some(())
    })
    .await;
    ada.me().await.problem(401, "unauthenticated");
    api.post("/v1/auth/refresh").json(&refresh).send().await.problem(401, "unauthenticated");
    bob.me().await.expect(200);
    let again = api.post("/v1/auth/login").json(&login).send().await.expect(200).json();
    assert_eq!(again["user"]["id"], ada.id.as_str(), "the account itself is untouched");
}

async fn an_account_that_is_not_there_is_told(lane: Lane) {
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    let refused = api.server.run(&["end-sessions", "no-account@example.com"]);
    assert_eq!(refused.code, Some(1), "{}", refused.output);
    assert!(refused.output.contains("no account has this address"), "{}", refused.output);
    let unknown = api.server.run(&["end-sessions", "01890000-0000-7000-8000-000000000000"]);
    assert_eq!(unknown.code, Some(1), "{}", unknown.output);
    assert!(unknown.output.contains("no account has this id"), "{}", unknown.output);
    let malformed = api.server.run(&["end-sessions", "ada"]);
    assert_eq!(malformed.code, Some(2), "{}", malformed.output);
    user.me().await.expect(200);
}

async fn what_was_ended_or_was_not_is_told_in_json_where_that_is_asked_for(lane: Lane) {
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    let ended = api.server.ask(&["end-sessions", &user.email, "--json"], "");
    assert_eq!(ended.json(), json!({"user": user.id, "revoked": "all"}));
    let refused = api.server.ask(&["end-sessions", "no-account@example.com", "--json"], "");
    assert_eq!((refused.code, refused.answer.as_str()), (Some(1), ""));
    let told: Value = serde_json::from_str(&refused.complaint).unwrap();
    assert_eq!(told, json!({"error": "no account has this address", "causes": []}));
}

on_durable_lanes![
    an_operator_ends_all_sessions_of_an_account,
    an_account_that_is_not_there_is_told,
    what_was_ended_or_was_not_is_told_in_json_where_that_is_asked_for,
];
