//! `POST /v1/direct-uploads/{id}/complete`

use actix_web::http::StatusCode;
use fm_application::uploads::CompleteDirectCommand;
use fm_domain::ids::UploadId;
use serde_json::Value;
use utoipa::ToSchema;

use super::uploads;
use crate::auth::Authenticated;
use crate::body::to_its_end;
use crate::input::{Fields, FromFields, JsonBody, PathId, text};
use crate::output::{FileJson, file};
use crate::problem::{Answer, Code};
use crate::settings::PARTS_JSON_LIMIT;
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[
    Code::MalformedRequest,
    Code::NotFound,
    Code::Conflict,
    Code::UploadExpired,
    Code::PayloadTooLarge,
    Code::QuotaExceeded,
    Code::UnsupportedMediaType,
    Code::ValidationFailed,
];

/// What was sent. Up to 256 KiB.
#[derive(ToSchema)]
#[schema(as = DirectUploadCompletion, example = json!({"parts": [{"number": 1, "etag": "\"9f86d081884c7d65\""}]}))]
pub(crate) struct CompleteDirectUploadBody {
    /// Every part, once.
    parts: Vec<SentPart>,
}

/// A part that was sent.
#[derive(ToSchema)]
struct SentPart {
    #[schema(minimum = 1)]
    number: u32,
    /// The `ETag` that it was answered with, quotes and all.
    #[schema(min_length = 1, max_length = 255)]
    etag: String,
}

impl FromFields for CompleteDirectUploadBody {
    fn read(fields: &mut Fields) -> Option<Self> {
        Some(Self { parts: fields.objects("parts")? })
    }
}

impl FromFields for SentPart {
    fn read(fields: &mut Fields) -> Option<Self> {
        let number = fields.required("number", number);
        let etag = fields.required("etag", etag);
        Some(Self { number: number?, etag: etag? })
    }
}

fn number(value: &Value) -> Result<u32, String> {
    let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
    number.filter(|number| *number > 0).ok_or_else(|| "must be the number of a part".to_owned())
}

fn etag(value: &Value) -> Result<String, String> {
    let tag = text(value)?;
    let fits = (1..=255).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_graphic());
    if fits { Ok(tag.to_owned()) } else { Err("must be 1 to 255 visible ASCII characters".to_owned()) }
}

/// Completes a direct upload.
///
/// The store is asked what it really has; where the parts are not those that were sent the upload is gone. A second
/// completion gets the same file.
#[utoipa::path(
    post,
    path = "/v1/direct-uploads/{id}/complete",
    tag = "uploads",
    security(("bearer" = []), ("cookie" = [])),
    params(("id" = String, Path, format = Uuid, description = "The upload.")),
    request_body = CompleteDirectUploadBody,
    responses(
        (status = 201, description = "The file.", body = FileJson,
            headers(("Location" = String, description = "`/v1/files/{id}`"), ("ETag" = String, description = "The file's entity tag."))),
        (status = 200, description = "The file that an earlier completion made.", body = FileJson,
            headers(("ETag" = String, description = "The file's entity tag."))),
    ),
)]
pub(crate) async fn complete_direct_upload(
    state: State,
    Authenticated(caller): Authenticated,
    id: PathId<UploadId>,
    body: JsonBody,
) -> Answer {
    let upload = id.known()?;
    let body: CompleteDirectUploadBody = body.up_to(PARTS_JSON_LIMIT).read().await?;
    let parts = body.parts.into_iter().map(|SentPart { number, etag }| (number, etag)).collect();
    let command = CompleteDirectCommand { owner: caller.user, upload, parts };
    let use_cases = state.use_cases.clone();
    let complete = async move { uploads(&use_cases)?.complete.run(command).await };
    let uploaded = to_its_end(&state, complete).await?;
    let status = if uploaded.fresh { StatusCode::CREATED } else { StatusCode::OK };
    file(status, &uploaded.view)
}
