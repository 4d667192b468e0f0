//! `POST /v1/batch`

use fm_api_types::BatchResults;
use fm_e2e::{Answer, Api, Lane, User, on_every_lane};
use serde_json::{Value, json};

use super::{id, trashed_names};

async fn batch(user: &User, operations: Value) -> Answer {
    user.post("/v1/batch").json(&json!({"operations": operations})).send().await
}

fn statuses(results: &BatchResults) -> Vec<u16> {
    results.results.iter().map(|result| result.status).collect()
}

async fn each_operation_is_judged_alone_and_in_order(lane: Lane) {
    let user = Api::on(lane).user().await;
    let folder = user.folder("Work", None).await;
    let (one, two) = (user.file("one", "1").await, user.file("two", "22").await);
    let gone = user.file("gone", "333").await;
    let answer = batch(
        &user,
        json!([
            {"op": "move", "id": one.id, "parent_id": folder.id},
            {"op": "copy", "id": two.id, "parent_id": folder.id, "name": "copy"},
            {"op": "trash", "id": two.id},
            {"op": "trash", "id": "01890000-0000-7000-8000-000000000000"},
            {"op": "trash", "id": "nonsense"},
            {"op": "move", "id": one.id, "parent_id": "nonsense"},
            {"op": "restore", "id": two.id, "parent_id": folder.id},
            {"op": "delete", "id": folder.id},
            {"op": "delete", "id": gone.id},
        ]),
    );
    let results: BatchResults = answer.await.expect(200).parse();
    assert_eq!(statuses(&results), [200, 201, 200, 404, 404, 404, 200, 409, 204]);
    assert_eq!((results.succeeded, results.failed), (5, 4));
    let codes: Vec<&str> = results.results.iter().filter_map(|result| result.code.as_deref()).collect();
    assert_eq!(codes, ["not_found", "not_found", "not_found", "folder_not_empty"]);
    assert_eq!(results.results[4].id, "nonsense", "ids are said again");
    assert!(results.results[0].item.is_some() && results.results[8].item.is_none());
    assert_eq!(user.names_in(&id(&folder)).await, ["copy", "one", "two"]);
    assert_eq!(user.names_in("root").await, ["Work"]);
    assert_eq!(user.storage().await, (5, 3));
}

async fn what_lies_in_an_item_is_moved_with_it(lane: Lane) {
    let user = Api::on(lane).user().await;
    let (folder, to) = (user.folder("a", None).await, user.folder("to", None).await);
    let file = user.file_in(&folder, "file", "text").await;
    let answer =
        batch(&user, json!([{"op": "trash", "id": folder.id}, {"op": "trash", "id": file.id}])).await;
    assert_eq!(statuses(&answer.expect(200).parse()), [200, 200]);
    assert_eq!(trashed_names(&user, &[]).await, ["a"], "one top");
    let restore =
        json!([{"op": "restore", "id": folder.id}, {"op": "move", "id": folder.id, "parent_id": to.id}]);
    assert_eq!(statuses(&batch(&user, restore).await.expect(200).parse()), [200, 200]);
    assert_eq!(user.names_in(&id(&folder)).await, ["file"]);
}

async fn conflicts_are_handled_as_by_the_single_routes(lane: Lane) {
    let user = Api::on(lane).user().await;
    let folder = user.folder("Work", None).await;
    let there = user.file_in(&folder, "a", "there").await;
    let coming = user.file("a", "coming").await;
    let plain = batch(&user, json!([{"op": "move", "id": coming.id, "parent_id": folder.id}])).await;
    let plain: BatchResults = plain.expect(200).parse();
    assert_eq!(plain.results[0].code.as_deref(), Some("name_taken"));
    let stale = json!([{"op": "trash", "id": there.id, "if_match": "\"r9-n\""}]);
    let stale: BatchResults = batch(&user, stale).await.expect(200).parse();
    assert_eq!(
        (stale.results[0].status, stale.results[0].code.as_deref()),
        (412, Some("precondition_failed"))
    );
    let renamed = json!([{"op": "move", "id": coming.id, "parent_id": folder.id, "on_conflict": "rename"}]);
    let renamed = batch(&user, renamed).await.expect(200).json()["results"][0]["item"].clone();
    assert_eq!((&renamed["name"], &renamed["requested_name"]), (&json!("a (2)"), &json!("a")));
    assert_eq!(renamed["path"], "/Work/a (2)");
    let copy = json!({"op": "copy", "id": coming.id, "parent_id": folder.id, "name": "a"});
    let mut replacing = copy.clone();
    replacing["on_conflict"] = json!("replace");
    let copied: BatchResults = batch(&user, json!([copy, replacing])).await.expect(200).parse();
    assert_eq!(statuses(&copied), [201, 200], "the second is no new item");
    let full = json!([{"op": "delete", "id": folder.id, "recursive": true}]);
    assert_eq!(statuses(&batch(&user, full).await.expect(200).parse()), [204]);
    assert_eq!(user.storage().await, (0, 0));
}

