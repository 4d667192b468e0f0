//! Uploads into folders, by each transport.

use std::time::Duration;

use bytes::Bytes;
use fm_api_types::{DirectUploadCreation, File, Folder};
use fm_e2e::direct::Direct;
use fm_e2e::raw::Connection;
use fm_e2e::tus::{Resumable, metadata};
use fm_e2e::{Answer, Api, Form, Lane, Part, User, asked_name, on_every_lane};
use serde_json::json;

use super::{id, trash};

/// What an upload says of its place.
#[derive(Clone, Copy, Default)]
struct Place<'a> {
    parent: &'a str,
    path: &'a str,
    on_conflict: &'a str,
    modified_at: &'a str,
}

impl<'a> Place<'a> {
    /// Its fields, those alone that say something.
    fn fields(self) -> Vec<(&'static str, &'a str)> {
        let all = [
            ("parent_id", self.parent),
            ("path", self.path),
            ("on_conflict", self.on_conflict),
            ("modified_at", self.modified_at),
        ];
        all.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }
}

const TRANSPORTS: [&str; 4] = ["raw", "form", "tus", "direct"];

/// Uploads these bytes to this place by a transport; the answer that makes the file or refuses it.
async fn upload(user: &User, transport: &str, name: &str, content: &str, place: Place<'_>) -> Answer {
    match transport {
        "raw" => user.upload(name, content.to_owned()).query(&place.fields()).send().await,
        "form" => {
            let mut parts: Vec<Part> =
                place.fields().into_iter().map(|(field, text)| Part::text(field, text)).collect();
            parts.push(Part::file("file", name, "application/octet-stream", content.to_owned()));
            user.post("/v1/files").form(&Form::of(parts)).send().await
        }
        "tus" => {
            let mut fields = vec![("filename", name)];
            fields.extend(place.fields());
            let request = user.post("/v1/uploads").header("tus-resumable", "1.0.0");
            let request = request.header("upload-length", &content.len().to_string());
            let created = request.header("upload-metadata", &metadata(&fields)).send().await;
            if created.status != 201 {
                return created;
            }
            let upload = Resumable::of(user, &created);
            let sent = upload.piece(0).body(content.to_owned()).send().await;
            if sent.status != 204 {
                return sent;
            }
            user.get(&format!("/v1/files/{}", sent.field("x-file-id"))).send().await
        }
        "direct" => {
            let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            let body = DirectUploadCreation {
                name: name.to_owned(),
                size: content.len() as u64,
                parent_id: given(place.parent),
                path: given(place.path),
                on_conflict: given(place.on_conflict),
                modified_at: given(place.modified_at),
                ..DirectUploadCreation::default()
            };
            let created = user.direct_creation(&body).send().await;
            if created.status != 201 {
                return created;
            }
            let upload = Direct::of(user, &created);
            let sent = upload.send_all(&Bytes::from(content.to_owned())).await;
            upload.complete(&sent).await
        }
        other => panic!("no transport: {other}"),
    }
}

fn file(answer: &Answer) -> File {
    assert!([200, 201].contains(&answer.status), "{answer:?}");
    answer.parse()
}

async fn a_file_goes_into_its_folder_by_every_transport(lane: Lane) {
    let user = Api::on(lane).user().await;
    for transport in TRANSPORTS {
        let folder = user.folder(transport, None).await;
        let parent = id(&folder);
        let place = Place { parent: &parent, modified_at: "2001-02-03T04:05:06Z", ..Place::default() };
        let made = file(&upload(&user, transport, "a.txt", "text", place).await);
        assert_eq!((made.parent_id, made.name.as_str()), (folder.id, "a.txt"), "{transport}");
        assert_eq!(made.modified_at.to_rfc3339(), "2001-02-03T04:05:06+00:00", "{transport}");
        assert!(made.created_at.timestamp() > 1_700_000_000, "{transport}");
        assert_eq!(user.content(&made).await, "text", "{transport}");
        let below = Place { parent: &parent, path: "new/2026/", ..Place::default() };
        let deep = file(&upload(&user, transport, "b.txt", "text", below).await);
        let shown = user.get(&User::path(&deep)).query(&[("include", "path")]).send().await.expect(200);
        assert_eq!(shown.json()["path"], format!("/{transport}/new/2026/b.txt"), "{transport}");
    }
}

