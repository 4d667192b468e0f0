//! `GET /openapi.json`

use actix_web::HttpResponse;

use crate::openapi::openapi;
use crate::output::json;
use crate::problem::Answer;

/// The description of the API (OpenAPI).
pub(crate) async fn document() -> Answer {
    json(HttpResponse::Ok(), &openapi())
}
