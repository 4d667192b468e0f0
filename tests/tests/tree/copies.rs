//! `POST /v1/items/{id}/copy`

use std::fmt::Display;

use fm_api_types::{File, Folder, Item};
use fm_e2e::{Answer, Api, Lane, User, on_every_lane, pictures};
use serde_json::{Value, json};

use super::id;

async fn copied(user: &User, id: &impl Display, body: &Value) -> Answer {
    user.post(&format!("/v1/items/{id}/copy")).json(body).send().await
}

async fn a_copy_is_a_file_of_its_own_on_the_same_bytes(lane: Lane) {
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    let folder = user.folder("Work", None).await;
    let file = user.file("a.png", pictures::png(80, 80)).await;
    let file = user.with_thumbnail(&file).await;
    api.server.stores_exactly(2).await;
    let answer = copied(&user, &file.id, &json!({"parent_id": folder.id})).await.expect(201);
    let copy: File = answer.parse();
    assert_eq!(answer.field("location"), User::path(&copy));
    assert_eq!((copy.parent_id, copy.path.as_deref()), (folder.id, Some("/Work/a.png")));
    assert_ne!(copy.id, file.id);
    assert_eq!((&copy.sha256, copy.size, copy.modified_at), (&file.sha256, file.size, file.modified_at));
    assert_eq!(copy.thumbnail.status, "ready");
    assert!(copy.created_at > file.created_at);
    assert_eq!(user.storage().await, (2 * file.size, 2), "it is counted in full");
    api.server.stores_exactly(2).await;
    user.delete(&User::path(&file)).send().await.expect(204);
    let bytes = user.get(user.current(&copy).await.download.url.expose()).send().await.expect(200).body;
    assert_eq!(bytes, pictures::png(80, 80), "it outlives what it was copied from");
    user.delete(&User::path(&copy)).send().await.expect(204);
    api.server.stores_exactly(0).await;
}

async fn a_folder_is_copied_with_all_that_is_in_it(lane: Lane) {
    let user = Api::on(lane).user().await;
    let folder = user.folder("a", None).await;
    let below = user.folder("b", Some(&folder)).await;
    user.file_in(&folder, "one", "1").await;
    user.file_in(&below, "two", "22").await;
    let copy = copied(&user, &folder.id, &json!({"parent_id": "root"})).await.expect(201);
    let copy: Folder = copy.parse();
    assert_eq!((copy.name.as_str(), copy.path.as_deref()), ("a (2)", Some("/a (2)")));
    assert_eq!(copy.requested_name.as_deref(), Some("a"));
    assert_eq!(user.names_in(&id(&copy)).await, ["b", "one"]);
    let found = user.get("/v1/items/lookup").query(&[("path", "/a (2)/b/two")]).send().await.expect(200);
    let two: File = found.parse();
    assert_eq!(user.get(two.download.url.expose()).send().await.expect(200).text(), "22");
    assert_eq!(user.storage().await, (6, 4));
    user.delete(&format!("/v1/items/{}?recursive=true", folder.id)).send().await.expect(204);
    assert_eq!(user.get(two.download.url.expose()).send().await.expect(200).text(), "22");
}

async fn a_taken_name_is_numbered_refused_or_replaced(lane: Lane) {
    let user = Api::on(lane).user().await;
    let file = user.file("a.tar.gz", "text").await;
    let here = |more: Value| {
        let mut body = json!({"parent_id": "root"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let numbered = copied(&user, &file.id, &here(json!({}))).await.expect(201);
    assert_eq!(numbered.parse::<File>().name, "a (2).tar.gz");
    let refused = copied(&user, &file.id, &here(json!({"on_conflict": "fail"}))).await;
    assert_eq!(refused.problem(409, "name_taken")["existing"], json!({"id": file.id, "kind": "file"}));
    let named = copied(&user, &file.id, &here(json!({"name": "b.txt"}))).await.expect(201);
    assert_eq!(named.parse::<File>().name, "b.txt");
    let target = user.file("target", "something else").await;
    let replace = here(json!({"name": "target", "on_conflict": "replace"}));
    let replaced = copied(&user, &file.id, &replace).await.expect(200);
    assert_eq!(replaced.header("location"), None, "nothing was created");
    let replaced: File = replaced.parse();
    assert_eq!((replaced.id, replaced.version, replaced.size), (target.id, 2, 4));
    assert_eq!(user.names_in("root").await, ["a (2).tar.gz", "a.tar.gz", "b.txt", "target"]);
}

async fn what_can_not_be_copied_is_refused(lane: Lane) {
    let user = Api::on(lane).user().await;
    let folder = user.folder("a", None).await;
    let below = user.folder("b", Some(&folder)).await;
    for target in [&folder, &below] {
        let answer = copied(&user, &folder.id, &json!({"parent_id": target.id})).await;
        answer.problem(409, "move_into_itself");
    }
    let file = user.file("file", "text").await;
    copied(&user, &file.id, &json!({})).await.invalid(&["/parent_id"]);
    copied(&user, &file.id, &json!({"parent_id": file.id})).await.invalid(&["/parent_id"]);
    copied(&user, &file.id, &json!({"parent_id": "nowhere"})).await.not_found();
    copied(&user, &"nothing", &json!({"parent_id": "root"})).await.not_found();
    super::trash(&user, &file.id).await;
    copied(&user, &file.id, &json!({"parent_id": "root"})).await.not_found();
    assert_eq!(user.names_in("root").await, ["a"]);
}

async fn a_copy_counts_against_the_quota(lane: Lane) {
    let user = Api::with(lane, &[("USER_QUOTA_BYTES", "10")]).user().await;
    let file = user.file("a", "123456").await;
    let refused = copied(&user, &file.id, &json!({"parent_id": "root"})).await;
    let problem = refused.problem(413, "quota_exceeded");
    assert_eq!(problem["reclaimable"], json!({"trash_bytes": 0, "version_bytes": 0}));
    assert_eq!(user.storage().await, (6, 1));
}

async fn a_copy_has_no_old_versions(lane: Lane) {
    let user = Api::on(lane).user().await;
    let file = user.file("a", "old").await;
    let put = user.put(&format!("{}/content", User::path(&file))).header("content-type", "text/plain");
    put.body("newer").send().await.expect(200);
    let copy = copied(&user, &file.id, &json!({"parent_id": "root"})).await.expect(201);
    let copy: Item = copy.parse();
    let copy = copy.file().unwrap();
    assert_eq!((copy.version, copy.size), (1, 5));
    let versions = user.get(&format!("{}/versions", User::path(copy))).send().await.expect(200).json();
    assert_eq!(versions["items"].as_array().unwrap().len(), 1);
    assert_eq!(user.storage().await, (13, 2));
}

on_every_lane![
    a_copy_is_a_file_of_its_own_on_the_same_bytes,
    a_folder_is_copied_with_all_that_is_in_it,
    a_taken_name_is_numbered_refused_or_replaced,
    what_can_not_be_copied_is_refused,
    a_copy_counts_against_the_quota,
    a_copy_has_no_old_versions,
];