async fn the_answer_tells_the_path_where_it_is_known(lane: Lane) {
    let user = Api::on(lane).user().await;
    let work = user.folder("Work", None).await;
    let (work, year) = (id(&work), id(&user.folder("2026", Some(&work)).await));
    for transport in ["raw", "form", "direct"] {
        let name = format!("{transport}.txt");
        for (parent, path, expected) in [
            ("root", "", Some(format!("/{name}"))),
            (work.as_str(), "", Some(format!("/Work/{name}"))),
            // The folders above this one are not asked for.
            (year.as_str(), "", None),
            (year.as_str(), "photos", Some(format!("/Work/2026/photos/{name}"))),
        ] {
            let place = Place { parent, path, ..Place::default() };
            let answer = upload(&user, transport, &name, "text", place).await.expect(201);
            assert_eq!(answer.parse::<File>().path, expected, "{transport}");
        }
        let again = Place { parent: &work, on_conflict: "replace", ..Place::default() };
        let replaced = upload(&user, transport, &name, "new", again).await.expect(200);
        assert_eq!(replaced.parse::<File>().path, Some(format!("/Work/{name}")), "{transport}");
    }
}

async fn a_taken_name_is_numbered_refused_or_replaced_by_every_transport(lane: Lane) {
    let user = Api::on(lane).user().await;
    for transport in TRANSPORTS {
        let folder = user.folder(transport, None).await;
        let parent = id(&folder);
        let place = |on_conflict| Place { parent: &parent, on_conflict, ..Place::default() };
        let first = file(&upload(&user, transport, "a.txt", "first", place("fail")).await);
        let refused = upload(&user, transport, "A.TXT", "other", place("fail")).await;
        let problem = refused.problem(409, "name_taken");
        assert_eq!(problem["existing"], json!({"id": first.id, "kind": "file"}), "{transport}");
        let numbered = file(&upload(&user, transport, "a.txt", "second", place("")).await);
        assert_eq!(numbered.name, "a (2).txt", "{transport}");
        let answer = upload(&user, transport, "a.txt", "replaced", place("replace")).await;
        let replaced = file(&answer);
        assert_eq!((replaced.id, replaced.version), (first.id, 2), "{transport}");
        assert_eq!(user.content(&replaced).await, "replaced", "{transport}");
        assert_eq!(user.names_in(&parent).await, ["a (2).txt", "a.txt"], "{transport}");
        user.folder("folder", Some(&folder)).await;
        let onto = upload(&user, transport, "folder", "text", place("replace")).await;
        assert_eq!(onto.problem(409, "name_taken")["existing"]["kind"], "folder", "{transport}");
    }
    let storage = user.counters().await;
    assert_eq!((storage.used_bytes, storage.version_bytes, storage.file_count), (76, 20, 8));
}

async fn the_answer_tells_which_name_was_asked_for(lane: Lane) {
    let user = Api::on(lane).user().await;
    user.file("a.txt", "first").await;
    for transport in ["raw", "form", "direct"] {
        let answer = upload(&user, transport, "a.txt", "other", Place::default()).await.expect(201);
        let made: File = answer.parse();
        assert_eq!(asked_name(&made), "a.txt", "{transport}");
        assert_ne!(made.name, "a.txt", "{transport}");
        assert_eq!(user.current(&made).await.requested_name, None, "{transport}");
    }
    let replaced = upload(&user, "raw", "a.txt", "new", Place { on_conflict: "replace", ..Place::default() });
    assert_eq!(replaced.await.expect(200).parse::<File>().requested_name, None);
}

