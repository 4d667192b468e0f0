//! `/v1/folders`, `GET /v1/items/{id}`, `GET /v1/items/lookup`

use fm_api_types::{Folder, FolderUsage, Item, MadePaths};
use fm_e2e::{Api, Lane, User, on_every_lane};
use serde_json::json;

use super::id;

async fn a_folder_is_made_shown_and_found(lane: Lane) {
    let user = Api::on(lane).user().await;
    let created = user.post("/v1/folders").json(&json!({"name": "Invoices"})).send().await.expect(201);
    let folder: Folder = created.parse();
    assert_eq!(created.field("location"), format!("/v1/folders/{}", folder.id));
    assert_eq!((folder.name.as_str(), folder.path.as_deref()), ("Invoices", Some("/Invoices")));
    assert_eq!(folder.drive_id.to_string(), user.id);
    assert_eq!(folder.parent_id, Some(folder.drive_id), "the root has the id of its drive");
    assert_eq!((folder.modified_at, folder.updated_at), (folder.created_at, folder.created_at));
    let shown = user.get(&format!("/v1/folders/{}", folder.id)).send().await.expect(200);
    assert_eq!(shown.field("etag"), created.field("etag"));
    assert_eq!(shown.parse::<Folder>(), Folder { path: None, ancestors: None, ..folder.clone() });
    let item: Item = user.get(&format!("/v1/items/{}", folder.id)).send().await.expect(200).parse();
    assert_eq!(item.folder(), Some(&shown.parse()));
    let same = user.get(&format!("/v1/folders/{}", folder.id)).header("if-none-match", &shown.field("etag"));
    same.send().await.expect(304);
    assert_eq!(user.names_in("root").await, ["Invoices"]);
}

async fn the_root_is_a_folder_of_its_own_kind(lane: Lane) {
    let user = Api::on(lane).user().await;
    let root: Folder = user.get("/v1/folders/root").send().await.expect(200).parse();
    assert_eq!((root.id.to_string(), root.parent_id, root.name.as_str()), (user.id.clone(), None, ""));
    let included = user.get("/v1/folders/root").query(&[("include", "path,ancestors")]).send().await;
    let included: Folder = included.expect(200).parse();
    assert_eq!((included.path.as_deref(), included.ancestors), (Some("/"), Some(Vec::new())));
    user.patch("/v1/folders/root").json(&json!({"name": "a"})).send().await.problem(422, "validation_failed");
    user.post("/v1/items/root/trash").send().await.problem(422, "validation_failed");
    user.delete("/v1/items/root?recursive=true").send().await.problem(422, "validation_failed");
    user.delete(&format!("/v1/folders/{}", root.id)).send().await.problem(422, "validation_failed");
    let copy = user.post("/v1/items/root/copy").json(&json!({"parent_id": "root"}));
    copy.send().await.problem(409, "move_into_itself");
}

async fn names_of_a_folder_differ_in_more_than_case_and_form(lane: Lane) {
    let user = Api::on(lane).user().await;
    let folder = user.folder("Café", None).await;
    let file = user.file("notes.txt", "text").await;
    for name in ["Café", "CAFÉ", "cafe\u{301}"] {
        let refused = user.post("/v1/folders").json(&json!({"name": name})).send().await;
        let problem = refused.problem(409, "name_taken");
        assert_eq!(problem["existing"], json!({"id": folder.id, "kind": "folder"}), "{name}");
    }
    let refused = user.post("/v1/folders").json(&json!({"name": "NOTES.txt"})).send().await;
    assert_eq!(refused.problem(409, "name_taken")["existing"], json!({"id": file.id, "kind": "file"}));
    let inside = user.folder("café", Some(&folder)).await;
    assert_eq!(inside.path.as_deref(), Some("/Café/café"));
}

async fn a_taken_name_is_numbered_or_reused_where_that_is_said(lane: Lane) {
    let user = Api::on(lane).user().await;
    let first = user.folder("Work", None).await;
    let make = |name: &str, on_conflict: &str| {
        user.post("/v1/folders").json(&json!({"name": name, "on_conflict": on_conflict})).send()
    };
    let numbered: Folder = make("work", "rename").await.expect(201).parse();
    assert_eq!((numbered.name.as_str(), numbered.requested_name.as_deref()), ("work (2)", Some("work")));
    assert_eq!(make("Work", "rename").await.expect(201).parse::<Folder>().name, "Work (3)");
    let reused = make("WORK", "reuse").await.expect(200);
    assert_eq!(reused.parse::<Folder>().id, first.id);
    make("new", "reuse").await.expect(201);
    user.file("file", "text").await;
    make("file", "reuse").await.problem(409, "name_taken");
    make("Work", "replace").await.invalid(&["/on_conflict"]);
}

