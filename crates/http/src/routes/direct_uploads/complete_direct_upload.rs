//! `POST /v1/direct-uploads/{id}/complete`

use fm_api_types::{DirectUploadCompletion, File, SentPart};
use fm_application::uploads::CompleteDirectCommand;
use fm_domain::ids::UploadId;
use serde_json::Value;

use super::uploads;
use crate::auth::Authenticated;
use crate::body::run_detached;
use crate::input::{JsonBody, PathId, json_body, text};
use crate::problem::{Answer, Code};
use crate::quota::with_reclaimable;
use crate::routes::files::upload_file::uploaded_answer;
use crate::settings::PARTS_JSON_LIMIT;
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[
    Code::MalformedRequest,
    Code::NotFound,
    Code::Conflict,
    Code::NameTaken,
    Code::TooDeep,
    Code::FolderFull,
    Code::ParentTrashed,
    Code::UploadExpired,
    Code::PreconditionFailed,
    Code::PayloadTooLarge,
    Code::QuotaExceeded,
    Code::UnsupportedMediaType,
    Code::ValidationFailed,
];

json_body! {
    /// What is read of it.
    pub(crate) struct CompleteDirectUploadBody for DirectUploadCompletion {
        parts: Vec<Part> => objects(),
    }
}

json_body! {
    struct Part for SentPart {
        number: u32 => required(number),
        etag: String => required(etag),
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

/// Complete a direct upload
///
/// Completes a direct upload. The store is asked what it really has; where the parts are not those that were sent the
/// upload is gone. A second completion gets the same file. `requested_name` and `moved_from_parent_id` tell where it went elsewhere than was asked for.
/// `path` is there as with `POST /v1/files`.
#[utoipa::path(
    post,
    path = "/v1/direct-uploads/{id}/complete",
    tag = "uploads",
    security(("bearer" = []), ("cookie" = [])),
    params(("id" = String, Path, format = Uuid, description = "The upload.")),
    request_body = DirectUploadCompletion,
    responses(
        (status = 201, description = "The file.", body = File,
            headers(("Location" = String, description = "`/v1/files/{id}`"), ("ETag" = String, description = "The file's entity tag."))),
        (status = 200, description = "The file that was replaced, or that an earlier completion made.", body = File,
            headers(("ETag" = String, description = "The file's entity tag."))),
    ),
)]
pub(crate) async fn complete_direct_upload(
    state: State,
    Authenticated(actor): Authenticated,
    id: PathId<UploadId>,
    body: JsonBody,
) -> Answer {
    let upload = id.known()?;
    let body: CompleteDirectUploadBody = body.up_to(PARTS_JSON_LIMIT).read().await?;
    let parts = body.parts.into_iter().map(|Part { number, etag }| (number, etag)).collect();
    let command = CompleteDirectCommand { upload, parts };
    let (use_cases, by) = (state.use_cases.clone(), actor.clone());
    let complete = async move { uploads(&use_cases)?.complete.run(&by, command).await };
    let outcome = run_detached(&state, Box::pin(complete)).await;
    uploaded_answer(with_reclaimable(&state, &actor, outcome).await?, &state.settings)
}
