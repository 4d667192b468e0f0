//! `GET /v1/folders/{id}/children`, and lists of files by folder

use fm_api_types::{Item, ItemList};
use fm_e2e::{Api, Lane, User, names, on_every_lane};
use serde_json::json;

use super::id;

/// Two folders and three files, whose orders differ.
async fn filled(user: &User) -> String {
    let folder = user.folder("filled", None).await;
    for name in ["b", "D"] {
        user.folder(name, Some(&folder)).await;
    }
    for (content_type, name, size) in
        [("text/plain", "c.txt", 3), ("text/csv", "A.csv", 1), ("text/plain", "e", 2)]
    {
        let upload = user.post("/v1/files").query(&[("name", name), ("parent_id", &id(&folder))]);
        upload.header("content-type", content_type).body("x".repeat(size)).send().await.expect(201);
    }
    id(&folder)
}

async fn listed(user: &User, folder: &str, parameters: &[(&str, &str)]) -> Vec<String> {
    user.children(folder, parameters).await.iter().map(|item| item.name().to_owned()).collect()
}

async fn entries_come_in_any_order_folders_first_unless_mixed(lane: Lane) {
    let user = Api::on(lane).user().await;
    let folder = filled(&user).await;
    for (parameters, expected) in [
        (vec![], ["b", "D", "A.csv", "c.txt", "e"]),
        (vec![("order", "desc")], ["D", "b", "e", "c.txt", "A.csv"]),
        (vec![("mixed", "1")], ["A.csv", "b", "c.txt", "D", "e"]),
        (vec![("sort", "created_at")], ["b", "D", "c.txt", "A.csv", "e"]),
        (vec![("sort", "type")], ["b", "D", "A.csv", "c.txt", "e"]),
    ] {
        assert_eq!(listed(&user, &folder, &parameters).await, expected, "{parameters:?}");
    }
    let files = [("kind", "file"), ("sort", "size"), ("order", "desc")];
    assert_eq!(listed(&user, &folder, &files).await, ["c.txt", "e", "A.csv"]);
    assert_eq!(listed(&user, &folder, &[("kind", "folder")]).await, ["b", "D"]);
    for bad in [("sort", "id"), ("order", "up"), ("kind", "link"), ("limit", "0"), ("include", "tags")] {
        let answer = user.get(&format!("/v1/folders/{folder}/children")).query(&[bad]).send().await;
        answer.problem(400, "malformed_request");
    }
}

/// Every page of the entries of a folder, one at a time.
async fn walked(user: &User, folder: &str, parameters: &[(&str, &str)]) -> Vec<Item> {
    let (mut items, mut cursor): (Vec<Item>, Option<String>) = (Vec::new(), None);
    loop {
        let mut query = parameters.to_vec();
        query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let page = user.get(&format!("/v1/folders/{folder}/children")).query(&query).send().await;
        let page: ItemList = page.expect(200).parse();
        items.extend(page.items);
        match page.next_cursor {
            Some(next) => cursor = Some(next),
            None => return items,
        }
    }
}

async fn pages_neither_skip_nor_repeat(lane: Lane) {
    let user = Api::on(lane).user().await;
    let folder = filled(&user).await;
    for sort in ["name", "modified_at", "created_at", "size", "type"] {
        for order in ["asc", "desc"] {
            for mixed in ["0", "1"] {
                let parameters = [("sort", sort), ("order", order), ("mixed", mixed)];
                let whole = user.children(&folder, &parameters).await;
                let paged = walked(&user, &folder, &[&parameters[..], &[("limit", "1")]].concat()).await;
                assert_eq!(paged, whole, "{parameters:?}");
            }
        }
    }
    let first = user.get(&format!("/v1/folders/{folder}/children?limit=1")).send().await.expect(200);
    let cursor = first.parse::<ItemList>().next_cursor.unwrap();
    for (folder, other) in [(folder.as_str(), ("sort", "size")), ("root", ("sort", "name"))] {
        let other = [("cursor", cursor.as_str()), other];
        let answer = user.get(&format!("/v1/folders/{folder}/children")).query(&other).send().await;
        answer.problem(400, "malformed_request");
    }
}

