//! `POST /v1/files`

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use fm_api_types::File;
use fm_application::files::UploadCommand;
use utoipa::ToSchema;

use crate::auth::Authenticated;
use crate::body::{Naming, content_length, incoming, run};
use crate::input::idempotency_key;
use crate::limits::{count_uploaded_bytes, limit_upload};
use crate::output::file_answer;
use crate::problem::{Answer, Code};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[
    Code::MalformedRequest,
    Code::RequestTimeout,
    Code::Conflict,
    Code::PayloadTooLarge,
    Code::QuotaExceeded,
    Code::UnsupportedMediaType,
    Code::ValidationFailed,
];

/// A form with one file.
#[derive(ToSchema)]
#[schema(as = UploadForm)]
#[expect(dead_code, reason = "it describes what is read part by part")]
pub(crate) struct UploadForm {
    /// The file.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// What to call it, instead of its file name.
    #[schema(max_length = 255)]
    name: Option<String>,
}

/// Upload a file
///
/// Uploads one file. Either as a form with one part `file`, or as the raw body of any other type with `?name=`.
#[utoipa::path(
    post,
    path = "/v1/files",
    tag = "files",
    security(("bearer" = []), ("cookie" = [])),
    params(
        ("name" = Option<String>, Query, description = "The name of a raw body; it must have one. Ignored with a form.", example = "café.png"),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible ASCII characters: a retry with the same key, name and content within 24 hours gets the first file back."),
        ("Content-Digest" = Option<String>, Header, description = "`sha-256=:…:` of the whole body (RFC 9530); on the part `file`, of the file.", example = "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"),
        ("Repr-Digest" = Option<String>, Header, description = "Like `Content-Digest`."),
    ),
    request_body(content((UploadForm = "multipart/form-data"), ("application/octet-stream"))),
    responses(
        (status = 201, description = "The file.", body = File,
            headers(("Location" = String, description = "`/v1/files/{id}`"), ("ETag" = String, description = "The file's entity tag."))),
        (status = 200, description = "The file that an earlier upload with the same key made.", body = File,
            headers(("ETag" = String, description = "The file's entity tag."))),
    ),
)]
pub(crate) async fn upload_file(
    request: HttpRequest,
    state: State,
    Authenticated(actor): Authenticated,
    payload: web::Payload,
) -> Answer {
    let (user, length) = (actor.user(), content_length(request.headers()));
    limit_upload(&request, &state, user, length).await?;
    let key = idempotency_key(request.headers())?;
    let incoming = incoming(&request, payload, Naming::ByRequest, &state).await?;
    let use_cases = state.use_cases.clone();
    let uploaded = run(&state, incoming, |body| async move {
        use_cases.files.upload.run(&actor, UploadCommand { key, body }).await
    })
    .await?;
    if length.is_none() {
        count_uploaded_bytes(&request, &state, user, uploaded.view.file.size.bytes()).await;
    }
    let status = if uploaded.fresh { StatusCode::CREATED } else { StatusCode::OK };
    file_answer(status, &uploaded.view, &state.settings)
}
