//! `PATCH /v1/files/{id}`, `PATCH /v1/folders/{id}`

use fm_api_types::{File, Folder};
use fm_e2e::{Api, Lane, User, on_every_lane};
use serde_json::json;

use super::id;

fn path(folder: &Folder) -> String {
    format!("/v1/folders/{}", folder.id)
}

async fn a_file_is_moved_and_renamed_at_once(lane: Lane) {
    let user = Api::on(lane).user().await;
    let folder = user.folder("Work", None).await;
    let file = user.file("a.txt", "text").await;
    let body = json!({"name": "b.txt", "parent_id": folder.id});
    let moved = user.patch(&User::path(&file)).json(&body).send().await.expect(200);
    let moved: File = moved.parse();
    assert_eq!((moved.id, moved.parent_id, moved.name.as_str()), (file.id, folder.id, "b.txt"));
    assert_eq!(moved.path.as_deref(), Some("/Work/b.txt"));
    assert_eq!((moved.modified_at, moved.version), (file.modified_at, file.version), "no content changed");
    assert!(moved.updated_at > file.updated_at);
    assert_eq!(user.get(moved.download.url.expose()).send().await.expect(200).text(), "text");
    let back = user.patch(&User::path(&file)).json(&json!({"parent_id": "root"})).send().await.expect(200);
    assert_eq!(back.parse::<File>().path.as_deref(), Some("/b.txt"));
    assert_eq!(user.storage().await, (4, 1));
}

async fn a_folder_moves_with_all_that_is_in_it(lane: Lane) {
    let user = Api::on(lane).user().await;
    let (from, to) = (user.folder("from", None).await, user.folder("to", None).await);
    let inner = user.folder("inner", Some(&from)).await;
    let file = user.file_in(&inner, "a.txt", "text").await;
    let tag = user.get(&User::path(&file)).send().await.expect(200).field("etag");
    let moved = user.patch(&path(&from)).json(&json!({"parent_id": to.id})).send().await.expect(200);
    let moved: Folder = moved.parse();
    assert_eq!((moved.id, moved.path.as_deref()), (from.id, Some("/to/from")));
    let below = user.get(&User::path(&file)).query(&[("include", "path")]).send().await.expect(200);
    assert_eq!(below.parse::<File>().path.as_deref(), Some("/to/from/inner/a.txt"));
    assert_eq!(below.field("etag"), tag, "nothing of the file itself has changed");
    user.get("/v1/items/lookup?path=/from").send().await.not_found();
}

async fn into_the_place_that_it_is_in_nothing_changes(lane: Lane) {
    let user = Api::on(lane).user().await;
    let folder = user.folder("a", None).await;
    let before = user.get(&path(&folder)).send().await.expect(200);
    let same = json!({"name": "a", "parent_id": "root"});
    let after = user.patch(&path(&folder)).json(&same).send().await.expect(200);
    assert_eq!(after.field("etag"), before.field("etag"));
    let case = user.patch(&path(&folder)).json(&json!({"name": "A"})).send().await.expect(200);
    assert_eq!(case.parse::<Folder>().name, "A", "a name may change in case alone");
    assert_ne!(case.field("etag"), before.field("etag"));
}

async fn what_would_make_a_cycle_or_go_too_deep_is_refused(lane: Lane) {
    let user = Api::on(lane).user().await;
    let top = user.folder("a", None).await;
    let below = user.folder("b", Some(&top)).await;
    for target in [&top, &below] {
        let refused = user.patch(&path(&top)).json(&json!({"parent_id": target.id})).send().await;
        refused.problem(409, "move_into_itself");
    }
    let deep = json!({"path": vec!["d"; 63].join("/")});
    let deep: Folder = user.post("/v1/folders").json(&deep).send().await.expect(201).parse();
    user.patch(&path(&top)).json(&json!({"parent_id": deep.id})).send().await.problem(409, "too_deep");
    user.patch(&path(&below)).json(&json!({"parent_id": deep.id})).send().await.expect(200);
    let file = user.file("file", "text").await;
    let into_a_file = user.patch(&path(&top)).json(&json!({"parent_id": file.id})).send().await;
    into_a_file.invalid(&["/parent_id"]);
    for nowhere in ["01890000-0000-7000-8000-000000000000", "nonsense"] {
        user.patch(&path(&top)).json(&json!({"parent_id": nowhere})).send().await.not_found();
    }
    let gone = user.folder("gone", None).await;
    super::trash(&user, &gone.id).await;
    user.patch(&path(&top)).json(&json!({"parent_id": gone.id})).send().await.not_found();
}

