//! The trash.

pub(crate) mod empty_trash;
pub(crate) mod list_trash;
pub(crate) mod list_trashed_children;
pub(crate) mod show_trashed;

use actix_web::http::Method;

use super::Endpoint;

/// The routes of this area.
pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::at("/v1/trash").on(Method::GET, list_trash::PROBLEMS, list_trash::list_trash).on(
            Method::DELETE,
            empty_trash::PROBLEMS,
            empty_trash::empty_trash,
        ),
        Endpoint::at("/v1/trash/{id}").on(Method::GET, show_trashed::PROBLEMS, show_trashed::show_trashed),
        Endpoint::at("/v1/trash/{id}/children").on(
            Method::GET,
            list_trashed_children::PROBLEMS,
            list_trashed_children::list_trashed_children,
        ),
    ]
}
