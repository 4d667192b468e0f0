//! The trash: in, a look inside, out, and for good.

use fm_api_types::{File, Folder, Operation, TrashList, TrashedItem};
use fm_e2e::{Api, Lane, User, eventually, on_every_lane};
use serde_json::json;

use super::{id, trash, trashed_names};

async fn what_is_trashed_is_gone_for_every_other_route(lane: Lane) {
    let user = Api::on(lane).user().await;
    let folder = user.folder("Work", None).await;
    let file = user.file_in(&folder, "a.txt", "text").await;
    let path = User::path(&file);
    let trashed = trash(&user, &file.id).await;
    assert_eq!((trashed.id, trashed.trash_id), (file.id, file.id));
    assert_eq!(trashed.original_path, "/Work/a.txt");
    assert_eq!((trashed.original_parent_id, trashed.size_bytes), (Some(folder.id), 4));
    assert_eq!((trashed.size, &trashed.sha256), (Some(4), &file.sha256));
    let days = (trashed.purge_at - trashed.trashed_at).num_days();
    assert_eq!(days, 30, "as long as nothing else is configured");
    user.get(&path).send().await.not_found();
    user.get(&format!("/v1/items/{}", file.id)).send().await.not_found();
    user.get(&format!("{path}/content")).send().await.not_found();
    user.get(&format!("{path}/versions")).send().await.not_found();
    user.post(&format!("{path}/signed-url")).json(&json!({})).send().await.not_found();
    user.patch(&path).json(&json!({"name": "b"})).send().await.not_found();
    user.put(&format!("{path}/content"))
        .header("content-type", "text/plain")
        .body("x")
        .send()
        .await
        .not_found();
    user.get("/v1/items/lookup?path=/Work/a.txt").send().await.not_found();
    assert!(user.all(&[]).await.is_empty() && user.names_in(&id(&folder)).await.is_empty());
    assert_eq!(user.storage().await, (4, 0), "its bytes count still");
    let storage = user.counters().await;
    assert_eq!((storage.trash_bytes, storage.version_bytes), (4, 0));
    let again = trash(&user, &file.id).await;
    assert_eq!(again, trashed, "again it is found there");
    assert_eq!(user.file_in(&folder, "a.txt", "new").await.name, "a.txt", "it blocks no name");
}

async fn a_folder_is_one_item_of_the_trash(lane: Lane) {
    let user = Api::on(lane).user().await;
    let folder = user.folder("Work", None).await;
    let below = user.folder("2026", Some(&folder)).await;
    user.file_in(&below, "a.txt", "12345").await;
    let kept = user.file("b.txt", "text").await;
    trash(&user, &folder.id).await;
    let list: TrashList = user.get("/v1/trash").send().await.expect(200).parse();
    assert_eq!(list.items.iter().map(|item| item.id).collect::<Vec<_>>(), [folder.id]);
    assert_eq!(list.items[0].size_bytes, 5);
    let look = |id: String| user.get(&format!("/v1/trash/{id}/children")).send();
    let inside: TrashList = look(id(&folder)).await.expect(200).parse();
    assert_eq!((inside.items[0].name.as_str(), inside.items[0].trash_id), ("2026", folder.id));
    assert_eq!(inside.items[0].original_path, "/Work/2026");
    let deeper: TrashList = look(id(&below)).await.expect(200).parse();
    assert_eq!((deeper.items[0].name.as_str(), deeper.items.len()), ("a.txt", 1));
    assert_eq!(deeper.items[0].original_path, "/Work/2026/a.txt");
    assert_eq!(deeper.items[0].parent_id, Some(below.id));
    let shown = user.get(&format!("/v1/trash/{}", deeper.items[0].id)).send().await.expect(200);
    assert_eq!(shown.parse::<TrashedItem>(), deeper.items[0]);
    look(kept.id.to_string()).await.not_found();
    user.get(&format!("/v1/trash/{}", kept.id)).send().await.not_found();
    assert_eq!(user.names_in("root").await, ["b.txt"]);
}

