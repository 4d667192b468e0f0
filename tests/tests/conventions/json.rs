//! JSON bodies that are not what they should be.

use fm_e2e::{Api, Lane, User, on_every_lane};
use reqwest::Method;
use serde_json::json;

/// Every route that takes a JSON body.
async fn routes(user: &User) -> Vec<(Method, String)> {
    let file = user.file("a.txt", "text").await;
    let path = User::path(&file);
    vec![
        (Method::POST, "/v1/auth/register".to_owned()),
        (Method::POST, "/v1/auth/login".to_owned()),
        (Method::POST, "/v1/auth/refresh".to_owned()),
        (Method::PATCH, "/v1/auth/me".to_owned()),
        (Method::DELETE, "/v1/auth/me".to_owned()),
        (Method::POST, "/v1/auth/password".to_owned()),
        (Method::PATCH, path.clone()),
        (Method::POST, format!("{path}/signed-url")),
    ]
}

async fn unparsable_json_is_malformed(lane: Lane) {
    let user = Api::on(lane).user().await;
    for (method, path) in routes(&user).await {
        for body in [&b"{"[..], b"{\"a\": }", b"\xff\xfe", b"{} {}", b"{'a': 1}"] {
            let request = user.request(method.clone(), &path).header("content-type", "application/json");
            request.body(body).send().await.problem(400, "malformed_request");
        }
    }
}

async fn json_of_the_wrong_shape_is_not_acceptable(lane: Lane) {
    let user = Api::on(lane).user().await;
    for (method, path) in routes(&user).await {
        for body in [json!([]), json!("text"), json!(1)] {
            let answer = user.request(method.clone(), &path).json(&body).send().await;
            answer.problem(422, "validation_failed");
        }
    }
}

async fn members_of_the_wrong_type_or_missing_are_named(lane: Lane) {
    let api = Api::on(lane);
    let body = json!({"email": 1, "password": "a long password"});
    api.post("/v1/auth/register").json(&body).send().await.invalid(&["/email"]);
    let body = json!({"email": "a@example.com"});
    let problem = api.post("/v1/auth/register").json(&body).send().await.problem(422, "validation_failed");
    assert!(problem.to_string().contains("password"), "{problem}");
}

async fn unknown_members_are_refused(lane: Lane) {
    let user = Api::on(lane).user().await;
    for (method, path) in routes(&user).await {
        let body = json!({
            "email": "a@example.com", "password": user.password, "name": "a name", "refresh_token": user.refresh(),
            "current_password": user.password, "new_password": "another password", "expires_in": 60,
            "zzz_typo": true,
        });
        let answer = user.request(method.clone(), &path).json(&body).send().await;
        answer.problem(422, "validation_failed");
    }
    user.me().await.expect(200);
    user.spend(user.refresh()).await.expect(200);
}

async fn another_media_type_than_json_is_unsupported(lane: Lane) {
    let user = Api::on(lane).user().await;
    for (method, path) in routes(&user).await {
        for media_type in ["text/plain", "application/x-www-form-urlencoded", "application/xml"] {
            let request = user.request(method.clone(), &path).header("content-type", media_type);
            request.body("{\"name\": \"a\"}").send().await.problem(415, "unsupported_media_type");
        }
    }
}

async fn json_may_name_its_charset(lane: Lane) {
    let user = Api::on(lane).user().await;
    let request = user.patch("/v1/auth/me").header("content-type", "application/json; charset=utf-8");
    request.body("{\"name\": \"a\"}").send().await.expect(200);
}

async fn more_than_64_kib_of_json_are_too_large(lane: Lane) {
    let user = Api::on(lane).user().await;
    let padded = |length: usize| {
        let body = "{\"name\": \"a\"}";
        format!("{body}{}", " ".repeat(length - body.len()))
    };
    let exact = user.patch("/v1/auth/me").header("content-type", "application/json").body(padded(65_536));
    exact.send().await.expect(200);
    let over = user.patch("/v1/auth/me").header("content-type", "application/json").body(padded(65_537));
    over.send().await.problem(413, "payload_too_large");
    let chunks = vec![padded(65_537).into()];
    let over = user.patch("/v1/auth/me").header("content-type", "application/json").chunked(chunks);
    over.send().await.problem(413, "payload_too_large");
}

on_every_lane![
    unparsable_json_is_malformed,
    json_of_the_wrong_shape_is_not_acceptable,
    members_of_the_wrong_type_or_missing_are_named,
    unknown_members_are_refused,
    another_media_type_than_json_is_unsupported,
    json_may_name_its_charset,
    more_than_64_kib_of_json_are_too_large,
];
