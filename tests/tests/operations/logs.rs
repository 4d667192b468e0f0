//! What is logged, and what never is.

use fm_api_types::TokenPair;
use fm_e2e::{Api, Lane, User, on_every_lane, pictures};
use serde_json::{Value, json};

/// The whole walk of a user, with every kind of secret in it.
async fn walk(api: &Api) {
    let user = api.user().await;
    let file = user.file("a.png", pictures::png(100, 60)).await;
    let file = user.with_thumbnail(&file).await;
    let path = User::path(&file);
    for url in [&file.download.url, file.thumbnail.url.as_ref().unwrap()] {
        let url = url.expose();
        user.get(url).send().await.expect(200);
        let tampered = user.get(&format!("{url}x")).send().await;
        assert!(tampered.status >= 400, "{tampered:?}");
    }
    let location = user.get(&format!("{path}/content")).send().await.expect(302).field("location");
    user.get(&location).send().await.expect(200);
    user.post(&format!("{path}/signed-url")).json(&json!({"expires_in": 60})).send().await.expect(200);
    let pair: TokenPair = user.spend(user.refresh()).await.expect(200).parse();
    let cookie = format!(
        "__Host-access_token={0}; __Secure-refresh_token={1}",
        user.access(),
        pair.refresh_token.expose()
    );
    user.anonymous().get("/v1/auth/me").header("cookie", &cookie).send().await.expect(200);
    let in_the_query = format!("/v1/auth/me?access_token={}", user.access());
    user.anonymous().get(&in_the_query).send().await.unauthenticated();
    user.anonymous().get(&format!("/v1/nothing/{}", user.access())).send().await.not_found();
    let wrong = fm_e2e::unique("a-wrong-password-");
    user.secret(&wrong);
    let login = json!({"email": user.email, "password": wrong});
    user.anonymous().post("/v1/auth/login").json(&login).send().await.problem(401, "invalid_credentials");
    let typo = json!({"email": user.email, "passwort": user.password});
    user.anonymous().post("/v1/auth/login").json(&typo).send().await.problem(422, "validation_failed");
    let broken = format!("{{\"password\": \"{}\"", user.password);
    let broken =
        user.anonymous().post("/v1/auth/login").header("content-type", "application/json").body(broken);
    broken.send().await.problem(400, "malformed_request");
    user.delete("/v1/auth/me").json(&json!({"password": user.password})).send().await.expect(204);
}

fn assert_no_secrets(api: &Api) {
    let (leaks, looked_for) = api.server.leaks();
    assert!(looked_for > 10, "{looked_for} secrets were used");
    assert!(leaks.is_empty(), "the log shows {} of {looked_for} secrets: {leaks:#?}", leaks.len());
}

async fn no_secret_is_ever_logged(lane: Lane) {
    let api = Api::with(lane, &[]);
    walk(&api).await;
    assert_no_secrets(&api);
}

async fn no_secret_is_logged_even_when_debugging(lane: Lane) {
    let api = Api::with(lane, &[("RUST_LOG", "trace")]);
    walk(&api).await;
    assert_no_secrets(&api);
}

async fn every_request_is_one_structured_line(lane: Lane) {
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    let file = user.file("a.txt", "text").await;
    let id = fm_e2e::unique("the-request-");
    user.get(&User::path(&file)).header("x-request-id", &id).send().await.expect(200);
    let entry = fm_e2e::eventually("the request is logged", async || {
        let output = api.server.output();
        let found: Vec<String> =
            output.lines().filter(|line| line.contains(&id)).map(ToOwned::to_owned).collect();
        assert!(found.len() <= 1, "one line for one request: {found:#?}");
        found.into_iter().next()
    })
    .await;
    let fields: Value = serde_json::from_str(&entry).expect("a line is JSON");
    let text = fields.to_string();
    assert!(text.contains("/v1/files/{id}"), "the template of the route: {entry}");
    assert!(text.contains("200") && text.contains("GET"), "{entry}");
    assert!(text.contains("duration"), "{entry}");
}

async fn every_line_is_json_where_it_is_asked_for(lane: Lane) {
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    user.file("a.txt", "text").await;
    let output = api.server.stop();
    for line in output.lines().filter(|line| !line.trim().is_empty()) {
        assert!(serde_json::from_str::<Value>(line).is_ok_and(|entry| entry.is_object()), "{line}");
    }
}

on_every_lane![
    no_secret_is_ever_logged,
    no_secret_is_logged_even_when_debugging,
    every_request_is_one_structured_line,
    every_line_is_json_where_it_is_asked_for,
];
