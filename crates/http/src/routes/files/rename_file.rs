//! `PATCH /v1/files/{id}`

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use fm_api_types::{File, FileRename};
use fm_application::files::RenameCommand;
use fm_domain::files::FileName;
use fm_domain::ids::FileId;

use crate::auth::Authenticated;
use crate::input::{JsonBody, PathId, if_match, json_body, parsed};
use crate::output::file_answer;
use crate::problem::{Answer, Code};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[
    Code::MalformedRequest,
    Code::NotFound,
    Code::PreconditionFailed,
    Code::PayloadTooLarge,
    Code::UnsupportedMediaType,
    Code::ValidationFailed,
];

json_body! {
    /// What is read of it.
    pub(crate) struct RenameFileBody for FileRename {
        name: FileName => required(parsed),
    }
}

/// Rename a file
///
/// Renames a file.
#[utoipa::path(
    patch,
    path = "/v1/files/{id}",
    tag = "files",
    security(("bearer" = []), ("cookie" = [])),
    params(
        ("id" = String, Path, format = Uuid, description = "The file."),
        ("If-Match" = Option<String>, Header, description = "Any entity tag of the revision that is meant."),
    ),
    request_body = FileRename,
    responses((status = 200, description = "The file.", body = File, headers(("ETag" = String, description = "The file's entity tag.")))),
)]
pub(crate) async fn rename_file(
    request: HttpRequest,
    state: State,
    Authenticated(actor): Authenticated,
    id: PathId<FileId>,
    body: JsonBody,
) -> Answer {
    let id = id.known()?;
    let RenameFileBody { name } = body.read().await?;
    let if_match = if_match(request.headers())?;
    let command = RenameCommand { file: id, if_match, name };
    let view = state.use_cases.files.rename.run(&actor, command).await?;
    file_answer(StatusCode::OK, &view, &state.settings)
}
