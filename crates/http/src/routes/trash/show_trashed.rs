//! `GET /v1/trash/{id}`

use fm_api_types::TrashedItem;

use crate::auth::Authenticated;
use crate::input::ItemRef;
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
    params(("id" = String, Path, description = "The item.")),
    responses((status = 200, description = "The item.", body = TrashedItem, headers(("ETag" = String, description = "The item's entity tag.")))),
)]
pub(crate) async fn show_trashed(state: State, Authenticated(actor): Authenticated, id: ItemRef) -> Answer {
    trashed_answer(&state.use_cases.tree.show_trashed.run(&actor, id.known(&actor)?).await?)
}
