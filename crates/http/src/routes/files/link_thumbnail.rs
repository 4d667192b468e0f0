//! `GET /v1/files/{id}/thumbnail`

use fm_domain::ids::FileId;

use crate::auth::Authenticated;
use crate::input::PathId;
use crate::output::redirect;
use crate::problem::{Answer, Code};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[Code::NotFound, Code::ThumbnailNotReady, Code::NoThumbnail];

/// Get a thumbnail
///
/// Redirects to a signed URL of the file's thumbnail.
#[utoipa::path(
    get,
    path = "/v1/files/{id}/thumbnail",
    operation_id = "get_thumbnail",
    tag = "files",
    security(("bearer" = []), ("cookie" = [])),
    params(("id" = String, Path, format = Uuid, description = "The file.")),
    responses((status = 302, description = "To a signed URL.", headers(("Location" = String, description = "The signed URL.")))),
)]
pub(crate) async fn link_thumbnail(
    state: State,
    Authenticated(actor): Authenticated,
    id: PathId<FileId>,
) -> Answer {
    let url = state.use_cases.files.link_thumbnail.run(&actor, id.known()?).await?;
    redirect(&url)
}