async fn a_path_makes_every_folder_that_is_missing(lane: Lane) {
    let user = Api::on(lane).user().await;
    let make = |path: &str| user.post("/v1/folders").json(&json!({"path": path})).send();
    let deep = make("photos/2026/01").await.expect(201);
    let deep: Folder = deep.parse();
    assert_eq!(deep.path.as_deref(), Some("/photos/2026/01"));
    let ancestors: Vec<String> = deep.ancestors.unwrap().into_iter().map(|folder| folder.name).collect();
    assert_eq!(ancestors, ["", "photos", "2026"]);
    let again: Folder = make("/PHOTOS//2026/01/").await.expect(200).parse();
    assert_eq!((again.id, again.path.as_deref()), (deep.id, Some("/photos/2026/01")));
    assert_eq!(make("photos/2026/02").await.expect(201).parse::<Folder>().parent_id, deep.parent_id);
    user.file("notes.txt", "text").await;
    make("notes.txt/a").await.problem(409, "name_taken");
    make("a/../b").await.invalid(&["/path"]);
    make("").await.invalid(&["/path"]);
    assert_eq!(user.names_in("root").await, ["photos", "notes.txt"], "what is refused makes no folder");
}

async fn a_path_leads_to_a_new_folder_where_that_is_asked_for(lane: Lane) {
    let user = Api::on(lane).user().await;
    let make = |path: &str, on_conflict: &str| {
        user.post("/v1/folders").json(&json!({"path": path, "on_conflict": on_conflict})).send()
    };
    let folder: Folder = make("photos/2026", "fail").await.expect(201).parse();
    assert_eq!(folder.path.as_deref(), Some("/photos/2026"));
    let taken = make("Photos/2026", "fail").await.problem(409, "name_taken");
    assert_eq!(taken["existing"], json!({"id": folder.id, "kind": "folder"}));
    let numbered: Folder = make("photos/2026", "rename").await.expect(201).parse();
    assert_eq!(numbered.path.as_deref(), Some("/photos/2026 (2)"));
    assert_eq!(numbered.requested_name.as_deref(), Some("2026"));
    assert_eq!(make("photos/2026", "reuse").await.expect(200).parse::<Folder>().id, folder.id);
    user.file_in(&folder, "file", "text").await;
    make("photos/2026/file/a", "fail").await.problem(409, "name_taken");
    assert_eq!(user.storage().await, (4, 1));
}