async fn what_can_not_be_a_place_is_refused_by_every_transport(lane: Lane) {
    let user = Api::on(lane).user().await;
    let taken = user.file("taken", "text").await.id.to_string();
    for transport in TRANSPORTS {
        let statuses = if transport == "raw" { (400, 404) } else { (422, 404) };
        for place in [
            Place { path: "a/../b", ..Place::default() },
            Place { on_conflict: "reuse", ..Place::default() },
            Place { modified_at: "yesterday", ..Place::default() },
        ] {
            let answer = upload(&user, transport, "a.txt", "text", place).await;
            assert_eq!(answer.status, statuses.0, "{transport}: {answer:?}");
        }
        for parent in ["01890000-0000-7000-8000-000000000000", "nonsense"] {
            let answer =
                upload(&user, transport, "a.txt", "text", Place { parent, ..Place::default() }).await;
            assert_eq!(answer.status, statuses.1, "{transport}: {answer:?}");
        }
        let answer = upload(&user, transport, "a.txt", "text", Place { parent: &taken, ..Place::default() });
        answer.await.problem(422, "validation_failed");
        let answer = upload(&user, transport, "a.txt", "text", Place { path: "taken/a", ..Place::default() });
        answer.await.problem(409, "name_taken");
    }
    assert_eq!(user.names_in("root").await, ["taken"], "nothing is left, no folder either");
    assert_eq!(user.storage().await, (4, 1));
}

async fn a_form_says_where_its_file_goes_before_it(lane: Lane) {
    let user = Api::on(lane).user().await;
    let hello = || Part::file("file", "a.txt", "text/plain", "hello");
    let trailing = Form::of([hello(), Part::text("parent_id", "root")]);
    user.post("/v1/files").form(&trailing).send().await.invalid(&["/parent_id"]);
    let twice = Form::of([Part::text("path", "a"), Part::text("path", "b"), hello()]);
    user.post("/v1/files").form(&twice).send().await.invalid(&["/path"]);
    let empty = Form::of([Part::text("path", ""), Part::text("on_conflict", ""), hello()]);
    user.post("/v1/files").form(&empty).send().await.expect(201);
    let file: File = user.current(&user.all(&[]).await[0]).await;
    let placed = Form::of([Part::text("path", "a"), hello()]);
    let put = user.put(&format!("{}/content", User::path(&file))).form(&placed);
    put.send().await.problem(422, "validation_failed");
    assert_eq!(user.storage().await, (5, 1));
}

async fn header_fields_of_other_clients_are_understood(lane: Lane) {
    let user = Api::on(lane).user().await;
    let new = || user.upload("a.txt", "text").header("if-none-match", "*");
    let first = new().header("x-oc-mtime", "981173106.5").send().await.expect(201);
    assert_eq!(first.json()["modified_at"], "2001-02-03T04:05:06.500000Z");
    new().send().await.problem(412, "precondition_failed");
    let form = Form::of([Part::file("file", "a.txt", "text/plain", "text")]);
    let form = user.post("/v1/files").header("if-none-match", "*").form(&form);
    form.send().await.problem(412, "precondition_failed");
    let direct = json!({"name": "A.txt", "size": 4});
    let direct = user.post("/v1/direct-uploads").header("if-none-match", "*").json(&direct);
    direct.send().await.problem(412, "precondition_failed");
    user.upload("b.txt", "text").header("x-oc-mtime", "soon").send().await.problem(400, "malformed_request");
    let tag = first.field("etag");
    let replace = |tag: &str, name: &str| {
        user.upload(name, "other").query(&[("on_conflict", "replace")]).header("if-match", tag).send()
    };
    let replaced = replace(&tag, "a.txt").await.expect(200);
    replace(&tag, "a.txt").await.problem(412, "precondition_failed");
    replace(&replaced.field("etag"), "a.txt").await.expect(200);
    replace("*", "none.txt").await.problem(412, "precondition_failed");
    assert_eq!(user.names_in("root").await, ["a.txt"]);
}

