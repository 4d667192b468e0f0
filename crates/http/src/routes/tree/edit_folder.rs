//! `PATCH /v1/folders/{id}`

use actix_web::HttpRequest;
use fm_api_types::{Folder, ItemChanges};
use fm_domain::tree::ItemKind;

use super::edit_item::edit;
use crate::auth::Authenticated;
use crate::input::{ItemRef, JsonBody};
use crate::problem::Answer;
use crate::state::State;

/// Update a folder
///
/// Renames a folder, moves it, or both at once, with all that is in it: whatever that is, the change is as small. Into the place that it
/// is in nothing changes. The root can't be changed.
#[utoipa::path(
    patch,
    path = "/v1/folders/{id}",
    operation_id = "update_folder",
    tag = "tree",
    security(("bearer" = []), ("cookie" = [])),
    params(
        ("id" = String, Path, description = "The folder."),
        ("include" = Option<String>, Query, description = "`path`, `ancestors`, or both with a comma between them; both where it is renamed or moved."),
        ("If-Match" = Option<String>, Header, description = "Any entity tag of the revision that is meant."),
        ("If-None-Match" = Option<String>, Header, description = "`*`, or entity tags: 412 `precondition_failed` where one of them names the revision that is there."),
    ),
    request_body = ItemChanges,
    responses((status = 200, description = "The folder; where it was renamed or moved with its path and what is above it.", body = Folder, headers(("ETag" = String, description = "The folder's entity tag.")))),
)]
pub(crate) async fn edit_folder(
    request: HttpRequest,
    state: State,
    Authenticated(actor): Authenticated,
    id: ItemRef,
    body: JsonBody,
) -> Answer {
    edit(&request, &state, &actor, (ItemKind::Folder, id.known(&actor)?), body).await
}
