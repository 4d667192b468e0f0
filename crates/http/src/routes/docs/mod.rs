//! The documentation, in debug mode alone. No page asks another host for anything.

pub(crate) mod document;
pub(crate) mod redoc;
pub(crate) mod swagger;

use actix_web::http::Method;

use super::Endpoint;

/// The routes of this area.
pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::at("/openapi.json").on(Method::GET, &[], document::document),
        Endpoint::at("/docs").on(Method::GET, &[], swagger::index),
        Endpoint::at("/docs/{tail:.*}").on(Method::GET, &[], swagger::asset),
        Endpoint::at("/redoc").on(Method::GET, &[], redoc::page),
        Endpoint::at("/redoc/redoc.standalone.js").on(Method::GET, &[], redoc::script),
    ]
}