async fn a_page_is_the_same_until_the_drive_changes(lane: Lane) {
    let user = Api::on(lane).user().await;
    let folder = filled(&user).await;
    let path = format!("/v1/folders/{folder}/children");
    let first = user.get(&path).send().await.expect(200);
    let tag = first.field("etag");
    assert!(tag.starts_with("W/\""), "{tag}");
    let again = user.get(&path).header("if-none-match", &tag).send().await.expect(304);
    assert_eq!((again.field("etag"), again.body.len()), (tag.clone(), 0));
    user.get(&format!("{path}?limit=2")).header("if-none-match", &tag).send().await.expect(200);
    user.file("elsewhere.txt", "text").await;
    let changed = user.get(&path).header("if-none-match", &tag).send().await.expect(200);
    assert_ne!(changed.field("etag"), tag);
    assert_eq!(changed.json()["items"], first.json()["items"]);
}

async fn the_way_to_each_entry_is_told_where_it_is_asked_for(lane: Lane) {
    let user = Api::on(lane).user().await;
    let work = user.folder("Work", None).await;
    let below = user.folder("2026", Some(&work)).await;
    let file = user.file_in(&below, "a.txt", "text").await;
    let plain = user.children(&id(&below), &[]).await;
    assert_eq!(plain[0].file().unwrap().path, None);
    let told = user.children(&id(&below), &[("include", "path,ancestors")]).await;
    let told = told[0].file().unwrap();
    assert_eq!(told.path.as_deref(), Some("/Work/2026/a.txt"));
    let above: Vec<_> = told.ancestors.clone().unwrap().into_iter().map(|folder| folder.id).collect();
    assert_eq!(above, [work.drive_id, work.id, below.id]);
    let shown = user.get(&User::path(&file)).query(&[("include", "path")]).send().await.expect(200).json();
    assert_eq!((&shown["path"], shown.get("ancestors")), (&json!("/Work/2026/a.txt"), None));
}

async fn files_are_listed_whatever_their_folder_or_of_one_alone(lane: Lane) {
    let user = Api::on(lane).user().await;
    let folder = user.folder("a", None).await;
    let below = user.folder("b", Some(&folder)).await;
    user.file("root.txt", "text").await;
    user.file_in(&folder, "folder.txt", "text").await;
    user.file_in(&below, "below.txt", "text").await;
    assert_eq!(names(&user.all(&[]).await), ["below.txt", "folder.txt", "root.txt"]);
    let told = user.all(&[("include", "path")]).await;
    let paths: Vec<Option<&str>> = told.iter().map(|file| file.path.as_deref()).collect();
    assert_eq!(paths, [Some("/a/b/below.txt"), Some("/a/folder.txt"), Some("/root.txt")]);
    user.get("/v1/files?include=size").send().await.problem(400, "malformed_request");
    assert_eq!(names(&user.all(&[("parent_id", &id(&folder))]).await), ["folder.txt"]);
    assert_eq!(names(&user.all(&[("parent_id", "root"), ("limit", "1")]).await), ["root.txt"]);
    assert!(user.all(&[("parent_id", "root"), ("q", "below")]).await.is_empty());
    let old = user.upload("old.txt", "text").query(&[("modified_at", "2001-02-03T04:05:06Z")]);
    old.send().await.expect(201);
    assert_eq!(names(&user.all(&[("modified_before", "2002-01-01T00:00:00Z")]).await), ["old.txt"]);
    assert_eq!(user.all(&[("modified_after", "2002-01-01T00:00:00Z")]).await.len(), 3);
    user.get("/v1/files?modified_after=yesterday").send().await.problem(400, "malformed_request");
    let gone = user.folder("gone", None).await;
    super::trash(&user, &gone.id).await;
    let file = user.file("no folder", "text").await;
    let unknown = "01890000-0000-7000-8000-000000000000";
    for nowhere in ["nonsense", unknown, &id(&gone), &file.id.to_string()] {
        user.get("/v1/files").query(&[("parent_id", nowhere)]).send().await.not_found();
    }
}

on_every_lane![
    entries_come_in_any_order_folders_first_unless_mixed,
    pages_neither_skip_nor_repeat,
    a_page_is_the_same_until_the_drive_changes,
    the_way_to_each_entry_is_told_where_it_is_asked_for,
    files_are_listed_whatever_their_folder_or_of_one_alone,
];
