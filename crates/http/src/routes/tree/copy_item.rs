//! `POST /v1/items/{id}/copy`

use actix_web::http::StatusCode;
use fm_api_types::{Item, ItemCopy, Operation};
use fm_application::tree::{CopyCommand, Outcome, PlacedView};
use fm_domain::files::FileName;
use fm_domain::tree::OnConflict;

use crate::auth::Authenticated;
use crate::input::{ItemRef, JsonBody, item_ref, json_body, parsed};
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
    Code::PayloadTooLarge,
    Code::QuotaExceeded,
    Code::UnsupportedMediaType,
    Code::ValidationFailed,
];

json_body! {
    /// What is read of it.
    pub(crate) struct CopyItemBody for ItemCopy {
        parent_id: ItemRef => required(item_ref),
        name: Option<FileName> => optional(parsed),
        on_conflict: Option<OnConflict> => optional(parsed),
    }
}

/// Copy an item
///
/// Copies a file, or a folder with all that is in it. No byte is moved; the quota counts the copy in full. Old versions are not copied.
/// Beyond 1,000 entries it goes on as an operation.
#[utoipa::path(
    post,
    path = "/v1/items/{id}/copy",
    tag = "tree",
    security(("bearer" = []), ("cookie" = [])),
    params(("id" = String, Path, description = "The item.")),
    request_body = ItemCopy,
    responses(
        (status = 201, description = "The copy, with its path.", body = Item,
            headers(("Location" = String, description = "`/v1/files/{id}` or `/v1/folders/{id}`"), ("ETag" = String, description = "The copy's entity tag."))),
        (status = 200, description = "By `replace`: the file that was there, with a new version.", body = Item,
            headers(("ETag" = String, description = "The file's entity tag."))),
        (status = 202, description = "It goes on as an operation.", body = Operation,
            headers(("Location" = String, description = "`/v1/operations/{id}`"))),
    ),
)]
pub(crate) async fn copy_item(
    state: State,
    Authenticated(actor): Authenticated,
    id: ItemRef,
    body: JsonBody,
) -> Answer {
    let item = id.known(&actor)?;
    let CopyItemBody { parent_id, name, on_conflict } = body.read().await?;
    let on_conflict = on_conflict.unwrap_or(OnConflict::Rename);
    let command = CopyCommand { item, parent: parent_id.known(&actor)?, name, on_conflict };
    match state.use_cases.tree.copy.run(&actor, command).await? {
        Outcome::Done(PlacedView { view, requested_name, replaced }) => {
            let about = About { requested_name, ..Include::ALL.about(&state, &actor, &view).await? };
            let status = if replaced { StatusCode::OK } else { StatusCode::CREATED };
            item_answer(status, &view, &about, &state.settings)
        }
        Outcome::Accepted(operation) => accepted(&operation, &state.settings),
    }
}
