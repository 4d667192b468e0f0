//! `GET /health/live`

use actix_web::HttpResponse;
use fm_api_types::Liveness;

use crate::output::json;
use crate::problem::Answer;

/// Check liveness
///
/// Whether the process serves.
#[utoipa::path(
    get,
    path = "/health/live",
    operation_id = "check_liveness",
    tag = "operations",
    responses((status = 200, description = "It does.", body = Liveness)),
)]
pub(crate) async fn live() -> Answer {
    json(HttpResponse::Ok(), &Liveness { status: "ok".to_owned() })
}
