//! `PATCH /v1/files/{id}`

use actix_web::HttpRequest;
use fm_api_types::{File, ItemChanges};
use fm_domain::ids::FileId;
use fm_domain::tree::ItemKind;

use crate::auth::Authenticated;
use crate::input::{JsonBody, PathId};
use crate::problem::Answer;
use crate::routes::tree::edit_item::edit;
use crate::state::State;

/// Update a file
///
/// Renames a file, moves it, or both at once; no bytes move. With `on_conflict` `replace` its content becomes that of the file that has the
/// name, which is the answer then. Into the place that it is in nothing changes.
#[utoipa::path(
    patch,
    path = "/v1/files/{id}",
    operation_id = "update_file",
    tag = "files",
    security(("bearer" = []), ("cookie" = [])),
    params(
        ("id" = String, Path, format = Uuid, description = "The file."),
        ("include" = Option<String>, Query, description = "`path`, `ancestors`, or both with a comma between them; both where the file is renamed or moved."),
        ("If-Match" = Option<String>, Header, description = "Any entity tag of the revision that is meant."),
        ("If-None-Match" = Option<String>, Header, description = "`*`, or entity tags: 412 `precondition_failed` where one of them names the revision that is there."),
    ),
    request_body = ItemChanges,
    responses((status = 200, description = "The file; where it was renamed or moved with its path and what is above it.", body = File, headers(("ETag" = String, description = "The file's entity tag.")))),
)]
pub(crate) async fn edit_file(
    request: HttpRequest,
    state: State,
    Authenticated(actor): Authenticated,
    id: PathId<FileId>,
    body: JsonBody,
) -> Answer {
    edit(&request, &state, &actor, (ItemKind::File, id.known()?.into()), body).await
}
