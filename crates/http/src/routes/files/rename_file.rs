//! `PATCH /v1/files/{id}`

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use fm_application::files::RenameCommand;
use fm_domain::files::FileName;
use fm_domain::ids::FileId;
use utoipa::ToSchema;

use crate::auth::Authenticated;
use crate::input::{Fields, FromFields, JsonBody, PathId, if_match, parsed};
use crate::output::{FileJson, file};
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

/// What to call the file.
#[derive(ToSchema)]
#[schema(as = FileRename, example = json!({"name": "café.png"}))]
pub(crate) struct RenameFileBody {
    #[schema(value_type = String, min_length = 1, max_length = 255)]
    name: FileName,
}

impl FromFields for RenameFileBody {
    fn read(fields: &mut Fields) -> Option<Self> {
        Some(Self { name: fields.required("name", parsed)? })
    }
}

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
    request_body = RenameFileBody,
    responses((status = 200, description = "The file.", body = FileJson, headers(("ETag" = String, description = "The file's entity tag.")))),
)]
pub(crate) async fn rename_file(
    request: HttpRequest,
    state: State,
    Authenticated(caller): Authenticated,
    id: PathId<FileId>,
    body: JsonBody,
) -> Answer {
    let id = id.known()?;
    let RenameFileBody { name } = body.read().await?;
    let if_match = if_match(request.headers())?;
    let command = RenameCommand { owner: caller.user, file: id, if_match, name };
    let view = state.use_cases.files.rename.run(command).await?;
    file(StatusCode::OK, &view)
}
