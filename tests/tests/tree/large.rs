//! Changes of more than 1,000 entries go on as operations.

use fm_api_types::{Folder, FolderUsage, Operation, OperationResult};
use fm_e2e::{Answer, Api, Lane, User, eventually, on_every_lane};
use serde_json::json;

use super::{id, trashed_names};

/// A folder with 1,200 folders in it, and a file in one of them.
pub(super) async fn filled(user: &User) -> Folder {
    let folder = user.folder("large", None).await;
    for part in 0..2 {
        let paths: Vec<String> = (0..600).map(|number| format!("{part}-{number:03}")).collect();
        let body = json!({"paths": paths, "parent_id": folder.id});
        user.post("/v1/folders").json(&body).send().await.expect(200);
    }
    let upload = user.upload("a.txt", "text").query(&[("parent_id", &id(&folder)), ("path", "1-599")]);
    upload.send().await.expect(201);
    folder
}

/// The operation that a request was answered with, once it has ended.
async fn ended(user: &User, answer: Answer) -> Operation {
    let answer = answer.expect(202);
    let begun: Operation = answer.parse();
    let path = format!("/v1/operations/{}", begun.id);
    assert_eq!(answer.field("location"), path);
    eventually("the operation ends", async || {
        let now: Operation = user.get(&path).send().await.expect(200).parse();
        assert_eq!((now.id, &now.kind, now.created_at), (begun.id, &begun.kind, begun.created_at));
        (now.status != "running").then_some(now)
    })
    .await
}

fn item_of(operation: &Operation) -> String {
    match &operation.result {
        Some(OperationResult::Item(item)) => item.item_id.to_string(),
        other => panic!("no item: {other:?}"),
    }
}

async fn usage(user: &User, folder: &str) -> (u64, u64) {
    let path = format!("/v1/folders/{folder}/usage");
    let usage: FolderUsage = user.get(&path).send().await.expect(200).parse();
    (usage.folders, usage.files)
}

async fn a_large_folder_is_copied_trashed_restored_and_deleted(lane: Lane) {
    let user = Api::on(lane).user().await;
    let folder = filled(&user).await;
    let path = format!("/v1/items/{}", folder.id);
    let to = user.folder("to", None).await;
    let moved = json!({"parent_id": to.id});
    user.patch(&format!("/v1/folders/{}", folder.id)).json(&moved).send().await.expect(200);

    let copy = user.post(&format!("{path}/copy")).json(&json!({"parent_id": "root"})).send().await;
    let copied = ended(&user, copy).await;
    assert_eq!((copied.kind.as_str(), copied.status.as_str()), ("copy", "done"), "{copied:?}");
    assert_eq!(copied.total_count, Some(copied.done_count));
    let copy = item_of(&copied);
    assert_eq!(usage(&user, &copy).await, (1_200, 1));
    assert_eq!(user.storage().await, (8, 2));

    let trashed = ended(&user, user.post(&format!("{path}/trash")).send().await).await;
    assert_eq!((trashed.kind.as_str(), trashed.status.as_str()), ("trash", "done"), "{trashed:?}");
    assert_eq!(trashed_names(&user, &[]).await, ["large"]);
    assert_eq!((user.storage().await, user.counters().await.trash_bytes), ((8, 1), 4));

    let restored = ended(&user, user.post(&format!("{path}/restore")).send().await).await;
    assert_eq!((restored.kind.as_str(), restored.status.as_str()), ("restore", "done"), "{restored:?}");
    assert_eq!(item_of(&restored), id(&folder));
    assert_eq!(usage(&user, &id(&to)).await, (1_201, 1));

    let deleted = ended(&user, user.delete(&format!("{path}?recursive=true")).send().await).await;
    assert_eq!((deleted.kind.as_str(), deleted.status.as_str()), ("delete", "done"), "{deleted:?}");
    assert_eq!(deleted.result, None);
    assert_eq!(usage(&user, "root").await, (1_202, 1), "the copy and the folder around it");
    assert_eq!(user.storage().await, (4, 1));
}

