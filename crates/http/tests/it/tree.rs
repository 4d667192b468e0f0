//! Folders, items, the trash, versions and batches.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::time::Duration;

use serde_json::{Value, json};

use crate::common::client::Answer;
use crate::common::{Client, Server};

async fn post(client: &Client, path: &str, body: &Value) -> Answer {
    client.json("POST", path, &body.to_string()).await
}

async fn folder(client: &Client, name: &str) -> String {
    let answer = post(client, "/v1/folders", &json!({"name": name})).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    id(&answer)
}

async fn file(client: &Client, query: &str, body: &[u8]) -> Value {
    let answer = client.send("POST", &format!("/v1/files?{query}"), body).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.value()
}

fn id(answer: &Answer) -> String {
    id_of(&answer.value())
}

fn id_of(value: &Value) -> String {
    value["id"].as_str().unwrap().to_owned()
}

async fn names(client: &Client, folder: &str) -> Vec<String> {
    let page = client.get(&format!("/v1/folders/{folder}/children")).await.value();
    page["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
}

#[actix_web::test]
async fn a_folder_is_shown_with_what_is_told_of_it() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    let made = post(&ada, "/v1/folders", &json!({"name": "Work"})).await;
    let value = made.value();
    assert_eq!((made.status, made.header("location")), (201, Some(&*format!("/v1/folders/{}", id(&made)))));
    assert_eq!(
        (made.header("etag"), made.header("cache-control")),
        (Some("\"r1-d\""), Some("private, no-cache"))
    );
    let me = ada.get("/v1/auth/me").await.value()["id"].clone();
    let now = "2027-01-15T08:00:00.000000Z";
    let expected = json!({
        "id": value["id"], "kind": "folder", "drive_id": me, "parent_id": me, "name": "Work",
        "created_at": now, "updated_at": now, "modified_at": now,
        "role": "owner", "shared": false, "favorite": false, "trashed_at": null,
        "path": "/Work", "ancestors": [{"id": me, "name": ""}],
    });
    assert_eq!(value, expected);
    for path in [format!("/v1/folders/{}", id(&made)), format!("/v1/items/{}", id(&made))] {
        let shown = ada.get(&format!("{path}?include=path,ancestors")).await;
        assert_eq!((shown.status, shown.value()), (200, expected.clone()), "{path}");
        let plain = ada.get(&path).await;
        assert_eq!((plain.value().get("path"), plain.header("etag")), (None, Some("\"r1-d\"")), "{path}");
        let same = ada.with("If-None-Match", "W/\"r1-d\"").get(&path).await;
        assert_eq!((same.status, same.header("etag")), (304, Some("\"r1-d\"")), "{path}");
    }
    assert_eq!(ada.get("/v1/folders/root?include=tags").await.problem(), (400, "malformed_request".into()));
}

#[actix_web::test]
async fn what_has_a_name_is_told_where_it_is_taken() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    let work = folder(&ada, "Work").await;
    let refused = post(&ada, "/v1/folders", &json!({"name": "WORK"})).await;
    assert_eq!(refused.problem(), (409, "name_taken".into()));
    assert_eq!(refused.value()["existing"], json!({"id": work, "kind": "folder"}));
    for on_conflict in ["fail", "replace"] {
        let path = format!("/v1/files?name=work&on_conflict={on_conflict}");
        let refused = ada.send("POST", &path, b"text").await;
        assert_eq!(refused.value()["existing"]["id"], json!(work), "{on_conflict}: {}", refused.text());
    }
    server.uploads_ended().await;
    assert_eq!((server.blobs.count(), names(&ada, "root").await), (0, vec!["Work".to_owned()]));
}

