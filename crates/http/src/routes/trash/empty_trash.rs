//! `DELETE /v1/trash`

use actix_web::HttpRequest;
use fm_api_types::Operation;
use fm_application::tree::EmptyTrashCommand;

use crate::auth::Authenticated;
use crate::input::Query;
use crate::output::accepted;
use crate::problem::{Answer, Code};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[Code::MalformedRequest];

/// Empty the trash
///
/// Deletes what is in the trash for good, as an operation.
#[utoipa::path(
    delete,
    path = "/v1/trash",
    tag = "tree",
    security(("bearer" = []), ("cookie" = [])),
    params(("older_than_days" = Option<u32>, Query, description = "What has been there for so many days alone.")),
    responses((status = 202, description = "It goes on as an operation.", body = Operation,
        headers(("Location" = String, description = "`/v1/operations/{id}`")))),
)]
pub(crate) async fn empty_trash(
    request: HttpRequest,
    state: State,
    Authenticated(actor): Authenticated,
) -> Answer {
    let older_than_days = Query::new(request.query_string()).value("older_than_days")?;
    let command = EmptyTrashCommand { older_than_days };
    accepted(&state.use_cases.tree.empty_trash.run(&actor, command).await?, &state.settings)
}