async fn all_or_none_where_that_is_said(lane: Lane) {
    let user = Api::on(lane).user().await;
    let folder = user.folder("Work", None).await;
    let (one, two) = (user.file("one", "1").await, user.file("two", "22").await);
    user.file_in(&folder, "two", "taken").await;
    let into = |file: &fm_api_types::File| json!({"op": "move", "id": file.id, "parent_id": folder.id});
    let atomic = |operations: Value| {
        user.post("/v1/batch").json(&json!({"operations": operations, "atomic": true})).send()
    };
    let refused = atomic(json!([into(&one), into(&two)])).await;
    let problem = refused.problem(409, "name_taken");
    assert_eq!(problem["pointer"], "/operations/1");
    assert_eq!(user.names_in("root").await, ["Work", "one", "two"], "nothing was done");
    let done = atomic(json!([into(&one), {"op": "trash", "id": two.id}])).await.expect(200);
    assert_eq!(statuses(&done.parse()), [200, 200]);
    assert_eq!(user.names_in("root").await, ["Work"]);
    let many: Vec<Value> = (0..101).map(|_| json!({"op": "trash", "id": one.id})).collect();
    atomic(json!(many)).await.problem(413, "batch_too_large");
}

async fn a_retry_with_the_same_key_gets_the_same_results(lane: Lane) {
    let user = Api::on(lane).user().await;
    let file = user.file("a", "text").await;
    let keyed = |operations: &Value| {
        let request = user.post("/v1/batch").header("idempotency-key", "batch-1");
        request.json(&json!({"operations": operations})).send()
    };
    let operations = json!([{"op": "copy", "id": file.id, "parent_id": "root"}, {"op": "trash", "id": "x"}]);
    let first: BatchResults = keyed(&operations).await.expect(200).parse();
    let retry = keyed(&operations).await.expect(200);
    let copy = &retry.json()["results"][0]["item"];
    assert_eq!((&copy["path"], &copy["requested_name"]), (&json!("/a (2)"), &json!("a")));
    let retry: BatchResults = retry.parse();
    assert_eq!(statuses(&first), [201, 404]);
    assert_eq!(statuses(&retry), statuses(&first));
    assert_eq!((retry.succeeded, retry.failed), (first.succeeded, first.failed));
    assert_eq!(user.names_in("root").await, ["a", "a (2)"], "nothing is done twice");
    keyed(&json!([{"op": "trash", "id": file.id}])).await.problem(409, "conflict");
}

async fn a_batch_of_the_wrong_shape_is_refused_as_a_whole(lane: Lane) {
    let user = Api::on(lane).user().await;
    let file = user.file("a", "text").await;
    let trash = json!({"op": "trash", "id": file.id});
    for (operations, pointer) in [
        (json!([]), "/operations"),
        (json!([trash, {"op": "paint", "id": file.id}]), "/operations/1/op"),
        (json!([trash, {"op": "trash"}]), "/operations/1/id"),
        (json!([trash, {"op": "move", "id": file.id}]), "/operations/1/parent_id"),
        (json!([trash, {"op": "trash", "id": file.id, "recursive": true}]), "/operations/1/recursive"),
        (json!([trash, {"op": "trash", "id": file.id, "typo": true}]), "/operations/1/typo"),
        (json!([trash, "trash"]), "/operations/1"),
    ] {
        batch(&user, operations).await.invalid(&[pointer]);
    }
    assert_eq!(user.names_in("root").await, ["a"], "nothing runs");
    let many: Vec<Value> = (0..1_001).map(|_| trash.clone()).collect();
    batch(&user, json!(many)).await.problem(413, "batch_too_large");
    let large = json!({"operations": [{"op": "trash", "id": "x".repeat(1 << 20)}]});
    user.post("/v1/batch").json(&large).send().await.problem(413, "payload_too_large");
}

async fn a_thousand_operations_are_one_request(lane: Lane) {
    let user = Api::on(lane).user().await;
    let paths: Vec<String> = (0..500).map(|number| format!("{number:03}")).collect();
    let made = user.post("/v1/folders").json(&json!({"paths": paths})).send().await.expect(200).json();
    let ids: Vec<&Value> = made["items"].as_array().unwrap().iter().map(|item| &item["id"]).collect();
    let to = user.folder("to", None).await;
    let mut operations: Vec<Value> =
        ids.iter().map(|id| json!({"op": "move", "id": id, "parent_id": to.id})).collect();
    operations.extend(ids.iter().map(|id| json!({"op": "trash", "id": id})));
    let results: BatchResults = batch(&user, json!(operations)).await.expect(200).parse();
    assert_eq!((results.succeeded, results.failed), (1_000, 0));
    assert_eq!(user.names_in("root").await, ["to"]);
    assert!(user.names_in(&id(&to)).await.is_empty());
}

on_every_lane![
    each_operation_is_judged_alone_and_in_order,
    what_lies_in_an_item_is_moved_with_it,
    conflicts_are_handled_as_by_the_single_routes,
    all_or_none_where_that_is_said,
    a_retry_with_the_same_key_gets_the_same_results,
    a_batch_of_the_wrong_shape_is_refused_as_a_whole,
    a_thousand_operations_are_one_request,
];
