//! Accounts, sessions, tokens and cookies.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::time::Duration;

use crate::common::client::Answer;
use crate::common::{Client, Server};

const ADA: &str = r#"{"email": "Ada@Example.org", "password": "correct horse", "name": "Ada"}"#;
const LOGIN: &str = r#"{"email": "ada@example.ORG", "password": "correct horse"}"#;

async fn logged_in(server: &Server) -> (Client, Answer) {
    let client = server.client();
    assert_eq!(client.json("POST", "/v1/auth/register", ADA).await.status, 201);
    let answer = client.json("POST", "/v1/auth/login", LOGIN).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    (client, answer)
}

fn token(answer: &Answer, name: &str) -> String {
    answer.value()[name].as_str().unwrap().to_owned()
}

fn cookies(answer: &Answer) -> Vec<&str> {
    answer.headers.iter().filter(|(name, _)| name == "set-cookie").map(|(_, value)| value.as_str()).collect()
}

#[actix_web::test]
async fn an_account_is_opened_once() {
    let server = Server::start();
    let client = server.client();
    let user = client.json("POST", "/v1/auth/register", ADA).await;
    assert_eq!(user.status, 201);
    let value = user.value();
    assert_eq!(
        (&value["email"], &value["name"], &value["role"]),
        (&"Ada@Example.org".into(), &"Ada".into(), &"user".into())
    );
    assert!(value["created_at"].as_str().unwrap().ends_with('Z'));
    assert!(value.get("password_hash").is_none());
    assert_eq!(client.json("POST", "/v1/auth/register", LOGIN).await.problem(), (409, "email_taken".into()));
}

#[actix_web::test]
async fn registration_can_be_closed() {
    let server = Server::with_both(|_| {}, |settings| settings.registration_open = false);
    let answer = server.client().json("POST", "/v1/auth/register", ADA).await;
    assert_eq!(answer.problem(), (403, "forbidden".into()));
}

