//! `POST /v1/direct-uploads`

use actix_web::{HttpRequest, HttpResponse};
use fm_api_types::{DirectPart, DirectUpload, DirectUploadCreation, Secret};
use fm_application::uploads::{CreateDirectCommand, DirectPart as SignedPart, DirectUpload as BegunUpload};
use fm_domain::body::ByteSize;
use fm_domain::files::{FileName, MediaType, Sha256};
use serde_json::Value;

use super::uploads;
use crate::auth::Authenticated;
use crate::input::{JsonBody, idempotency_key, json_body, parsed, text};
use crate::limits::limit_upload;
use crate::output::json;
use crate::problem::{Answer, Code};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[
    Code::MalformedRequest,
    Code::Conflict,
    Code::PayloadTooLarge,
    Code::QuotaExceeded,
    Code::UnsupportedMediaType,
    Code::ValidationFailed,
];

json_body! {
    /// What is read of it.
    pub(crate) struct CreateDirectUploadBody for DirectUploadCreation {
        name: FileName => required(parsed),
        size: ByteSize => required(size),
        content_type: Option<MediaType> => optional(parsed),
        sha256: Option<Sha256> => optional(sha256),
    }
}

fn size(value: &Value) -> Result<ByteSize, String> {
    value.as_u64().map(ByteSize::new).ok_or_else(|| "must be a whole number of bytes".to_owned())
}

fn sha256(value: &Value) -> Result<Sha256, String> {
    Sha256::parse(text(value)?).ok_or_else(|| "must be 64 hexadecimal digits".to_owned())
}

fn begun(upload: &BegunUpload) -> DirectUpload {
    let parts = upload.parts.iter().map(part).collect();
    DirectUpload { id: upload.id.uuid(), expires_at: upload.expires_at.into(), parts }
}

fn part(part: &SignedPart) -> DirectPart {
    DirectPart {
        number: part.number,
        method: part.request.method.to_owned(),
        url: Secret::new(part.request.url.expose()),
        headers: part.request.headers.iter().cloned().collect(),
        offset: part.offset.bytes(),
        size: part.size.bytes(),
    }
}

/// Create a direct upload
///
/// Begins an upload whose bytes go straight to the store. Send each part by its own request, then complete the upload
/// with the `ETag` of every answer.
#[utoipa::path(
    post,
    path = "/v1/direct-uploads",
    tag = "uploads",
    security(("bearer" = []), ("cookie" = [])),
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible ASCII characters: a repetition with the same key, name, size and hash gets the first upload.")),
    request_body = DirectUploadCreation,
    responses(
        (status = 201, description = "The requests to send.", body = DirectUpload),
        (status = 200, description = "Those of the upload that was begun with the same key.", body = DirectUpload),
    ),
)]
pub(crate) async fn create_direct_upload(
    request: HttpRequest,
    state: State,
    Authenticated(actor): Authenticated,
    body: JsonBody,
) -> Answer {
    let key = idempotency_key(request.headers())?;
    let CreateDirectUploadBody { name, size, content_type, sha256 } = body.read().await?;
    limit_upload(&request, &state, actor.user(), Some(size.bytes())).await?;
    let command = CreateDirectCommand { key, name, size, claimed_type: content_type, sha256 };
    let upload = uploads(&state.use_cases)?.create.run(&actor, command).await?;
    let response = if upload.fresh { HttpResponse::Created() } else { HttpResponse::Ok() };
    json(response, &begun(&upload))
}