/// An upload of four bytes that has begun by tus, and one by the store, under these names.
async fn begun(user: &User, names: [&str; 2], on_conflict: &str, field: (&str, &str)) -> (Resumable, Direct) {
    let fields = metadata(&[("filename", names[0]), ("on_conflict", on_conflict)]);
    let tus = user.post("/v1/uploads").header("tus-resumable", "1.0.0").header("upload-length", "4");
    let tus = tus.header("upload-metadata", &fields).header(field.0, field.1).send().await.expect(201);
    let body = json!({"name": names[1], "size": 4, "on_conflict": on_conflict});
    let direct =
        user.post("/v1/direct-uploads").header(field.0, field.1).json(&body).send().await.expect(201);
    (Resumable::of(user, &tus), Direct::of(user, &direct))
}

async fn a_precondition_still_decides_when_the_last_byte_is_there(lane: Lane) {
    let user = Api::on(lane).user().await;
    let (tus, direct) = begun(&user, ["a.txt", "b.txt"], "rename", ("if-none-match", "*")).await;
    let sent = direct.send_all(&Bytes::from("text")).await;
    for name in ["A.txt", "B.txt"] {
        user.file(name, "there").await;
    }
    tus.piece(0).body("text").send().await.problem(412, "precondition_failed");
    direct.complete(&sent).await.problem(412, "precondition_failed");

    let first = user.upload("c.txt", "first").send().await.expect(201);
    let file: File = first.parse();
    let tag = first.field("etag");
    let (tus, direct) = begun(&user, ["c.txt", "c.txt"], "replace", ("if-match", &tag)).await;
    let sent = direct.send_all(&Bytes::from("text")).await;
    user.put(&format!("{}/content", User::path(&file))).body("second").send().await.expect(200);
    tus.piece(0).body("text").send().await.problem(412, "precondition_failed");
    direct.complete(&sent).await.problem(412, "precondition_failed");
    assert_eq!(user.content(&user.current(&file).await).await, "second");
    assert_eq!(user.names_in("root").await, ["A.txt", "B.txt", "c.txt"]);
}

async fn a_dropped_folder_keeps_its_shape(lane: Lane) {
    let user = Api::on(lane).user().await;
    for (relative, expected) in
        [("photos/2026/a.png", "/photos/2026/a.png"), ("b.png", "/b.png"), ("null", "/c.png")]
    {
        let name = expected.rsplit_once('/').unwrap().1;
        let fields = [("filename", name), ("relativePath", relative), ("lastModified", "981173106500")];
        let created = user.post("/v1/uploads").header("tus-resumable", "1.0.0").header("upload-length", "4");
        let created = created.header("upload-metadata", &metadata(&fields)).send().await.expect(201);
        let upload = Resumable::of(&user, &created);
        upload.send(0, "text").await;
        let found = user.get("/v1/items/lookup").query(&[("path", expected)]).send().await.expect(200);
        assert_eq!(found.json()["modified_at"], "2001-02-03T04:05:06.500000Z", "{relative}");
    }
}

async fn what_comes_for_a_folder_that_went_away_is_not_lost(lane: Lane) {
    let user = Api::on(lane).user().await;
    for (strict, gone_by) in [(false, "trash"), (false, "delete"), (true, "trash")] {
        let folder: Folder = user.folder("folder", None).await;
        let mut connection = Connection::to(&user.server).await;
        let strict_parent = if strict { "&strict_parent=1" } else { "" };
        let head = format!(
            "POST /v1/files?name=a.txt&parent_id={}{strict_parent} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\
             Content-Type: text/plain\r\nContent-Length: 5\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n",
            folder.id,
            user.server.address(),
            user.access()
        );
        assert!(connection.send(head).await);
        connection.is_asked_for_the_body().await;
        assert!(connection.send("hel").await);
        tokio::time::sleep(Duration::from_millis(500)).await;
        if gone_by == "trash" {
            trash(&user, &folder.id).await;
        } else {
            user.delete(&format!("/v1/items/{}", folder.id)).send().await.expect(204);
        }
        assert!(connection.send("lo").await);
        let answer = connection.answer().await;
        let body: serde_json::Value = serde_json::from_str(&answer.body).expect("JSON");
        if strict {
            assert_eq!((answer.status, &body["code"]), (409, &json!("parent_trashed")), "{answer:?}");
            assert!(user.names_in("root").await.is_empty());
        } else {
            assert_eq!(answer.status, 201, "{answer:?}");
            assert_eq!(body["moved_from_parent_id"], json!(folder.id));
            assert_eq!(user.names_in("root").await, ["a.txt"]);
            let id = body["id"].as_str().expect("an id");
            user.delete(&format!("/v1/files/{id}")).send().await.expect(204);
        }
    }
    assert_eq!(user.storage().await, (0, 0));
}

