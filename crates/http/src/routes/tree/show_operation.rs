//! `GET /v1/operations/{id}`

use actix_web::HttpResponse;
use fm_api_types::Operation;
use fm_domain::ids::OperationId;

use crate::auth::Authenticated;
use crate::input::PathId;
use crate::output::{json, operation};
use crate::problem::{Answer, Code};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[Code::NotFound];

/// Get an operation
///
/// How far work on many items is that a request was answered with 202 for. It is kept for a day after its end.
#[utoipa::path(
    get,
    path = "/v1/operations/{id}",
    operation_id = "get_operation",
    tag = "tree",
    security(("bearer" = []), ("cookie" = [])),
    params(("id" = String, Path, format = Uuid, description = "The operation.")),
    responses((status = 200, description = "The operation.", body = Operation)),
)]
pub(crate) async fn show_operation(
    state: State,
    Authenticated(actor): Authenticated,
    id: PathId<OperationId>,
) -> Answer {
    let view = state.use_cases.tree.show_operation.run(&actor, id.known()?).await?;
    json(HttpResponse::Ok(), &operation(&view))
}
