//! `GET /v1/admin/jobs`

use actix_web::{HttpRequest, HttpResponse};
use fm_api_types::{Job, JobList};
use fm_application::administration::{Administrator, ListJobsCommand};
use fm_application::jobs::ListedJob;
use fm_domain::jobs::JobState;

use crate::auth::Authenticated;
use crate::input::Query;
use crate::output::json;
use crate::problem::{Answer, Code};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[Code::MalformedRequest, Code::Forbidden];

const STATES: &[(&str, JobState)] =
    &[("waiting", JobState::Waiting), ("running", JobState::Running), ("dead", JobState::Dead)];

/// List jobs
///
/// The background jobs that wait, run, or failed for good, page by page. Oldest first. For admins alone.
#[utoipa::path(
    get,
    path = "/v1/admin/jobs",
    tag = "admin",
    security(("bearer" = []), ("cookie" = [])),
    params(
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 200, description = "Jobs on a page; 50 unless given."),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the page before, with the same other parameters."),
        ("state" = Option<String>, Query, description = "`waiting`, `running` or `dead`."),
    ),
    responses((status = 200, description = "A page.", body = JobList)),
)]
pub(crate) async fn list_jobs(
    request: HttpRequest,
    state: State,
    Authenticated(actor): Authenticated,
) -> Answer {
    let query = Query::new(request.query_string());
    let (limit, cursor) = query.page()?;
    let command = ListJobsCommand { state: query.word("state", STATES)?, limit, cursor };
    let found = state.use_cases.administration.jobs.run(&Administrator::Admin(actor), command).await?;
    let items = found.items.into_iter().map(of).collect();
    json(HttpResponse::Ok(), &JobList { items, next_cursor: found.next_cursor })
}

fn of(ListedJob { record, unreadable }: ListedJob) -> Job {
    Job {
        id: record.id.uuid(),
        kind: record.kind.as_str().to_owned(),
        state: record.state.as_str().to_owned(),
        attempts: record.attempt,
        run_at: record.run_at.into(),
        last_error: record.last_error,
        unreadable: unreadable.map(|reason| reason.to_string()),
    }
}
