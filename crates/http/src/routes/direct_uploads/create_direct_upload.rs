//! `POST /v1/direct-uploads`

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse};
use fm_application::uploads::{CreateDirectCommand, DirectPart, DirectUpload};
use fm_domain::body::ByteSize;
use fm_domain::files::{FileName, MediaType, Sha256};
use fm_domain::ids::UploadId;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::uploads;
use crate::auth::Authenticated;
use crate::input::{Fields, FromFields, JsonBody, idempotency_key, parsed, text};
use crate::output::{Time, json};
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

/// What is going to be uploaded.
#[derive(ToSchema)]
#[schema(as = DirectUploadCreation, example = json!({"name": "café.png", "size": 20_000_000, "content_type": "image/png"}))]
pub(crate) struct CreateDirectUploadBody {
    #[schema(value_type = String, min_length = 1, max_length = 255)]
    name: FileName,
    /// Exactly how many bytes.
    #[schema(value_type = u64)]
    size: ByteSize,
    /// What it is, where the bytes themselves don't say it.
    #[schema(value_type = Option<String>)]
    content_type: Option<MediaType>,
    /// The SHA-256 that the bytes will have, in hexadecimal digits: a file of others is withdrawn.
    #[schema(value_type = Option<String>, min_length = 64, max_length = 64)]
    sha256: Option<Sha256>,
}

impl FromFields for CreateDirectUploadBody {
    fn read(fields: &mut Fields) -> Option<Self> {
        let name = fields.required("name", parsed);
        let size = fields.required("size", size);
        let content_type = fields.optional("content_type", parsed);
        let sha256 = fields.optional("sha256", sha256);
        Some(Self { name: name?, size: size?, content_type: content_type?, sha256: sha256? })
    }
}

fn size(value: &Value) -> Result<ByteSize, String> {
    value.as_u64().map(ByteSize::new).ok_or_else(|| "must be a whole number of bytes".to_owned())
}

fn sha256(value: &Value) -> Result<Sha256, String> {
    Sha256::parse(text(value)?).ok_or_else(|| "must be 64 hexadecimal digits".to_owned())
}

/// A direct upload that can begin.
#[derive(Serialize, ToSchema)]
#[schema(as = DirectUpload)]
pub(crate) struct DirectUploadJson<'a> {
    #[schema(value_type = String, format = Uuid, example = "0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a20")]
    id: UploadId,
    /// Until when it has to be complete.
    #[schema(value_type = String, format = DateTime, example = "2026-02-01T12:00:00.000000Z")]
    expires_at: Time,
    /// The requests that bring its bytes, in any order and as many at once as wanted; none where there is nothing to
    /// send.
    parts: Vec<DirectPartJson<'a>>,
}

/// A request that brings a part of the bytes. Its answer has the `ETag` that completes the upload.
#[derive(Serialize, ToSchema)]
#[schema(as = DirectPart)]
struct DirectPartJson<'a> {
    #[schema(minimum = 1, example = 1)]
    number: u32,
    #[schema(example = "PUT")]
    method: &'static str,
    /// It carries its own authority.
    #[schema(
        example = "https://files.example/v1/direct-uploads/0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a20/parts/1?token=…"
    )]
    url: &'a str,
    /// Fields that have to be sent along.
    headers: BTreeMap<&'a str, &'a str>,
    /// Where its first byte is in the file.
    #[schema(example = 0)]
    offset: u64,
    /// Exactly how many bytes.
    #[schema(example = 8_388_608)]
    size: u64,
}

impl<'a> DirectUploadJson<'a> {
    fn of(upload: &'a DirectUpload) -> Self {
        let parts = upload.parts.iter().map(DirectPartJson::of).collect();
        Self { id: upload.id, expires_at: Time(upload.expires_at), parts }
    }
}

impl<'a> DirectPartJson<'a> {
    fn of(part: &'a DirectPart) -> Self {
        let headers = part.request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        Self {
            number: part.number,
            method: part.request.method,
            url: part.request.url.expose(),
            headers: headers.collect(),
            offset: part.offset.bytes(),
            size: part.size.bytes(),
        }
    }
}

/// Begins an upload whose bytes go straight to the store.
///
/// Send each part by its own request, then complete the upload with the `ETag` of every answer.
#[utoipa::path(
    post,
    path = "/v1/direct-uploads",
    tag = "uploads",
    security(("bearer" = []), ("cookie" = [])),
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible ASCII characters: a repetition with the same key, name, size and hash gets the first upload.")),
    request_body = CreateDirectUploadBody,
    responses(
        (status = 201, description = "The requests to send.", body = DirectUploadJson),
        (status = 200, description = "Those of the upload that was begun with the same key.", body = DirectUploadJson),
    ),
)]
pub(crate) async fn create_direct_upload(
    request: HttpRequest,
    state: State,
    Authenticated(caller): Authenticated,
    body: JsonBody,
) -> Answer {
    let key = idempotency_key(request.headers())?;
    let CreateDirectUploadBody { name, size, content_type, sha256 } = body.read().await?;
    let command =
        CreateDirectCommand { owner: caller.user, key, name, size, claimed_type: content_type, sha256 };
    let upload = uploads(&state.use_cases)?.create.run(command).await?;
    let response = if upload.fresh { HttpResponse::Created() } else { HttpResponse::Ok() };
    json(response, &DirectUploadJson::of(&upload))
}
