//! The routes: a folder per area, a file per route, with all that belongs to it.

pub(crate) mod auth;
pub(crate) mod blobs;
pub(crate) mod docs;
mod endpoint;
pub(crate) mod files;
pub(crate) mod ops;

use actix_web::web::ServiceConfig;

pub(crate) use endpoint::Endpoint;

use crate::problem::{Code, Problem};

/// Every route, the busiest first: they are tried in this order.
pub(crate) fn endpoints(is_debug: bool) -> Vec<Endpoint> {
    let mut endpoints = auth::endpoints();
    endpoints.extend(files::endpoints());
    endpoints.extend(blobs::endpoints());
    endpoints.extend(ops::endpoints());
    if is_debug {
        endpoints.extend(docs::endpoints());
    }
    endpoints
}

/// Adds every route to an application.
pub(crate) fn configure(config: &mut ServiceConfig, is_debug: bool) {
    for endpoint in endpoints(is_debug) {
        endpoint.register(config);
    }
}

/// 404 for every other path.
pub(crate) async fn not_found() -> Result<actix_web::HttpResponse, Problem> {
    Err(Problem::of(Code::NotFound))
}
