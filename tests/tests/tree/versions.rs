//! `/v1/files/{id}/versions`

use std::sync::Arc;

use fm_api_types::{File, Version, VersionList};
use fm_e2e::{Answer, Api, Lane, Server, User, on_every_lane, pictures, sha256_hex};
use serde_json::{Value, json};

use super::id;
use super::large::filled;

async fn put(user: &User, file: &File, content: &str) -> Answer {
    let put = user.put(&format!("{}/content", User::path(file))).header("content-type", "text/plain");
    put.body(content.to_owned()).send().await.expect(200)
}

/// A file with these contents, one after the other.
async fn with_contents(user: &User, contents: &[&str]) -> File {
    let file = user.file("a.txt", contents[0].to_owned()).await;
    for content in &contents[1..] {
        put(user, &file, content).await;
    }
    user.current(&file).await
}

fn of(file: &File, rest: &str) -> String {
    format!("{}/versions{rest}", User::path(file))
}

async fn list(user: &User, file: &File) -> Vec<Version> {
    user.get(&of(file, "")).send().await.expect(200).parse::<VersionList>().items
}

fn numbers(versions: &[Version]) -> Vec<u32> {
    versions.iter().map(|version| version.number).collect()
}

async fn a_new_content_keeps_the_old_one(lane: Lane) {
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    let file = with_contents(&user, &["one", "three", "seven"]).await;
    assert_eq!(file.version, 3);
    let versions = list(&user, &file).await;
    assert_eq!(numbers(&versions), [3, 2, 1]);
    assert_eq!(versions.iter().map(|version| version.current).collect::<Vec<_>>(), [true, false, false]);
    let first = &versions[2];
    assert_eq!((first.size, &first.sha256), (3, &Some(sha256_hex(b"one"))));
    assert_eq!((first.created_by.id.to_string(), first.created_at), (user.id.clone(), file.created_at));
    assert!(first.expires_at > Some(first.created_at) && !first.pinned && first.label.is_none());
    assert_eq!(versions[0].expires_at, None);
    for (version, content) in versions.iter().zip(["seven", "three", "one"]) {
        let download = user.get(version.download.url.expose()).send().await.expect(200);
        assert_eq!(download.text(), content);
        let link = user.get(&of(&file, &format!("/{}/content", version.number))).send().await.expect(302);
        assert_eq!(user.get(&link.field("location")).send().await.expect(200).text(), content);
    }
    let storage = user.counters().await;
    assert_eq!((storage.used_bytes, storage.version_bytes, storage.file_count), (13, 8, 1));
    api.server.stores_exactly(3).await;
    user.delete(&User::path(&file)).send().await.expect(204);
    assert_eq!(user.storage().await, (0, 0));
    api.server.stores_exactly(0).await;
}

async fn the_list_comes_page_by_page(lane: Lane) {
    let user = Api::on(lane).user().await;
    let file = with_contents(&user, &["1", "22", "333", "4444", "55555"]).await;
    for limit in [1, 2, 3, 5, 200] {
        let (mut walked, mut cursor) = (Vec::new(), String::new());
        loop {
            let query = [("limit", limit.to_string()), ("cursor", cursor.clone())];
            let query: Vec<(&str, &str)> =
                query.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let page: VersionList = user.get(&of(&file, "")).query(&query).send().await.expect(200).parse();
            assert!(page.items.len() <= limit);
            walked.extend(numbers(&page.items));
            match page.next_cursor {
                Some(next) => cursor = next,
                None => break,
            }
        }
        assert_eq!(walked, [5, 4, 3, 2, 1], "{limit}");
    }
    let other = with_contents(&user, &["1", "22"]).await;
    let page: VersionList = user.get(&of(&other, "?limit=1")).send().await.expect(200).parse();
    let theirs = page.next_cursor.unwrap();
    for cursor in ["x", "2", theirs.as_str()] {
        let refused = user.get(&of(&file, "")).query(&[("cursor", cursor)]).send().await;
        refused.problem(400, "malformed_request");
    }
}