async fn what_is_known_of_the_trash_is_not_sent_again_until_it_changes(lane: Lane) {
    let user = Api::on(lane).user().await;
    let folder = user.folder("Work", None).await;
    let file = user.file_in(&folder, "a.txt", "text").await;
    trash(&user, &file.id).await;
    let path = format!("/v1/trash/{}", file.id);
    let shown = user.get(&path).send().await.expect(200);
    let tag = shown.field("etag");
    let same = user.get(&path).header("if-none-match", &tag).send().await.expect(304);
    assert_eq!(same.field("etag"), tag);
    user.delete(&format!("/v1/items/{}", folder.id)).send().await.expect(204);
    let changed = user.get(&path).header("if-none-match", &tag).send().await.expect(200);
    let (before, after): (TrashedItem, TrashedItem) = (shown.parse(), changed.parse());
    assert_eq!((before.parent_id, after.parent_id), (Some(folder.id), None), "its folder is gone");
}

async fn the_trash_is_listed_in_any_order_and_by_where_it_came_from(lane: Lane) {
    let user = Api::on(lane).user().await;
    let folder = user.folder("from", None).await;
    for (name, size) in [("b.txt", 2), ("A.txt", 3), ("c.txt", 1)] {
        let file = user.file_in(&folder, name, "x".repeat(size)).await;
        trash(&user, &file.id).await;
    }
    let other = user.file("other.png", "text").await;
    trash(&user, &other.id).await;
    assert_eq!(trashed_names(&user, &[]).await, ["other.png", "c.txt", "A.txt", "b.txt"]);
    let by_name = [("sort", "name"), ("order", "asc")];
    assert_eq!(trashed_names(&user, &by_name).await, ["A.txt", "b.txt", "c.txt", "other.png"]);
    let from = id(&folder);
    let by_size = [("sort", "size"), ("parent_id", from.as_str())];
    assert_eq!(trashed_names(&user, &by_size).await, ["A.txt", "b.txt", "c.txt"]);
    for nowhere in ["01890000-0000-7000-8000-000000000000", "nonsense"] {
        assert!(trashed_names(&user, &[("parent_id", nowhere)]).await.is_empty(), "{nowhere}");
    }
    assert_eq!(trashed_names(&user, &[("q", "PNG")]).await, ["other.png"]);
    let first = user.get("/v1/trash?limit=3").send().await.expect(200).parse::<TrashList>();
    let cursor = first.next_cursor.unwrap();
    assert_eq!(trashed_names(&user, &[("limit", "3"), ("cursor", &cursor)]).await, ["b.txt"]);
    let foreign = user.get("/v1/trash").query(&[("sort", "name"), ("cursor", &cursor)]).send().await;
    foreign.problem(400, "malformed_request");
}

async fn what_was_trashed_comes_back_whole(lane: Lane) {
    let user = Api::on(lane).user().await;
    let folder = user.folder("Work", None).await;
    let below = user.folder("2026", Some(&folder)).await;
    let file = user.file_in(&below, "a.txt", "text").await;
    let gone = user.file_in(&below, "gone.txt", "text").await;
    trash(&user, &gone.id).await;
    trash(&user, &folder.id).await;
    let restored = user.post(&format!("/v1/items/{}/restore", folder.id)).send().await.expect(200);
    let restored: Folder = restored.parse();
    assert_eq!((restored.id, restored.path.as_deref()), (folder.id, Some("/Work")));
    assert_eq!(user.names_in(&id(&below)).await, ["a.txt"], "what was trashed before stays there");
    assert_eq!(
        user.get(user.current(&file).await.download.url.expose()).send().await.expect(200).text(),
        "text"
    );
    assert_eq!(trashed_names(&user, &[]).await, ["gone.txt"]);
    assert_eq!(user.storage().await, (8, 1));
    user.post(&format!("/v1/items/{}/restore", folder.id)).send().await.problem(409, "conflict");
    let back = user.post(&format!("/v1/items/{}/restore", gone.id)).send().await.expect(200);
    assert_eq!(back.parse::<File>().path.as_deref(), Some("/Work/2026/gone.txt"));
    assert_eq!((user.storage().await, user.counters().await.trash_bytes), ((8, 2), 0));
}