async fn a_skeleton_is_made_as_a_whole(lane: Lane) {
    let user = Api::on(lane).user().await;
    let parent = user.folder("drop", None).await;
    let make = |paths: &[&str]| {
        user.post("/v1/folders").json(&json!({"paths": paths, "parent_id": parent.id})).send()
    };
    let answer: MadePaths = make(&["a/b", "a/c", "A/B/d", "a"]).await.expect(200).parse();
    assert_eq!(answer.created, 4, "a, b, c and d");
    let paths: Vec<&str> = answer.items.iter().map(|item| item.path.as_str()).collect();
    assert_eq!(paths, ["a/b", "a/c", "A/B/d", "a"]);
    let again: MadePaths = make(&["a/b", "a"]).await.expect(200).parse();
    assert_eq!(
        (again.created, again.items[0].id, again.items[1].id),
        (0, answer.items[0].id, answer.items[3].id)
    );
    user.file_in(&parent, "file", "text").await;
    make(&["new", "file/x"]).await.problem(409, "name_taken");
    assert_eq!(user.names_in(&id(&parent)).await, ["a", "file"], "all or none");
    let many: Vec<String> = (0..1_001).map(|number| format!("{number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    make(&many).await.problem(413, "batch_too_large");
    assert_eq!(make(&many[..1_000]).await.expect(200).parse::<MadePaths>().created, 1_000);
}

async fn requests_of_the_wrong_shape_make_nothing(lane: Lane) {
    let user = Api::on(lane).user().await;
    for (body, pointer) in [
        (json!({}), ""),
        (json!({"name": "a", "path": "b"}), ""),
        (json!({"name": "a/b"}), "/name"),
        (json!({"name": ".."}), "/name"),
        (json!({"name": "a", "parent": "root"}), "/parent"),
        (json!({"paths": ["a", ".."]}), "/paths/1"),
        (json!({"paths": []}), "/paths"),
        (json!({"paths": ["a"], "on_conflict": "fail"}), "/on_conflict"),
    ] {
        user.post("/v1/folders").json(&body).send().await.invalid(&[pointer]);
    }
    for parent in ["01890000-0000-7000-8000-000000000000", "nonsense"] {
        user.post("/v1/folders").json(&json!({"name": "a", "parent_id": parent})).send().await.not_found();
    }
    let file = user.file("a.txt", "text").await;
    let below_a_file = json!({"name": "a", "parent_id": file.id});
    user.post("/v1/folders").json(&below_a_file).send().await.invalid(&["/parent_id"]);
    assert_eq!(user.names_in("root").await, ["a.txt"]);
}

async fn folders_lie_64_levels_deep_and_no_deeper(lane: Lane) {
    let user = Api::on(lane).user().await;
    let path = vec!["d"; 64].join("/");
    let deepest: Folder =
        user.post("/v1/folders").json(&json!({"path": path})).send().await.expect(201).parse();
    assert_eq!(deepest.ancestors.unwrap().len(), 64);
    let deeper = json!({"name": "e", "parent_id": deepest.id});
    user.post("/v1/folders").json(&deeper).send().await.problem(409, "too_deep");
    let deeper = json!({"path": format!("{path}/e")});
    user.post("/v1/folders").json(&deeper).send().await.problem(409, "too_deep");
    let upload = user.upload("a.txt", "text").query(&[("parent_id", &deepest.id.to_string())]);
    upload.send().await.expect(201);
}

async fn an_item_is_found_by_its_path_in_any_case(lane: Lane) {
    let user = Api::on(lane).user().await;
    let folder = user.folder("Straße", None).await;
    let file = user.file_in(&folder, "Über uns.txt", "text").await;
    let look = |parameters: &[(&str, &str)]| user.get("/v1/items/lookup").query(parameters).send();
    for path in ["/Straße/Über uns.txt", "STRASSE/ÜBER UNS.TXT", "strasse//u\u{308}ber uns.txt/"] {
        let found = look(&[("path", path)]).await.expect(200);
        assert_eq!(found.parse::<Item>().id(), file.id, "{path}");
        assert_eq!(found.field("content-location"), User::path(&file));
        let same = user.get("/v1/items/lookup").query(&[("path", path)]);
        same.header("if-none-match", &found.field("etag")).send().await.expect(304);
    }
    let found = look(&[("path", "/strasse"), ("include", "path")]).await.expect(200);
    assert_eq!(found.field("content-location"), format!("/v1/folders/{}", folder.id));
    assert_eq!(found.parse::<Item>().folder().unwrap().path.as_deref(), Some("/Straße"));
    let from = look(&[("path", "über uns.txt"), ("from", &id(&folder))]).await.expect(200);
    assert_eq!(from.parse::<Item>().id(), file.id);
    assert_eq!(look(&[("path", "/"), ("drive_id", &user.id)]).await.expect(200).parse::<Item>().name(), "");
    look(&[("path", "/Straße/none")]).await.not_found();
    look(&[("path", "/Straße/Über uns.txt/more")]).await.not_found();
    look(&[("path", "/a"), ("from", "01890000-0000-7000-8000-000000000000")]).await.not_found();
    assert_eq!(look(&[]).await.expect(200).parse::<Item>().name(), "", "an empty path is its start");
    look(&[("path", &"a".repeat(16_385))]).await.problem(422, "validation_failed");
    look(&[("path", "../a")]).await.problem(400, "malformed_request");
}

async fn a_folder_tells_what_it_holds(lane: Lane) {
    let user = Api::on(lane).user().await;
    let folder = user.folder("a", None).await;
    let below = user.folder("b", Some(&folder)).await;
    user.file_in(&folder, "one", "12345").await;
    user.file_in(&below, "two", "123").await;
    let gone = user.file_in(&below, "three", "1234567").await;
    super::trash(&user, &gone.id).await;
    let usage = async |folder: &str| -> FolderUsage {
        user.get(&format!("/v1/folders/{folder}/usage")).send().await.expect(200).parse()
    };
    let held = usage(&id(&folder)).await;
    assert_eq!((held.files, held.folders, held.size_bytes), (2, 1, 8));
    let all = usage("root").await;
    assert_eq!((all.files, all.folders, all.size_bytes), (2, 2, 8));
    assert_eq!(usage("root").await.computed_at, all.computed_at, "nothing has changed since");
    user.file("four", "1").await;
    let later = usage("root").await;
    assert!(later.seq > all.seq && later.computed_at >= all.computed_at);
    let file = user.file("five", "1").await;
    user.get(&format!("/v1/folders/{}/usage", file.id)).send().await.not_found();
}

async fn a_folder_is_no_file_and_a_file_is_no_folder(lane: Lane) {
    let user = Api::on(lane).user().await;
    let (folder, file) = (user.folder("a", None).await, user.file("b.txt", "text").await);
    let (as_file, as_folder) = (format!("/v1/files/{}", folder.id), format!("/v1/folders/{}", file.id));
    for path in [&as_file, &as_folder] {
        user.get(path).send().await.not_found();
        user.patch(path).json(&json!({"name": "c"})).send().await.not_found();
        user.delete(path).send().await.not_found();
    }
    user.get(&format!("{as_folder}/children")).send().await.not_found();
    assert_eq!(user.names_in("root").await, ["a", "b.txt"]);
}

on_every_lane![
    a_folder_is_made_shown_and_found,
    the_root_is_a_folder_of_its_own_kind,
    names_of_a_folder_differ_in_more_than_case_and_form,
    a_taken_name_is_numbered_or_reused_where_that_is_said,
    a_path_makes_every_folder_that_is_missing,
    a_path_leads_to_a_new_folder_where_that_is_asked_for,
    a_skeleton_is_made_as_a_whole,
    requests_of_the_wrong_shape_make_nothing,
    folders_lie_64_levels_deep_and_no_deeper,
    an_item_is_found_by_its_path_in_any_case,
    a_folder_tells_what_it_holds,
    a_folder_is_no_file_and_a_file_is_no_folder,
];
