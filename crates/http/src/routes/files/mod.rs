//! Files.

pub(crate) mod edit_file;
pub(crate) mod link_content;
pub(crate) mod link_preview;
pub(crate) mod link_thumbnail;
pub(crate) mod list_files;
pub(crate) mod remake_thumbnail;
pub(crate) mod remove_file;
pub(crate) mod replace_content;
pub(crate) mod show_file;
pub(crate) mod sign_url;
pub(crate) mod upload_file;

use actix_web::http::Method;
use fm_domain::blobs::Disposition;

use super::Endpoint;
use super::tree::edit_item;

/// The words for a disposition.
pub(super) const DISPOSITIONS: &[(&str, Disposition)] =
    &[("inline", Disposition::Inline), ("attachment", Disposition::Attachment)];

/// The routes of this area.
pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::at("/v1/files").on(Method::GET, list_files::PROBLEMS, list_files::list_files).on(
            Method::POST,
            upload_file::PROBLEMS,
            upload_file::upload_file,
        ),
        Endpoint::at("/v1/files/{id}")
            .on(Method::GET, show_file::PROBLEMS, show_file::show_file)
            .on(Method::PATCH, edit_item::PROBLEMS, edit_file::edit_file)
            .on(Method::DELETE, remove_file::PROBLEMS, remove_file::remove_file),
        Endpoint::at("/v1/files/{id}/content")
            .on(Method::GET, link_content::PROBLEMS, link_content::link_content)
            .on(Method::PUT, replace_content::PROBLEMS, replace_content::replace_content),
        Endpoint::at("/v1/files/{id}/thumbnail")
            .on(Method::GET, link_thumbnail::PROBLEMS, link_thumbnail::link_thumbnail)
            .on(Method::POST, remake_thumbnail::PROBLEMS, remake_thumbnail::remake_thumbnail),
        Endpoint::at("/v1/files/{id}/previews/{size}").on(
            Method::GET,
            link_preview::PROBLEMS,
            link_preview::link_preview,
        ),
        Endpoint::at("/v1/files/{id}/signed-url").on(Method::POST, sign_url::PROBLEMS, sign_url::sign_url),
    ]
}