async fn of_an_upload_whose_only_folder_is_gone_nothing_is_kept(lane: Lane) {
    let user = Api::with(lane, &[("USER_QUOTA_BYTES", "8")]).user().await;
    let folder = user.folder("folder", None).await;
    let fields = metadata(&[("filename", "a.txt"), ("parent_id", &id(&folder))]);
    let tus = user.post("/v1/uploads?strict_parent=1").header("tus-resumable", "1.0.0");
    let tus = tus.header("upload-length", "4").header("upload-metadata", &fields).send().await.expect(201);
    let tus = Resumable::of(&user, &tus);
    let body = json!({"name": "b.txt", "size": 4, "parent_id": folder.id, "strict_parent": true});
    let direct = user.post("/v1/direct-uploads").json(&body).send().await.expect(201);
    let direct = Direct::of(&user, &direct);
    let sent = direct.send_all(&Bytes::from("text")).await;
    trash(&user, &folder.id).await;
    tus.piece(0).body("text").send().await.problem(409, "parent_trashed");
    direct.complete(&sent).await.problem(409, "parent_trashed");
    assert_eq!(tus.head().await.status, 404);
    direct.complete(&sent).await.not_found();
    user.file("c.txt", "12345678").await;
    assert_eq!(user.storage().await, (8, 1), "nothing is reserved any more");
}

async fn of_parallel_uploads_of_one_name_each_is_kept_under_its_own(lane: Lane) {
    let user = Api::on(lane).user().await;
    let uploads = (0..8).map(|_| user.upload("a.txt", "text").send());
    for answer in futures_util::future::join_all(uploads).await {
        answer.expect(201);
    }
    let mut names = user.names_in("root").await;
    names.sort_unstable();
    let mut expected = vec!["a.txt".to_owned()];
    expected.extend((2..=8).map(|number| format!("a ({number}).txt")));
    expected.sort_unstable();
    assert_eq!(names, expected);
    let once = (0..8).map(|_| user.upload("b.txt", "text").query(&[("on_conflict", "fail")]).send());
    let mut statuses: Vec<u16> =
        futures_util::future::join_all(once).await.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409, 409, 409]);
}

async fn a_retry_gets_the_file_that_was_numbered(lane: Lane) {
    let user = Api::on(lane).user().await;
    user.file("a.txt", "there").await;
    let keyed = || user.upload("a.txt", "text").header("idempotency-key", "numbered").send();
    let first: File = keyed().await.expect(201).parse();
    let retry: File = keyed().await.expect(200).parse();
    assert_eq!((retry.id, retry.name.as_str()), (first.id, "a (2).txt"));
    assert_eq!(retry.requested_name.as_deref(), Some("a.txt"));
    assert_eq!(user.storage().await, (9, 2));
}

on_every_lane![
    a_file_goes_into_its_folder_by_every_transport,
    the_answer_tells_the_path_where_it_is_known,
    a_taken_name_is_numbered_refused_or_replaced_by_every_transport,
    the_answer_tells_which_name_was_asked_for,
    what_can_not_be_a_place_is_refused_by_every_transport,
    a_form_says_where_its_file_goes_before_it,
    header_fields_of_other_clients_are_understood,
    a_precondition_still_decides_when_the_last_byte_is_there,
    a_dropped_folder_keeps_its_shape,
    what_comes_for_a_folder_that_went_away_is_not_lost,
    of_an_upload_whose_only_folder_is_gone_nothing_is_kept,
    of_parallel_uploads_of_one_name_each_is_kept_under_its_own,
    a_retry_gets_the_file_that_was_numbered,
];
