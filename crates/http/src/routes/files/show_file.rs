//! `GET /v1/files/{id}`

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use fm_api_types::File;
use fm_domain::ids::FileId;

use crate::auth::Authenticated;
use crate::input::{PathId, Query, none_match};
use crate::output::{file_answer, not_modified};
use crate::problem::{Answer, Code};
use crate::routes::include::Include;
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[Code::MalformedRequest, Code::NotFound];

/// Get a file
///
/// A file, with signed URLs.
#[utoipa::path(
    get,
    path = "/v1/files/{id}",
    operation_id = "get_file",
    tag = "files",
    security(("bearer" = []), ("cookie" = [])),
    params(
        ("id" = String, Path, format = Uuid, description = "The file."),
        ("include" = Option<String>, Query, description = "`path`, `ancestors`, or both with a comma between them. Left out where the path has more than 16 KiB."),
        ("If-None-Match" = Option<String>, Header, description = "The entity tag that the client has."),
    ),
    responses(
        (status = 200, description = "The file.", body = File, headers(("ETag" = String, description = "Changes with the file, its thumbnail and its URLs."))),
        (status = 304, description = "What the client has is current, and its URLs work."),
    ),
)]
pub(crate) async fn show_file(
    request: HttpRequest,
    state: State,
    Authenticated(actor): Authenticated,
    id: PathId<FileId>,
) -> Answer {
    let include = Include::of(&Query::new(request.query_string()))?;
    let view = state.use_cases.files.show.run(&actor, id.known()?).await?;
    // Where it lies changes with the folders above it.
    if include == Include::default() && none_match(request.headers(), &view.etag()) {
        return Ok(not_modified(&view.etag()));
    }
    let about = include.about_place(&state, &actor, view.file.id.into(), Some(&view.file.name)).await?;
    file_answer(StatusCode::OK, &view, &about, &state.settings)
}