async fn a_name_that_was_taken_meanwhile_is_numbered(lane: Lane) {
    let user = Api::on(lane).user().await;
    let file = user.file("a.txt", "old").await;
    trash(&user, &file.id).await;
    let new = user.file("a.txt", "new").await;
    let restore = |body| user.post(&format!("/v1/items/{}/restore", file.id)).json(&body).send();
    restore(json!({"on_conflict": "fail"})).await.problem(409, "name_taken");
    let restored: File = restore(json!({})).await.expect(200).parse();
    assert_eq!((restored.name.as_str(), restored.requested_name.as_deref()), ("a (2).txt", Some("a.txt")));
    trash(&user, &file.id).await;
    user.patch(&User::path(&new)).json(&json!({"name": "a (2).txt"})).send().await.expect(200);
    let replaced: File = restore(json!({"on_conflict": "replace"})).await.expect(200).parse();
    assert_eq!((replaced.id, replaced.version), (new.id, 2));
    assert_eq!(user.get(replaced.download.url.expose()).send().await.expect(200).text(), "old");
}

async fn a_folder_that_is_gone_is_told_and_can_be_made_again(lane: Lane) {
    let user = Api::on(lane).user().await;
    let make = async |name: &str| {
        let path = json!({"path": "a/b", "parent_id": "root"});
        let folder: Folder = user.post("/v1/folders").json(&path).send().await.expect(201).parse();
        let file = user.file_in(&folder, name, "text").await;
        trash(&user, &file.id).await;
        let a = user.get("/v1/items/lookup?path=/a").send().await.expect(200).parse::<Folder>();
        trash(&user, &a.id).await;
        (file, a)
    };
    let (first, a) = make("first.txt").await;
    let restore =
        |file: &File, query: &str| user.post(&format!("/v1/items/{}/restore{query}", file.id)).send();
    restore(&first, "").await.problem(409, "parent_trashed");
    let elsewhere = json!({"parent_id": "root"});
    let moved = user.post(&format!("/v1/items/{}/restore", first.id)).json(&elsewhere).send().await;
    assert_eq!(moved.expect(200).parse::<File>().path.as_deref(), Some("/first.txt"));
    let (second, other) = make("second.txt").await;
    user.delete(&format!("/v1/items/{}?recursive=true", other.id)).send().await.expect(204);
    restore(&second, "").await.problem(409, "parent_trashed");
    let left = user.get(&format!("/v1/trash/{}", second.id)).send().await.expect(200);
    let left: TrashedItem = left.parse();
    assert_eq!(
        (left.parent_id, left.original_parent_id),
        (None, Some(second.parent_id)),
        "it is gone for good"
    );
    let from = second.parent_id.to_string();
    assert_eq!(trashed_names(&user, &[("parent_id", &from)]).await, ["second.txt"]);
    let remade: File = restore(&second, "?recreate_parents=1").await.expect(200).parse();
    assert_eq!(remade.path.as_deref(), Some("/a/b/second.txt"));
    user.get(&format!("/v1/trash/{}", a.id)).send().await.expect(200);
}

async fn something_in_a_trashed_folder_comes_back_alone(lane: Lane) {
    let user = Api::on(lane).user().await;
    let folder = user.folder("a", None).await;
    let wanted = user.file_in(&folder, "wanted.txt", "text").await;
    user.file_in(&folder, "other.txt", "text").await;
    trash(&user, &folder.id).await;
    let restore = |body| user.post(&format!("/v1/items/{}/restore", wanted.id)).json(&body).send();
    restore(json!({})).await.problem(409, "parent_trashed");
    let restored: File = restore(json!({"parent_id": "root"})).await.expect(200).parse();
    assert_eq!(restored.path.as_deref(), Some("/wanted.txt"));
    let left: TrashList =
        user.get(&format!("/v1/trash/{}/children", folder.id)).send().await.expect(200).parse();
    assert_eq!(left.items.iter().map(|item| item.name.as_str()).collect::<Vec<_>>(), ["other.txt"]);
    assert_eq!((user.storage().await, user.counters().await.trash_bytes), ((8, 1), 4));
    let other = left.items[0].id;
    let back = user.post(&format!("/v1/items/{other}/restore?recreate_parents=1")).send().await.expect(200);
    let back: File = back.parse();
    assert_eq!(back.path.as_deref(), Some("/a/other.txt"));
    assert_ne!(back.parent_id, folder.id, "the folder of before is in the trash still");
    assert_eq!(trashed_names(&user, &[]).await, ["a"]);
}

