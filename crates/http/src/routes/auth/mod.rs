//! Accounts and sessions.

pub(crate) mod change_password;
pub(crate) mod list_activity;
pub(crate) mod list_sessions;
pub(crate) mod log_in;
pub(crate) mod log_out;
pub(crate) mod refresh;
pub(crate) mod register;
pub(crate) mod remove_account;
pub(crate) mod rename_account;
pub(crate) mod revoke_other_sessions;
pub(crate) mod revoke_session;
pub(crate) mod show_account;
mod tokens;

use actix_web::http::Method;

use super::Endpoint;

/// The routes of this area.
pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::at("/v1/auth/me")
            .on(Method::GET, show_account::PROBLEMS, show_account::show_account)
            .on(Method::PATCH, rename_account::PROBLEMS, rename_account::rename_account)
            .on(Method::DELETE, remove_account::PROBLEMS, remove_account::remove_account),
        Endpoint::at("/v1/auth/login").on(Method::POST, log_in::PROBLEMS, log_in::log_in),
        Endpoint::at("/v1/auth/refresh").on(Method::POST, refresh::PROBLEMS, refresh::refresh),
        Endpoint::at("/v1/auth/register").on(Method::POST, register::PROBLEMS, register::register),
        Endpoint::at("/v1/auth/logout").on(Method::POST, log_out::PROBLEMS, log_out::log_out),
        Endpoint::at("/v1/auth/password").on(
            Method::POST,
            change_password::PROBLEMS,
            change_password::change_password,
        ),
        Endpoint::at("/v1/auth/sessions")
            .on(Method::GET, list_sessions::PROBLEMS, list_sessions::list_sessions)
            .on(
                Method::DELETE,
                revoke_other_sessions::PROBLEMS,
                revoke_other_sessions::revoke_other_sessions,
            ),
        Endpoint::at("/v1/auth/sessions/{id}").on(
            Method::DELETE,
            revoke_session::PROBLEMS,
            revoke_session::revoke_session,
        ),
        Endpoint::at("/v1/auth/activity").on(
            Method::GET,
            list_activity::PROBLEMS,
            list_activity::list_activity,
        ),
    ]
}