#[actix_web::test]
async fn an_upload_is_placed_as_it_says() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    let work = folder(&ada, "Work").await;
    let query = format!("name=a.txt&parent_id={work}&path=2026/01&modified_at=2001-02-03T04:05:06Z");
    let made = file(&ada, &query, b"one").await;
    assert_eq!((&made["modified_at"], &made["version"]), (&json!("2001-02-03T04:05:06.000000Z"), &json!(1)));
    let shown = ada.get(&format!("/v1/files/{}?include=path", id_of(&made))).await.value();
    assert_eq!(shown["path"], "/Work/2026/01/a.txt");
    let numbered = file(&ada, &query, b"two").await;
    assert_eq!((&numbered["name"], &numbered["requested_name"]), (&json!("a (2).txt"), &json!("a.txt")));
    let replaced = ada.send("POST", &format!("/v1/files?{query}&on_conflict=replace"), b"three").await;
    assert_eq!((replaced.status, &replaced.value()["id"]), (200, &made["id"]));
    assert_eq!((&replaced.value()["version"], replaced.value().get("requested_name")), (&json!(2), None));
    let stale = ada.with("If-Match", "\"r1-n-0\"");
    let stale = stale.send("POST", &format!("/v1/files?{query}&on_conflict=replace"), b"four").await;
    assert_eq!(stale.problem(), (412, "precondition_failed".into()));
    let new = ada.with("If-None-Match", "*").with("X-OC-Mtime", "7.5");
    assert_eq!(
        new.send("POST", &format!("/v1/files?{query}"), b"five").await.problem(),
        (412, "precondition_failed".into())
    );
    let direct = json!({"name": "a.txt", "size": 1, "parent_id": work, "path": "2026/01"});
    assert_eq!(
        post(&new, "/v1/direct-uploads", &direct).await.problem(),
        (412, "precondition_failed".into())
    );
    let fields = [("filename", "a.txt"), ("parent_id", work.as_str()), ("path", "2026/01")];
    let tus = new.with("Tus-Resumable", "1.0.0").with("Upload-Length", "1");
    let tus = tus.with("Upload-Metadata", &fm_testkit::tus::metadata(&fields));
    assert_eq!(tus.send("POST", "/v1/uploads", b"").await.problem(), (412, "precondition_failed".into()));
    let made = new.send("POST", "/v1/files?name=b.txt", b"six").await;
    assert_eq!((made.status, &made.value()["modified_at"]), (201, &json!("1970-01-01T00:00:07.500000Z")));
    assert_eq!(
        ada.with("X-OC-Mtime", "soon").send("POST", "/v1/files?name=c", b"x").await.problem(),
        (400, "malformed_request".into())
    );
}

#[actix_web::test]
async fn a_form_says_its_place_in_parts_before_the_file() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await.with("Content-Type", "multipart/form-data; boundary=b");
    let part = |name: &str, text: &str| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n")
    };
    let file = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\nhello\r\n";
    let file = file.to_owned();
    let send = async |parts: &[&String]| {
        let parts: String = parts.iter().map(|part| part.as_str()).collect();
        ada.send("POST", "/v1/files", format!("{parts}--b--\r\n").as_bytes()).await
    };
    let (path, empty) = (part("path", "photos"), part("parent_id", ""));
    let made = send(&[&path, &empty, &part("modified_at", "2001-02-03T04:05:06Z"), &file]).await;
    assert_eq!((made.status, &made.value()["modified_at"]), (201, &json!("2001-02-03T04:05:06.000000Z")));
    let shown = ada.get(&format!("/v1/files/{}?include=path", id(&made))).await.value();
    assert_eq!(shown["path"], "/photos/a.txt");
    for (parts, pointer) in [
        ([&file, &path, &empty], "/path"),
        ([&path, &path, &file], "/path"),
        ([&part("on_conflict", "perhaps"), &empty, &file], "/on_conflict"),
        ([&part("path", &"x".repeat(16_385)), &empty, &file], "/path"),
        ([&part("folder", "a"), &empty, &file], ""),
    ] {
        assert_eq!(send(&parts).await.pointers(), [pointer]);
    }
    assert_eq!(send(&[&part("parent_id", "nowhere"), &file]).await.problem(), (404, "not_found".into()));
    let by_query = async |parts: &[&String]| {
        let parts: String = parts.iter().map(|part| part.as_str()).collect();
        let answer =
            ada.send("POST", "/v1/files?path=query&name=b", format!("{parts}--b--\r\n").as_bytes()).await;
        ada.get(&format!("/v1/files/{}?include=path", id(&answer))).await.value()["path"].clone()
    };
    assert_eq!(by_query(&[&file]).await, "/query/a.txt");
    assert_eq!(by_query(&[&part("path", ""), &file]).await, "/query/a (2).txt");
    assert_eq!(by_query(&[&part("path", "part"), &file]).await, "/part/a.txt");
    let fail = part("on_conflict", "fail");
    let named = send(&[&path, &fail, &file, &part("name", "after.txt")]).await;
    assert_eq!((named.status, &named.value()["name"]), (201, &json!("after.txt")), "{}", named.text());
    let taken = (409, "name_taken".to_owned());
    assert_eq!(send(&[&path, &fail, &file]).await.problem(), taken);
    assert_eq!(send(&[&path, &fail, &part("name", "A.txt"), &file]).await.problem(), taken);
    server.uploads_ended().await;
    assert_eq!(server.blobs.count(), 5);
}

