//! `POST /v1/auth/login`

use std::time::{Duration, Instant};

use fm_e2e::{Api, Lane, on_every_lane, unique};
use serde_json::json;

async fn logging_in_answers_with_a_token_pair(lane: Lane) {
    let api = Api::on(lane);
    let user = api.user().await;
    let pair = &user.tokens;
    assert_eq!(pair.token_type, "Bearer");
    assert_eq!(pair.expires_in, 900);
    assert_eq!(pair.refresh_expires_in, 2_592_000);
    assert_eq!(pair.user.email, user.email);
    assert_eq!(pair.user.id.to_string(), user.id);
    assert_eq!(user.access().split('.').count(), 3, "an access token is a JWT");
    user.me().await.expect(200);
}

async fn the_case_of_an_address_does_not_matter(lane: Lane) {
    let api = Api::on(lane);
    let user = api.user().await;
    let body = json!({"email": user.email.to_uppercase(), "password": user.password});
    api.post("/v1/auth/login").json(&body).send().await.expect(200);
}

/// Keyboards and clipboards write one text in several ways.
async fn a_password_and_an_address_are_right_however_they_are_typed(lane: Lane) {
    let api = Api::on(lane);
    let (composed, decomposed) = ("\u{f6}ffne dich", "o\u{308}ffne\u{a0}dich");
    for (password, name) in [(composed, "zo\u{eb}"), (decomposed, "zoe\u{308}")] {
        let address = unique("typed");
        let email = |name: &str| format!(" {name}.{address}@example.com\u{200b}");
        let body = json!({"email": email(name), "password": password});
        let user = api.post("/v1/auth/register").json(&body).send().await.expect(201).json();
        assert_eq!(user["email"], format!("zo\u{eb}.{address}@example.com"));
        for (password, name) in [(composed, "zoe\u{308}"), (decomposed, "ZO\u{cb}")] {
            let body = json!({"email": email(name), "password": password});
            api.post("/v1/auth/login").json(&body).send().await.expect(200);
        }
        let body = json!({"email": email(name), "password": "offne dich"});
        api.post("/v1/auth/login").json(&body).send().await.problem(401, "invalid_credentials");
        let body = json!({"email": email("zoe\u{308}"), "password": composed});
        api.post("/v1/auth/register").json(&body).send().await.problem(409, "email_taken");
    }
}

async fn a_changed_password_is_right_however_it_is_typed(lane: Lane) {
    let api = Api::on(lane);
    let user = api.user().await;
    let body = json!({"current_password": user.password, "new_password": "o\u{308}ffne dich"});
    user.post("/v1/auth/password").json(&body).send().await.expect(204);
    let body = json!({"email": user.email, "password": "\u{f6}ffne dich"});
    api.post("/v1/auth/login").json(&body).send().await.expect(200);
    user.delete("/v1/auth/me").json(&json!({"password": "\u{f6}ffne\u{3000}dich"})).send().await.expect(204);
}

async fn a_wrong_password_and_an_unknown_address_look_the_same(lane: Lane) {
    let api = Api::on(lane);
    let user = api.user().await;
    let wrong = json!({"email": user.email, "password": "not the password"});
    let wrong = api.post("/v1/auth/login").json(&wrong).send().await;
    let unknown =
        json!({"email": format!("{}@example.com", unique("unknown")), "password": "not the password"});
    let unknown = api.post("/v1/auth/login").json(&unknown).send().await;
    let shape = |answer: &fm_e2e::Answer| {
        let mut problem = answer.problem(401, "invalid_credentials");
        problem["request_id"] = json!("");
        assert!(answer.header("www-authenticate").is_some());
        assert!(answer.header("set-cookie").is_none());
        let mut fields: Vec<String> = answer.headers.keys().map(ToString::to_string).collect();
        fields.sort_unstable();
        (problem, fields)
    };
    assert_eq!(shape(&wrong), shape(&unknown));
}

async fn what_was_never_a_password_or_an_address_is_simply_wrong(lane: Lane) {
    let api = Api::on(lane);
    let user = api.user().await;
    for (email, password) in [(user.email.as_str(), "x"), ("no address", "a long password"), ("", "")] {
        let body = json!({"email": email, "password": password});
        api.post("/v1/auth/login").json(&body).send().await.problem(401, "invalid_credentials");
    }
}

