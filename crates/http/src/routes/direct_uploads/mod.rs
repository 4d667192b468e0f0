//! Direct uploads: their bytes go straight to the store, part by part.

pub(crate) mod cancel_direct_upload;
pub(crate) mod complete_direct_upload;
pub(crate) mod create_direct_upload;
pub(crate) mod receive_part;

use actix_web::http::Method;
use fm_application::uploads::DirectUploads;
use fm_application::uploads::ResumableError;
use fm_application::wiring::UseCases;

use super::Endpoint;

/// The routes of this area. Parts come to us only where the store is ours.
pub(super) fn endpoints(receives_parts: bool) -> Vec<Endpoint> {
    let mut endpoints = vec![
        Endpoint::at("/v1/direct-uploads").on(
            Method::POST,
            create_direct_upload::PROBLEMS,
            create_direct_upload::create_direct_upload,
        ),
        Endpoint::at("/v1/direct-uploads/{id}/complete").on(
            Method::POST,
            complete_direct_upload::PROBLEMS,
            complete_direct_upload::complete_direct_upload,
        ),
        Endpoint::at("/v1/direct-uploads/{id}").on(
            Method::DELETE,
            cancel_direct_upload::PROBLEMS,
            cancel_direct_upload::cancel_direct_upload,
        ),
    ];
    if receives_parts {
        let parts = Endpoint::at("/v1/direct-uploads/{id}/parts/{number}");
        endpoints.push(parts.on(Method::PUT, receive_part::PROBLEMS, receive_part::receive_part));
    }
    endpoints
}

/// The use cases of direct uploads; where there are none there is no upload.
fn uploads(use_cases: &UseCases) -> Result<&DirectUploads, ResumableError> {
    use_cases.direct.as_ref().ok_or(ResumableError::NotFound)
}
