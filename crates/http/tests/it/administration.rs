//! `/v1/admin`: what admins see and change, and what others are told.

#![expect(clippy::unwrap_used, reason = "a test may")]

use fm_application::administration::{Administrator, UserChanges};
use fm_domain::accounts::Role;
use fm_domain::body::ByteSize;
use fm_domain::ids::UserId;
use serde_json::{Value, json};

use crate::common::{Client, Server};

async fn id(client: &Client) -> String {
    client.get("/v1/auth/me").await.value()["id"].as_str().unwrap().to_owned()
}

/// A logged in admin.
async fn admin(server: &Server, email: &str) -> Client {
    let client = server.user(email).await;
    let user = UserId::parse(&id(&client).await).unwrap();
    let changes = UserChanges { role: Some(Role::Admin), ..UserChanges::default() };
    server.use_cases.administration.change_user.run(&Administrator::Operator, user, changes).await.unwrap();
    client
}

async fn change(client: &Client, user: &str, changes: &Value) -> crate::common::client::Answer {
    client.json("PATCH", &format!("/v1/admin/users/{user}"), &changes.to_string()).await
}

#[actix_web::test]
async fn only_admins_are_let_in_and_others_learn_of_no_id() {
    let server = Server::start();
    let (root, ada) = (admin(&server, "root@example.org").await, server.user("ada@example.org").await);
    let (known, unknown) = (id(&root).await, "0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a01");
    let mut refusals = Vec::new();
    for target in [known.as_str(), unknown, "no-id"] {
        let path = format!("/v1/admin/users/{target}");
        refusals.push(ada.get(&path).await);
        refusals.push(change(&ada, target, &json!({"suspended": true})).await);
        refusals.push(ada.json("PATCH", &path, "no json").await);
        refusals.push(ada.send("DELETE", &path, b"").await);
        refusals.push(ada.send("POST", &format!("/v1/admin/jobs/{target}/retry"), b"").await);
    }
    for path in ["/v1/admin/users", "/v1/admin/stats", "/v1/admin/jobs", "/v1/admin/audit"] {
        refusals.push(ada.get(path).await);
        assert_eq!(server.client().get(path).await.status, 401, "{path}");
    }
    for refusal in refusals {
        assert_eq!(refusal.status, 403, "{}", refusal.text());
        assert_eq!(refusal.value()["code"], "forbidden");
        assert_eq!(refusal.value()["detail"], "this is for admins alone");
    }
    assert_eq!(root.get("/v1/admin/users/no-id").await.status, 404);
    assert_eq!(change(&root, unknown, &json!({})).await.status, 404);
    assert_eq!(root.send("DELETE", &format!("/v1/admin/users/{unknown}"), b"").await.status, 404);
    assert_eq!(root.send("POST", &format!("/v1/admin/jobs/{unknown}/retry"), b"").await.status, 404);
}

#[actix_web::test]
async fn a_suspended_user_is_out_at_once_and_comes_back_when_it_ends() {
    let server = Server::start();
    let (root, ada) = (admin(&server, "root@example.org").await, server.user("ada@example.org").await);
    let user = id(&ada).await;
    let suspended = change(&root, &user, &json!({"suspended": true})).await;
    assert_eq!((suspended.status, &suspended.value()["suspended"]), (200, &json!(true)));
    assert_eq!(ada.get("/v1/auth/me").await.status, 401);
    let log_in = async |password: &str| {
        let body = json!({"email": "ada@example.org", "password": password}).to_string();
        let answer = server.client().json("POST", "/v1/auth/login", &body).await;
        (answer.status, answer.value()["code"].clone())
    };
    assert_eq!(log_in("correct horse").await, (403, json!("account_suspended")));
    assert_eq!(log_in("wrong").await, (401, json!("invalid_credentials")));
    assert_eq!(change(&root, &user, &json!({"suspended": false})).await.status, 200);
    let ada = server.login("ada@example.org").await;
    let activity = ada.get("/v1/auth/activity?action=account.suspended").await.value();
    assert_eq!(activity["items"][0]["actor"], json!(id(&root).await));
    assert_eq!(activity["items"][0]["ip"], Value::Null, "not from where the admin did it");
    let trail = root.get(&format!("/v1/admin/audit?user={user}&action=account.suspended")).await.value();
    assert_eq!(trail["items"][0]["ip"], "127.0.0.1");
    assert_eq!(trail["items"][0]["account"], json!(user));
}

