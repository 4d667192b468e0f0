//! Two users who see nothing of each other.

use fm_api_types::{Folder, Item};
use fm_e2e::{Answer, Api, Lane, User, on_every_lane};
use serde_json::{Value, json};

use super::{id, trash, trashed_names};

const UNKNOWN: &str = "01890000-0000-7000-8000-000000000000";

/// Every route of an item, asked by `user`, in the folder `parent`.
async fn every_route(user: &User, item: &str, parent: &str) -> Vec<Answer> {
    let (items, folders, files) =
        (format!("/v1/items/{item}"), format!("/v1/folders/{item}"), format!("/v1/files/{item}"));
    let into = json!({"parent_id": parent});
    vec![
        user.get(&items).send().await,
        user.get(&folders).send().await,
        user.get(&format!("{folders}/children")).send().await,
        user.get(&format!("{folders}/usage")).send().await,
        user.patch(&folders).json(&json!({"name": "mine"})).send().await,
        user.patch(&files).json(&into).send().await,
        user.post(&format!("{items}/copy")).json(&into).send().await,
        user.post(&format!("{items}/trash")).send().await,
        user.post(&format!("{items}/restore")).json(&into).send().await,
        user.get(&format!("/v1/trash/{item}")).send().await,
        user.get(&format!("/v1/trash/{item}/children")).send().await,
        user.get(&format!("{files}/versions")).send().await,
        user.get(&format!("{files}/versions/1/content")).send().await,
        user.post(&format!("{files}/versions/1/restore")).send().await,
        user.patch(&format!("{files}/versions/1")).json(&json!({"pinned": true})).send().await,
        user.delete(&format!("{files}/versions/1")).send().await,
        user.delete(&format!("{files}/versions")).send().await,
        user.get("/v1/files").query(&[("parent_id", item)]).send().await,
        user.get("/v1/items/lookup").query(&[("path", "a"), ("from", item)]).send().await,
        user.get("/v1/items/lookup").query(&[("path", "/"), ("drive_id", item)]).send().await,
        user.post("/v1/folders").json(&json!({"name": "mine", "parent_id": item})).send().await,
        user.delete(&format!("{folders}?recursive=true")).send().await,
        user.delete(&format!("{items}?recursive=true")).send().await,
    ]
}

/// A problem but for what is the request's own.
fn shape(answer: &Answer) -> Value {
    let mut problem = answer.not_found();
    problem["request_id"] = Value::Null;
    problem
}

async fn what_another_user_has_is_answered_like_nothing(lane: Lane) {
    let api = Api::on(lane);
    let (owner, stranger) = (api.user().await, api.user().await);
    let folder = owner.folder("Work", None).await;
    let file = owner.file_in(&folder, "a.txt", "text").await;
    let gone = owner.folder("gone", None).await;
    let trashed = trash(&owner, &gone.id).await;
    let root: Folder = owner.get("/v1/folders/root").send().await.expect(200).parse();
    let own = stranger.folder("own", None).await;
    let unknown = every_route(&stranger, UNKNOWN, &id(&own)).await;
    for item in [root.id, folder.id, file.id, trashed.id] {
        let theirs = every_route(&stranger, &item.to_string(), &id(&own)).await;
        for (theirs, unknown) in theirs.iter().zip(&unknown) {
            assert_eq!(shape(theirs), shape(unknown), "{}", theirs.request);
        }
    }
    assert_eq!(owner.names_in("root").await, ["Work"]);
    assert_eq!(owner.names_in(&id(&folder)).await, ["a.txt"]);
    assert_eq!(trashed_names(&owner, &[]).await, ["gone"]);
    assert_eq!(stranger.names_in("root").await, ["own"]);
    assert!(trashed_names(&stranger, &[]).await.is_empty());
}

async fn another_users_folder_takes_nothing(lane: Lane) {
    let api = Api::on(lane);
    let (owner, stranger) = (api.user().await, api.user().await);
    let folder = owner.folder("Work", None).await;
    let (own, file) = (stranger.folder("own", None).await, stranger.file("a.txt", "text").await);
    let into = json!({"parent_id": folder.id});
    stranger.patch(&User::path(&file)).json(&into).send().await.not_found();
    stranger.patch(&format!("/v1/folders/{}", own.id)).json(&into).send().await.not_found();
    stranger.post(&format!("/v1/items/{}/copy", file.id)).json(&into).send().await.not_found();
    stranger.upload("b.txt", "text").query(&[("parent_id", &id(&folder))]).send().await.not_found();
    let direct = json!({"name": "b.txt", "size": 4, "parent_id": folder.id});
    stranger.post("/v1/direct-uploads").json(&direct).send().await.not_found();
    trash(&stranger, &file.id).await;
    stranger.post(&format!("/v1/items/{}/restore", file.id)).json(&into).send().await.not_found();
    assert!(owner.names_in(&id(&folder)).await.is_empty());
    assert_eq!((owner.storage().await, stranger.storage().await), ((0, 0), (4, 0)));
}

async fn names_are_each_users_own(lane: Lane) {
    let api = Api::on(lane);
    let (ada, bob) = (api.user().await, api.user().await);
    for user in [&ada, &bob] {
        let folder = user.folder("Work", None).await;
        assert_eq!(user.file_in(&folder, "a.txt", user.id.clone()).await.name, "a.txt");
    }
    for user in [&ada, &bob] {
        let found = user.get("/v1/items/lookup?path=/Work/a.txt").send().await.expect(200);
        let item: Item = found.parse();
        let url = item.file().unwrap().download.url.expose();
        assert_eq!(user.get(url).send().await.expect(200).text(), user.id);
    }
}

async fn a_batch_does_nothing_to_what_another_user_has(lane: Lane) {
    let api = Api::on(lane);
    let (owner, stranger) = (api.user().await, api.user().await);
    let folder = owner.folder("Work", None).await;
    let own = stranger.folder("own", None).await;
    let operations = json!([
        {"op": "trash", "id": folder.id},
        {"op": "delete", "id": folder.id, "recursive": true},
        {"op": "move", "id": folder.id, "parent_id": own.id},
        {"op": "copy", "id": folder.id, "parent_id": own.id},
        {"op": "move", "id": own.id, "parent_id": folder.id},
    ]);
    let answer = stranger.post("/v1/batch").json(&json!({"operations": operations})).send().await.expect(200);
    let results = answer.json();
    assert_eq!((&results["succeeded"], &results["failed"]), (&json!(0), &json!(5)));
    assert!(results["results"].as_array().unwrap().iter().all(|result| result["code"] == "not_found"));
    assert_eq!(
        (owner.names_in("root").await, stranger.names_in("root").await),
        (vec!["Work".into()], vec!["own".into()])
    );
}

on_every_lane![
    what_another_user_has_is_answered_like_nothing,
    another_users_folder_takes_nothing,
    names_are_each_users_own,
    a_batch_does_nothing_to_what_another_user_has,
];
