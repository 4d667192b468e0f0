//! `GET /v1/admin/stats`

use actix_web::HttpResponse;
use fm_api_types::{Stats, TotalStorage, UserCounts};
use fm_application::administration::Administrator;

use crate::auth::Authenticated;
use crate::output::json;
use crate::problem::{Answer, Code};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[Code::Forbidden];

/// Get statistics
///
/// How many users there are, and what they keep together. For admins alone.
#[utoipa::path(
    get,
    path = "/v1/admin/stats",
    operation_id = "get_statistics",
    tag = "admin",
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, description = "The counts.", body = Stats)),
)]
pub(crate) async fn show_stats(state: State, Authenticated(actor): Authenticated) -> Answer {
    let counts = state.use_cases.administration.stats.run(&Administrator::Admin(actor)).await?;
    let (users, storage) = (counts.users, counts.storage);
    let answer = Stats {
        users: UserCounts { total: users, suspended: counts.suspended, admins: counts.admins },
        storage: TotalStorage {
            used_bytes: storage.used.bytes(),
            reserved_bytes: storage.reserved.bytes(),
            file_count: storage.file_count,
        },
    };
    json(HttpResponse::Ok(), &answer)
}