#[actix_web::test]
async fn a_place_that_is_not_there_is_refused_before_the_bytes() {
    let server = Server::with(|http| http.linger = Duration::from_millis(20));
    let ada = server.user("ada@example.org").await;
    let text = id_of(&file(&ada, "name=text", b"text").await);
    let unknown = "01890000-0000-7000-8000-000000000000";
    for (parent, problem) in [(unknown, (404, "not_found")), (text.as_str(), (422, "validation_failed"))] {
        let problem = (problem.0, problem.1.to_owned());
        let raw = ada.send("POST", &format!("/v1/files?name=a&parent_id={parent}"), b"x").await;
        assert_eq!(raw.problem(), problem);
        let direct = json!({"name": "a", "size": 1, "parent_id": parent});
        assert_eq!(post(&ada, "/v1/direct-uploads", &direct).await.problem(), problem);
        let metadata = fm_testkit::tus::metadata(&[("filename", "a"), ("parent_id", parent)]);
        let tus = ada.with("Tus-Resumable", "1.0.0").with("Upload-Length", "1");
        let tus = tus.with("Upload-Metadata", &metadata).send("POST", "/v1/uploads", b"").await;
        assert_eq!(tus.problem(), problem);
    }
    server.uploads_ended().await;
    assert_eq!((server.blobs.count(), names(&ada, "root").await), (1, vec!["text".to_owned()]));
}

#[actix_web::test]
async fn pages_of_entries_are_revalidated_by_a_weak_tag() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    let work = folder(&ada, "Work").await;
    file(&ada, &format!("name=a.txt&parent_id={work}"), b"text").await;
    let path = format!("/v1/folders/{work}/children");
    let first = ada.get(&path).await;
    let tag = first.header("etag").unwrap().to_owned();
    assert!(tag.starts_with("W/\"s"), "{tag}");
    assert_eq!(first.header("cache-control"), Some("private, no-cache"));
    let same = ada.with("If-None-Match", &tag).get(&path).await;
    assert_eq!((same.status, same.header("etag"), same.body.len()), (304, Some(&*tag), 0));
    server.clock.advance(Duration::from_hours(1));
    let ada = server.login("ada@example.org").await;
    assert_eq!(ada.with("If-None-Match", &tag).get(&path).await.status, 200, "its URLs are others");
    let tag = ada.get(&path).await.header("etag").unwrap().to_owned();
    folder(&ada, "elsewhere").await;
    assert_eq!(ada.with("If-None-Match", &tag).get(&path).await.status, 200, "the drive has changed");
}

