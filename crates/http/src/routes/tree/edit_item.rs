//! The edits that `PATCH /v1/files/{id}` and `PATCH /v1/folders/{id}` make.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use fm_api_types::ItemChanges;
use fm_application::tree::{EditCommand, PlacedView};
use fm_domain::access::Actor;
use fm_domain::clock::Timestamp;
use fm_domain::files::FileName;
use fm_domain::ids::NodeId;
use fm_domain::tree::{ItemKind, OnConflict};

use crate::input::{ItemRef, JsonBody, Query, item_ref, json_body, moment_value, parsed, precondition};
use crate::output::{About, item_answer};
use crate::problem::{Answer, Code};
use crate::routes::include::Include;
use crate::state::AppState;

pub(crate) const PROBLEMS: &[Code] = &[
    Code::MalformedRequest,
    Code::NotFound,
    Code::NameTaken,
    Code::MoveIntoItself,
    Code::TooDeep,
    Code::FolderFull,
    Code::PreconditionFailed,
    Code::PayloadTooLarge,
    Code::UnsupportedMediaType,
    Code::ValidationFailed,
];

json_body! {
    /// What is read of it.
    pub(crate) struct EditItemBody for ItemChanges {
        name: Option<FileName> => given(parsed),
        parent_id: Option<ItemRef> => given(item_ref),
        on_conflict: Option<OnConflict> => given(parsed),
        modified_at: Option<Timestamp> => given(moment_value),
    }
}

/// The item of this kind after the edit.
pub(crate) async fn edit(
    request: &HttpRequest,
    state: &AppState,
    actor: &Actor,
    (kind, item): (ItemKind, NodeId),
    body: JsonBody,
) -> Answer {
    let asked = Include::of(&Query::new(request.query_string()))?;
    let EditItemBody { name, parent_id, on_conflict, modified_at } = body.read().await?;
    // What may change the path tells it.
    let include = if name.is_some() || parent_id.is_some() { Include::ALL } else { asked };
    let command = EditCommand {
        item,
        kind: Some(kind),
        if_match: precondition(request.headers())?,
        name,
        parent: parent_id.map(|parent| parent.known(actor)).transpose()?,
        on_conflict: on_conflict.unwrap_or(OnConflict::Fail),
        modified_at,
    };
    let PlacedView { view, requested_name, .. } = state.use_cases.tree.edit.run(actor, command).await?;
    let about = About { requested_name, ..include.about(state, actor, &view).await? };
    item_answer(StatusCode::OK, &view, &about, &state.settings)
}
