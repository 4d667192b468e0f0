//! Every operation of the OpenAPI document, tried by clients that have no right to it.

use fm_e2e::{Answer, Api, Lane, User, on_every_lane, pictures};
use reqwest::Method;
use serde_json::{Value, json};

/// An operation of the document.
struct Operation {
    method: Method,
    path: String,
    description: Value,
    /// Whether one of its security requirements is not empty, and none is.
    secured: bool,
}

async fn document(api: &Api) -> Value {
    api.get("/openapi.json").send().await.expect(200).json()
}

fn operations(document: &Value) -> Vec<Operation> {
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, description) in item.as_object().expect("an item") {
            let Ok(method) = method.to_uppercase().parse::<Method>() else { continue };
            if !["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"].contains(&method.as_str()) {
                continue;
            }
            let security = description.get("security").or_else(|| document.get("security"));
            let requirements = security.and_then(Value::as_array).cloned().unwrap_or_default();
            let optional =
                requirements.iter().any(|one| one.as_object().is_some_and(serde_json::Map::is_empty));
            let secured = !requirements.is_empty() && !optional;
            operations.push(Operation {
                method,
                path: path.clone(),
                description: description.clone(),
                secured,
            });
        }
    }
    operations
}

/// What the operations of one user name.
struct Ids {
    file: String,
    folder: String,
    trashed: String,
    operation: String,
    session: String,
    upload: String,
    direct: String,
}

impl Ids {
    /// The path with ids instead of its parameters.
    fn fill(&self, template: &str) -> String {
        let id = match template {
            path if path.contains("/sessions/") => &self.session,
            path if path.starts_with("/v1/uploads") => &self.upload,
            path if path.starts_with("/v1/direct-uploads") => &self.direct,
            path if path.starts_with("/v1/folders") => &self.folder,
            path if path.starts_with("/v1/trash") || path.ends_with("/items/{id}/restore") => &self.trashed,
            path if path.starts_with("/v1/operations") => &self.operation,
            _ => &self.file,
        };
        let mut path = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            let (parameter, after) = after.split_once('}').expect("a closing brace");
            path.push_str(before);
            path.push_str(match parameter {
                "number" => "1",
                "size" => "small",
                _ => id,
            });
            rest = after;
        }
        path + rest
    }
}

/// JSON that would be acceptable.
fn json_for(operation: &Operation) -> Value {
    match operation.path.as_str() {
        path if path.ends_with("/signed-url") => json!({}),
        path if path.ends_with("/password") => {
            json!({"current_password": "a long password", "new_password": "another password"})
        }
        path if path.ends_with("/me") && operation.method == Method::DELETE => {
            json!({"password": "a long password"})
        }
        path if path.ends_with("/complete") => json!({"parts": []}),
        path if path.ends_with("/direct-uploads") => json!({"name": "theirs.txt", "size": 6}),
        path if path.ends_with("/copy") => json!({"parent_id": "root"}),
        path if path.ends_with("/restore") => json!({}),
        path if path.ends_with("/versions/{number}") => json!({"pinned": true}),
        path if path.ends_with("/batch") => json!({"operations": [{"op": "trash", "id": "theirs"}]}),
        _ => json!({"name": "theirs.txt"}),
    }
}

/// Sends the operation with these ids and a body that would be acceptable.
async fn attempt(api: &Api, operation: &Operation, ids: &Ids) -> Answer {
    let mut request = api.request(operation.method.clone(), &ids.fill(&operation.path));
    if operation.path.starts_with("/v1/uploads") {
        request = request.header("tus-resumable", "1.0.0").header("upload-offset", "0");
    }
    let content = operation.description.pointer("/requestBody/content").and_then(Value::as_object);
    let takes = |media_type| content.is_some_and(|content| content.contains_key(media_type));
    if takes("application/json") {
        request = request.json(&json_for(operation));
    } else if takes("application/offset+octet-stream") {
        request = request.header("content-type", "application/offset+octet-stream").body("theirs");
    } else if content.is_some() {
        request =
            request.query(&[("name", "theirs.txt")]).header("content-type", "text/plain").body("theirs");
    }
    request.send().await
}

/// Checks a refusal, which `HEAD` tells by its status alone.
fn refused(operation: &Operation, answer: &Answer, status: u16, code: &str) {
    if operation.method == Method::HEAD {
        assert_eq!(answer.status, status, "{}", operation.path);
    } else {
        answer.problem(status, code);
    }
}

