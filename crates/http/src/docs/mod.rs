//! The documentation, in debug mode alone. No page asks another host for anything.

mod document;
mod redoc;
mod swagger;

use actix_web::http::Method;
use actix_web::web::ServiceConfig;

use crate::routes::Endpoint;

/// Adds the documentation to an application.
pub(crate) fn configure(config: &mut ServiceConfig) {
    for endpoint in endpoints() {
        endpoint.register(config);
    }
}

fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::at("/openapi.json").on(Method::GET, &[], document::document),
        Endpoint::at("/docs").on(Method::GET, &[], swagger::index),
        Endpoint::at("/docs/{tail:.*}").on(Method::GET, &[], swagger::asset),
        Endpoint::at("/redoc").on(Method::GET, &[], redoc::page),
        Endpoint::at("/redoc/redoc.standalone.js").on(Method::GET, &[], redoc::script),
    ]
}