async fn both_tokens_come_as_cookies_too(lane: Lane) {
    let api = Api::on(lane);
    let user = api.user().await;
    let body = json!({"email": user.email, "password": user.password});
    let answer = api.post("/v1/auth/login").json(&body).send().await.expect(200);
    let pair = answer.json();
    for (name, member, path) in [
        ("__Host-access_token", "access_token", "path=/"),
        ("__Secure-refresh_token", "refresh_token", "path=/v1/auth"),
    ] {
        let (value, attributes) = answer.cookie(name).expect(name);
        assert_eq!(pair[member], value);
        for attribute in ["httponly", "samesite=lax", "secure", path] {
            assert!(
                attributes.iter().any(|known| known == attribute),
                "{name}: {attribute} in {attributes:?}"
            );
        }
        assert!(!attributes.iter().any(|attribute| attribute.starts_with("domain")), "{attributes:?}");
    }
    assert_eq!(answer.field("cache-control"), "private, no-store");
}

async fn cookies_need_no_tls_where_it_is_configured_off(lane: Lane) {
    let api = Api::with(lane, &[("COOKIE_SECURE", "0")]);
    let user = api.user().await;
    let body = json!({"email": user.email, "password": user.password});
    let answer = api.post("/v1/auth/login").json(&body).send().await.expect(200);
    for name in ["access_token", "refresh_token"] {
        let (_, attributes) = answer.cookie(name).expect(name);
        assert!(!attributes.contains(&"secure".to_owned()), "{attributes:?}");
        assert!(attributes.contains(&"httponly".to_owned()), "{attributes:?}");
    }
    // A name with a prefix is not set then, and not believed: a browser takes it over HTTPS alone.
    assert!(answer.cookie("__Host-access_token").is_none());
    let me = |name: &str| {
        let cookie = format!("{name}={}", answer.json()["access_token"].as_str().expect("a token"));
        api.get("/v1/auth/me").header("cookie", &cookie)
    };
    me("__Host-access_token").send().await.unauthenticated();
    me("access_token").send().await.expect(200);
}

/// With the default cost of a hash, an unknown address takes as long as a wrong password.
async fn an_unknown_address_takes_as_long_as_a_wrong_password(lane: Lane) {
    let api = Api::with(lane, &[("ARGON2_MEMORY_KIB", ""), ("ARGON2_ITERATIONS", "")]);
    let user = api.user().await;
    let time = async |email: &str| {
        let started = Instant::now();
        let body = json!({"email": email, "password": "not the password"});
        api.post("/v1/auth/login").json(&body).send().await.problem(401, "invalid_credentials");
        started.elapsed()
    };
    let (mut known, mut unknown) = (Duration::MAX, Duration::MAX);
    // In turns, so that a machine that is busy for a while is busy for both; and the best of each. Without a hash the
    // best of one would be far from the other's for ever.
    for _ in 0..30 {
        known = known.min(time(&user.email).await);
        unknown = unknown.min(time("unknown-user@example.com").await);
        if unknown * 3 > known && known * 3 > unknown {
            break;
        }
    }
    assert!(unknown * 3 > known && known * 3 > unknown, "known {known:?}, unknown {unknown:?}");
}

/// A token that was there before a login is worth no more after it: it can't be fixed by an attacker beforehand.
async fn a_login_takes_no_token_of_the_client_over(lane: Lane) {
    let api = Api::on(lane);
    let (ada, attacker) = (api.user().await, api.user().await);
    let body = json!({"email": ada.email, "password": ada.password});
    let cookies =
        format!("__Host-access_token={}; __Secure-refresh_token={}", attacker.access(), attacker.refresh());
    let login = attacker.post("/v1/auth/login").header("cookie", &cookies);
    let answer = login.json(&body).send().await.expect(200);
    let pair = answer.json();
    assert_eq!(pair["user"]["id"], ada.id.as_str());
    for (token, known) in [
        ("access_token", [attacker.access(), ada.access()]),
        ("refresh_token", [attacker.refresh(), ada.refresh()]),
    ] {
        assert!(!known.contains(&pair[token].as_str().unwrap()), "{token} is a new one");
    }
    let me = attacker.me().await.expect(200).json();
    assert_eq!(me["id"], attacker.id.as_str(), "an earlier token still stands for its own user");
}

on_every_lane![
    a_login_takes_no_token_of_the_client_over,
    logging_in_answers_with_a_token_pair,
    the_case_of_an_address_does_not_matter,
    a_password_and_an_address_are_right_however_they_are_typed,
    a_changed_password_is_right_however_it_is_typed,
    a_wrong_password_and_an_unknown_address_look_the_same,
    what_was_never_a_password_or_an_address_is_simply_wrong,
    both_tokens_come_as_cookies_too,
    cookies_need_no_tls_where_it_is_configured_off,
    an_unknown_address_takes_as_long_as_a_wrong_password,
];
