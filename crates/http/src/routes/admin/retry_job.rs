//! `POST /v1/admin/jobs/{id}/retry`

use actix_web::HttpResponse;
use fm_api_types::JobRetry;
use fm_application::administration::Administrator;
use fm_domain::ids::JobId;

use crate::auth::Authenticated;
use crate::input::PathId;
use crate::output::json;
use crate::problem::{Answer, Code};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[Code::Forbidden, Code::NotFound, Code::Conflict];

/// Retry a job
///
/// Has a job tried again that failed for good, with all attempts before it. For admins alone.
#[utoipa::path(
    post,
    path = "/v1/admin/jobs/{id}/retry",
    tag = "admin",
    security(("bearer" = []), ("cookie" = [])),
    params(("id" = uuid::Uuid, Path, description = "The dead job.")),
    responses((status = 202, description = "The work waits again, under the id of a new job.", body = JobRetry)),
)]
pub(crate) async fn retry_job(
    state: State,
    Authenticated(actor): Authenticated,
    id: PathId<JobId>,
) -> Answer {
    let administration = &state.use_cases.administration;
    administration.authorize.run(&Administrator::Admin(actor.clone())).await?;
    let id = administration.retry_job.run(&actor, id.known()?).await?;
    json(HttpResponse::Accepted(), &JobRetry { id: id.uuid() })
}
