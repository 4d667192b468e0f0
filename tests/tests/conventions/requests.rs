//! Methods, paths, request ids, cache fields.

use fm_e2e::raw::Connection;
use fm_e2e::{Api, Lane, User, on_every_lane, pictures};
use reqwest::Method;

async fn an_unknown_path_is_a_problem(lane: Lane) {
    let user = Api::on(lane).user().await;
    for path in
        ["/v1", "/v1/nothing", "/v2/files", "/v1/files/a/b/c", "/v1/auth", "/favicon.ico", "/v1/files/"]
    {
        user.get(path).send().await.not_found();
        user.post(path).send().await.not_found();
        user.anonymous().get(path).send().await.not_found();
    }
}

async fn a_method_that_a_route_lacks_is_told_what_it_has(lane: Lane) {
    let user = Api::on(lane).user().await;
    let file = User::path(&user.file("a.txt", "text").await);
    for (method, path, allowed) in [
        (Method::GET, "/v1/auth/login", vec!["POST"]),
        (Method::GET, "/v1/auth/register", vec!["POST"]),
        (Method::GET, "/v1/auth/refresh", vec!["POST"]),
        (Method::GET, "/v1/auth/logout", vec!["POST"]),
        (Method::PUT, "/v1/auth/me", vec!["GET", "PATCH", "DELETE"]),
        (Method::GET, "/v1/auth/password", vec!["POST"]),
        (Method::POST, "/v1/auth/sessions", vec!["GET", "DELETE"]),
        (Method::DELETE, "/v1/auth/activity", vec!["GET"]),
        (Method::PUT, "/v1/files", vec!["GET", "POST"]),
        (Method::POST, file.as_str(), vec!["GET", "PATCH", "DELETE"]),
        (Method::POST, &format!("{file}/content"), vec!["GET", "PUT"]),
        (Method::DELETE, &format!("{file}/thumbnail"), vec!["GET", "POST"]),
        (Method::POST, &format!("{file}/previews/small"), vec!["GET"]),
        (Method::GET, &format!("{file}/signed-url"), vec!["POST"]),
        (Method::POST, "/v1/capabilities", vec!["GET"]),
        (Method::POST, "/health/live", vec!["GET"]),
    ] {
        let answer = user.request(method, path).send().await;
        answer.problem(405, "method_not_allowed");
        let allow = answer.field("allow");
        let allow: Vec<&str> = allow.split(',').map(str::trim).collect();
        for method in &allowed {
            assert!(allow.contains(method), "{path}: {method} in {allow:?}");
        }
        assert_eq!(allow.contains(&"HEAD"), allowed.contains(&"GET"), "{path}: {allow:?}");
    }
}

async fn every_get_route_answers_head(lane: Lane) {
    let user = Api::on(lane).user().await;
    let file = user.file("a.png", pictures::png(70, 30)).await;
    let file = User::path(&user.with_thumbnail(&file).await);
    for path in [
        "/v1/auth/me",
        "/v1/auth/sessions",
        "/v1/auth/activity",
        "/v1/files",
        file.as_str(),
        &format!("{file}/content"),
        &format!("{file}/thumbnail"),
        "/v1/capabilities",
        "/health/live",
        "/health/ready",
    ] {
        let get = user.get(path).send().await;
        let head = user.head(path).send().await;
        assert_eq!(get.status, head.status, "{path}");
        assert!(head.body.is_empty(), "{path}");
        for name in ["content-type", "cache-control", "location", "etag", "content-length"] {
            assert_eq!(get.header(name), head.header(name), "{path}: {name}");
        }
    }
    assert_eq!(user.head("/v1/files/nonsense").send().await.status, 404);
    assert_eq!(user.anonymous().head("/v1/files").send().await.status, 401);
}

async fn a_request_id_is_echoed_when_it_is_acceptable(lane: Lane) {
    let api = Api::on(lane);
    let long = "x".repeat(64);
    for id in ["a", "A.b_c-9", &long] {
        let answer = api.get("/v1/auth/me").header("x-request-id", id).send().await;
        assert_eq!(answer.field("x-request-id"), id);
        assert_eq!(answer.problem(401, "unauthenticated")["request_id"], id);
    }
    let longer = "x".repeat(65);
    for id in ["", "a b", "a/b", "\"", "a,b", &longer] {
        let answer = api.get("/health/live").header("x-request-id", id).send().await.expect(200);
        let made = answer.field("x-request-id");
        assert_ne!(made, id);
        assert!(
            (1..=64).contains(&made.len())
                && made.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
        );
    }
    let answer = api.get("/health/live").header_bytes("x-request-id", b"\xff\xfe").send().await.expect(200);
    assert!(!answer.field("x-request-id").is_empty());
    let (first, second) = (api.get("/health/live").send().await, api.get("/health/live").send().await);
    assert_ne!(first.field("x-request-id"), second.field("x-request-id"));
}

