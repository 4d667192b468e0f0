//! `PATCH /v1/files/{id}`

use fm_api_types::File;
use fm_e2e::{Api, Lane, User, on_every_lane};
use serde_json::json;

async fn a_file_can_be_renamed(lane: Lane) {
    let user = Api::on(lane).user().await;
    let file = user.file_of("text/plain", "a.txt", "text").await;
    let path = User::path(&file);
    let renamed = user.patch(&path).json(&json!({"name": "Übung.md"})).send().await.expect(200);
    assert!(renamed.header("etag").is_some());
    let renamed: File = renamed.parse();
    assert_eq!(renamed.name, "Übung.md");
    let same = (renamed.id, renamed.size, &renamed.sha256, &renamed.content_type, renamed.created_at);
    assert_eq!(same, (file.id, file.size, &file.sha256, &file.content_type, file.created_at));
    assert!(renamed.updated_at > file.updated_at);
    assert_eq!(renamed.path.as_deref(), Some("/Übung.md"), "what changes the path tells it");
    let shown = user.get(&path).query(&[("include", "path,ancestors")]).send().await.expect(200);
    assert_eq!(shown.parse::<File>(), renamed);
    let download = user.get(renamed.download.url.expose()).send().await.expect(200);
    assert_eq!(download.text(), "text");
    assert!(download.field("content-disposition").contains("%C3%9Cbung.md"));
    assert_eq!(user.storage().await, (4, 1));
}

async fn a_rename_takes_a_name(lane: Lane) {
    let user = Api::on(lane).user().await;
    let path = User::path(&user.file("a.txt", "text").await);
    let unchanged: File = user.patch(&path).json(&json!({})).send().await.expect(200).parse();
    assert_eq!(unchanged, user.current(&unchanged).await);
    user.patch(&path).json(&json!({"name": null})).send().await.problem(422, "validation_failed");
    user.patch(&path).json(&json!({"name": "b", "size": 1})).send().await.problem(422, "validation_failed");
    assert_eq!(user.get(&path).send().await.parse::<File>().name, "a.txt");
}

async fn an_edit_can_be_bound_to_a_revision(lane: Lane) {
    let user = Api::on(lane).user().await;
    let created = user.upload("a.txt", "text").send().await.expect(201);
    let path = User::path(&created.parse());
    let old = created.field("etag");
    let rename =
        |tag: &str, name: &str| user.patch(&path).header("if-match", tag).json(&json!({"name": name})).send();
    let new = rename(&old, "b.txt").await.expect(200).field("etag");
    rename(&old, "c.txt").await.problem(412, "precondition_failed");
    rename("\"made up\"", "c.txt").await.problem(412, "precondition_failed");
    assert_eq!(user.get(&path).send().await.parse::<File>().name, "b.txt");
    rename(&format!("{old}, {new}"), "c.txt").await.expect(200);
    rename("*", "d.txt").await.expect(200);
    user.patch("/v1/files/01890000-0000-7000-8000-000000000000")
        .header("if-match", "*")
        .json(&json!({"name": "e"}))
        .send()
        .await
        .not_found();
}

async fn of_parallel_edits_of_one_revision_one_wins(lane: Lane) {
    let user = Api::on(lane).user().await;
    let created = user.upload("a.txt", "text").send().await.expect(201);
    let path = User::path(&created.parse());
    let tag = created.field("etag");
    let edits = (0..8).map(|index| {
        user.patch(&path).header("if-match", &tag).json(&json!({"name": format!("{index}.txt")})).send()
    });
    let answers = futures_util::future::join_all(edits).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.problem(412, "precondition_failed");
    }
}

async fn parallel_edits_without_a_revision_all_succeed(lane: Lane) {
    let user = Api::on(lane).user().await;
    let path = User::path(&user.file("a.txt", "text").await);
    let edits = (0..8).map(|index| user.patch(&path).json(&json!({"name": format!("{index}.txt")})).send());
    for answer in futures_util::future::join_all(edits).await {
        answer.expect(200);
    }
}

on_every_lane![
    a_file_can_be_renamed,
    a_rename_takes_a_name,
    an_edit_can_be_bound_to_a_revision,
    of_parallel_edits_of_one_revision_one_wins,
    parallel_edits_without_a_revision_all_succeed,
];
