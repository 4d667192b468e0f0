//! `DELETE /v1/folders/{id}`

use actix_web::HttpRequest;
use fm_api_types::Operation;
use fm_domain::tree::ItemKind;

use super::delete_item::delete;
use crate::auth::Authenticated;
use crate::input::ItemRef;
use crate::problem::Answer;
use crate::state::State;

/// Delete a folder
///
/// Deletes a folder for good, as `DELETE /v1/items/{id}` does.
#[utoipa::path(
    delete,
    path = "/v1/folders/{id}",
    tag = "tree",
    security(("bearer" = []), ("cookie" = [])),
    params(
        ("id" = String, Path, description = "The folder."),
        ("recursive" = Option<String>, Query, description = "`true`: it goes with what is in it."),
        ("If-Match" = Option<String>, Header, description = "Any entity tag of the revision that is meant."),
        ("If-None-Match" = Option<String>, Header, description = "`*`, or entity tags: 412 `precondition_failed` where one of them names the revision that is there."),
    ),
    responses(
        (status = 204, description = "The folder is gone."),
        (status = 202, description = "It goes on as an operation.", body = Operation,
            headers(("Location" = String, description = "`/v1/operations/{id}`"))),
    ),
)]
pub(crate) async fn delete_folder(
    request: HttpRequest,
    state: State,
    Authenticated(actor): Authenticated,
    id: ItemRef,
) -> Answer {
    delete(&request, &state, &actor, id.known(&actor)?, Some(ItemKind::Folder)).await
}
