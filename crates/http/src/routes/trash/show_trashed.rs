//! `GET /v1/trash/{id}`

use actix_web::HttpRequest;
use fm_api_types::TrashedItem;

use crate::auth::Authenticated;
use crate::input::{ItemRef, none_match};
use crate::output::trashed_answer;
use crate::problem::{Answer, Code};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[Code::NotFound];

/// Get a trashed item
///
/// An item in the trash: what was put there, or something that lies in it.
#[utoipa::path(
    get,
    path = "/v1/trash/{id}",
    operation_id = "get_trashed_item",
    tag = "tree",
    security(("bearer" = []), ("cookie" = [])),
    params(
        ("id" = String, Path, description = "The item."),
        ("If-None-Match" = Option<String>, Header, description = "The entity tag that the client has."),
    ),
    responses(
        (status = 200, description = "The item.", body = TrashedItem, headers(("ETag" = String, description = "Changes with all that is told of the item."))),
        (status = 304, description = "What the client has is current."),
    ),
)]
pub(crate) async fn show_trashed(
    request: HttpRequest,
    state: State,
    Authenticated(actor): Authenticated,
    id: ItemRef,
) -> Answer {
    let view = state.use_cases.tree.show_trashed.run(&actor, id.known(&actor)?).await?;
    trashed_answer(&view, |tag| none_match(request.headers(), tag))
}