#[actix_web::test]
async fn a_quota_of_ones_own_counts_instead_of_the_default() {
    let server = Server::with_both(|_| {}, |settings| settings.quota = Some(ByteSize::new(10)));
    let (root, ada) = (admin(&server, "root@example.org").await, server.user("ada@example.org").await);
    let user = id(&ada).await;
    let upload = async |bytes: &[u8]| ada.send("POST", "/v1/files?name=a", bytes).await.status;
    assert_eq!(upload(&[1; 11]).await, 413);
    let changed = change(&root, &user, &json!({"quota_bytes": 20})).await.value();
    assert_eq!((&changed["quota_bytes"], &changed["storage"]["quota_bytes"]), (&json!(20), &json!(20)));
    assert_eq!(upload(&[1; 11]).await, 201);
    assert_eq!(upload(&[1; 10]).await, 413);
    assert_eq!(ada.get("/v1/auth/me").await.value()["storage"]["quota_bytes"], 20);
    let changed = change(&root, &user, &json!({"quota_bytes": null})).await.value();
    assert_eq!((&changed["quota_bytes"], &changed["storage"]["quota_bytes"]), (&json!(null), &json!(10)));
    assert_eq!(upload(&[1; 1]).await, 413);
    for wrong in
        [json!({"quota_bytes": -1}), json!({"suspended": null}), json!({"role": "root"}), json!({"x": 1})]
    {
        assert_eq!(change(&root, &user, &wrong).await.status, 422, "{wrong}");
    }
}

#[actix_web::test]
async fn a_quota_of_ones_own_counts_where_others_have_none() {
    let server = Server::start();
    let (root, ada) = (admin(&server, "root@example.org").await, server.user("ada@example.org").await);
    let changed = change(&root, &id(&ada).await, &json!({"quota_bytes": 20})).await;
    assert_eq!(changed.status, 200);
    let upload = async |by: &Client, bytes: &[u8]| by.send("POST", "/v1/files?name=a", bytes).await.status;
    for (bytes, status) in [(21, 413), (11, 201), (10, 413), (9, 201), (1, 413)] {
        assert_eq!(upload(&ada, &vec![1; bytes]).await, status, "{bytes} bytes");
    }
    let storage = ada.get("/v1/auth/me").await.value()["storage"].clone();
    assert_eq!((&storage["used_bytes"], &storage["file_count"]), (&json!(20), &json!(2)));
    assert_eq!(upload(&root, &[1; 100]).await, 201);
}

#[actix_web::test]
async fn admins_leave_themselves_alone_and_one_is_left() {
    let server = Server::start();
    let root = admin(&server, "root@example.org").await;
    let own = id(&root).await;
    for changes in [json!({"suspended": true}), json!({"role": "user"})] {
        let refused = change(&root, &own, &changes).await;
        assert_eq!((refused.status, refused.value()["code"].as_str()), (409, Some("conflict")));
    }
    assert_eq!(root.send("DELETE", &format!("/v1/admin/users/{own}"), b"").await.status, 409);
    let password = json!({"password": "correct horse"}).to_string();
    assert_eq!(root.json("DELETE", "/v1/auth/me", &password).await.status, 409);
    let second = server.user("ada@example.org").await;
    let ada = id(&second).await;
    assert_eq!(change(&root, &ada, &json!({"role": "admin"})).await.status, 200);
    assert_eq!(change(&second, &own, &json!({"role": "user"})).await.status, 200);
    assert_eq!(root.get("/v1/admin/stats").await.status, 403, "from the commit on");
    assert_eq!(root.json("DELETE", "/v1/auth/me", &password).await.status, 204);
}

#[actix_web::test]
async fn users_are_listed_counted_and_removed() {
    let server = Server::start();
    let root = admin(&server, "root@example.org").await;
    let ada = server.user("ada@example.org").await;
    assert_eq!(ada.send("POST", "/v1/files?name=a", b"five!").await.status, 201);
    let first = root.get("/v1/admin/users?limit=1").await.value();
    assert_eq!(first["items"][0]["email"], "ada@example.org");
    assert_eq!(first["items"][0]["storage"]["used_bytes"], 5);
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = root.get(&format!("/v1/admin/users?limit=1&cursor={cursor}")).await.value();
    assert_eq!((&second["items"][0]["role"], &second["next_cursor"]), (&json!("admin"), &Value::Null));
    assert_eq!(root.get(&format!("/v1/admin/users?q=ada&cursor={cursor}")).await.status, 400);
    let found = root.get("/v1/admin/users?q=ADA%40").await.value();
    assert_eq!(found["items"].as_array().unwrap().len(), 1);
    let stats = root.get("/v1/admin/stats").await.value();
    let users = json!({"total": 2, "suspended": 0, "admins": 1});
    let storage = json!({"used_bytes": 5, "reserved_bytes": 0, "file_count": 1});
    assert_eq!(stats, json!({"users": users, "storage": storage, "jobs": {"dead": 0}}));
    let path = format!("/v1/admin/users/{}", id(&ada).await);
    assert_eq!(root.get(&path).await.value()["email"], "ada@example.org");
    assert_eq!(root.send("DELETE", &path, b"").await.status, 204);
    assert_eq!((root.get(&path).await.status, ada.get("/v1/auth/me").await.status), (404, 401));
    let jobs = root.get("/v1/admin/jobs?state=waiting").await.value();
    let kinds: Vec<&str> =
        jobs["items"].as_array().unwrap().iter().map(|job| job["kind"].as_str().unwrap()).collect();
    assert!(kinds.contains(&"remove_contents"), "{kinds:?}");
    assert_eq!(root.get("/v1/admin/jobs?state=done").await.status, 400);
}
