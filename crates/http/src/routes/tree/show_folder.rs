//! `GET /v1/folders/{id}`

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use fm_api_types::Folder;
use fm_application::tree::ItemView;

use crate::auth::Authenticated;
use crate::input::{ItemRef, Query, none_match};
use crate::output::{folder_answer, not_modified};
use crate::problem::{Answer, Code, Problem};
use crate::routes::include::Include;
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[Code::MalformedRequest, Code::NotFound];

/// Get a folder
///
/// A folder. Its entity tag changes with the folder itself, not with what is in it.
#[utoipa::path(
    get,
    path = "/v1/folders/{id}",
    operation_id = "get_folder",
    tag = "tree",
    security(("bearer" = []), ("cookie" = [])),
    params(
        ("id" = String, Path, description = "The folder: an id, or `root`.", example = "root"),
        ("include" = Option<String>, Query, description = "`path`, `ancestors`, or both with a comma between them. Left out where the path has more than 16 KiB."),
        ("If-None-Match" = Option<String>, Header, description = "The entity tag that the client has."),
    ),
    responses(
        (status = 200, description = "The folder.", body = Folder, headers(("ETag" = String, description = "Changes with the folder itself."))),
        (status = 304, description = "What the client has is current."),
    ),
)]
pub(crate) async fn show_folder(
    request: HttpRequest,
    state: State,
    Authenticated(actor): Authenticated,
    id: ItemRef,
) -> Answer {
    let include = Include::of(&Query::new(request.query_string()))?;
    let view = state.use_cases.tree.show.run(&actor, id.known(&actor)?).await?;
    let ItemView::Folder(folder) = &view else { return Err(Problem::of(Code::NotFound)) };
    // Where it lies changes with the folders above it.
    if include == Include::default() && none_match(request.headers(), &folder.etag()) {
        return Ok(not_modified(&folder.etag()));
    }
    let about = include.about(&state, &actor, &view).await?;
    folder_answer(StatusCode::OK, folder, &about, &state.settings)
}
