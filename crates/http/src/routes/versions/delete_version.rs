//! `DELETE /v1/files/{id}/versions/{number}`

use actix_web::HttpRequest;
use fm_domain::ids::FileId;

use crate::auth::Authenticated;
use crate::input::{PathId, number_of_path};
use crate::output::no_content;
use crate::problem::{Answer, Code};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[Code::NotFound, Code::Conflict];

/// Delete a version
///
/// Deletes an old version for good, a pinned one too. 409 `conflict` for the present content.
#[utoipa::path(
    delete,
    path = "/v1/files/{id}/versions/{number}",
    tag = "files",
    security(("bearer" = []), ("cookie" = [])),
    params(
        ("id" = String, Path, format = Uuid, description = "The file."),
        ("number" = u32, Path, minimum = 1, description = "The version."),
    ),
    responses((status = 204, description = "The version is gone.")),
)]
pub(crate) async fn delete_version(
    request: HttpRequest,
    state: State,
    Authenticated(actor): Authenticated,
    id: PathId<FileId>,
) -> Answer {
    let (file, number) = (id.known()?, number_of_path(&request)?);
    state.use_cases.tree.versions.delete(&actor, file, Some(number)).await?;
    Ok(no_content())
}
