//! `POST /v1/files/{id}/signed-url`

use std::time::Duration;

use actix_web::HttpResponse;
use fm_application::files::SignUrlCommand;
use fm_domain::blobs::Disposition;
use fm_domain::ids::FileId;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::DISPOSITIONS;
use crate::auth::Authenticated;
use crate::input::{Fields, FromFields, JsonBody, PathId, text};
use crate::output::{Time, json};
use crate::problem::{Answer, Code};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[
    Code::MalformedRequest,
    Code::NotFound,
    Code::PayloadTooLarge,
    Code::UnsupportedMediaType,
    Code::ValidationFailed,
];

/// What the URL shall do. All of it may be left out.
#[derive(ToSchema)]
#[schema(as = SignUrl, example = json!({"expires_in": 3600, "disposition": "inline"}))]
pub(crate) struct SignUrlBody {
    /// Seconds; 3600 unless given.
    #[schema(value_type = Option<u64>, minimum = 1, maximum = 604_800)]
    expires_in: Duration,
    /// `attachment` (unless given), or `inline` for types that are safe to show.
    #[schema(value_type = Option<String>)]
    disposition: Disposition,
}

impl FromFields for SignUrlBody {
    fn read(fields: &mut Fields) -> Option<Self> {
        let expires_in = fields.optional("expires_in", seconds);
        let disposition = fields.optional("disposition", disposition);
        Some(Self {
            expires_in: expires_in?.unwrap_or(Duration::from_hours(1)),
            disposition: disposition?.unwrap_or(Disposition::Attachment),
        })
    }
}

fn seconds(value: &Value) -> Result<Duration, String> {
    match value.as_u64() {
        Some(seconds @ 1..=604_800) => Ok(Duration::from_secs(seconds)),
        _ => Err("must be a whole number from 1 to 604800".to_owned()),
    }
}

fn disposition(value: &Value) -> Result<Disposition, String> {
    let wanted = text(value)?;
    let found = DISPOSITIONS.iter().find(|(word, _)| *word == wanted);
    found.map(|(_, disposition)| *disposition).ok_or_else(|| "must be inline or attachment".to_owned())
}

/// A URL that carries its own authority.
#[derive(Serialize, ToSchema)]
#[schema(as = SignedUrl)]
pub(crate) struct SignedUrlJson<'a> {
    #[schema(example = "https://files.example/v1/blobs/0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a11?token=…")]
    url: &'a str,
    #[schema(value_type = String, format = DateTime, example = "2026-01-31T13:00:00.000000Z")]
    expires_at: Time,
}

/// Signs a URL of a file's bytes.
#[utoipa::path(
    post,
    path = "/v1/files/{id}/signed-url",
    tag = "files",
    security(("bearer" = []), ("cookie" = [])),
    params(("id" = String, Path, format = Uuid, description = "The file.")),
    request_body = Option<SignUrlBody>,
    responses((status = 200, description = "The URL: whoever has it may fetch the bytes.", body = SignedUrlJson)),
)]
pub(crate) async fn sign_url(
    state: State,
    Authenticated(caller): Authenticated,
    id: PathId<FileId>,
    body: JsonBody,
) -> Answer {
    let id = id.known()?;
    let SignUrlBody { expires_in, disposition } = body.read_or_empty().await?;
    let command = SignUrlCommand { owner: caller.user, file: id, expires_in, disposition };
    let link = state.use_cases.files.sign_url.run(command).await?;
    json(HttpResponse::Ok(), &SignedUrlJson { url: link.url.expose(), expires_at: Time(link.expires_at) })
}