#[actix_web::test]
async fn a_login_gives_a_pair_of_tokens_and_both_cookies() {
    let server = Server::start();
    let (client, answer) = logged_in(&server).await;
    let value = answer.value();
    assert_eq!(
        (&value["token_type"], &value["expires_in"], &value["refresh_expires_in"]),
        (&"Bearer".into(), &900.into(), &86_400.into())
    );
    assert_eq!(value["user"]["email"], "Ada@Example.org");
    let access = format!(
        "__Host-access_token={}; Path=/; Max-Age=900; HttpOnly; SameSite=Lax; Secure",
        token(&answer, "access_token")
    );
    let refresh = format!(
        "__Secure-refresh_token={}; Path=/v1/auth; Max-Age=86400; HttpOnly; SameSite=Lax; Secure",
        token(&answer, "refresh_token")
    );
    assert_eq!(cookies(&answer), [access.as_str(), refresh.as_str()]);
    let wrong =
        client.json("POST", "/v1/auth/login", r#"{"email": "ada@example.org", "password": "x"}"#).await;
    let unknown =
        client.json("POST", "/v1/auth/login", r#"{"email": "not an address", "password": "x"}"#).await;
    for refused in [wrong, unknown] {
        assert_eq!(refused.problem(), (401, "invalid_credentials".into()));
        assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
    }
}

#[actix_web::test]
async fn cookies_may_travel_without_tls_where_that_is_configured() {
    let server = Server::with(|settings| settings.cookie_secure = false);
    let (_, answer) = logged_in(&server).await;
    assert!(cookies(&answer).iter().all(|cookie| cookie.ends_with("SameSite=Lax")));
}

#[actix_web::test]
async fn the_header_wins_over_the_cookie() {
    let server = Server::start();
    let (client, answer) = logged_in(&server).await;
    let access = token(&answer, "access_token");
    let cookie = client.with("Cookie", &format!("a=b; __Host-access_token={access}"));
    assert_eq!(cookie.get("/v1/auth/me").await.status, 200);
    for bad in ["Bearer x", "bearer x", "Bearer"] {
        let answer = cookie.with("Authorization", bad).get("/v1/auth/me").await;
        assert_eq!(answer.problem(), (401, "unauthenticated".into()), "{bad}");
    }
    let both =
        client.with("Cookie", "__Host-access_token=x").with("Authorization", &format!("bearer {access}"));
    assert_eq!(both.get("/v1/auth/me").await.status, 200);
}

#[actix_web::test]
async fn credentials_of_another_scheme_leave_the_cookie_to_decide() {
    let server = Server::start();
    let (client, answer) = logged_in(&server).await;
    let access = token(&answer, "access_token");
    for other in ["Basic YTpi", "Negotiate x", "Digest username=\"é\"", &format!("Token {access}")] {
        let client = client.with("Authorization", other);
        assert_eq!(client.get("/v1/auth/me").await.problem(), (401, "unauthenticated".into()), "{other}");
        let client = client.with("Cookie", &format!("__Host-access_token={access}"));
        assert_eq!(client.get("/v1/auth/me").await.status, 200, "{other}");
        let cross_site = client.with("Sec-Fetch-Site", "cross-site");
        let renamed = cross_site.json("PATCH", "/v1/auth/me", r#"{"name": "X"}"#).await;
        assert_eq!(renamed.problem(), (403, "forbidden".into()), "{other}");
    }
}

#[actix_web::test]
async fn a_stale_cookie_or_one_of_a_neighbour_hides_no_good_one() {
    let server = Server::start();
    let (client, first) = logged_in(&server).await;
    let spent = token(&first, "refresh_token");
    let stale = token(&first, "access_token");
    server.clock.advance(Duration::from_mins(16));
    let body = format!(r#"{{"refresh_token": "{spent}"}}"#);
    let second = client.json("POST", "/v1/auth/refresh", &body).await;
    let (access, refresh) = (token(&second, "access_token"), token(&second, "refresh_token"));
    server.clock.advance(Duration::from_secs(11));
    for line in [
        format!("theme=düster; __Host-access_token={access}"),
        format!("__Host-access_token={stale}; __Host-access_token={access}"),
        format!("__Host-access_token=garbage; flag; __Host-access_token=\"{access}\""),
    ] {
        assert_eq!(client.with("Cookie", &line).get("/v1/auth/me").await.status, 200, "{line}");
    }
    let lines = client.with("Cookie", "a=b").with("Cookie", &format!("__Host-access_token={access}"));
    assert_eq!(lines.get("/v1/auth/me").await.status, 200);
    // The spent one before the current one of the same session would end it.
    let both =
        client.with("Cookie", &format!("__Secure-refresh_token={spent}; __Secure-refresh_token={refresh}"));
    assert_eq!(both.send("POST", "/v1/auth/refresh", b"").await.status, 200);
}

#[actix_web::test]
async fn an_unsafe_request_by_cookie_from_another_site_is_refused() {
    let server = Server::start();
    let (client, answer) = logged_in(&server).await;
    let access = token(&answer, "access_token");
    let cookie = client.with(
        "Cookie",
        &format!("__Host-access_token={access}; __Secure-refresh_token={}", token(&answer, "refresh_token")),
    );
    let evil = cookie.with("Origin", "https://evil.example");
    let cross = cookie.with("Sec-Fetch-Site", "cross-site");
    for client in [&evil, &cross] {
        assert_eq!(client.get("/v1/auth/me").await.status, 200);
        assert_eq!(
            client.json("PATCH", "/v1/auth/me", r#"{"name": "X"}"#).await.problem(),
            (403, "forbidden".into())
        );
        assert_eq!(client.send("POST", "/v1/auth/refresh", b"").await.problem(), (403, "forbidden".into()));
        assert_eq!(client.send("POST", "/v1/auth/logout", b"").await.problem(), (403, "forbidden".into()));
    }
    let header = client.with_token(&access).with("Origin", "https://evil.example");
    assert_eq!(header.json("PATCH", "/v1/auth/me", r#"{"name": "X"}"#).await.status, 200);
    let own = cookie.with("Origin", &format!("http://{}", server.address));
    assert_eq!(own.json("PATCH", "/v1/auth/me", r#"{"name": null}"#).await.status, 200);
    assert_eq!(own.send("POST", "/v1/auth/logout", b"").await.status, 204);
}

#[actix_web::test]
async fn a_session_is_refreshed_by_body_or_by_cookie() {
    let server = Server::start();
    let (client, first) = logged_in(&server).await;
    let body = format!(r#"{{"refresh_token": "{}"}}"#, token(&first, "refresh_token"));
    let second = client.json("POST", "/v1/auth/refresh", &body).await;
    assert_eq!(second.status, 200);
    assert_eq!(cookies(&second).len(), 2);
    assert_ne!(token(&second, "refresh_token"), token(&first, "refresh_token"));
    let cookie =
        client.with("Cookie", &format!("__Secure-refresh_token={}", token(&second, "refresh_token")));
    assert_eq!(cookie.send("POST", "/v1/auth/refresh", b"").await.status, 200);
    server.clock.advance(Duration::from_secs(11));
    assert_eq!(
        client.json("POST", "/v1/auth/refresh", &body).await.problem(),
        (401, "unauthenticated".into())
    );
    assert_eq!(client.send("POST", "/v1/auth/refresh", b"").await.problem(), (401, "unauthenticated".into()));
    let typo = client.json("POST", "/v1/auth/refresh", r#"{"refreshtoken": "x"}"#).await;
    assert_eq!(typo.pointers(), ["/refreshtoken"]);
}

#[actix_web::test]
async fn a_logout_ends_the_tokens_and_clears_the_cookies() {
    let server = Server::start();
    let (client, answer) = logged_in(&server).await;
    let ada = client.with_token(&token(&answer, "access_token"));
    let out = ada.send("POST", "/v1/auth/logout", b"").await;
    assert_eq!(out.status, 204);
    assert_eq!(
        cookies(&out),
        [
            "__Host-access_token=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure",
            "__Secure-refresh_token=; Path=/v1/auth; Max-Age=0; HttpOnly; SameSite=Lax; Secure"
        ]
    );
    assert_eq!(ada.get("/v1/auth/me").await.problem(), (401, "unauthenticated".into()));
}

/// Whether the answer clears both cookies.
fn clears(answer: &Answer) -> bool {
    let cookies = cookies(answer);
    cookies.len() == 2
        && cookies.iter().all(|cookie| cookie.contains("_token=; ") && cookie.contains("Max-Age=0"))
}

#[actix_web::test]
async fn a_refresh_token_logs_out_where_the_access_token_is_dead_or_missing() {
    let server = Server::start();
    for (access, in_body) in
        [(None, false), (None, true), (Some("dead"), false), (Some("dead"), true), (Some("garbage"), false)]
    {
        let (client, answer) = match server.client().json("POST", "/v1/auth/login", LOGIN).await {
            answer if answer.status == 200 => (server.client(), answer),
            _ => logged_in(&server).await,
        };
        let refresh = token(&answer, "refresh_token");
        let body = format!(r#"{{"refresh_token": "{refresh}"}}"#);
        let mut line = String::new();
        if let Some(access) = access {
            let access = if access == "dead" { token(&answer, "access_token") } else { access.to_owned() };
            line.extend(["__Host-access_token=", &access, "; "]);
            server.clock.advance(Duration::from_secs(15 * 60 + 3));
        }
        let out = if in_body {
            let client = if line.is_empty() { client.clone() } else { client.with("Cookie", &line) };
            client.json("POST", "/v1/auth/logout", &body).await
        } else {
            line.extend(["__Secure-refresh_token=", &refresh]);
            client.with("Cookie", &line).send("POST", "/v1/auth/logout", b"").await
        };
        assert_eq!((out.status, clears(&out)), (204, true), "{access:?} {in_body}: {}", out.text());
        let again = client.json("POST", "/v1/auth/refresh", &body).await;
        assert_eq!(again.problem(), (401, "unauthenticated".into()), "{access:?} {in_body}");
    }
}

#[actix_web::test]
async fn a_logout_without_a_session_clears_the_cookies() {
    let server = Server::start();
    let (client, answer) = logged_in(&server).await;
    let (access, refresh) = (token(&answer, "access_token"), token(&answer, "refresh_token"));
    let line = format!("__Host-access_token={access}; __Secure-refresh_token={refresh}");
    let mut clients = vec![client.clone(), client.with_token(&access), client.with("Cookie", &line)];
    clients.push(client.with("Cookie", "__Host-access_token=x; __Secure-refresh_token=y"));
    assert_eq!(client.with_token(&access).send("POST", "/v1/auth/logout", b"").await.status, 204);
    for client in clients {
        let out = client.send("POST", "/v1/auth/logout", b"").await;
        assert_eq!((out.status, clears(&out)), (204, true), "{}", out.text());
    }
}

#[actix_web::test]
async fn another_site_logs_no_user_out() {
    let server = Server::start();
    let (client, answer) = logged_in(&server).await;
    let refresh = token(&answer, "refresh_token");
    // The browser of a user whom another site makes send a form may withhold the cookies.
    for client in [client.clone(), client.with("Cookie", &format!("__Secure-refresh_token={refresh}"))] {
        for (name, value) in [("Sec-Fetch-Site", "cross-site"), ("Origin", "https://evil.example")] {
            let out = client.with(name, value).send("POST", "/v1/auth/logout", b"").await;
            assert_eq!(out.problem(), (403, "forbidden".into()));
            assert!(cookies(&out).is_empty());
        }
    }
    let body = format!(r#"{{"refresh_token": "{refresh}"}}"#);
    assert_eq!(client.json("POST", "/v1/auth/refresh", &body).await.status, 200);
    let typo = client.json("POST", "/v1/auth/logout", r#"{"refreshtoken": "x"}"#).await;
    assert_eq!(typo.pointers(), ["/refreshtoken"]);
}

#[actix_web::test]
async fn an_expired_token_is_refused() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    server.clock.advance(Duration::from_secs(15 * 60 + 3));
    assert_eq!(ada.get("/v1/auth/me").await.problem(), (401, "unauthenticated".into()));
}

#[actix_web::test]
async fn an_account_shows_what_it_keeps_and_can_be_renamed() {
    let server =
        Server::with_both(|_| {}, |settings| settings.quota = Some(fm_domain::body::ByteSize::new(1000)));
    let ada = server.user("ada@example.org").await;
    assert_eq!(ada.send("POST", "/v1/files?name=a.txt", b"hello").await.status, 201);
    let value = ada.get("/v1/auth/me").await.value();
    let kept = serde_json::json!(
        {"used_bytes": 5, "trash_bytes": 0, "version_bytes": 0, "file_count": 1, "quota_bytes": 1000}
    );
    assert_eq!(value["storage"], kept);
    assert_eq!(ada.json("PATCH", "/v1/auth/me", r#"{"name": "Ada L."}"#).await.value()["name"], "Ada L.");
    assert_eq!(
        ada.json("PATCH", "/v1/auth/me", r#"{"name": null}"#).await.value()["name"],
        serde_json::Value::Null
    );
    assert_eq!(ada.json("PATCH", "/v1/auth/me", "{}").await.pointers(), ["/name"]);
    let over = ada.send("POST", "/v1/files?name=b.txt", &[b'x'; 996]).await;
    assert_eq!(over.problem(), (413, "quota_exceeded".into()));
}

#[actix_web::test]
async fn the_password_is_asked_for_again() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    let wrong = r#"{"current_password": "x", "new_password": "battery staple"}"#;
    assert_eq!(ada.json("POST", "/v1/auth/password", wrong).await.problem(), (403, "wrong_password".into()));
    let short = r#"{"current_password": "correct horse", "new_password": "short"}"#;
    assert_eq!(ada.json("POST", "/v1/auth/password", short).await.pointers(), ["/new_password"]);
    let right = r#"{"current_password": "correct horse", "new_password": "battery staple"}"#;
    assert_eq!(ada.json("POST", "/v1/auth/password", right).await.status, 204);
    assert_eq!(
        ada.json("DELETE", "/v1/auth/me", r#"{"password": "correct horse"}"#).await.problem(),
        (403, "wrong_password".into())
    );
    assert_eq!(ada.json("DELETE", "/v1/auth/me", r#"{"password": "battery staple"}"#).await.status, 204);
    assert_eq!(ada.get("/v1/auth/me").await.status, 401);
}

#[actix_web::test]
async fn sessions_are_listed_and_ended() {
    let server = Server::start();
    let (client, answer) = logged_in(&server).await;
    let ada = client.with_token(&token(&answer, "access_token")).with("User-Agent", "test");
    let other = client.with("User-Agent", "other").json("POST", "/v1/auth/login", LOGIN).await;
    let other = client.with_token(&token(&other, "access_token"));
    let items = ada.get("/v1/auth/sessions").await.value()["items"].as_array().unwrap().clone();
    assert_eq!(items.len(), 2);
    let (mine, theirs): (Vec<_>, Vec<_>) = items.into_iter().partition(|item| item["current"] == true);
    assert_eq!(
        (theirs[0]["user_agent"].as_str(), theirs[0]["ip"].as_str()),
        (Some("other"), Some("127.0.0.1"))
    );
    let bob = server.user("bob@example.org").await;
    let path = format!("/v1/auth/sessions/{}", theirs[0]["id"].as_str().unwrap());
    assert_eq!(bob.send("DELETE", &path, b"").await.problem(), (404, "not_found".into()));
    assert_eq!(ada.send("DELETE", &path, b"").await.status, 204);
    assert_eq!(other.get("/v1/auth/me").await.status, 401);
    assert_eq!(ada.send("DELETE", &path, b"").await.problem(), (404, "not_found".into()));
    assert_eq!(ada.send("DELETE", "/v1/auth/sessions", b"").await.status, 204);
    assert_eq!(mine.len(), 1);
    assert_eq!(ada.get("/v1/auth/me").await.status, 200);
}

#[actix_web::test]
async fn a_login_of_a_browser_ends_the_session_of_its_cookies_and_no_other() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    let body = r#"{"email": "ada@example.org", "password": "correct horse"}"#;
    let browser = server.client().with("Sec-Fetch-Site", "same-origin");
    for (client, status) in [(&server.client(), 200), (&browser, 401)] {
        let first = server.client().json("POST", "/v1/auth/login", body).await.value();
        let [access, refresh] = ["access_token", "refresh_token"].map(|token| first[token].as_str().unwrap());
        let cookies = format!(
            "__Host-access_token={access}; __Secure-refresh_token=forged; __Secure-refresh_token={refresh}"
        );
        let second = client.with("Cookie", &cookies).json("POST", "/v1/auth/login", body).await;
        assert_eq!(second.status, 200);
        assert_eq!(server.client().with_token(access).get("/v1/auth/me").await.status, status);
        let second = second.value()["access_token"].as_str().unwrap().to_owned();
        assert_eq!(server.client().with_token(&second).get("/v1/auth/me").await.status, 200);
    }
    assert_eq!(ada.get("/v1/auth/me").await.status, 200, "a session of another client");
    // Without a cookie there is nothing to end.
    assert_eq!(browser.json("POST", "/v1/auth/login", body).await.status, 200);
    let wrong = r#"{"email": "ada@example.org", "password": "wrong horse"}"#;
    let kept = server.client().json("POST", "/v1/auth/login", body).await.value();
    let cookie = format!("__Secure-refresh_token={}", kept["refresh_token"].as_str().unwrap());
    assert_eq!(browser.with("Cookie", &cookie).json("POST", "/v1/auth/login", wrong).await.status, 401);
    let kept = server.client().with_token(kept["access_token"].as_str().unwrap());
    assert_eq!(kept.get("/v1/auth/me").await.status, 200, "a login that is refused ends nothing");
}
