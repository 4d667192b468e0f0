//! `GET /v1/files/{id}/previews/{size}`

use actix_web::HttpRequest;
use fm_domain::ids::FileId;

use crate::auth::Authenticated;
use crate::connection::presence;
use crate::input::{PREFERENCE_APPLIED, PathId, WAITED, preferred_wait, preview_size_of_path};
use crate::output::reusable_redirect;
use crate::problem::{Answer, Code};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[Code::NotFound, Code::PreviewNotReady, Code::NoPreview];

/// Get a preview
///
/// Redirects to a signed URL of a preview: a JPEG, or a PNG where the picture has transparency. One that is not there yet is made now.
#[utoipa::path(
    get,
    path = "/v1/files/{id}/previews/{size}",
    operation_id = "get_preview",
    tag = "files",
    security(("bearer" = []), ("cookie" = [])),
    params(
        ("id" = String, Path, format = Uuid, description = "The file."),
        ("size" = String, Path, description = "`small` (256 pixels on the longer side) or `medium` (1024).", example = "small"),
        ("v" = Option<String>, Query, description = "Any text: links have one that changes with the content."),
        ("Prefer" = Option<String>, Header, description = "`wait=10`: a preview that is not there yet is waited for, for so many seconds, 10 at most (RFC 7240)."),
    ),
    responses((status = 302, description = "To a signed URL.",
        headers(
            ("Location" = String, description = "The signed URL."),
            ("Cache-Control" = String, description = "`private, max-age=300`: for so many seconds the client may follow the redirect again without asking, half of the time that is left of the signed URL, 300 at most; `private, no-store` where that is less than one."),
            ("Preference-Applied" = String, description = "`wait`"),
        ))),
)]
pub(crate) async fn link_preview(
    request: HttpRequest,
    state: State,
    Authenticated(actor): Authenticated,
    id: PathId<FileId>,
) -> Answer {
    let size = preview_size_of_path(&request)?;
    let wait = preferred_wait(request.headers());
    let use_case = &state.use_cases.files.link_preview;
    let linked =
        use_case.run(&actor, id.known()?, size, wait.unwrap_or_default(), &presence(&request)).await?;
    let mut answer = reusable_redirect(&linked.url, linked.max_age)?;
    if wait.is_some() {
        answer.headers_mut().insert(PREFERENCE_APPLIED, WAITED);
    }
    Ok(answer)
}