async fn a_deletion_is_for_good_and_of_a_full_folder_explicit(lane: Lane) {
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    let folder = user.folder("a", None).await;
    let below = user.folder("b", Some(&folder)).await;
    user.file_in(&below, "file", "text").await;
    let delete = |query: &str| user.delete(&format!("/v1/folders/{}{query}", folder.id)).send();
    delete("").await.problem(409, "folder_not_empty");
    delete("?recursive=false").await.problem(409, "folder_not_empty");
    delete("?recursive=perhaps").await.problem(400, "malformed_request");
    delete("?recursive=true").await.expect(204);
    delete("?recursive=true").await.not_found();
    user.get(&format!("/v1/trash/{}", folder.id)).send().await.not_found();
    let empty = user.folder("empty", None).await;
    user.delete(&format!("/v1/items/{}", empty.id)).send().await.expect(204);
    let file = user.file("file", "text").await;
    trash(&user, &file.id).await;
    user.delete(&User::path(&file)).send().await.expect(204);
    user.get(&format!("/v1/trash/{}", file.id)).send().await.not_found();
    assert_eq!(user.storage().await, (0, 0));
    api.server.stores_exactly(0).await;
}

async fn the_trash_is_emptied_by_an_operation(lane: Lane) {
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    let folder = user.folder("a", None).await;
    user.file_in(&folder, "one", "1").await;
    let file = user.file("two", "22").await;
    trash(&user, &folder.id).await;
    trash(&user, &file.id).await;
    let kept = user.file("kept", "333").await;
    let young = user.delete("/v1/trash?older_than_days=1").send().await.expect(202);
    ends(&user, &young.parse()).await;
    assert_eq!(trashed_names(&user, &[]).await.len(), 2, "none of it is that old");
    let answer = user.delete("/v1/trash").send().await.expect(202);
    let begun: Operation = answer.parse();
    assert_eq!(answer.field("location"), format!("/v1/operations/{}", begun.id));
    assert_eq!(begun.kind, "empty_trash");
    let ended = ends(&user, &begun).await;
    assert_eq!((ended.status.as_str(), ended.failed.len()), ("done", 0));
    assert!(trashed_names(&user, &[]).await.is_empty());
    assert_eq!(user.storage().await, (3, 1));
    user.get(&User::path(&kept)).send().await.expect(200);
    api.server.stores_exactly(1).await;
    user.delete("/v1/trash?older_than_days=x").send().await.problem(400, "malformed_request");
}

/// Waits until an operation has ended.
async fn ends(user: &User, operation: &Operation) -> Operation {
    eventually("the operation ends", async || {
        let path = format!("/v1/operations/{}", operation.id);
        let now: Operation = user.get(&path).send().await.expect(200).parse();
        (now.status != "running").then_some(now)
    })
    .await
}

async fn a_deployment_can_do_without_a_trash(lane: Lane) {
    let api = Api::with(lane, &[("TRASH_RETENTION_DAYS", "0")]);
    let user = api.user().await;
    assert_eq!(user.capabilities().await.tree.trash_retention_days, 0);
    let file = user.file("a.txt", "text").await;
    user.post(&format!("/v1/items/{}/trash", file.id)).send().await.problem(409, "conflict");
    user.delete(&User::path(&file)).send().await.expect(204);
}

on_every_lane![
    what_is_trashed_is_gone_for_every_other_route,
    a_folder_is_one_item_of_the_trash,
    what_is_known_of_the_trash_is_not_sent_again_until_it_changes,
    the_trash_is_listed_in_any_order_and_by_where_it_came_from,
    what_was_trashed_comes_back_whole,
    a_name_that_was_taken_meanwhile_is_numbered,
    a_folder_that_is_gone_is_told_and_can_be_made_again,
    something_in_a_trashed_folder_comes_back_alone,
    a_deletion_is_for_good_and_of_a_full_folder_explicit,
    the_trash_is_emptied_by_an_operation,
    a_deployment_can_do_without_a_trash,
];