async fn what_is_below_a_large_folder_is_gone_with_it(lane: Lane) {
    let user = Api::on(lane).user().await;
    let folder = filled(&user).await;
    let found = async |path: &str| -> String {
        let item = user.get("/v1/items/lookup").query(&[("path", path)]).send().await.expect(200).json();
        item["id"].as_str().expect("an id").to_owned()
    };
    let (inner, file) = (found("/large/1-599").await, found("/large/1-599/a.txt").await);
    let trashed = user.post(&format!("/v1/items/{}/trash", folder.id)).send().await.expect(202);
    for path in [
        format!("/v1/items/{inner}"),
        format!("/v1/folders/{inner}"),
        format!("/v1/folders/{inner}/children"),
        format!("/v1/folders/{inner}/usage"),
        format!("/v1/items/lookup?from={inner}&path=a.txt"),
        format!("/v1/files/{file}"),
        format!("/v1/files/{file}/content"),
        format!("/v1/files/{file}/versions"),
    ] {
        user.get(&path).send().await.not_found();
    }
    user.patch(&format!("/v1/files/{file}")).json(&json!({"name": "b.txt"})).send().await.not_found();
    let body = json!({"name": "new", "parent_id": inner});
    user.post("/v1/folders").json(&body).send().await.not_found();
    let upload = user.upload("b.txt", "text").query(&[("parent_id", &inner)]);
    upload.send().await.not_found();
    ended(&user, trashed).await;
}

async fn a_large_batch_with_a_key_goes_on_without_its_client(lane: Lane) {
    let user = Api::on(lane).user().await;
    let folder = filled(&user).await;
    let keyed = user.post("/v1/batch").header("idempotency-key", "large");
    let begun = keyed.json(&json!({"operations": [{"op": "trash", "id": folder.id}]})).send().await;
    let begun: Operation = begun.expect(202).parse();
    let path = format!("/v1/operations/{}", begun.id);
    eventually("the batch ends", async || {
        let now: Operation = user.get(&path).send().await.expect(200).parse();
        (now.status == "done").then_some(())
    })
    .await;
    assert_eq!(trashed_names(&user, &[]).await, ["large"]);

    user.folder("large", None).await;
    let back = json!({"operations": [{"op": "restore", "id": folder.id}]});
    let restore = user.post("/v1/batch").header("idempotency-key", "back").json(&back).send().await;
    let Some(OperationResult::Batch(batch)) = ended(&user, restore).await.result else { panic!("no batch") };
    let told = &batch.results[0];
    assert_eq!((told.status, told.item_id), (200, Some(folder.id)));
    assert_eq!(told.requested_name.as_deref(), Some("large"), "it is numbered");
    assert!(user.names_in("root").await.contains(&"large (2)".to_owned()));
}

async fn an_operation_that_has_ended_is_not_cancelled(lane: Lane) {
    let api = Api::on(lane);
    let (user, stranger) = (api.user().await, api.user().await);
    let emptied = ended(&user, user.delete("/v1/trash").send().await).await;
    let path = format!("/v1/operations/{}", emptied.id);
    let cancelled: Operation = user.delete(&path).send().await.expect(200).parse();
    assert_eq!(cancelled, emptied);
    stranger.get(&path).send().await.not_found();
    stranger.delete(&path).send().await.not_found();
    user.get("/v1/operations/01890000-0000-7000-8000-000000000000").send().await.not_found();
    user.get("/v1/operations/nonsense").send().await.not_found();
}

async fn what_is_left_of_an_operation_can_be_cancelled(lane: Lane) {
    let user = Api::with(lane, &[]).user().await;
    let folder = filled(&user).await;
    let begun = user.post(&format!("/v1/items/{}/copy", folder.id)).json(&json!({"parent_id": "root"}));
    let begun: Operation = begun.send().await.expect(202).parse();
    let cancelled = user.delete(&format!("/v1/operations/{}", begun.id)).send().await.expect(200);
    let cancelled: Operation = cancelled.parse();
    assert!(["cancelled", "done"].contains(&cancelled.status.as_str()), "{cancelled:?}");
    let later: Operation = user.get(&format!("/v1/operations/{}", begun.id)).send().await.expect(200).parse();
    assert_eq!(later.status, cancelled.status, "an end is the end");
}

on_every_lane![
    a_large_folder_is_copied_trashed_restored_and_deleted,
    what_is_below_a_large_folder_is_gone_with_it,
    a_large_batch_with_a_key_goes_on_without_its_client,
    an_operation_that_has_ended_is_not_cancelled,
    what_is_left_of_an_operation_can_be_cancelled,
];