async fn the_document_names_every_route_of_the_contract(lane: Lane) {
    let api = Api::with(lane, &[("IS_DEBUG", "1")]);
    let document = document(&api).await;
    let known: Vec<String> = operations(&document)
        .iter()
        .map(|operation| format!("{} {}", operation.method, operation.path))
        .collect();
    for expected in [
        "POST /v1/auth/register",
        "POST /v1/auth/login",
        "POST /v1/auth/refresh",
        "POST /v1/auth/logout",
        "GET /v1/auth/me",
        "PATCH /v1/auth/me",
        "DELETE /v1/auth/me",
        "POST /v1/auth/password",
        "GET /v1/auth/sessions",
        "DELETE /v1/auth/sessions/{id}",
        "DELETE /v1/auth/sessions",
        "GET /v1/auth/activity",
        "POST /v1/files",
        "GET /v1/files",
        "GET /v1/files/{id}",
        "PUT /v1/files/{id}/content",
        "PATCH /v1/files/{id}",
        "DELETE /v1/files/{id}",
        "GET /v1/files/{id}/content",
        "GET /v1/files/{id}/thumbnail",
        "POST /v1/files/{id}/thumbnail",
        "GET /v1/files/{id}/previews/{size}",
        "POST /v1/files/{id}/signed-url",
        "GET /v1/files/{id}/versions",
        "DELETE /v1/files/{id}/versions",
        "PATCH /v1/files/{id}/versions/{number}",
        "DELETE /v1/files/{id}/versions/{number}",
        "GET /v1/files/{id}/versions/{number}/content",
        "POST /v1/files/{id}/versions/{number}/restore",
        "POST /v1/folders",
        "GET /v1/folders/{id}",
        "PATCH /v1/folders/{id}",
        "DELETE /v1/folders/{id}",
        "GET /v1/folders/{id}/children",
        "GET /v1/folders/{id}/usage",
        "GET /v1/items/lookup",
        "GET /v1/items/{id}",
        "DELETE /v1/items/{id}",
        "POST /v1/items/{id}/copy",
        "POST /v1/items/{id}/trash",
        "POST /v1/items/{id}/restore",
        "GET /v1/trash",
        "DELETE /v1/trash",
        "GET /v1/trash/{id}",
        "GET /v1/trash/{id}/children",
        "POST /v1/batch",
        "GET /v1/operations/{id}",
        "DELETE /v1/operations/{id}",
        "POST /v1/uploads",
        "HEAD /v1/uploads/{id}",
        "PATCH /v1/uploads/{id}",
        "DELETE /v1/uploads/{id}",
        "POST /v1/direct-uploads",
        "POST /v1/direct-uploads/{id}/complete",
        "DELETE /v1/direct-uploads/{id}",
        "PUT /v1/direct-uploads/{id}/parts/{number}",
        "GET /v1/capabilities",
        "GET /health/live",
        "GET /health/ready",
    ] {
        assert!(known.iter().any(|operation| operation == expected), "{expected} in {known:#?}");
    }
    let schemes =
        document.pointer("/components/securitySchemes").and_then(Value::as_object).expect("schemes");
    assert_eq!(schemes.len(), 2, "the header and the cookie: {schemes:#?}");
}

async fn no_anonymous_client_gets_into_a_secured_operation(lane: Lane) {
    let api = Api::with(lane, &[("IS_DEBUG", "1")]);
    let document = document(&api).await;
    let user = api.user().await;
    let unknown = "01890000-0000-7000-8000-000000000000".to_owned();
    let ids = Ids {
        file: user.file("a.txt", "text").await.id.to_string(),
        folder: unknown.clone(),
        trashed: unknown.clone(),
        operation: unknown.clone(),
        session: unknown.clone(),
        upload: unknown.clone(),
        direct: unknown,
    };
    let mut secured = 0;
    for operation in operations(&document) {
        let open = [
            "/v1/auth/register",
            "/v1/auth/login",
            "/v1/auth/logout",
            "/v1/auth/refresh",
            "/v1/capabilities",
        ];
        let is_open = open.contains(&operation.path.as_str())
            || !operation.path.starts_with("/v1")
            || operation.path.starts_with("/v1/blobs")
            // A signed URL.
            || operation.path.ends_with("/parts/{number}")
            || operation.method == Method::OPTIONS;
        assert_eq!(operation.secured, !is_open, "{} {}", operation.method, operation.path);
        if operation.secured {
            secured += 1;
            for api in [&api, &api.bearing("nonsense")] {
                let answer = attempt(api, &operation, &ids).await;
                refused(&operation, &answer, 401, "unauthenticated");
                assert!(answer.field("www-authenticate").starts_with("Bearer"), "{answer:#?}");
            }
        }
    }
    assert!(secured >= 49, "{secured} operations were tried");
    assert_eq!(user.storage().await, (4, 1));
}

