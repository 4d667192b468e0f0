//! `DELETE /v1/files/{id}`

use actix_web::HttpRequest;
use fm_application::files::RemoveCommand;
use fm_domain::ids::FileId;

use crate::auth::Authenticated;
use crate::input::{PathId, if_match};
use crate::output::no_content;
use crate::problem::{Answer, Code};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[Code::MalformedRequest, Code::NotFound, Code::PreconditionFailed];

/// Delete a file
///
/// Removes a file. From this answer on it is gone for every route; its bytes follow in the background.
#[utoipa::path(
    delete,
    path = "/v1/files/{id}",
    operation_id = "delete_file",
    tag = "files",
    security(("bearer" = []), ("cookie" = [])),
    params(
        ("id" = String, Path, format = Uuid, description = "The file."),
        ("If-Match" = Option<String>, Header, description = "Any entity tag of the revision that is meant."),
    ),
    responses((status = 204, description = "The file is gone.")),
)]
pub(crate) async fn remove_file(
    request: HttpRequest,
    state: State,
    Authenticated(actor): Authenticated,
    id: PathId<FileId>,
) -> Answer {
    let id = id.known()?;
    let if_match = if_match(request.headers())?;
    state.use_cases.files.remove.run(&actor, RemoveCommand { file: id, if_match }).await?;
    Ok(no_content())
}
