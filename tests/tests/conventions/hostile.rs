//! Requests that no honest client sends.

use fm_e2e::raw::Connection;
use fm_e2e::{Api, Lane, User, on_every_lane, unique};
use serde_json::json;

async fn characters_that_databases_dislike_are_answered_calmly(lane: Lane) {
    let user = Api::on(lane).user().await;
    user.file("a.txt", "text").await;
    for q in ["\u{0}", "a\u{0}", "\u{fffe}", "\u{1f4a9}", "'; --", "\\", "\u{202e}"] {
        let answer = user.get("/v1/files").query(&[("q", q)]).send().await;
        assert!([200, 400].contains(&answer.status), "{q:?}: {answer:?}");
        if answer.status == 200 {
            assert_eq!(answer.json()["items"].as_array().unwrap().len(), 0, "{q:?}");
        }
    }
    for query in ["q=%ff", "q=%", "cursor=%00", "sort=%00", "sha256=%00", "content_type=%00/%00", "limit=%00"]
    {
        let answer = user.get(&format!("/v1/files?{query}")).send().await;
        assert!([200, 400].contains(&answer.status), "{query}: {answer:?}");
    }
    for refresh in ["\u{0}", "01890000-0000-7000-8000-000000000000.99999999999.x", &"x".repeat(60_000)] {
        let body = json!({"refresh_token": refresh});
        user.anonymous().post("/v1/auth/refresh").json(&body).send().await.unauthenticated();
    }
    let body = json!({"email": "\u{0}@example.com", "password": "\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}"});
    user.anonymous().post("/v1/auth/login").json(&body).send().await.problem(401, "invalid_credentials");
}

async fn any_text_of_the_right_length_may_be_a_password(lane: Lane) {
    let api = Api::on(lane);
    for password in ["\u{0}a\u{0}\u{1}b\u{7}\u{0}c", "пароль-пароль", "  a   b ", "🦀🐙🦀🐳🦀🐙🐙🦀"]
    {
        let body = json!({"email": format!("{}@example.com", unique("p")), "password": password});
        api.post("/v1/auth/register").json(&body).send().await.expect(201);
        api.post("/v1/auth/login").json(&body).send().await.expect(200);
        let other = json!({"email": body["email"], "password": format!("{password}x")});
        api.post("/v1/auth/login").json(&other).send().await.problem(401, "invalid_credentials");
    }
    for repeated in ["\u{0}", " ", "🦀"] {
        let body = json!({"email": format!("{}@example.com", unique("p")), "password": repeated.repeat(8)});
        api.post("/v1/auth/register").json(&body).send().await.problem(422, "validation_failed");
    }
}

async fn a_strange_user_agent_does_not_hinder_a_login(lane: Lane) {
    let api = Api::on(lane);
    let user = api.user().await;
    let body = json!({"email": user.email, "password": user.password});
    let long = "é".repeat(3_000);
    for agent in [&b"\xff\xfe\x80"[..], long.as_bytes(), b""] {
        api.post("/v1/auth/login").header_bytes("user-agent", agent).json(&body).send().await.expect(200);
    }
    let sessions = user.get("/v1/auth/sessions").send().await.expect(200).json();
    for session in sessions["items"].as_array().unwrap() {
        assert!(session["user_agent"].as_str().unwrap_or_default().chars().count() <= 512);
    }
}

async fn json_that_is_too_deep_or_odd_is_malformed(lane: Lane) {
    let user = Api::on(lane).user().await;
    let deep = format!("{{\"name\": {}1{}}}", "[".repeat(20_000), "]".repeat(20_000));
    for body in
        [deep.as_bytes(), b"{\"name\": \"\\ud800\"}", b"{\"name\": \"\xc3\"}", b"\xef\xbb\xbf{}", b"nul"]
    {
        let request =
            user.patch("/v1/auth/me").header("content-type", "application/json").body(body.to_vec());
        request.send().await.problem(400, "malformed_request");
    }
}

async fn a_request_with_two_lengths_is_not_believed(lane: Lane) {
    let user = Api::on(lane).user().await;
    let head = |fields: &str| {
        format!(
            "POST /v1/files?name=a.txt HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\
             Content-Type: text/plain\r\n{fields}\r\n0\r\n\r\n",
            user.server.address(),
            user.access()
        )
    };
    for fields in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Transfer-Encoding: identity, chunked, chunked\r\n",
        "Content-Length: -5\r\n",
        "Content-Length: +5\r\n",
    ] {
        let mut connection = Connection::to(&user.server).await;
        assert!(connection.send(head(fields)).await);
        let answer = connection.answer().await;
        assert!([400, 501].contains(&answer.status), "{fields}: {answer:?}");
    }
    assert_eq!(user.storage().await, (0, 0));
}

async fn http_1_0_is_understood(lane: Lane) {
    let api = Api::on(lane);
    let mut connection = Connection::to(&api.server).await;
    assert!(connection.send("GET /health/live HTTP/1.0\r\n\r\n").await);
    assert_eq!(connection.answer().await.status, 200);
}

async fn an_endless_head_is_cut_off(lane: Lane) {
    let api = Api::on(lane);
    let mut connection = Connection::to(&api.server).await;
    connection.send("GET /health/live HTTP/1.1\r\nHost: x\r\n").await;
    let filler = format!("X-Filler: {}\r\n", "x".repeat(8_000));
    for _ in 0..200 {
        if !connection.try_send(&filler).await {
            break;
        }
    }
    assert!(!connection.try_send("\r\n").await || connection.answer().await.status >= 400);
    api.get("/health/live").send().await.expect(200);
}

async fn paths_do_not_escape(lane: Lane) {
    let user = Api::on(lane).user().await;
    let file = User::path(&user.file("a.txt", "text").await);
    for path in [
        "/v1/../v1/files/../../etc/passwd",
        "/v1/blobs/..%2f..%2fetc%2fpasswd",
        "/docs/../../etc/passwd",
        "//v1/files",
    ] {
        let mut connection = Connection::to(&user.server).await;
        assert!(connection.send(format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n")).await);
        let answer = connection.answer().await;
        assert!((400..500).contains(&answer.status), "{path}: {answer:?}");
    }
    user.get(&file).send().await.expect(200);
}

on_every_lane![
    characters_that_databases_dislike_are_answered_calmly,
    any_text_of_the_right_length_may_be_a_password,
    a_strange_user_agent_does_not_hinder_a_login,
    json_that_is_too_deep_or_odd_is_malformed,
    a_request_with_two_lengths_is_not_believed,
    http_1_0_is_understood,
    an_endless_head_is_cut_off,
    paths_do_not_escape,
];
