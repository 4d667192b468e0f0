//! `DELETE /v1/items/{id}`, and what it has in common with `DELETE /v1/files/{id}` and `DELETE /v1/folders/{id}`.

use actix_web::HttpRequest;
use fm_api_types::Operation;
use fm_application::tree::{DeleteCommand, Outcome};
use fm_domain::access::Actor;
use fm_domain::ids::NodeId;
use fm_domain::tree::ItemKind;

use crate::auth::Authenticated;
use crate::input::{ItemRef, Query, precondition};
use crate::output::{accepted, no_content};
use crate::problem::{Answer, Code};
use crate::state::{AppState, State};

pub(crate) const PROBLEMS: &[Code] = &[
    Code::MalformedRequest,
    Code::NotFound,
    Code::FolderNotEmpty,
    Code::PreconditionFailed,
    Code::ValidationFailed,
];

/// Delete an item
///
/// Deletes a file or a folder for good, from its folder or from the trash. From this answer on it is gone for every route; its bytes follow
/// in the background. A folder that has entries needs `recursive`. Beyond 1,000 entries it goes on as an operation.
#[utoipa::path(
    delete,
    path = "/v1/items/{id}",
    tag = "tree",
    security(("bearer" = []), ("cookie" = [])),
    params(
        ("id" = String, Path, description = "The item."),
        ("recursive" = Option<String>, Query, description = "`true`: a folder goes with what is in it."),
        ("If-Match" = Option<String>, Header, description = "Any entity tag of the revision that is meant."),
        ("If-None-Match" = Option<String>, Header, description = "`*`, or entity tags: 412 `precondition_failed` where one of them names the revision that is there."),
    ),
    responses(
        (status = 204, description = "The item is gone."),
        (status = 202, description = "It goes on as an operation.", body = Operation,
            headers(("Location" = String, description = "`/v1/operations/{id}`"))),
    ),
)]
pub(crate) async fn delete_item(
    request: HttpRequest,
    state: State,
    Authenticated(actor): Authenticated,
    id: ItemRef,
) -> Answer {
    delete(&request, &state, &actor, id.known(&actor)?, None).await
}

/// Deletes an item, of this kind where one is meant.
pub(crate) async fn delete(
    request: &HttpRequest,
    state: &AppState,
    actor: &Actor,
    item: NodeId,
    kind: Option<ItemKind>,
) -> Answer {
    let recursive = Query::new(request.query_string()).flag("recursive")?;
    let command = DeleteCommand { item, kind, if_match: precondition(request.headers())?, recursive };
    carry_out(state, actor, command).await
}

/// Deletes what the command names.
pub(crate) async fn carry_out(state: &AppState, actor: &Actor, command: DeleteCommand) -> Answer {
    match state.use_cases.tree.delete.run(actor, command).await? {
        Outcome::Done(()) => Ok(no_content()),
        Outcome::Accepted(operation) => accepted(&operation, &state.settings),
    }
}
