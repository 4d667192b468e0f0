//! `POST /v1/files/{id}/signed-url`

use std::time::Duration;

use actix_web::HttpResponse;
use fm_api_types::{Secret, SignUrl, SignedUrl};
use fm_application::files::SignUrlCommand;
use fm_domain::blobs::Disposition;
use fm_domain::ids::FileId;
use serde_json::Value;

use super::DISPOSITIONS;
use crate::auth::Authenticated;
use crate::input::{JsonBody, PathId, json_body, text};
use crate::output::json;
use crate::problem::{Answer, Code};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[
    Code::MalformedRequest,
    Code::NotFound,
    Code::PayloadTooLarge,
    Code::UnsupportedMediaType,
    Code::ValidationFailed,
];

json_body! {
    /// What is read of it.
    pub(crate) struct SignUrlBody for SignUrl {
        expires_in: Option<Duration> => optional(seconds),
        disposition: Option<Disposition> => optional(disposition),
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

/// Create a signed URL
///
/// Signs a URL of a file's bytes.
#[utoipa::path(
    post,
    path = "/v1/files/{id}/signed-url",
    operation_id = "create_signed_url",
    tag = "files",
    security(("bearer" = []), ("cookie" = [])),
    params(("id" = String, Path, format = Uuid, description = "The file.")),
    request_body = Option<SignUrl>,
    responses((status = 200, description = "The URL: any client that has it may fetch the bytes.", body = SignedUrl)),
)]
pub(crate) async fn sign_url(
    state: State,
    Authenticated(actor): Authenticated,
    id: PathId<FileId>,
    body: JsonBody,
) -> Answer {
    let id = id.known()?;
    let SignUrlBody { expires_in, disposition } = body.read_or_empty().await?;
    let command = SignUrlCommand {
        file: id,
        expires_in: expires_in.unwrap_or(Duration::from_hours(1)),
        disposition: disposition.unwrap_or(Disposition::Attachment),
    };
    let link = state.use_cases.files.sign_url.run(&actor, command).await?;
    let body = SignedUrl { url: Secret::new(link.url.expose()), expires_at: link.expires_at.into() };
    json(HttpResponse::Ok(), &body)
}