/// Begins a resumable upload; its id.
async fn begin(user: &User) -> String {
    let request = user.post("/v1/uploads").header("tus-resumable", "1.0.0").header("upload-length", "6");
    let answer = request.header("upload-metadata", "filename YS50eHQ=").send().await.expect(201);
    answer.field("location").rsplit_once('/').expect("a path").1.to_owned()
}

async fn no_other_user_gets_at_what_an_operation_names(lane: Lane) {
    let api = Api::with(lane, &[("IS_DEBUG", "1")]);
    let document = document(&api).await;
    let (owner, stranger) = (api.user().await, api.user().await);
    let file = owner.file("a.png", pictures::png(64, 64)).await;
    let file = owner.with_thumbnail(&file).await;
    let sessions = owner.get("/v1/auth/sessions").send().await.expect(200).json();
    let direct = json!({"name": "a.txt", "size": 6});
    let direct = owner.post("/v1/direct-uploads").json(&direct).send().await.expect(201).json();
    let folder = owner.folder("a", None).await;
    let trashed = owner.folder("b", None).await;
    let emptied = owner.delete("/v1/trash").send().await.expect(202).json();
    owner.post(&format!("/v1/items/{}/trash", trashed.id)).send().await.expect(200);
    let ids = Ids {
        file: file.id.to_string(),
        folder: folder.id.to_string(),
        trashed: trashed.id.to_string(),
        operation: emptied["id"].as_str().unwrap().to_owned(),
        session: sessions["items"][0]["id"].as_str().unwrap().to_owned(),
        upload: begin(&owner).await,
        direct: direct["id"].as_str().unwrap().to_owned(),
    };
    let mut tried = 0;
    for operation in operations(&document) {
        if operation.secured && operation.path.contains('{') {
            tried += 1;
            let answer = attempt(&stranger, &operation, &ids).await;
            // Only admins learn whether there is what an operation of theirs names.
            let is_for_admins = operation.path.starts_with("/v1/admin/");
            let (status, code) = if is_for_admins { (403, "forbidden") } else { (404, "not_found") };
            refused(&operation, &answer, status, code);
        }
    }
    assert!(tried >= 32, "{tried} operations were tried");
    owner.me().await.expect(200);
    assert_eq!(owner.current(&file).await, file);
    let upload = owner.head(&format!("/v1/uploads/{}", ids.upload)).header("tus-resumable", "1.0.0");
    assert_eq!(upload.send().await.expect(200).field("upload-offset"), "0");
    owner.delete(&format!("/v1/direct-uploads/{}", ids.direct)).send().await.expect(204);
}

async fn every_operation_documents_its_refusals(lane: Lane) {
    let api = Api::with(lane, &[("IS_DEBUG", "1")]);
    let document = document(&api).await;
    for operation in operations(&document) {
        let what = format!("{} {}", operation.method, operation.path);
        let statuses: Vec<&String> =
            operation.description["responses"].as_object().expect("responses").keys().collect();
        assert!(statuses.iter().any(|status| status.starts_with('2') || status.starts_with('3')), "{what}");
        if operation.secured {
            assert!(statuses.iter().any(|status| *status == "401"), "{what}: {statuses:?}");
        }
        if operation.secured && operation.path.contains('{') {
            assert!(statuses.iter().any(|status| *status == "404"), "{what}: {statuses:?}");
        }
        assert!(
            operation.description["summary"].is_string() || operation.description["description"].is_string()
        );
    }
}

on_every_lane![
    the_document_names_every_route_of_the_contract,
    no_anonymous_client_gets_into_a_secured_operation,
    no_other_user_gets_at_what_an_operation_names,
    every_operation_documents_its_refusals,
];
