//! `GET /v1/admin/stats`

use actix_web::HttpResponse;
use fm_api_types::{JobCounts, Stats, TotalStorage, UserCounts};
use fm_application::administration::Administrator;

use crate::auth::Authenticated;
use crate::output::json;
use crate::problem::{Answer, Code};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[Code::Forbidden];

/// Get statistics
///
/// How many users there are, what they keep together, and how many jobs failed for good. For admins alone.
#[utoipa::path(
    get,
    path = "/v1/admin/stats",
    operation_id = "get_statistics",
    tag = "admin",
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, description = "The counts.", body = Stats)),
)]
pub(crate) async fn show_stats(state: State, Authenticated(actor): Authenticated) -> Answer {
    let found = state.use_cases.administration.stats.run(&Administrator::Admin(actor)).await?;
    let (counts, storage) = (found.users, found.users.storage);
    let answer = Stats {
        users: UserCounts { total: counts.users, suspended: counts.suspended, admins: counts.admins },
        storage: TotalStorage {
            used_bytes: storage.used.bytes(),
            reserved_bytes: storage.reserved.bytes(),
            file_count: storage.file_count,
        },
        jobs: JobCounts { dead: found.dead_jobs },
    };
    json(HttpResponse::Ok(), &answer)
}
