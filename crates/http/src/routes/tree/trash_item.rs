//! `POST /v1/items/{id}/trash`

use actix_web::HttpRequest;
use fm_api_types::{Operation, TrashedItem};
use fm_application::tree::{Outcome, TrashCommand};

use crate::auth::Authenticated;
use crate::input::{ItemRef, precondition};
use crate::output::{accepted, trashed_answer};
use crate::problem::{Answer, Code};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[
    Code::MalformedRequest,
    Code::NotFound,
    Code::Conflict,
    Code::PreconditionFailed,
    Code::ValidationFailed,
];

/// Trash an item
///
/// Puts a file, or a folder with all that is in it, into the trash, from where it can be restored until `purge_at`. From this answer on it is
/// gone for every route but those of the trash. It still counts against the quota. Of what is there already the answer is the same. Beyond 1,000 entries it goes on
/// as an operation. 409 `conflict` where the deployment has no trash.
#[utoipa::path(
    post,
    path = "/v1/items/{id}/trash",
    tag = "tree",
    security(("bearer" = []), ("cookie" = [])),
    params(
        ("id" = String, Path, description = "The item."),
        ("If-Match" = Option<String>, Header, description = "Any entity tag of the revision that is meant."),
        ("If-None-Match" = Option<String>, Header, description = "`*`, or entity tags: 412 `precondition_failed` where one of them names the revision that is there."),
    ),
    responses(
        (status = 200, description = "The item in the trash.", body = TrashedItem, headers(("ETag" = String, description = "The item's entity tag."))),
        (status = 202, description = "It goes on as an operation.", body = Operation,
            headers(("Location" = String, description = "`/v1/operations/{id}`"))),
    ),
)]
pub(crate) async fn trash_item(
    request: HttpRequest,
    state: State,
    Authenticated(actor): Authenticated,
    id: ItemRef,
) -> Answer {
    let command = TrashCommand { item: id.known(&actor)?, if_match: precondition(request.headers())? };
    match state.use_cases.tree.trash.run(&actor, command).await? {
        Outcome::Done(view) => trashed_answer(&view, |_| false),
        Outcome::Accepted(operation) => accepted(&operation, &state.settings),
    }
}
