//! Requests that another site made a browser send, and CORS.

use fm_e2e::{Answer, Api, Lane, User, on_every_lane};
use serde_json::json;

/// Renames the user by a cookie, as a browser would send it with these fields.
async fn rename(user: &User, fields: &[(&str, &str)]) -> Answer {
    let cookie = format!("__Host-access_token={}", user.access());
    let mut request =
        user.anonymous().patch("/v1/auth/me").header("cookie", &cookie).json(&json!({"name": "A"}));
    for (name, value) in fields {
        request = request.header(name, value);
    }
    request.send().await
}

async fn what_the_browser_says_of_the_site_decides(lane: Lane) {
    let user = Api::on(lane).user().await;
    for site in ["same-origin", "none"] {
        rename(&user, &[("sec-fetch-site", site), ("origin", "https://elsewhere.example")]).await.expect(200);
    }
    let own = user.server.base();
    for site in ["cross-site", "same-site"] {
        rename(&user, &[("sec-fetch-site", site), ("origin", &own)]).await.problem(403, "forbidden");
    }
}

async fn without_it_the_origin_has_to_be_ours(lane: Lane) {
    let user = Api::on(lane).user().await;
    let own = user.server.base();
    rename(&user, &[("origin", &own)]).await.expect(200);
    for origin in ["https://elsewhere.example", "null", "http://127.0.0.1:1"] {
        rename(&user, &[("origin", origin)]).await.problem(403, "forbidden");
    }
    rename(&user, &[]).await.expect(200);
}

async fn the_origin_of_the_public_url_is_ours(lane: Lane) {
    let api = Api::with(lane, &[("PUBLIC_URL", "https://files.example.com/")]);
    let user = api.user().await;
    rename(&user, &[("origin", "https://files.example.com")]).await.expect(200);
    rename(&user, &[("origin", "https://files.example.com.evil.example")]).await.problem(403, "forbidden");
}

async fn reading_by_cookie_is_not_refused(lane: Lane) {
    let user = Api::on(lane).user().await;
    let cookie = format!("__Host-access_token={}", user.access());
    let request = user.anonymous().get("/v1/files").header("cookie", &cookie);
    request.header("sec-fetch-site", "cross-site").send().await.expect(200);
}

async fn a_cross_site_refresh_by_cookie_is_refused_and_spends_nothing(lane: Lane) {
    let user = Api::on(lane).user().await;
    let cookie = format!("__Secure-refresh_token={}", user.refresh());
    let request = user.anonymous().post("/v1/auth/refresh").header("cookie", &cookie);
    request.header("sec-fetch-site", "cross-site").send().await.problem(403, "forbidden");
    assert_eq!(user.sessions().await.len(), 1);
    user.spend(user.refresh()).await.expect(200);
}

async fn a_header_is_no_cookie_and_may_come_from_anywhere(lane: Lane) {
    let user = Api::on(lane).user().await;
    let request = user.patch("/v1/auth/me").json(&json!({"name": "A"}));
    request
        .header("sec-fetch-site", "cross-site")
        .header("origin", "https://x.example")
        .send()
        .await
        .expect(200);
}

async fn a_configured_origin_may_use_cookies_from_its_own_site(lane: Lane) {
    let api = Api::with(lane, &[("CORS_ORIGINS", "https://app.example,https://admin.example")]);
    let user = api.user().await;
    let fields = [("sec-fetch-site", "cross-site"), ("origin", "https://admin.example")];
    let answer = rename(&user, &fields).await.expect(200);
    assert_eq!(answer.field("access-control-allow-origin"), "https://admin.example");
    assert_eq!(answer.field("access-control-allow-credentials"), "true");
    let fields = [("sec-fetch-site", "cross-site"), ("origin", "https://other.example")];
    let refused = rename(&user, &fields).await;
    assert_eq!(refused.status, 403);
    assert!(refused.header("access-control-allow-origin").is_none());
}

async fn a_preflight_answers_for_configured_origins(lane: Lane) {
    let api = Api::with(lane, &[("CORS_ORIGINS", "https://app.example")]);
    let preflight = |origin: &str| {
        api.request(reqwest::Method::OPTIONS, "/v1/files")
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization,content-type,idempotency-key,if-match")
            .send()
    };
    let answer = preflight("https://app.example").await;
    assert!(answer.status == 200 || answer.status == 204, "{answer:#?}");
    assert_eq!(answer.field("access-control-allow-origin"), "https://app.example");
    assert_eq!(answer.field("access-control-allow-credentials"), "true");
    assert!(answer.field("access-control-allow-methods").contains("POST"));
    let headers = answer.field("access-control-allow-headers").to_ascii_lowercase();
    for name in ["authorization", "content-type", "idempotency-key", "if-match"] {
        assert!(headers.contains(name), "{name} in {headers}");
    }
    let refused = preflight("https://elsewhere.example").await;
    assert!(refused.header("access-control-allow-origin").is_none(), "{refused:#?}");
}

async fn cors_exposes_what_a_client_needs(lane: Lane) {
    let api = Api::with(lane, &[("CORS_ORIGINS", "https://app.example")]);
    let user = api.user().await;
    let answer = user.get("/v1/files").header("origin", "https://app.example").send().await.expect(200);
    let exposed = answer.field("access-control-expose-headers").to_ascii_lowercase();
    for name in
        ["etag", "location", "retry-after", "ratelimit", "ratelimit-policy", "x-request-id", "x-file-id"]
    {
        assert!(exposed.split(',').any(|one| one.trim() == name), "{name} in {exposed}");
    }
    assert!(answer.field("vary").to_ascii_lowercase().contains("origin"));
    let problem = user.anonymous().get("/v1/files").header("origin", "https://app.example").send().await;
    problem.unauthenticated();
    assert_eq!(
        problem.field("access-control-allow-origin"),
        "https://app.example",
        "a page can read a problem"
    );
}

async fn any_origin_means_none_with_credentials(lane: Lane) {
    let api = Api::with(lane, &[("CORS_ORIGINS", "*")]);
    let user = api.user().await;
    let answer = user.get("/v1/files").header("origin", "https://any.example").send().await.expect(200);
    assert!(["*", "https://any.example"].contains(&answer.field("access-control-allow-origin").as_str()));
    assert!(answer.header("access-control-allow-credentials").is_none());
    let fields = [("sec-fetch-site", "cross-site"), ("origin", "https://any.example")];
    rename(&user, &fields).await.problem(403, "forbidden");
}

on_every_lane![
    what_the_browser_says_of_the_site_decides,
    without_it_the_origin_has_to_be_ours,
    the_origin_of_the_public_url_is_ours,
    reading_by_cookie_is_not_refused,
    a_cross_site_refresh_by_cookie_is_refused_and_spends_nothing,
    a_header_is_no_cookie_and_may_come_from_anywhere,
    a_configured_origin_may_use_cookies_from_its_own_site,
    a_preflight_answers_for_configured_origins,
    cors_exposes_what_a_client_needs,
    any_origin_means_none_with_credentials,
];
