//! `GET /openapi.json`

use actix_web::HttpResponse;
use utoipa::openapi::Server;

use crate::openapi::openapi;
use crate::output::json;
use crate::problem::Answer;
use crate::state::State;

/// The description of the API (OpenAPI).
pub(crate) async fn document(state: State) -> Answer {
    let mut document = openapi();
    let base = state.settings.base_path();
    if !base.is_empty() {
        document.servers = Some(vec![Server::new(base)]);
    }
    json(HttpResponse::Ok(), &document)
}
