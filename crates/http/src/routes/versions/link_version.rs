//! `GET /v1/files/{id}/versions/{number}/content`

use actix_web::HttpRequest;
use fm_domain::blobs::Disposition;
use fm_domain::ids::FileId;

use crate::auth::Authenticated;
use crate::input::{PathId, Query, number_of_path};
use crate::output::redirect;
use crate::problem::{Answer, Code};
use crate::routes::files::DISPOSITIONS;
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[Code::MalformedRequest, Code::NotFound];

/// Download a version
///
/// Redirects to a signed URL of the bytes of a version, or of the present content by its number.
#[utoipa::path(
    get,
    path = "/v1/files/{id}/versions/{number}/content",
    operation_id = "download_version",
    tag = "files",
    security(("bearer" = []), ("cookie" = [])),
    params(
        ("id" = String, Path, format = Uuid, description = "The file."),
        ("number" = u32, Path, minimum = 1, description = "The version."),
        ("disposition" = Option<String>, Query, description = "`attachment` (unless given), or `inline` for types that are safe to show."),
    ),
    responses((status = 302, description = "To a signed URL.", headers(("Location" = String, description = "The signed URL.")))),
)]
pub(crate) async fn link_version(
    request: HttpRequest,
    state: State,
    Authenticated(actor): Authenticated,
    id: PathId<FileId>,
) -> Answer {
    let (file, number) = (id.known()?, number_of_path(&request)?);
    let disposition = Query::new(request.query_string()).word("disposition", DISPOSITIONS)?;
    let disposition = disposition.unwrap_or(Disposition::Attachment);
    redirect(&state.use_cases.tree.versions.link(&actor, file, number, disposition).await?)
}
