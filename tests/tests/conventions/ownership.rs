//! What another user owns is answered like what does not exist.

use fm_api_types::DirectUpload;
use fm_e2e::{Answer, Api, Lane, User, on_every_lane, pictures, unique};
use serde_json::{Value, json};

/// Every route of one file, asked by `user`.
async fn every_route(user: &User, id: &str) -> Vec<Answer> {
    let path = format!("/v1/files/{id}");
    vec![
        user.get(&path).send().await,
        user.patch(&path).json(&json!({"name": "mine.txt"})).send().await,
        user.put(&format!("{path}/content")).header("content-type", "text/plain").body("mine").send().await,
        user.get(&format!("{path}/content")).send().await,
        user.get(&format!("{path}/thumbnail")).send().await,
        user.post(&format!("{path}/thumbnail")).send().await,
        user.get(&format!("{path}/previews/small")).send().await,
        user.post(&format!("{path}/signed-url")).json(&json!({})).send().await,
        user.delete(&path).header("if-match", "*").send().await,
        user.delete(&path).send().await,
    ]
}

/// Every route of one upload of many requests, asked by `user`.
async fn every_upload_route(user: &User, upload: &str, direct: &str) -> Vec<Answer> {
    let tus = |request: fm_e2e::Request| request.header("tus-resumable", "1.0.0");
    let (upload, direct) = (format!("/v1/uploads/{upload}"), format!("/v1/direct-uploads/{direct}"));
    let piece = tus(user.patch(&upload)).header("content-type", "application/offset+octet-stream");
    vec![
        piece.header("upload-offset", "0").body("theirs").send().await,
        tus(user.delete(&upload)).send().await,
        user.post(&format!("{direct}/complete")).json(&json!({"parts": []})).send().await,
        user.delete(&direct).send().await,
        // Of the other kind.
        user.delete(&upload.replace("uploads", "direct-uploads")).send().await,
        tus(user.delete(&direct.replace("direct-uploads", "uploads"))).send().await,
    ]
}

/// What a problem looks like but for what is the request's own.
fn shape(answer: &Answer) -> (Value, Vec<String>) {
    let mut problem = answer.not_found();
    problem["request_id"] = Value::Null;
    // Whether the connection goes on depends on how much of the body came before the answer.
    let mut fields: Vec<String> =
        answer.headers.keys().map(ToString::to_string).filter(|name| name != "connection").collect();
    fields.sort_unstable();
    (problem, fields)
}

async fn another_users_file_is_answered_like_one_that_does_not_exist(lane: Lane) {
    let api = Api::on(lane);
    let (owner, stranger) = (api.user().await, api.user().await);
    let file = owner.file("a.png", pictures::png(70, 30)).await;
    let file = owner.with_thumbnail(&file).await;
    let theirs = every_route(&stranger, &file.id.to_string()).await;
    let unknown = every_route(&stranger, "01890000-0000-7000-8000-000000000000").await;
    for (theirs, unknown) in theirs.iter().zip(&unknown) {
        assert_eq!(shape(theirs), shape(unknown), "{}", theirs.request);
    }
    let after = owner.current(&file).await;
    assert_eq!(after.name, "a.png");
    assert_eq!(after.sha256, file.sha256);
    assert_eq!(after.updated_at, file.updated_at);
    assert_eq!(after.thumbnail.status, "ready");
}

async fn another_users_upload_is_answered_like_one_that_does_not_exist(lane: Lane) {
    let api = Api::on(lane);
    let (owner, stranger) = (api.user().await, api.user().await);
    let creation = owner.post("/v1/uploads").header("tus-resumable", "1.0.0").header("upload-length", "6");
    let created = creation.header("upload-metadata", "filename YS50eHQ=").send().await.expect(201);
    let path = created.field("location");
    let upload = path.rsplit_once('/').expect("a path").1;
    let direct = json!({"name": "a.txt", "size": 6});
    let direct = owner.post("/v1/direct-uploads").json(&direct).send().await.expect(201);
    let direct = &direct.parse::<DirectUpload>().id.to_string();
    let unknown = "01890000-0000-7000-8000-000000000000";
    let theirs = every_upload_route(&stranger, upload, direct).await;
    let unknown = every_upload_route(&stranger, unknown, unknown).await;
    for (theirs, unknown) in theirs.iter().zip(&unknown) {
        assert_eq!(shape(theirs), shape(unknown), "{}", theirs.request);
    }
    let shown = owner.head(&path).header("tus-resumable", "1.0.0").send().await.expect(200);
    assert_eq!(shown.field("upload-offset"), "0");
    owner.delete(&format!("/v1/direct-uploads/{direct}")).send().await.expect(204);
}

async fn a_malformed_id_is_answered_like_an_unknown_one(lane: Lane) {
    let user = Api::on(lane).user().await;
    let id = user.file("a.txt", "text").await.id.to_string();
    for malformed in
        ["x", "123", &id.replace('-', ""), &format!("{id}0"), &format!("%7B{id}%7D"), "%00", "..%2f"]
    {
        for answer in every_route(&user, malformed).await {
            answer.not_found();
        }
    }
    user.get(&format!("/v1/files/{id}")).send().await.expect(200);
}

async fn ids_are_read_in_either_case_and_written_in_lower(lane: Lane) {
    let user = Api::on(lane).user().await;
    let file = user.upload("a.txt", "text").send().await.expect(201).json();
    let id = file["id"].as_str().unwrap();
    assert_eq!(id, id.to_lowercase());
    assert_eq!(id.as_bytes()[14], b'7', "a UUIDv7");
    let found = user.get(&format!("/v1/files/{}", id.to_uppercase())).send().await.expect(200).json();
    assert_eq!(found["id"], id);
}

async fn a_list_holds_ones_own_files_alone(lane: Lane) {
    let api = Api::on(lane);
    let (owner, stranger) = (api.user().await, api.user().await);
    let name = format!("{}.txt", unique("shared-name-"));
    let file = owner.file(&name, "the same bytes").await;
    stranger.file(&name, "the same bytes").await;
    let hash = file.sha256.as_deref().unwrap();
    for query in
        [vec![], vec![("q", name.as_str())], vec![("sha256", hash)], vec![("content_type", "text/plain")]]
    {
        for found in stranger.all(&query).await {
            assert_ne!(found.id, file.id, "{query:?}");
        }
    }
}

on_every_lane![
    another_users_file_is_answered_like_one_that_does_not_exist,
    another_users_upload_is_answered_like_one_that_does_not_exist,
    a_malformed_id_is_answered_like_an_unknown_one,
    ids_are_read_in_either_case_and_written_in_lower,
    a_list_holds_ones_own_files_alone,
];
