//! `GET /health/ready`

use actix_web::HttpResponse;
use fm_api_types::{Checks, Readiness};

use crate::output::json;
use crate::problem::Answer;
use crate::state::State;

/// Check readiness
///
/// Whether requests can be served: every store answers, and the process is not shutting down.
#[utoipa::path(
    get,
    path = "/health/ready",
    operation_id = "check_readiness",
    tag = "operations",
    responses(
        (status = 200, description = "They can.", body = Readiness),
        (status = 503, description = "A store does not answer, or the process is shutting down.", body = Readiness,
            example = json!({"status": "failed", "checks": {"database": "failed", "blob_store": "ok", "session_store": "ok"}})),
    ),
)]
pub(crate) async fn ready(state: State) -> Answer {
    let readiness = state.use_cases.operations.check_readiness.run().await;
    let is_ready = readiness.is_ready() && !state.shutting_down.is_cancelled();
    let word = |ok: bool| if ok { "ok".to_owned() } else { "failed".to_owned() };
    let body = Readiness {
        status: word(is_ready),
        checks: Checks {
            database: word(readiness.database),
            blob_store: word(readiness.blob_store),
            session_store: word(readiness.session_store),
        },
    };
    json(if is_ready { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() }, &body)
}
