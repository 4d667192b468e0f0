//! `GET /v1/auth/activity`: what users see of the audit trail.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::time::Duration;

use fm_http::TrustedProxies;
use serde_json::{Value, json};

use crate::common::client::Answer;
use crate::common::{Client, Server};

async fn activity(client: &Client, query: &str) -> Answer {
    client.get(&format!("/v1/auth/activity{query}")).await
}

/// Everything, the newest first, in pages of this many.
async fn walk(client: &Client, limit: usize, query: &str) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = activity(client, &format!("?limit={limit}&cursor={cursor}{query}")).await;
        assert_eq!(page.status, 200, "{}", page.text());
        let page = page.value();
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= limit);
        all.extend(items.iter().cloned());
        let Some(next) = page["next_cursor"].as_str() else { return all };
        assert_eq!(items.len(), limit, "a page is full as long as there is more");
        next.clone_into(&mut cursor);
    }
}

/// The actions, the oldest first.
async fn actions(client: &Client) -> Vec<String> {
    let all = walk(client, 50, "").await;
    all.iter().rev().map(|entry| entry["action"].as_str().unwrap().to_owned()).collect()
}

async fn log_in(client: &Client, email: &str, password: &str) -> Answer {
    let body = json!({"email": email, "password": password}).to_string();
    client.json("POST", "/v1/auth/login", &body).await
}