#[actix_web::test]
async fn an_item_goes_into_the_trash_and_comes_back() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    let work = folder(&ada, "Work").await;
    let text = id_of(&file(&ada, &format!("name=a.txt&parent_id={work}"), b"text").await);
    let trashed = ada.send("POST", &format!("/v1/items/{text}/trash"), b"").await;
    let value = trashed.value();
    assert_eq!((trashed.status, &value["original_path"]), (200, &json!("/Work/a.txt")));
    assert_eq!((&value["original_parent_id"], &value["size_bytes"]), (&json!(work), &json!(4)));
    assert_eq!(value["trashed_at"], "2027-01-15T08:00:00.000000Z");
    assert_eq!(value["purge_at"], "2027-02-14T08:00:00.000000Z");
    assert!(value.get("download").is_none(), "{value}");
    assert_eq!(ada.get("/v1/trash").await.value(), json!({"items": [value], "next_cursor": null}));
    let storage = ada.get("/v1/auth/me").await.value()["storage"].clone();
    assert_eq!((&storage["used_bytes"], &storage["trash_bytes"]), (&json!(4), &json!(4)));
    let path = format!("/v1/trash/{text}");
    let tag = trashed.header("etag").unwrap().to_owned();
    let same = ada.with("If-None-Match", &tag).get(&path).await;
    assert_eq!((same.status, same.header("etag"), same.body.len()), (304, Some(&*tag), 0));
    assert_eq!(ada.with("If-None-Match", "\"r1-t0\"").get(&path).await.status, 200);
    let stale = ada.with("If-Match", "\"r9-t0\"");
    let delete = stale.send("DELETE", &format!("/v1/items/{text}"), b"").await;
    assert_eq!(delete.problem(), (412, "precondition_failed".into()));
    let restored = ada.send("POST", &format!("/v1/items/{text}/restore"), b"").await;
    assert_eq!((restored.status, &restored.value()["path"]), (200, &json!("/Work/a.txt")));
    assert_eq!(ada.get(&path).await.status, 404);
}

#[actix_web::test]
async fn a_refusal_by_the_quota_says_what_could_be_freed() {
    let server =
        Server::with_both(|_| {}, |settings| settings.quota = Some(fm_domain::body::ByteSize::new(10)));
    let ada = server.user("ada@example.org").await;
    let text = id_of(&file(&ada, "name=a", b"12345").await);
    assert_eq!(ada.send("PUT", &format!("/v1/files/{text}/content"), b"123").await.status, 200);
    let metadata = fm_testkit::tus::metadata(&[("filename", "a")]);
    let tus = ada.with("Tus-Resumable", "1.0.0").with("Upload-Metadata", &metadata);
    let copy = post(&ada, &format!("/v1/items/{text}/copy"), &json!({"parent_id": "root"})).await;
    for answer in [
        copy,
        ada.send("POST", "/v1/files?name=b", b"123").await,
        ada.send("PUT", &format!("/v1/files/{text}/content"), b"1234567").await,
        post(&ada, "/v1/direct-uploads", &json!({"name": "b", "size": 3})).await,
        tus.with("Upload-Length", "3").send("POST", "/v1/uploads", b"").await,
    ] {
        assert_eq!(answer.problem(), (413, "quota_exceeded".into()));
        assert_eq!(answer.value()["reclaimable"], json!({"trash_bytes": 0, "version_bytes": 5}));
    }
}

#[actix_web::test]
async fn an_operation_is_accepted_with_its_place_below_the_path_of_a_proxy() {
    let server = Server::with(|http| http.public_url.push_str("/files"));
    let ada = server.user("ada@example.org").await;
    let made = post(&ada, "/v1/folders", &json!({"name": "Work"})).await;
    assert_eq!(made.header("location").unwrap(), format!("/files/v1/folders/{}", id(&made)));
    let found = ada.get("/v1/items/lookup?path=work").await;
    assert_eq!(found.header("content-location").unwrap(), format!("/files/v1/folders/{}", id(&made)));
    let accepted = ada.send("DELETE", "/v1/trash", b"").await;
    assert_eq!(accepted.status, 202, "{}", accepted.text());
    assert_eq!(accepted.header("location").unwrap(), format!("/files/v1/operations/{}", id(&accepted)));
    let shown = ada.get(&format!("/v1/operations/{}", id(&accepted))).await.value();
    assert_eq!((&shown["kind"], shown.get("rest")), (&json!("empty_trash"), None));
    let bob = server.user("bob@example.org").await;
    assert_eq!(bob.get(&format!("/v1/operations/{}", id(&accepted))).await.status, 404);
}

