//! `POST /v1/files/{id}/thumbnail`

use actix_web::http::StatusCode;
use fm_api_types::File;
use fm_domain::ids::FileId;

use crate::auth::Authenticated;
use crate::input::PathId;
use crate::output::{About, file_answer};
use crate::problem::{Answer, Code};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[Code::NotFound, Code::NoThumbnail];

/// Regenerate a thumbnail
///
/// Makes the thumbnail of a file again. Its previews that could not be made (`no_preview`) are tried again when they are asked for.
#[utoipa::path(
    post,
    path = "/v1/files/{id}/thumbnail",
    operation_id = "regenerate_thumbnail",
    tag = "files",
    security(("bearer" = []), ("cookie" = [])),
    params(("id" = String, Path, format = Uuid, description = "The file.")),
    responses((status = 202, description = "It is being made: `thumbnail.status` is `pending`.", body = File,
        headers(("ETag" = String, description = "The file's entity tag.")))),
)]
pub(crate) async fn remake_thumbnail(
    state: State,
    Authenticated(actor): Authenticated,
    id: PathId<FileId>,
) -> Answer {
    let view = state.use_cases.files.remake_thumbnail.run(&actor, id.known()?).await?;
    file_answer(StatusCode::ACCEPTED, &view, &About::NOTHING, &state.settings)
}