#[actix_web::test]
async fn users_see_what_was_done_in_their_account_by_them_and_by_others() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    let other = server.login("ada@example.org").await;
    assert_eq!(log_in(&server.client(), "ada@example.org", "wrong").await.status, 401);
    assert_eq!(log_in(&server.client(), "eve@example.org", "wrong").await.status, 401);
    let file = ada.send("POST", "/v1/files?name=secret-name.txt", b"text").await.value();
    let path = format!("/v1/files/{}", file["id"].as_str().unwrap());
    assert_eq!(ada.json("PATCH", &path, r#"{"name": "other-name.txt"}"#).await.status, 200);
    assert_eq!(ada.json("POST", &format!("{path}/signed-url"), "{}").await.status, 200);
    assert_eq!(ada.send("PUT", &format!("{path}/content"), b"other").await.status, 200);
    assert_eq!(ada.send("DELETE", &path, b"").await.status, 204);
    assert_eq!(ada.json("PATCH", "/v1/auth/me", r#"{"name": "Countess"}"#).await.status, 200);
    let body = json!({"current_password": "guess", "new_password": "correct donkey"}).to_string();
    assert_eq!(ada.json("POST", "/v1/auth/password", &body).await.status, 403);
    assert_eq!(other.send("POST", "/v1/auth/logout", b"").await.status, 204);
    assert_eq!(ada.send("DELETE", "/v1/auth/sessions", b"").await.status, 204);
    assert_eq!(
        actions(&ada).await,
        [
            "account.registered",
            "session.created",
            "session.created",
            "login.failed",
            "file.uploaded",
            "file.renamed",
            "link.created",
            "file.replaced",
            "file.removed",
            "account.renamed",
            "password.refused",
            "session.revoked",
            "sessions.revoked",
        ]
    );
    let me = ada.get("/v1/auth/me").await.value();
    for entry in walk(&ada, 50, "").await {
        let mut members: Vec<&String> = entry.as_object().unwrap().keys().collect();
        members.sort_unstable();
        assert_eq!(members, ["action", "actor", "at", "id", "ip", "target", "user_agent"]);
        let action = entry["action"].as_str().unwrap();
        let actor = if action == "login.failed" { &Value::Null } else { &me["id"] };
        assert_eq!((&entry["actor"], &entry["ip"]), (actor, &json!("127.0.0.1")), "{entry}");
        let is_of_file = action.starts_with("file.") || action == "link.created";
        assert_eq!(entry["target"] == file["id"], is_of_file, "{entry}");
        let shown = entry.to_string();
        for secret in ["ada@", "-name.txt", "Countess", "donkey", "token", "http"] {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
    }
}

#[actix_web::test]
async fn pages_follow_each_other_and_a_cursor_belongs_to_its_list() {
    let server = Server::start();
    let (ada, eve) = (server.user("ada@example.org").await, server.user("eve@example.org").await);
    for index in 0..7 {
        server.clock.advance(Duration::from_secs(1));
        let upload = ada.send("POST", &format!("/v1/files?name={index}.txt"), b"text").await;
        assert_eq!(upload.status, 201);
    }
    let all = walk(&ada, 200, "").await;
    assert_eq!(all.len(), 9, "the registration, the login and the files");
    for limit in [1, 2, 3, 8, 9] {
        assert_eq!(walk(&ada, limit, "").await, all, "pages of {limit}");
    }
    let uploads = walk(&ada, 2, "&action=file.uploaded").await;
    assert_eq!(uploads, all[..7], "the newest come first");
    assert_eq!(walk(&eve, 1, "").await.len(), 2, "no user sees the entries of others");

    let cursor = activity(&ada, "?limit=2").await.value()["next_cursor"].as_str().unwrap().to_owned();
    let files = ada.get("/v1/files?limit=2").await.value()["next_cursor"].as_str().unwrap().to_owned();
    for (client, query) in [
        (&eve, format!("?cursor={cursor}")),
        (&ada, format!("?cursor={cursor}&action=file.uploaded")),
        (&ada, format!("?cursor={}", &cursor[1..])),
        (&ada, format!("?cursor={files}")),
        (&ada, "?cursor=nonsense".to_owned()),
        (&ada, "?limit=0".to_owned()),
        (&ada, "?limit=201".to_owned()),
        (&ada, "?action=file".to_owned()),
    ] {
        let refused = activity(client, &query).await;
        assert_eq!(refused.problem(), (400, "malformed_request".into()), "{query}");
    }
    assert_eq!(activity(&server.client(), "").await.problem(), (401, "unauthenticated".into()));
}

#[actix_web::test]
async fn a_refresh_token_that_comes_again_is_told_to_the_user() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    let login = log_in(&server.client(), "ada@example.org", "correct horse").await.value();
    let spent = json!({"refresh_token": login["refresh_token"]}).to_string();
    let thief = server.client().with("User-Agent", "a thief/1.0");
    assert_eq!(thief.json("POST", "/v1/auth/refresh", &spent).await.status, 200);
    server.clock.advance(Duration::from_secs(11));
    for _ in 0..3 {
        assert_eq!(thief.json("POST", "/v1/auth/refresh", &spent).await.status, 401);
    }
    let reused = walk(&ada, 50, "&action=session.refresh_reused").await;
    assert_eq!(reused.len(), 1, "{reused:?}");
    assert_eq!((&reused[0]["actor"], &reused[0]["user_agent"]), (&Value::Null, &json!("a thief/1.0")));
    let created = walk(&ada, 50, "&action=session.created").await;
    assert_eq!(
        reused[0]["target"], created[0]["target"],
        "the session that ended is that of the second login"
    );
}

#[actix_web::test]
async fn entries_tell_the_address_behind_proxies_and_the_agent_of_every_act() {
    let trusted = vec!["127.0.0.0/8".parse().unwrap()];
    let server = Server::with(|settings| settings.trusted_proxies = TrustedProxies::new(trusted));
    let ada = server.user("ada@example.org").await;
    let proxied = ada.with("X-Forwarded-For", "198.51.100.7").with("User-Agent", "a phone/1.0");
    let file = proxied.send("POST", "/v1/files?name=a.txt", b"text").await.value();
    proxied.send("DELETE", &format!("/v1/files/{}", file["id"].as_str().unwrap()), b"").await;
    assert_eq!(proxied.send("POST", "/v1/auth/logout", b"").await.status, 204);
    let ada = server.login("ada@example.org").await;
    let all = walk(&ada, 50, "").await;
    let acts: Vec<(&str, &Value, &Value)> = all[1..4]
        .iter()
        .map(|entry| (entry["action"].as_str().unwrap(), &entry["ip"], &entry["user_agent"]))
        .collect();
    let (ip, agent) = (json!("198.51.100.7"), json!("a phone/1.0"));
    let expected = ["session.revoked", "file.removed", "file.uploaded"].map(|action| (action, &ip, &agent));
    assert_eq!(acts, expected);
}

#[actix_web::test]
async fn an_upload_of_many_requests_leaves_one_entry_once_it_is_a_file() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    let tus = crate::common::tus::tus(&ada);
    let path = crate::common::tus::begin(&tus, 4).await;
    assert!(!actions(&ada).await.contains(&"file.uploaded".to_owned()), "it is no file yet");
    for (offset, bytes) in [(0, &b"te"[..]), (2, b"xt")] {
        assert_eq!(crate::common::tus::append(&tus, &path, offset, bytes).await.status, 204);
    }
    let files = ada.get("/v1/files").await.value();
    let uploaded = walk(&ada, 50, "&action=file.uploaded").await;
    assert_eq!(uploaded.len(), 1, "{uploaded:?}");
    assert_eq!(uploaded[0]["target"], files["items"][0]["id"]);
    assert_ne!(uploaded[0]["actor"], Value::Null);
}

#[actix_web::test]
async fn users_see_what_was_done_to_folders_items_versions_and_operations() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    let id = |answer: &Answer| answer.value()["id"].as_str().unwrap().to_owned();
    let folder = id(&ada.json("POST", "/v1/folders", r#"{"name": "Secret"}"#).await);
    let file = id(&ada.send("POST", "/v1/files?name=a.txt", b"text").await);
    let (of_file, of_item) = (format!("/v1/files/{file}"), format!("/v1/items/{file}"));
    for bytes in [&b"other"[..], b"third"] {
        assert_eq!(ada.send("PUT", &format!("{of_file}/content"), bytes).await.status, 200);
    }
    let change = r#"{"pinned": true, "label": "signed"}"#;
    assert_eq!(ada.json("PATCH", &format!("{of_file}/versions/1"), change).await.status, 200);
    assert_eq!(ada.send("DELETE", &format!("{of_file}/versions/2"), b"").await.status, 204);
    assert_eq!(ada.send("DELETE", &format!("{of_file}/versions"), b"").await.status, 204);
    let to_folder = json!({"parent_id": folder, "name": "b.txt"}).to_string();
    assert_eq!(ada.json("POST", &format!("{of_item}/copy"), &to_folder).await.status, 201);
    assert_eq!(ada.send("POST", &format!("{of_item}/trash"), b"").await.status, 200);
    assert_eq!(ada.send("POST", &format!("{of_item}/restore"), b"").await.status, 200);
    let operations = json!({"operations": [{"op": "move", "id": file, "parent_id": folder}]}).to_string();
    assert_eq!(ada.json("POST", "/v1/batch", &operations).await.status, 200);
    let operation = id(&ada.send("DELETE", "/v1/trash", b"").await);
    assert_eq!(ada.send("DELETE", &format!("/v1/operations/{operation}"), b"").await.status, 200);
    let all = walk(&ada, 50, "").await;
    let told: Vec<(&str, bool)> = all
        .iter()
        .rev()
        .map(|entry| (entry["action"].as_str().unwrap(), entry["target"] == file))
        .skip_while(|(action, _)| *action != "folder.created")
        .collect();
    assert_eq!(
        told,
        [
            ("folder.created", false),
            ("file.uploaded", true),
            ("file.replaced", true),
            ("file.replaced", true),
            ("version.changed", true),
            ("versions.removed", true),
            // The deletion of all that are not pinned found none.
            ("item.copied", false),
            ("item.trashed", true),
            ("item.restored", true),
            ("item.moved", true),
            ("operation.begun", false),
            ("operation.cancelled", false),
        ]
    );
    for entry in &all {
        assert_eq!(entry["ip"], "127.0.0.1", "{entry}");
        let is_of_operation = entry["action"].as_str().unwrap().starts_with("operation.");
        assert_eq!(entry["target"] == operation, is_of_operation, "{entry}");
        let shown = entry.to_string();
        assert!(!shown.contains("Secret") && !shown.contains("signed"), "{shown}");
    }
}

#[actix_web::test]
async fn a_flood_of_wrong_passwords_leaves_a_bounded_number_of_entries() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    for _ in 0..120 {
        assert_eq!(log_in(&server.client(), "ada@example.org", "wrong").await.status, 401);
    }
    assert_eq!(walk(&ada, 200, "&action=login.failed").await.len(), 100);
}