async fn a_taken_name_is_refused_numbered_or_replaced(lane: Lane) {
    let user = Api::on(lane).user().await;
    let folder = user.folder("Work", None).await;
    let there = user.file_in(&folder, "a.txt", "there").await;
    let coming = user.file("A.txt", "coming").await;
    let to = |on_conflict: &str| {
        let body = json!({"parent_id": folder.id, "on_conflict": on_conflict});
        user.patch(&User::path(&coming)).json(&body).send()
    };
    let plain = user.patch(&User::path(&coming)).json(&json!({"parent_id": folder.id})).send().await;
    assert_eq!(plain.problem(409, "name_taken")["existing"], json!({"id": there.id, "kind": "file"}));
    to("fail").await.problem(409, "name_taken");
    let numbered: File = to("rename").await.expect(200).parse();
    assert_eq!((numbered.name.as_str(), numbered.requested_name.as_deref()), ("A (2).txt", Some("A.txt")));
    let again = json!({"name": "a.txt", "on_conflict": "rename"});
    let kept: File = user.patch(&User::path(&coming)).json(&again).send().await.expect(200).parse();
    assert_eq!(kept.name, "a (2).txt", "its own number is free to it");
    let back = json!({"parent_id": "root", "name": "A.txt"});
    user.patch(&User::path(&coming)).json(&back).send().await.expect(200);
    let replaced: File = to("replace").await.expect(200).parse();
    assert_eq!((replaced.id, replaced.name.as_str(), replaced.version), (there.id, "a.txt", 2));
    assert_eq!(user.get(replaced.download.url.expose()).send().await.expect(200).text(), "coming");
    user.get(&User::path(&coming)).send().await.not_found();
    assert_eq!(user.storage().await, (11, 1), "what was there is a version");
    let same = user.file("a.txt", "coming").await;
    let body = json!({"parent_id": folder.id, "on_conflict": "replace"});
    let replaced: File = user.patch(&User::path(&same)).json(&body).send().await.expect(200).parse();
    assert_eq!((replaced.id, replaced.version), (there.id, 2), "the same bytes make no version");
    assert_eq!((replaced.modified_at, user.storage().await), (same.modified_at, (11, 1)));
    assert_eq!(user.get(replaced.download.url.expose()).send().await.expect(200).text(), "coming");
    let onto = user.folder("b", None).await;
    user.folder("b", Some(&folder)).await;
    let body = json!({"parent_id": folder.id, "on_conflict": "replace"});
    user.patch(&path(&onto)).json(&body).send().await.problem(409, "name_taken");
}

async fn an_edit_can_be_bound_to_a_revision(lane: Lane) {
    let user = Api::on(lane).user().await;
    let folder = user.folder("a", None).await;
    let tag = user.get(&path(&folder)).send().await.expect(200).field("etag");
    user.file_in(&folder, "file", "text").await;
    let rename = |tag: &str, name: &str| {
        user.patch(&path(&folder)).header("if-match", tag).json(&json!({"name": name})).send()
    };
    rename(&tag, "b").await.expect(200);
    rename(&tag, "c").await.problem(412, "precondition_failed");
    rename("*", "c").await.expect(200);
    let trash = user.post(&format!("/v1/items/{}/trash", folder.id)).header("if-match", &tag);
    trash.send().await.problem(412, "precondition_failed");
    let delete = user.delete(&format!("/v1/items/{}?recursive=1", folder.id)).header("if-match", &tag);
    delete.send().await.problem(412, "precondition_failed");
}

async fn a_time_of_its_client_can_be_given(lane: Lane) {
    let user = Api::on(lane).user().await;
    let file = user.file("a.txt", "text").await;
    let body = json!({"modified_at": "2001-02-03T04:05:06.5+01:00"});
    let dated = user.patch(&User::path(&file)).json(&body).send().await.expect(200);
    assert_eq!(dated.json()["modified_at"], "2001-02-03T03:05:06.500000Z");
    assert_eq!(dated.parse::<File>().path, None, "it is where it was");
    assert_eq!((dated.parse::<File>().created_at, dated.parse::<File>().version), (file.created_at, 1));
    for bad in [json!("yesterday"), json!(7), json!(null), json!("10000-01-01T00:00:00Z")] {
        let refused = user.patch(&User::path(&file)).json(&json!({"modified_at": bad})).send().await;
        refused.invalid(&["/modified_at"]);
    }
}

/// Two folders that move into each other: one of the moves is refused.
async fn opposite_moves_never_make_a_cycle(lane: Lane) {
    let user = Api::on(lane).user().await;
    for round in 0..5 {
        let first = user.folder(&format!("a{round}"), None).await;
        let second = user.folder(&format!("b{round}"), None).await;
        let into = |folder: &Folder, target: &Folder| {
            user.patch(&path(folder)).json(&json!({"parent_id": target.id})).send()
        };
        let (one, other) = tokio::join!(into(&first, &second), into(&second, &first));
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409], "{one:?} {other:?}");
        let (top, below) = if one.status == 200 { (second, first) } else { (first, second) };
        assert_eq!(user.names_in(&id(&top)).await, [below.name]);
    }
}

on_every_lane![
    a_file_is_moved_and_renamed_at_once,
    a_folder_moves_with_all_that_is_in_it,
    into_the_place_that_it_is_in_nothing_changes,
    what_would_make_a_cycle_or_go_too_deep_is_refused,
    a_taken_name_is_refused_numbered_or_replaced,
    an_edit_can_be_bound_to_a_revision,
    a_time_of_its_client_can_be_given,
    opposite_moves_never_make_a_cycle,
];
