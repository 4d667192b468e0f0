//! `POST /v1/items/{id}/restore`

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use fm_api_types::{Item, Operation, Restoration};
use fm_application::tree::{Outcome, PlacedView, RestoreCommand};
use fm_domain::tree::OnConflict;

use crate::auth::Authenticated;
use crate::input::{ItemRef, JsonBody, Query, flag, item_ref, json_body, parsed};
use crate::output::{About, accepted, item_answer};
use crate::problem::{Answer, Code};
use crate::routes::include::Include;
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[
    Code::MalformedRequest,
    Code::NotFound,
    Code::NameTaken,
    Code::MoveIntoItself,
    Code::TooDeep,
    Code::FolderFull,
    Code::ParentTrashed,
    Code::Conflict,
    Code::PayloadTooLarge,
    Code::UnsupportedMediaType,
    Code::ValidationFailed,
];

json_body! {
    /// What is read of it.
    pub(crate) struct RestoreItemBody for Restoration {
        parent_id: Option<ItemRef> => optional(item_ref),
        on_conflict: Option<OnConflict> => optional(parsed),
        recreate_parents: Option<bool> => optional(flag),
    }
}

/// Restore an item
///
/// Brings an item back from the trash, with all that went there with it: to the folder that it was in, or into another one. Something that
/// lies in a folder of the trash can be restored alone. Where the former folder is in the trash or gone, 409 `parent_trashed`: name another
/// one, or have those of the former path made again. Beyond 1,000 entries it goes on as an operation: a folder of
/// so many inside another one of the trash stays there until all of it is told from the rest.
#[utoipa::path(
    post,
    path = "/v1/items/{id}/restore",
    tag = "tree",
    security(("bearer" = []), ("cookie" = [])),
    params(
        ("id" = String, Path, description = "The item."),
        ("recreate_parents" = Option<String>, Query, description = "`1`: as the field of this name."),
    ),
    request_body = Option<Restoration>,
    responses(
        (status = 200, description = "The item at its place, with its path.", body = Item, headers(("ETag" = String, description = "The item's entity tag."))),
        (status = 202, description = "It goes on as an operation.", body = Operation,
            headers(("Location" = String, description = "`/v1/operations/{id}`"))),
    ),
)]
pub(crate) async fn restore_item(
    request: HttpRequest,
    state: State,
    Authenticated(actor): Authenticated,
    id: ItemRef,
    body: JsonBody,
) -> Answer {
    let item = id.known(&actor)?;
    let recreate = Query::new(request.query_string()).flag("recreate_parents")?;
    let RestoreItemBody { parent_id, on_conflict, recreate_parents } = body.read_or_empty().await?;
    let command = RestoreCommand {
        item,
        parent: parent_id.map(|parent| parent.known(&actor)).transpose()?,
        recreate_parents: recreate_parents.unwrap_or(recreate),
        on_conflict: on_conflict.unwrap_or(OnConflict::Rename),
    };
    match state.use_cases.tree.restore.run(&actor, command).await? {
        Outcome::Done(PlacedView { view, requested_name, .. }) => {
            let about = About { requested_name, ..Include::ALL.about(&state, &actor, &view).await? };
            item_answer(StatusCode::OK, &view, &about, &state.settings)
        }
        Outcome::Accepted(operation) => accepted(&operation, &state.settings),
    }
}