async fn answers_are_not_to_be_stored(lane: Lane) {
    let user = Api::on(lane).user().await;
    let file = user.file("a.txt", "text").await;
    let path = User::path(&file);
    for (path, expected) in [
        ("/v1/auth/me".to_owned(), "private, no-store"),
        ("/v1/auth/sessions".to_owned(), "private, no-store"),
        ("/v1/auth/activity".to_owned(), "private, no-store"),
        (format!("{path}/content"), "private, no-store"),
        (path.clone(), "private, no-cache"),
    ] {
        assert_eq!(user.get(&path).send().await.field("cache-control"), expected, "{path}");
    }
    let list = user.get("/v1/files").send().await.expect(200);
    assert!(list.field("cache-control").starts_with("private, no-"), "{list:#?}");
}

async fn problems_ignore_what_a_client_accepts(lane: Lane) {
    let api = Api::on(lane);
    api.get("/v1/auth/me").header("accept", "text/html").send().await.unauthenticated();
    api.get("/v1/nothing").header("accept", "image/png").send().await.not_found();
}

async fn expect_100_continue_is_honoured(lane: Lane) {
    let user = Api::on(lane).user().await;
    let mut connection = Connection::to(&user.server).await;
    let head = format!(
        "POST /v1/files?name=a.txt HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Type: text/plain\r\n\
         Content-Length: 5\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n",
        user.server.address(),
        user.access()
    );
    assert!(connection.send(head).await);
    assert_eq!(connection.answer().await.status, 100);
    assert!(connection.send("hello").await);
    let answer = connection.answer().await;
    assert_eq!(answer.status, 201, "{answer:?}");
}

async fn a_body_that_will_be_refused_is_not_asked_for(lane: Lane) {
    let user = Api::on(lane).user().await;
    let limit = user.capabilities().await.limits.upload_bytes;
    let (anonymous, bearer) = (String::new(), format!("Authorization: Bearer {}\r\n", user.access()));
    for (credentials, length, status) in [(&anonymous, 5, 401), (&bearer, limit + 1, 413)] {
        let mut connection = Connection::to(&user.server).await;
        let head = format!(
            "POST /v1/files?name=a.txt HTTP/1.1\r\nHost: {}\r\n{credentials}Content-Type: text/plain\r\n\
             Content-Length: {length}\r\nExpect: 100-continue\r\n\r\n",
            user.server.address()
        );
        assert!(connection.send(head).await);
        let answer = connection.answer().await;
        assert_eq!(answer.status, status, "{answer:?}");
    }
}

async fn bad_query_values_are_malformed(lane: Lane) {
    let user = Api::on(lane).user().await;
    for query in [
        "limit=0",
        "limit=201",
        "limit=-1",
        "limit=x",
        "sort=owner",
        "order=up",
        "cursor=nonsense",
        "sha256=xyz",
        "content_type=nonsense",
        "content_type=*/*",
    ] {
        user.get(&format!("/v1/files?{query}")).send().await.problem(400, "malformed_request");
    }
    let path = User::path(&user.file("a.txt", "text").await);
    let empty = "limit=&cursor=&sort=&order=&q=&sha256=&content_type=";
    let page = user.get(&format!("/v1/files?{empty}")).send().await.expect(200).json();
    assert_eq!(page["items"].as_array().unwrap().len(), 1);
    user.get(&format!("{path}/content?disposition=")).send().await.expect(302);
    user.get(&format!("{path}/content?disposition=sideways")).send().await.problem(400, "malformed_request");
}

on_every_lane![
    an_unknown_path_is_a_problem,
    a_method_that_a_route_lacks_is_told_what_it_has,
    every_get_route_answers_head,
    a_request_id_is_echoed_when_it_is_acceptable,
    answers_are_not_to_be_stored,
    problems_ignore_what_a_client_accepts,
    expect_100_continue_is_honoured,
    a_body_that_will_be_refused_is_not_asked_for,
    bad_query_values_are_malformed,
];
