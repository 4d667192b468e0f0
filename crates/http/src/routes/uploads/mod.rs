//! Resumable uploads: tus 1.0.0.

pub(crate) mod append_to_upload;
pub(crate) mod cancel_upload;
pub(crate) mod create_upload;
pub(crate) mod describe_uploads;
pub(crate) mod show_upload;

use actix_web::http::Method;

use super::Endpoint;
use crate::tus;

/// The routes of this area.
pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::at("/v1/uploads/{id}")
            .response_header(tus::TUS_RESUMABLE, tus::VERSION)
            .on(Method::PATCH, append_to_upload::PROBLEMS, append_to_upload::append_to_upload)
            .on(Method::HEAD, show_upload::PROBLEMS, show_upload::show_upload)
            .on(Method::DELETE, cancel_upload::PROBLEMS, cancel_upload::cancel_upload),
        Endpoint::at(tus::PATH)
            .response_header(tus::TUS_RESUMABLE, tus::VERSION)
            .on(Method::OPTIONS, &[], describe_uploads::describe_uploads)
            .on(Method::POST, create_upload::PROBLEMS, create_upload::create_upload),
    ]
}
