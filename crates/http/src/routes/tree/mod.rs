//! The tree: folders, and items of both kinds.

pub(crate) mod cancel_operation;
pub(crate) mod copy_item;
pub(crate) mod create_folder;
pub(crate) mod delete_folder;
pub(crate) mod delete_item;
pub(crate) mod edit_folder;
pub(crate) mod edit_item;
pub(crate) mod list_children;
pub(crate) mod look_up_item;
pub(crate) mod restore_item;
pub(crate) mod run_batch;
pub(crate) mod show_folder;
pub(crate) mod show_item;
pub(crate) mod show_operation;
pub(crate) mod show_usage;
pub(crate) mod trash_item;

use actix_web::http::Method;

use super::Endpoint;

/// The routes of this area. A fixed path comes before the one that takes it for an id.
pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::at("/v1/folders/{id}/children").on(
            Method::GET,
            list_children::PROBLEMS,
            list_children::list_children,
        ),
        Endpoint::at("/v1/folders/{id}/usage").on(Method::GET, show_usage::PROBLEMS, show_usage::show_usage),
        Endpoint::at("/v1/folders/{id}")
            .on(Method::GET, show_folder::PROBLEMS, show_folder::show_folder)
            .on(Method::PATCH, edit_item::PROBLEMS, edit_folder::edit_folder)
            .on(Method::DELETE, delete_item::PROBLEMS, delete_folder::delete_folder),
        Endpoint::at("/v1/folders").on(Method::POST, create_folder::PROBLEMS, create_folder::create_folder),
        Endpoint::at("/v1/items/lookup").on(Method::GET, look_up_item::PROBLEMS, look_up_item::look_up_item),
        Endpoint::at("/v1/items/{id}").on(Method::GET, show_item::PROBLEMS, show_item::show_item).on(
            Method::DELETE,
            delete_item::PROBLEMS,
            delete_item::delete_item,
        ),
        Endpoint::at("/v1/items/{id}/copy").on(Method::POST, copy_item::PROBLEMS, copy_item::copy_item),
        Endpoint::at("/v1/items/{id}/trash").on(Method::POST, trash_item::PROBLEMS, trash_item::trash_item),
        Endpoint::at("/v1/items/{id}/restore").on(
            Method::POST,
            restore_item::PROBLEMS,
            restore_item::restore_item,
        ),
        Endpoint::at("/v1/batch").on(Method::POST, run_batch::PROBLEMS, run_batch::run_batch),
        Endpoint::at("/v1/operations/{id}")
            .on(Method::GET, show_operation::PROBLEMS, show_operation::show_operation)
            .on(Method::DELETE, cancel_operation::PROBLEMS, cancel_operation::cancel_operation),
    ]
}
