//! `GET /health/ready`

use actix_web::HttpResponse;
use serde::Serialize;
use utoipa::ToSchema;

use crate::output::json;
use crate::problem::Answer;
use crate::state::State;

/// Whether requests can be served.
#[derive(Serialize, ToSchema)]
#[schema(as = Readiness)]
pub(crate) struct ReadinessJson {
    /// `ok` or `failed`.
    #[schema(example = "ok")]
    status: &'static str,
    checks: ChecksJson,
}

/// Each `ok` or `failed`.
#[derive(Serialize, ToSchema)]
#[schema(as = Checks)]
struct ChecksJson {
    #[schema(example = "ok")]
    database: &'static str,
    #[schema(example = "ok")]
    blob_store: &'static str,
    #[schema(example = "ok")]
    session_store: &'static str,
}

/// Whether requests can be served: every store answers, and the process is not shutting down.
#[utoipa::path(
    get,
    path = "/health/ready",
    tag = "operations",
    responses(
        (status = 200, description = "They can.", body = ReadinessJson),
        (status = 503, description = "A store does not answer, or the process is shutting down.", body = ReadinessJson,
            example = json!({"status": "failed", "checks": {"database": "failed", "blob_store": "ok", "session_store": "ok"}})),
    ),
)]
pub(crate) async fn ready(state: State) -> Answer {
    let readiness = state.use_cases.operations.check_readiness.run().await;
    let is_ready = readiness.is_ready() && !state.shutting_down.is_cancelled();
    let word = |ok: bool| if ok { "ok" } else { "failed" };
    let body = ReadinessJson {
        status: word(is_ready),
        checks: ChecksJson {
            database: word(readiness.database),
            blob_store: word(readiness.blob_store),
            session_store: word(readiness.session_store),
        },
    };
    json(if is_ready { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() }, &body)
}
