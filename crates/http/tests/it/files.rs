//! Files: listed, shown, edited, linked, removed.

#![expect(clippy::unwrap_used, reason = "a test may")]

use serde_json::Value;

use crate::common::{Client, PNG, Server};

async fn upload(client: &Client, name: &str, body: &[u8]) -> Value {
    let answer = client.send("POST", &format!("/v1/files?name={name}"), body).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.value()
}

fn path(file: &Value) -> String {
    format!("/v1/files/{}", file["id"].as_str().unwrap())
}

#[actix_web::test]
async fn a_file_is_shown_with_its_tag_and_urls() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    let made =
        ada.with("Content-Type", "text/plain").send("POST", "/v1/files?name=caf%C3%A9.txt", b"hello").await;
    let file = made.value();
    assert_eq!(made.header("location").unwrap(), path(&file));
    assert_eq!(made.header("cache-control"), Some("private, no-cache"));
    assert_eq!(
        (&file["name"], &file["size"], &file["content_type"]),
        (&"café.txt".into(), &5.into(), &"text/plain".into())
    );
    assert_eq!(file["sha256"], "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
    assert_eq!(
        file["thumbnail"],
        serde_json::json!({"status": "none", "url": null, "width": null, "height": null})
    );
    assert!(
        file["download"]["url"]
            .as_str()
            .unwrap()
            .starts_with(&format!("http://{}/v1/blobs/", server.address))
    );
    let shown = ada.get(&path(&file)).await;
    let mut told = shown.value();
    told["path"] = "/café.txt".into();
    assert_eq!((shown.status, told), (200, file), "the upload tells the path too");
    assert_eq!(shown.header("etag"), made.header("etag"));
    assert!(shown.header("etag").unwrap().starts_with("\"r1-"));
}

#[actix_web::test]
async fn what_a_client_has_is_not_sent_again() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    let file = upload(&ada, "a.txt", b"a").await;
    let tag = ada.get(&path(&file)).await.header("etag").unwrap().to_owned();
    for condition in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
        let answer = ada.with("If-None-Match", &condition).get(&path(&file)).await;
        assert_eq!(
            (answer.status, answer.header("etag"), answer.body.len()),
            (304, Some(tag.as_str()), 0),
            "{condition}"
        );
    }
    assert_eq!(ada.with("If-None-Match", "\"x\"").get(&path(&file)).await.status, 200);
    // Half a life later the URLs are others, and so is the tag: nothing that is "not modified" has dead URLs.
    server.clock.advance(std::time::Duration::from_hours(1));
    let ada = server.login("ada@example.org").await;
    assert_eq!(ada.with("If-None-Match", &tag).get(&path(&file)).await.status, 200);
}

