//! `POST /v1/files/{id}/versions/{number}/restore`

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use fm_api_types::File;
use fm_domain::ids::FileId;

use crate::auth::Authenticated;
use crate::input::{PathId, number_of_path, precondition};
use crate::output::{About, file_answer};
use crate::problem::{Answer, Code};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] =
    &[Code::MalformedRequest, Code::NotFound, Code::PreconditionFailed, Code::QuotaExceeded];

/// Restore a version
///
/// Gives a file the content of an old version, as a new one: the present content becomes a version, so nothing is lost, and no byte is moved.
#[utoipa::path(
    post,
    path = "/v1/files/{id}/versions/{number}/restore",
    tag = "files",
    security(("bearer" = []), ("cookie" = [])),
    params(
        ("id" = String, Path, format = Uuid, description = "The file."),
        ("number" = u32, Path, minimum = 1, description = "The version."),
        ("If-Match" = Option<String>, Header, description = "Any entity tag of the revision that is meant."),
        ("If-None-Match" = Option<String>, Header, description = "`*`, or entity tags: 412 `precondition_failed` where one of them names the revision that is there."),
    ),
    responses((status = 200, description = "The file.", body = File, headers(("ETag" = String, description = "The file's entity tag.")))),
)]
pub(crate) async fn restore_version(
    request: HttpRequest,
    state: State,
    Authenticated(actor): Authenticated,
    id: PathId<FileId>,
) -> Answer {
    let (file, number) = (id.known()?, number_of_path(&request)?);
    let if_match = precondition(request.headers())?;
    let view = state.use_cases.tree.versions.restore(&actor, file, number, if_match.as_ref()).await?;
    file_answer(StatusCode::OK, &view, &About::NOTHING, &state.settings)
}