#[actix_web::test]
async fn a_batch_answers_for_each_operation_or_as_a_whole() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    let work = folder(&ada, "Work").await;
    let text = id_of(&file(&ada, "name=a.txt", b"text").await);
    let operations = json!([
        {"op": "copy", "id": text, "parent_id": work},
        {"op": "trash", "id": text},
        {"op": "move", "id": "x", "parent_id": work},
        {"op": "delete", "id": work},
    ]);
    let answer = post(&ada, "/v1/batch", &json!({"operations": operations})).await;
    let value = answer.value();
    assert_eq!((&value["succeeded"], &value["failed"]), (&json!(2), &json!(2)), "{value}");
    let results = value["results"].as_array().unwrap();
    assert_eq!((&results[0]["status"], &results[0]["item"]["parent_id"]), (&json!(201), &json!(work)));
    assert_eq!(results[0]["item"]["path"], "/Work/a.txt");
    assert_eq!(
        (&results[1]["status"], &results[1]["item"]["original_path"]),
        (&json!(200), &json!("/a.txt"))
    );
    assert_eq!(results[2], json!({"id": "x", "op": "move", "status": 404, "code": "not_found"}));
    assert_eq!(results[3], json!({"id": work, "op": "delete", "status": 409, "code": "folder_not_empty"}));
    let atomic =
        json!({"operations": [{"op": "restore", "id": text}, {"op": "trash", "id": "x"}], "atomic": true});
    let refused = post(&ada, "/v1/batch", &atomic).await;
    assert_eq!(refused.problem(), (404, "not_found".into()));
    assert_eq!(refused.value()["pointer"], "/operations/1");
    assert_eq!(ada.get("/v1/trash").await.value()["items"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn versions_are_listed_with_their_author_and_their_urls() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    assert_eq!(ada.json("PATCH", "/v1/auth/me", r#"{"name": "Ada"}"#).await.status, 200);
    let text = id_of(&file(&ada, "name=a.txt", b"one").await);
    let path = format!("/v1/files/{text}");
    server.clock.advance(Duration::from_mins(1));
    assert_eq!(ada.send("PUT", &format!("{path}/content"), b"three").await.value()["version"], 2);
    let list = ada.get(&format!("{path}/versions")).await.value();
    let old = &list["items"][1];
    assert_eq!(list["items"][0]["current"], true);
    assert_eq!((&old["number"], &old["current"], &old["size"]), (&json!(1), &json!(false), &json!(3)));
    assert_eq!(old["created_by"]["name"], "Ada");
    assert_eq!(old["created_at"], "2027-01-15T08:00:00.000000Z");
    assert_eq!(old["expires_at"], "2027-04-15T08:01:00.000000Z");
    let url = old["download"]["url"].as_str().unwrap();
    let download =
        server.client().get(url.strip_prefix(&format!("http://{}", server.address)).unwrap()).await;
    assert_eq!(download.body, b"one");
    let link = ada.get(&format!("{path}/versions/1/content")).await;
    assert_eq!((link.status, link.header("location")), (302, Some(url)));
    let pinned =
        ada.json("PATCH", &format!("{path}/versions/1"), r#"{"pinned": true, "label": "first"}"#).await;
    assert_eq!((&pinned.value()["expires_at"], &pinned.value()["label"]), (&Value::Null, &json!("first")));
    let restored = ada.send("POST", &format!("{path}/versions/1/restore"), b"").await;
    assert_eq!((restored.status, &restored.value()["version"]), (200, &json!(3)));
    let first = ada.get(&format!("{path}/versions?limit=2")).await.value();
    assert_eq!(first["items"][1]["number"], 2);
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = ada.get(&format!("{path}/versions?limit=2&cursor={cursor}")).await.value();
    assert_eq!((&second["items"][0]["number"], &second["next_cursor"]), (&json!(1), &Value::Null));
}

#[actix_web::test]
async fn a_user_has_no_more_items_than_are_allowed_whatever_makes_them() {
    let server = Server::with_both(|_| {}, |settings| settings.max_items = Some(2));
    let ada = server.user("ada@example.org").await;
    let work = folder(&ada, "Work").await;
    let text = id_of(&file(&ada, "name=a.txt", b"1").await);
    let copy = json!({"parent_id": work});
    for answer in [
        post(&ada, "/v1/folders", &json!({"name": "other"})).await,
        post(&ada, "/v1/folders", &json!({"path": "Work/inner"})).await,
        post(&ada, &format!("/v1/items/{text}/copy"), &copy).await,
        post(&ada, &format!("/v1/items/{work}/copy"), &json!({"parent_id": "root"})).await,
        ada.send("POST", "/v1/files?name=b.txt", b"1").await,
        ada.send("POST", "/v1/files?name=a.txt", b"1").await,
        ada.send("POST", "/v1/files?name=b.txt&on_conflict=replace", b"1").await,
        ada.send("POST", "/v1/files?name=b.txt&path=new", b"1").await,
    ] {
        assert_eq!(answer.problem(), (409, "folder_full".into()));
    }
    // What is there may change, go and make room.
    assert_eq!(post(&ada, "/v1/folders", &json!({"name": "work"})).await.problem().1, "name_taken");
    let replaced = ada.send("POST", "/v1/files?name=a.txt&on_conflict=replace", b"22").await;
    assert_eq!(replaced.status, 200, "{}", replaced.text());
    assert_eq!(ada.json("PATCH", &format!("/v1/files/{text}"), &copy.to_string()).await.status, 200);
    assert_eq!(ada.send("POST", &format!("/v1/items/{text}/trash"), b"").await.status, 200);
    assert_eq!(ada.send("POST", "/v1/files?name=b.txt", b"1").await.status, 409, "the trash counts");
    assert_eq!(ada.send("POST", &format!("/v1/items/{text}/restore"), b"").await.status, 200);
    assert_eq!(ada.send("DELETE", &format!("/v1/files/{text}"), b"").await.status, 204);
    file(&ada, "name=b.txt", b"1").await;
    assert_eq!(names(&ada, "root").await, ["Work", "b.txt"]);
}

#[actix_web::test]
async fn what_adds_no_item_is_done_beside_as_many_as_are_allowed() {
    let server = Server::with_both(|_| {}, |settings| settings.max_items = Some(4));
    let ada = server.user("ada@example.org").await;
    let work = folder(&ada, "Work").await;
    let one = id_of(&file(&ada, "name=a.txt", b"1").await);
    let two = id_of(&file(&ada, "name=b.txt", b"2").await);
    // Items that are moved leave room for one more.
    let operations = json!([
        {"op": "move", "id": one, "parent_id": work},
        {"op": "move", "id": two, "parent_id": work},
        {"op": "copy", "id": one, "parent_id": "root"},
    ]);
    let answer = post(&ada, "/v1/batch", &json!({"operations": operations, "atomic": true})).await;
    assert_eq!((answer.status, &answer.value()["succeeded"]), (200, &json!(3)), "{}", answer.text());
    // One that is deleted makes room for another.
    let operations = json!([
        {"op": "delete", "id": two},
        {"op": "copy", "id": one, "parent_id": work, "name": "c.txt"},
    ]);
    let answer = post(&ada, "/v1/batch", &json!({"operations": operations, "atomic": true})).await;
    assert_eq!((answer.status, &answer.value()["succeeded"]), (200, &json!(2)), "{}", answer.text());
    let operations = json!([{"op": "copy", "id": one, "parent_id": work, "name": "d.txt"}]);
    let answer = post(&ada, "/v1/batch", &json!({"operations": operations, "atomic": true})).await;
    assert_eq!(answer.problem(), (409, "folder_full".into()));
    // So does the file whose place a copy takes.
    let copy = json!({"parent_id": work, "name": "c.txt", "on_conflict": "replace"});
    let replaced = post(&ada, &format!("/v1/items/{one}/copy"), &copy).await;
    assert_eq!(replaced.status, 200, "{}", replaced.text());
    assert_eq!(names(&ada, &work).await, ["a.txt", "c.txt"]);
    assert_eq!(names(&ada, "root").await, ["Work", "a.txt"]);
}
