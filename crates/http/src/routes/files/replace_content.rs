//! `PUT /v1/files/{id}/content`

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use fm_api_types::File;
use fm_application::files::ReplaceCommand;
use fm_domain::ids::FileId;

use super::upload_file::UploadForm;
use crate::auth::Authenticated;
use crate::body::{Kind, Naming, content_length, incoming, kind, run};
use crate::input::{PathId, Query, content_time, precondition};
use crate::limits::{count_uploaded_bytes, limit_upload};
use crate::output::{About, file_answer};
use crate::problem::{Answer, Code};
use crate::quota::with_reclaimable;
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[
    Code::MalformedRequest,
    Code::NotFound,
    Code::RequestTimeout,
    Code::PreconditionFailed,
    Code::PayloadTooLarge,
    Code::QuotaExceeded,
    Code::UnsupportedMediaType,
    Code::ValidationFailed,
];

/// Replace a file's content
///
/// Gives a file new content under the same id: either the raw body, or a form with one part `file`, whose name is ignored.
/// Readers see the old or the new, never a mixture. The old content becomes a version, unless it is empty. The same bytes again change
/// nothing but `modified_at`.
#[utoipa::path(
    put,
    path = "/v1/files/{id}/content",
    operation_id = "replace_file_content",
    tag = "files",
    security(("bearer" = []), ("cookie" = [])),
    params(
        ("id" = String, Path, format = Uuid, description = "The file."),
        ("modified_at" = Option<String>, Query, description = "When the content was last changed where it comes from (RFC 3339); now, unless given."),
        ("X-OC-Mtime" = Option<String>, Header, description = "As `modified_at`, in seconds since 1970."),
        ("If-Match" = Option<String>, Header, description = "Any entity tag of the revision that is meant."),
        ("If-None-Match" = Option<String>, Header, description = "`*`, or entity tags: 412 `precondition_failed` where one of them names the revision that is there."),
        ("Content-Digest" = Option<String>, Header, description = "`sha-256=:…:` of the body (RFC 9530)."),
        ("Repr-Digest" = Option<String>, Header, description = "Like `Content-Digest`."),
    ),
    request_body(content(("application/octet-stream"), (UploadForm = "multipart/form-data"))),
    responses((status = 200, description = "The file.", body = File, headers(("ETag" = String, description = "The file's entity tag.")))),
)]
pub(crate) async fn replace_content(
    request: HttpRequest,
    state: State,
    Authenticated(actor): Authenticated,
    id: PathId<FileId>,
    payload: web::Payload,
) -> Answer {
    let (user, length) = (actor.user(), content_length(request.headers()));
    limit_upload(&request, &state, user, length).await?;
    let id = id.known()?;
    let if_match = precondition(request.headers())?;
    let modified_at = content_time(request.headers(), &Query::new(request.query_string()))?;
    if kind(request.headers()) == Kind::Form {
        // A form is read up to the file in it before the use case can refuse.
        state.use_cases.files.replace_content.check(&actor, id, if_match.as_ref()).await?;
    }
    let incoming = incoming(&request, payload, Naming::Kept, &state).await?;
    let (use_cases, by) = (state.use_cases.clone(), actor.clone());
    let outcome = run(&state, incoming, |body| async move {
        let command = ReplaceCommand { file: id, if_match, modified_at, body };
        use_cases.files.replace_content.run(&by, command).await
    });
    let view = with_reclaimable(&state, &actor, outcome.await).await?;
    if length.is_none() {
        count_uploaded_bytes(&request, &state, user, view.file.size.bytes()).await;
    }
    file_answer(StatusCode::OK, &view, &About::NOTHING, &state.settings)
}
