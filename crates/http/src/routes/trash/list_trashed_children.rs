//! `GET /v1/trash/{id}/children`

use actix_web::{HttpRequest, HttpResponse};
use fm_api_types::TrashList;

use crate::auth::Authenticated;
use crate::input::{ItemRef, Query};
use crate::output::{json, trash_list};
use crate::problem::{Answer, Code};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[Code::MalformedRequest, Code::NotFound, Code::RateLimited];

/// List a trashed folder
///
/// What lies in a folder of the trash, page by page: folders first, by name.
#[utoipa::path(
    get,
    path = "/v1/trash/{id}/children",
    operation_id = "list_trashed_folder",
    tag = "tree",
    security(("bearer" = []), ("cookie" = [])),
    params(
        ("id" = String, Path, description = "The folder."),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 200, description = "Items on a page; 50 unless given."),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the page before."),
    ),
    responses((status = 200, description = "A page.", body = TrashList)),
)]
pub(crate) async fn list_trashed_children(
    request: HttpRequest,
    state: State,
    Authenticated(actor): Authenticated,
    id: ItemRef,
) -> Answer {
    let (limit, cursor) = Query::new(request.query_string()).page()?;
    let folder = id.known(&actor)?;
    let list = state.use_cases.tree.list_trashed_children.run(&actor, folder, limit, cursor).await?;
    json(HttpResponse::Ok(), &trash_list(&list))
}
