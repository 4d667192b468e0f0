//! `GET /health/live`

use actix_web::HttpResponse;
use serde::Serialize;
use utoipa::ToSchema;

use crate::output::json;
use crate::problem::Answer;

/// The process serves.
#[derive(Serialize, ToSchema)]
#[schema(as = Liveness)]
pub(crate) struct LivenessJson {
    /// `ok`.
    #[schema(example = "ok")]
    status: &'static str,
}

/// Whether the process serves.
#[utoipa::path(
    get,
    path = "/health/live",
    tag = "operations",
    responses((status = 200, description = "It does.", body = LivenessJson)),
)]
pub(crate) async fn live() -> Answer {
    json(HttpResponse::Ok(), &LivenessJson { status: "ok" })
}
