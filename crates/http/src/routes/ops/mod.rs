//! What operators and clients ask of the deployment itself.

pub(crate) mod capabilities;
pub(crate) mod live;
pub(crate) mod ready;

use actix_web::http::Method;

use super::Endpoint;

/// The routes of this area.
pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::at("/v1/capabilities").on(Method::GET, capabilities::PROBLEMS, capabilities::capabilities),
        Endpoint::at("/health/live").on(Method::GET, &[], live::live),
        Endpoint::at("/health/ready").on(Method::GET, &[], ready::ready),
    ]
}
