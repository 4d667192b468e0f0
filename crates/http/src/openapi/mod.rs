//! The description of the API (OpenAPI), made out of the routes' own annotations.
//!
//! The problems are added here, from the codes that each route names beside its handler, so that statuses, titles and
//! codes are those of [`crate::Code`] and nothing is written twice.

mod problems;

use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};

use crate::routes;
use problems::Problems;

/// The description of the API.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "File Manager API",
        description = include_str!("introduction.md"),
    ),
    tags(
        (name = "auth", description = "Register, log in, and manage the account and its sessions."),
        (name = "files", description = "Upload files in one request, list and download them, rename, move, replace and delete them, and look after the versions that they had."),
        (name = "tree", description = "Folders, and items of both kinds: look them up, copy them, put them into the trash and restore them, and change many at once. What is about more than 1,000 entries goes on as an operation."),
        (name = "uploads", description = "Upload large files in many requests: resumable uploads (tus 1.0.0) go on where they broke off, direct uploads send the bytes straight to the store. They are there where `GET /v1/capabilities` names their transport."),
        (name = "operations", description = "Limits and features of the deployment, and its health."),
        (name = "admin", description = "For users with the role `admin`: look for users, suspend them, give them roles and quotas, remove them, and look after jobs and the audit trail."),
    ),
    paths(
        routes::auth::register::register,
        routes::auth::log_in::log_in,
        routes::auth::refresh::refresh,
        routes::auth::log_out::log_out,
        routes::auth::show_account::show_account,
        routes::auth::rename_account::rename_account,
        routes::auth::remove_account::remove_account,
        routes::auth::change_password::change_password,
        routes::auth::list_sessions::list_sessions,
        routes::auth::revoke_session::revoke_session,
        routes::auth::revoke_other_sessions::revoke_other_sessions,
        routes::auth::list_activity::list_activity,
        routes::files::upload_file::upload_file,
        routes::files::list_files::list_files,
        routes::files::show_file::show_file,
        routes::files::edit_file::edit_file,
        routes::files::remove_file::remove_file,
        routes::files::replace_content::replace_content,
        routes::files::link_content::link_content,
        routes::files::link_thumbnail::link_thumbnail,
        routes::files::link_preview::link_preview,
        routes::files::remake_thumbnail::remake_thumbnail,
        routes::files::sign_url::sign_url,
        routes::versions::list_versions::list_versions,
        routes::versions::link_version::link_version,
        routes::versions::restore_version::restore_version,
        routes::versions::change_version::change_version,
        routes::versions::delete_version::delete_version,
        routes::versions::delete_versions::delete_versions,
        routes::tree::create_folder::create_folder,
        routes::tree::show_folder::show_folder,
        routes::tree::list_children::list_children,
        routes::tree::show_usage::show_usage,
        routes::tree::edit_folder::edit_folder,
        routes::tree::delete_folder::delete_folder,
        routes::tree::look_up_item::look_up_item,
        routes::tree::show_item::show_item,
        routes::tree::copy_item::copy_item,
        routes::tree::trash_item::trash_item,
        routes::tree::restore_item::restore_item,
        routes::tree::delete_item::delete_item,
        routes::trash::list_trash::list_trash,
        routes::trash::show_trashed::show_trashed,
        routes::trash::list_trashed_children::list_trashed_children,
        routes::trash::empty_trash::empty_trash,
        routes::tree::run_batch::run_batch,
        routes::tree::show_operation::show_operation,
        routes::tree::cancel_operation::cancel_operation,
        routes::uploads::describe_uploads::describe_uploads,
        routes::uploads::create_upload::create_upload,
        routes::uploads::show_upload::show_upload,
        routes::uploads::append_to_upload::append_to_upload,
        routes::uploads::cancel_upload::cancel_upload,
        routes::direct_uploads::create_direct_upload::create_direct_upload,
        routes::direct_uploads::complete_direct_upload::complete_direct_upload,
        routes::direct_uploads::cancel_direct_upload::cancel_direct_upload,
        routes::direct_uploads::receive_part::receive_part,
        routes::blobs::read_blob::read_blob,
        routes::ops::capabilities::capabilities,
        routes::ops::live::live,
        routes::ops::ready::ready,
        routes::admin::list_users::list_users,
        routes::admin::show_user::show_user,
        routes::admin::change_user::change_user,
        routes::admin::remove_user::remove_user,
        routes::admin::show_stats::show_stats,
        routes::admin::list_jobs::list_jobs,
        routes::admin::retry_job::retry_job,
        routes::admin::list_audit::list_audit,
    ),
    components(schemas(
        fm_api_types::Problem,
        fm_api_types::FieldError,
        fm_api_types::ExistingItem,
        fm_api_types::Reclaimable
    )),
    modifiers(&Security, &Problems, &NoLicense),
)]
struct Document;

/// The package names no license, which would be shown as an empty field.
struct NoLicense;

impl Modify for NoLicense {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        openapi.info.license = None;
    }
}

/// The two ways to prove who asks.
struct Security;

impl Modify for Security {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let components = openapi.components.get_or_insert_default();
        let bearer = Http::builder().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        let cookie = ApiKeyValue::with_description(
            "__Host-access_token",
            "Set by login and refresh; without TLS (COOKIE_SECURE=0) its name is access_token. An unsafe method with it is refused when it comes from another site.",
        );
        components.add_security_scheme("cookie", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    }
}

#[cfg(test)]
mod tests;
