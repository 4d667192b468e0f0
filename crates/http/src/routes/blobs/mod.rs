//! Blobs that we serve ourselves, because their store can't: behind signed URLs.

pub(crate) mod read_blob;

use actix_web::http::Method;

use super::Endpoint;

/// The routes of this area.
pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint::at("/v1/blobs/{id}").on(Method::GET, read_blob::PROBLEMS, read_blob::read_blob)]
}