async fn a_restored_version_is_a_new_content(lane: Lane) {
    let user = Api::on(lane).user().await;
    let file = with_contents(&user, &["first", "second"]).await;
    let tag = user.get(&User::path(&file)).send().await.expect(200).field("etag");
    let restored = user.post(&of(&file, "/1/restore")).header("if-match", &tag).send().await.expect(200);
    let restored: File = restored.parse();
    assert_eq!((restored.id, restored.version, restored.size), (file.id, 3, 5));
    assert_eq!(user.get(restored.download.url.expose()).send().await.expect(200).text(), "first");
    assert_eq!(numbers(&list(&user, &file).await), [3, 2, 1], "nothing is lost");
    assert_eq!(user.storage().await, (16, 1));
    let stale = user.post(&of(&file, "/2/restore")).header("if-match", &tag).send().await;
    stale.problem(412, "precondition_failed");
    user.post(&of(&file, "/9/restore")).send().await.not_found();
    user.delete(&of(&file, "/1")).send().await.expect(204);
    assert_eq!(user.get(restored.download.url.expose()).send().await.expect(200).text(), "first");
}

async fn the_same_bytes_or_none_make_no_version(lane: Lane) {
    let user = Api::on(lane).user().await;
    let file = with_contents(&user, &["", "text", "text"]).await;
    assert_eq!(numbers(&list(&user, &file).await), [2], "an empty content is none, and the same is the same");
    assert_eq!(user.storage().await, (4, 1));
}

async fn a_content_has_the_time_that_its_client_gives_it(lane: Lane) {
    let user = Api::on(lane).user().await;
    let file = user.file("a.txt", "text").await;
    let tag = user.get(&User::path(&file)).send().await.expect(200).field("etag");
    let content = format!("{}/content", User::path(&file));
    let put = |query: &str| {
        let put = user.put(&format!("{content}{query}")).header("content-type", "text/plain");
        put.header("x-oc-mtime", "981173106").body("text")
    };
    let answer = put("").send().await.expect(200);
    let same: File = answer.parse();
    assert_eq!(same.modified_at.to_rfc3339(), "2001-02-03T04:05:06+00:00");
    assert_eq!((same.version, same.updated_at), (1, file.updated_at), "the same bytes change nothing else");
    assert_ne!(answer.field("etag"), tag, "it stands for the time too");
    user.get(&User::path(&file)).header("if-none-match", &tag).send().await.expect(200);
    let again = put("?modified_at=2001-02-03T04:05:06Z").send().await.expect(200);
    assert_eq!((again.parse::<File>(), again.field("etag")), (same, answer.field("etag")));
    put("?modified_at=yesterday").send().await.problem(400, "malformed_request");
}

async fn a_version_is_pinned_and_named(lane: Lane) {
    let user = Api::on(lane).user().await;
    let file = with_contents(&user, &["one", "two", "three"]).await;
    let change = |number: u32, body: Value| user.patch(&of(&file, &format!("/{number}"))).json(&body).send();
    let pinned = change(1, json!({"pinned": true, "label": "as sent"})).await.expect(200);
    let pinned: Version = pinned.parse();
    assert_eq!((pinned.pinned, pinned.label.as_deref(), pinned.expires_at), (true, Some("as sent"), None));
    assert_eq!(user.get(pinned.download.url.expose()).send().await.expect(200).text(), "one");
    let renamed: Version = change(1, json!({"label": null})).await.expect(200).parse();
    assert_eq!((renamed.pinned, renamed.label), (true, None));
    user.delete(&of(&file, "")).send().await.expect(204);
    assert_eq!(numbers(&list(&user, &file).await), [3, 1], "pinned ones stay");
    change(3, json!({"pinned": true})).await.problem(409, "conflict");
    change(2, json!({"pinned": true})).await.not_found();
    change(1, json!({"pinned": "yes"})).await.invalid(&["/pinned"]);
    change(1, json!({"label": " "})).await.invalid(&["/label"]);
    user.delete(&of(&file, "/3")).send().await.problem(409, "conflict");
    user.delete(&of(&file, "/1")).send().await.expect(204);
    user.delete(&of(&file, "/1")).send().await.not_found();
    assert_eq!(user.storage().await, (5, 1));
    for number in ["0", "01", "x", "99999999999"] {
        user.get(&of(&file, &format!("/{number}/content"))).send().await.not_found();
    }
}

