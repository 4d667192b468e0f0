//! `DELETE /v1/operations/{id}`

use actix_web::HttpResponse;
use fm_api_types::Operation;
use fm_domain::ids::OperationId;

use crate::auth::Authenticated;
use crate::input::PathId;
use crate::output::{json, operation};
use crate::problem::{Answer, Code};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[Code::NotFound];

/// Cancel an operation
///
/// Cancels what is left of an operation; what was done stays. One that has ended is answered as it ended.
#[utoipa::path(
    delete,
    path = "/v1/operations/{id}",
    tag = "tree",
    security(("bearer" = []), ("cookie" = [])),
    params(("id" = String, Path, format = Uuid, description = "The operation.")),
    responses((status = 200, description = "The operation as it is now.", body = Operation)),
)]
pub(crate) async fn cancel_operation(
    state: State,
    Authenticated(actor): Authenticated,
    id: PathId<OperationId>,
) -> Answer {
    let view = state.use_cases.tree.cancel_operation.run(&actor, id.known()?).await?;
    json(HttpResponse::Ok(), &operation(&view))
}