#[actix_web::test]
async fn edits_are_held_to_the_revision_they_are_meant_for() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    let file = upload(&ada, "a.txt", b"a").await;
    let first = ada.get(&path(&file)).await.header("etag").unwrap().to_owned();
    let rename = ada.with("If-Match", &first).json("PATCH", &path(&file), r#"{"name": "b.txt"}"#).await;
    assert_eq!((rename.status, &rename.value()["name"]), (200, &"b.txt".into()));
    assert!(rename.header("etag").unwrap().starts_with("\"r2-"));
    let content = format!("{}/content", path(&file));
    for stale in [first.as_str(), "\"foreign\"", "W/\"r1-n-0\"", "W/\"foreign\""] {
        let old = ada.with("If-Match", stale);
        assert_eq!(
            old.json("PATCH", &path(&file), r#"{"name": "c"}"#).await.problem(),
            (412, "precondition_failed".into()),
            "{stale}"
        );
        assert_eq!(
            old.send("PUT", &content, b"new").await.problem(),
            (412, "precondition_failed".into()),
            "{stale}"
        );
        assert_eq!(
            old.send("DELETE", &path(&file), b"").await.problem(),
            (412, "precondition_failed".into()),
            "{stale}"
        );
    }
    assert_eq!(
        ada.with("If-Match", "nonsense").send("DELETE", &path(&file), b"").await.problem(),
        (400, "malformed_request".into())
    );
    let replaced = ada.with("If-Match", "\"r2-whatever\"").send("PUT", &content, b"new content").await;
    assert_eq!((replaced.status, &replaced.value()["size"]), (200, &11.into()));
    assert_eq!(replaced.value()["id"], file["id"]);
    // A proxy that compresses answers makes tags weak, or appends to them.
    let weak = format!("W/{}", replaced.header("etag").unwrap());
    let rename = ada.with("If-Match", &weak).json("PATCH", &path(&file), r#"{"name": "d.txt"}"#).await;
    assert_eq!(rename.status, 200, "{}", rename.text());
    let suffixed = format!("{}-gzip\"", rename.header("etag").unwrap().trim_end_matches('"'));
    let rename = ada.with("If-Match", &suffixed).json("PATCH", &path(&file), r#"{"name": "e"}"#).await;
    assert_eq!(rename.status, 200, "{}", rename.text());
    assert_eq!(
        ada.with("If-Match", &weak).send("PUT", &content, b"x").await.problem(),
        (412, "precondition_failed".into())
    );
    assert_eq!(ada.with("If-Match", "*").send("DELETE", &path(&file), b"").await.status, 204);
    assert_eq!(ada.get(&path(&file)).await.status, 404);
}

#[actix_web::test]
async fn names_are_held_to_their_rules() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    let file = upload(&ada, "a.txt", b"a").await;
    let long = "x".repeat(256);
    for bad in ["", " ", "..", "../a", "a\\\\b", "a\\u0000b", "a\\u0085b", long.as_str()] {
        let answer = ada.json("PATCH", &path(&file), &format!("{{\"name\": \"{bad}\"}}")).await;
        assert_eq!(answer.pointers(), ["/name"], "{bad}");
    }
    for bad in ["", "%20", "..", "..%2Fa", "a%5Cb", "a%00b", long.as_str()] {
        let answer = ada.send("POST", &format!("/v1/files?name={bad}"), b"a").await;
        assert_eq!(answer.pointers(), ["/name"], "{bad}");
    }
    assert_eq!(ada.send("POST", "/v1/files", b"a").await.pointers(), ["/name"]);
    assert_eq!(
        ada.send("POST", "/v1/files?name=%FF", b"a").await.problem(),
        (400, "malformed_request".into())
    );
    for good in ["مرحبا.txt", "👩‍👩‍👧.png", "e\u{301}", "x".repeat(255).as_str()] {
        assert_eq!(
            ada.json("PATCH", &path(&file), &format!("{{\"name\": \"{good}\"}}")).await.status,
            200,
            "{good}"
        );
    }
}

#[actix_web::test]
async fn files_are_listed_page_by_page() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    for name in ["b.txt", "A.png", "c.txt"] {
        server.clock.advance(std::time::Duration::from_secs(1));
        upload(&ada, name, if name.ends_with("png") { PNG } else { name.as_bytes() }).await;
    }
    let names = |value: &Value| -> Vec<String> {
        value["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let all = ada.get("/v1/files?unknown=1").await.value();
    assert_eq!(
        (names(&all), &all["next_cursor"]),
        (vec!["c.txt".into(), "A.png".into(), "b.txt".into()], &Value::Null)
    );
    let first = ada.get("/v1/files?sort=name&order=asc&limit=2").await.value();
    assert_eq!(names(&first), ["A.png", "b.txt"]);
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = ada.get(&format!("/v1/files?sort=name&order=asc&limit=2&cursor={cursor}")).await.value();
    assert_eq!((names(&second), &second["next_cursor"]), (vec!["c.txt".into()], &Value::Null));
    for bad in [
        format!("sort=size&cursor={cursor}"),
        "cursor=x".into(),
        "limit=0".into(),
        "limit=201".into(),
        "order=up".into(),
    ] {
        assert_eq!(
            ada.get(&format!("/v1/files?{bad}")).await.problem(),
            (400, "malformed_request".into()),
            "{bad}"
        );
    }
    assert_eq!(names(&ada.get("/v1/files?q=TXT&sort=name&order=desc").await.value()), ["c.txt", "b.txt"]);
    assert_eq!(names(&ada.get("/v1/files?content_type=image/*").await.value()), ["A.png"]);
    assert_eq!(names(&ada.get("/v1/files?content_type=text/plain").await.value()), Vec::<String>::new());
    let sha256 =
        ada.get("/v1/files?q=b").await.value()["items"][0]["sha256"].as_str().unwrap().to_uppercase();
    assert_eq!(names(&ada.get(&format!("/v1/files?sha256={sha256}")).await.value()), ["b.txt"]);
}

#[actix_web::test]
async fn another_users_file_is_like_none() {
    let server = Server::start();
    let (ada, bob) = (server.user("ada@example.org").await, server.user("bob@example.org").await);
    let file = upload(&ada, "a.png", PNG).await;
    let path = path(&file);
    assert_eq!(bob.get("/v1/files").await.value()["items"].as_array().unwrap().len(), 0);
    let requests = [
        ("GET", path.clone(), ""),
        ("PATCH", path.clone(), r#"{"name": "b"}"#),
        ("DELETE", path.clone(), ""),
        ("GET", format!("{path}/content"), ""),
        ("PUT", format!("{path}/content"), "x"),
        ("GET", format!("{path}/thumbnail"), ""),
        ("POST", format!("{path}/thumbnail"), ""),
        ("POST", format!("{path}/signed-url"), "{}"),
    ];
    for (method, path, body) in requests {
        assert_eq!(
            bob.json(method, &path, body).await.problem(),
            (404, "not_found".into()),
            "{method} {path}"
        );
    }
    assert_eq!(ada.get(&path).await.status, 200);
}

#[actix_web::test]
async fn content_and_thumbnails_are_behind_signed_urls() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    let text = upload(&ada, "a.txt", b"hello").await;
    let picture = upload(&ada, "a.png", PNG).await;
    let content = ada.get(&format!("{}/content", path(&text))).await;
    assert_eq!((content.status, content.header("cache-control")), (302, Some("private, no-store")));
    assert_eq!(content.header("location").unwrap(), text["download"]["url"].as_str().unwrap());
    assert_eq!(
        ada.get(&format!("{}/content?disposition=x", path(&text))).await.problem(),
        (400, "malformed_request".into())
    );
    let none = ada.get(&format!("{}/thumbnail", path(&text))).await;
    assert_eq!(none.problem(), (404, "no_thumbnail".into()));
    let pending = ada.get(&format!("{}/thumbnail", path(&picture))).await;
    assert_eq!(pending.problem(), (404, "thumbnail_not_ready".into()));
    assert!(pending.header("retry-after").unwrap().parse::<u32>().unwrap() >= 1);
    server.use_cases.jobs.run_next.run_any().await.unwrap();
    let ready = ada.get(&path(&picture)).await.value();
    assert_eq!((&ready["thumbnail"]["status"], &ready["thumbnail"]["width"]), (&"ready".into(), &1.into()));
    let thumbnail = ada.get(&format!("{}/thumbnail", path(&picture))).await;
    assert_eq!(thumbnail.header("location").unwrap(), ready["thumbnail"]["url"].as_str().unwrap());
    let again = ada.send("POST", &format!("{}/thumbnail", path(&picture)), b"").await;
    assert_eq!((again.status, &again.value()["thumbnail"]["status"]), (202, &"pending".into()));
    assert_eq!(
        ada.send("POST", &format!("{}/thumbnail", path(&text)), b"").await.problem(),
        (404, "no_thumbnail".into())
    );
}

#[actix_web::test]
async fn a_signed_url_is_made_to_measure() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    let file = upload(&ada, "a.png", PNG).await;
    let sign = format!("{}/signed-url", path(&file));
    let link = ada.send("POST", &sign, b"").await;
    assert_eq!(link.value()["expires_at"], "2027-01-15T09:00:00.000000Z");
    let short = ada.json("POST", &sign, r#"{"expires_in": 60, "disposition": "inline"}"#).await;
    assert_eq!(short.value()["expires_at"], "2027-01-15T08:01:00.000000Z");
    for bad in [
        r#"{"expires_in": 0}"#,
        r#"{"expires_in": 604801}"#,
        r#"{"expires_in": 1.5}"#,
        r#"{"expires_in": "60"}"#,
    ] {
        assert_eq!(ada.json("POST", &sign, bad).await.pointers(), ["/expires_in"], "{bad}");
    }
    assert_eq!(ada.json("POST", &sign, r#"{"disposition": "x"}"#).await.pointers(), ["/disposition"]);
}