async fn so_many_versions_are_kept_and_no_more(lane: Lane) {
    let api = Api::with(lane, &[("VERSIONS_MAX_COUNT", "2")]);
    let user = api.user().await;
    assert_eq!(user.capabilities().await.tree.versions_max_count, 2);
    let file = with_contents(&user, &["1", "22", "333"]).await;
    user.patch(&of(&file, "/1")).json(&json!({"pinned": true})).send().await.expect(200);
    for content in ["4444", "55555", "666666"] {
        put(&user, &file, content).await;
    }
    assert_eq!(numbers(&list(&user, &file).await), [6, 5, 4, 1]);
    assert_eq!(user.storage().await, (16, 1));
    api.server.stores_exactly(4).await;
}

async fn a_picture_that_is_restored_gets_its_thumbnail_again(lane: Lane) {
    let user = Api::on(lane).user().await;
    let file = user.file("a.png", pictures::png(128, 64)).await;
    user.with_thumbnail(&file).await;
    put(&user, &file, "no picture").await;
    assert_eq!(user.current(&file).await.thumbnail.status, "none");
    user.post(&of(&file, "/1/restore")).send().await.expect(200);
    assert_eq!(user.with_thumbnail(&file).await.thumbnail.height, Some(32));
}

async fn versions_go_into_the_trash_and_come_back_with_their_file(lane: Lane) {
    let user = Api::on(lane).user().await;
    let file = with_contents(&user, &["old", "newer"]).await;
    super::trash(&user, &file.id).await;
    let storage = user.counters().await;
    assert_eq!((storage.used_bytes, storage.trash_bytes, storage.version_bytes), (8, 8, 0));
    user.get(&of(&file, "/1/content")).send().await.not_found();
    user.post(&format!("/v1/items/{}/restore", file.id)).send().await.expect(200);
    let storage = user.counters().await;
    assert_eq!((storage.used_bytes, storage.trash_bytes, storage.version_bytes), (8, 0, 3));
    assert_eq!(numbers(&list(&user, &file).await), [2, 1]);
}

/// No worker takes them along, where there can be another process.
async fn versions_below_a_large_folder_are_gone_with_it(lane: Lane) {
    let arguments: &[&'static str] = if lane.is_durable() { &["--no-worker"] } else { &[] };
    let server = Server::prepare(lane, &[], arguments);
    server.resume();
    let user = Api::of(Arc::new(server)).user().await;
    let folder = filled(&user).await;
    let upload = user.upload("b.txt", "old").query(&[("parent_id", &id(&folder)), ("path", "1-599")]);
    let file: File = upload.send().await.expect(201).parse();
    put(&user, &file, "newer").await;
    user.post(&format!("/v1/items/{}/trash", folder.id)).send().await.expect(202);
    user.patch(&of(&file, "/1")).json(&json!({"pinned": true})).send().await.not_found();
    user.patch(&of(&file, "/1")).json(&json!({"label": "sent"})).send().await.not_found();
    user.post(&of(&file, "/1/restore")).send().await.not_found();
    user.delete(&of(&file, "/1")).send().await.not_found();
    user.delete(&of(&file, "")).send().await.not_found();
    user.get(&of(&file, "")).send().await.not_found();
    user.get(&of(&file, "/1/content")).send().await.not_found();
    user.post(&format!("{}/thumbnail", User::path(&file))).send().await.not_found();
}

on_every_lane![
    a_new_content_keeps_the_old_one,
    the_list_comes_page_by_page,
    a_restored_version_is_a_new_content,
    the_same_bytes_or_none_make_no_version,
    a_content_has_the_time_that_its_client_gives_it,
    a_version_is_pinned_and_named,
    so_many_versions_are_kept_and_no_more,
    a_picture_that_is_restored_gets_its_thumbnail_again,
    versions_go_into_the_trash_and_come_back_with_their_file,
    versions_below_a_large_folder_are_gone_with_it,
];
