//! `GET /v1/files/{id}/content`

use actix_web::HttpRequest;
use fm_domain::blobs::Disposition;
use fm_domain::ids::FileId;

use super::DISPOSITIONS;
use crate::auth::Authenticated;
use crate::input::{PathId, Query};
use crate::output::redirect;
use crate::problem::{Answer, Code};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[Code::MalformedRequest, Code::NotFound];

/// Download a file
///
/// Redirects to a signed URL of the file's bytes.
#[utoipa::path(
    get,
    path = "/v1/files/{id}/content",
    operation_id = "download_file",
    tag = "files",
    security(("bearer" = []), ("cookie" = [])),
    params(
        ("id" = String, Path, format = Uuid, description = "The file."),
        ("disposition" = Option<String>, Query, description = "`attachment` (unless given), or `inline` for types that are safe to show."),
    ),
    responses((status = 302, description = "To a signed URL.", headers(("Location" = String, description = "The signed URL.")))),
)]
pub(crate) async fn link_content(
    request: HttpRequest,
    state: State,
    Authenticated(actor): Authenticated,
    id: PathId<FileId>,
) -> Answer {
    let disposition = Query::new(request.query_string()).word("disposition", DISPOSITIONS)?;
    let disposition = disposition.unwrap_or(Disposition::Attachment);
    let url = state.use_cases.files.link_content.run(&actor, id.known()?, disposition).await?;
    redirect(&url)
}
