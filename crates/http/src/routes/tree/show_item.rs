//! `GET /v1/items/{id}`

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use fm_api_types::Item;

use crate::auth::Authenticated;
use crate::input::{ItemRef, Query, none_match};
use crate::output::{item_answer, not_modified};
use crate::problem::{Answer, Code};
use crate::routes::include::Include;
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[Code::MalformedRequest, Code::NotFound];

/// Get an item
///
/// A file or a folder: `kind` says which.
#[utoipa::path(
    get,
    path = "/v1/items/{id}",
    operation_id = "get_item",
    tag = "tree",
    security(("bearer" = []), ("cookie" = [])),
    params(
        ("id" = String, Path, description = "The item: an id, or `root`.", example = "root"),
        ("include" = Option<String>, Query, description = "`path`, `ancestors`, or both with a comma between them. Left out where the path has more than 16 KiB."),
        ("If-None-Match" = Option<String>, Header, description = "The entity tag that the client has."),
    ),
    responses(
        (status = 200, description = "The item.", body = Item, headers(("ETag" = String, description = "The item's entity tag."))),
        (status = 304, description = "What the client has is current, and its URLs work."),
    ),
)]
pub(crate) async fn show_item(
    request: HttpRequest,
    state: State,
    Authenticated(actor): Authenticated,
    id: ItemRef,
) -> Answer {
    let include = Include::of(&Query::new(request.query_string()))?;
    let view = state.use_cases.tree.show.run(&actor, id.known(&actor)?).await?;
    // Where it lies changes with the folders above it.
    if include == Include::default() && none_match(request.headers(), &view.etag()) {
        return Ok(not_modified(&view.etag()));
    }
    let about = include.about(&state, &actor, &view).await?;
    item_answer(StatusCode::OK, &view, &about, &state.settings)
}
