//! What admins see and change. Other users are answered 403 before anything is looked for.

pub(crate) mod change_user;
pub(crate) mod list_audit;
pub(crate) mod list_jobs;
pub(crate) mod list_users;
pub(crate) mod remove_user;
pub(crate) mod retry_job;
pub(crate) mod show_stats;
pub(crate) mod show_user;

use actix_web::http::Method;

use super::Endpoint;

/// The routes of this area.
pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::at("/v1/admin/users").on(Method::GET, list_users::PROBLEMS, list_users::list_users),
        Endpoint::at("/v1/admin/users/{id}")
            .on(Method::GET, show_user::PROBLEMS, show_user::show_user)
            .on(Method::PATCH, change_user::PROBLEMS, change_user::change_user)
            .on(Method::DELETE, remove_user::PROBLEMS, remove_user::remove_user),
        Endpoint::at("/v1/admin/stats").on(Method::GET, show_stats::PROBLEMS, show_stats::show_stats),
        Endpoint::at("/v1/admin/jobs").on(Method::GET, list_jobs::PROBLEMS, list_jobs::list_jobs),
        Endpoint::at("/v1/admin/jobs/{id}/retry").on(Method::POST, retry_job::PROBLEMS, retry_job::retry_job),
        Endpoint::at("/v1/admin/audit").on(Method::GET, list_audit::PROBLEMS, list_audit::list_audit),
    ]
}
