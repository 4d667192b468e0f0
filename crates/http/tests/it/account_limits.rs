//! Passwords that are refused, addresses that are one account, and sessions that end.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::time::Duration;

use serde_json::json;

use crate::common::client::Answer;
use crate::common::{Client, Server};

async fn register(client: &Client, email: &str, password: &str) -> Answer {
    let body = json!({"email": email, "password": password, "name": "Ada Lovelace"}).to_string();
    client.json("POST", "/v1/auth/register", &body).await
}

async fn log_in(client: &Client, email: &str, password: &str) -> Answer {
    let body = json!({"email": email, "password": password}).to_string();
    client.json("POST", "/v1/auth/login", &body).await
}

fn token(answer: &Answer, name: &str) -> String {
    answer.value()[name].as_str().unwrap().to_owned()
}

/// Passwords of an account `ada.king@example.org` that are guessed first, and what is told of them.
const WEAK: [(&str, &str); 8] = [
    ("password", "common"),
    ("PASSWORD", "common"),
    ("12345678", "common"),
    ("        ", "repeated"),
    ("\u{a0}\u{a0}\u{a0}\u{a0}\u{a0}\u{a0}\u{a0}\u{a0}", "repeated"),
    ("ada.king@example.org", "own"),
    ("ADA KING", "own"),
    ("ada lovelace", "own"),
];

#[actix_web::test]
async fn passwords_that_are_guessed_first_are_refused_at_registration_and_change() {
    let server = Server::start();
    let client = server.client();
    let why = |answer: &Answer| answer.value()["errors"][0]["detail"].as_str().unwrap().to_owned();
    for (weak, reason) in WEAK {
        let refused = register(&client, "ada.king@example.org", weak).await;
        assert_eq!(refused.pointers(), ["/password"], "{weak}");
        assert!(why(&refused).contains(reason), "{weak}: {}", refused.text());
        assert!(weak == "password" || !refused.text().contains(weak), "the password is not told back");
    }
    assert_eq!(register(&client, "ada.king@example.org", "correct horse").await.status, 201);
    let ada = log_in(&client, "ada.king@example.org", "correct horse").await;
    let ada = client.with_token(&token(&ada, "access_token"));
    for (weak, reason) in WEAK {
        let body = json!({"current_password": "correct horse", "new_password": weak}).to_string();
        let refused = ada.json("POST", "/v1/auth/password", &body).await;
        assert_eq!(refused.pointers(), ["/new_password"], "{weak}");
        assert!(why(&refused).contains(reason), "{weak}: {}", refused.text());
        let body = json!({"current_password": "wrong", "new_password": weak}).to_string();
        let refused = ada.json("POST", "/v1/auth/password", &body).await;
        assert_eq!(refused.problem(), (403, "wrong_password".into()));
    }
    assert_eq!(log_in(&client, "ada.king@example.org", "correct horse").await.status, 200);
}

#[actix_web::test]
async fn all_spellings_of_a_domain_are_one_account() {
    let server = Server::start();
    let client = server.client();
    let typed = "Ada@B\u{fc}cher.example";
    let registered = register(&client, typed, "correct horse").await;
    assert_eq!((registered.status, &registered.value()["email"]), (201, &typed.into()));
    for spelling in [
        "ada@xn--bcher-kva.example",
        "ADA@XN--BCHER-KVA.EXAMPLE",
        "ada@B\u{dc}CHER.example",
        "ada@bu\u{308}cher.example",
        "ada@\u{ff42}\u{fc}cher\u{ff0e}example",
        "\u{ff21}\u{ff24}\u{ff21}@b\u{fc}cher\u{3002}example",
    ] {
        let taken = register(&client, spelling, "correct horse").await;
        assert_eq!(taken.problem(), (409, "email_taken".into()), "{spelling}");
        let pair = log_in(&client, spelling, "correct horse").await;
        assert_eq!((pair.status, &pair.value()["user"]["email"]), (200, &typed.into()), "{spelling}");
    }
    assert_eq!(register(&client, "ada@bucher.example", "correct horse").await.status, 201);
}

#[actix_web::test]
async fn the_session_seen_longest_ago_goes_when_one_more_is_opened() {
    let server = Server::with_both(|_| {}, |settings| settings.max_sessions_per_user = 3);
    let first = server.user("ada@example.org").await;
    let mut others = Vec::new();
    for _ in 0..2 {
        server.clock.advance(Duration::from_mins(2));
        others.push(server.login("ada@example.org").await);
    }
    server.clock.advance(Duration::from_mins(2));
    // The first one is used again: the second is the one that was seen longest ago.
    assert_eq!(first.get("/v1/auth/me").await.status, 200);
    let newest = server.login("ada@example.org").await;
    assert_eq!(others[0].get("/v1/auth/me").await.problem(), (401, "unauthenticated".into()));
    for client in [&first, &others[1], &newest] {
        assert_eq!(client.get("/v1/auth/me").await.status, 200);
    }
    let listed = newest.get("/v1/auth/sessions").await.value();
    assert_eq!(listed["items"].as_array().unwrap().len(), 3);
    assert_eq!(listed["items"][0]["current"], true);
}

#[actix_web::test]
async fn a_session_ends_with_its_absolute_life_however_often_it_is_refreshed() {
    let life = Duration::from_hours(3);
    let server = Server::with_both(|_| {}, |settings| settings.session_max_ttl = Some(life));
    let client = server.client();
    register(&client, "ada@example.org", "correct horse").await;
    let mut pair = log_in(&client, "ada@example.org", "correct horse").await;
    assert_eq!(pair.value()["refresh_expires_in"], 3 * 3600);
    for left in [2 * 3600, 3600] {
        server.clock.advance(Duration::from_hours(1));
        let body = json!({"refresh_token": token(&pair, "refresh_token")}).to_string();
        pair = client.json("POST", "/v1/auth/refresh", &body).await;
        assert_eq!((pair.status, &pair.value()["refresh_expires_in"]), (200, &left.into()));
    }
    server.clock.advance(Duration::from_mins(55));
    let body = json!({"refresh_token": token(&pair, "refresh_token")}).to_string();
    pair = client.json("POST", "/v1/auth/refresh", &body).await;
    assert_eq!(
        (&pair.value()["refresh_expires_in"], &pair.value()["expires_in"]),
        (&300.into(), &300.into())
    );
    let ada = client.with_token(&token(&pair, "access_token"));
    assert_eq!(ada.get("/v1/auth/me").await.status, 200);
    server.clock.advance(Duration::from_mins(5));
    assert_eq!(ada.get("/v1/auth/me").await.problem(), (401, "unauthenticated".into()));
    let body = json!({"refresh_token": token(&pair, "refresh_token")}).to_string();
    let refused = client.json("POST", "/v1/auth/refresh", &body).await;
    assert_eq!(refused.problem(), (401, "unauthenticated".into()));
}
