//! `POST /v1/auth/password`

use actix_web::HttpRequest;
use fm_api_types::PasswordChange;
use fm_application::accounts::ChangePasswordCommand;
use fm_domain::accounts::Password;

use crate::auth::Authenticated;
use crate::body::run_detached;
use crate::connection::presence;
use crate::input::{JsonBody, candidate, json_body, parsed};
use crate::output::no_content;
use crate::problem::{Answer, Code};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[
    Code::MalformedRequest,
    Code::WrongPassword,
    Code::PayloadTooLarge,
    Code::UnsupportedMediaType,
    Code::ValidationFailed,
    Code::RateLimited,
];

json_body! {
    /// What is read of it.
    pub(crate) struct ChangePasswordBody for PasswordChange {
        current_password: Password => required(candidate),
        new_password: Password => required(parsed),
    }
}

/// Change your password
///
/// Changes the caller's password, and ends all their sessions but this one.
#[utoipa::path(
    post,
    path = "/v1/auth/password",
    tag = "auth",
    security(("bearer" = []), ("cookie" = [])),
    request_body = PasswordChange,
    responses((status = 204, description = "The password is changed; every other session has ended.")),
)]
pub(crate) async fn change_password(
    request: HttpRequest,
    state: State,
    Authenticated(actor): Authenticated,
    body: JsonBody,
) -> Answer {
    let ChangePasswordBody { current_password: current, new_password: new } = body.read().await?;
    let command = ChangePasswordCommand { current, new, presence: presence(&request) };
    let use_cases = state.use_cases.clone();
    run_detached(&state, async move { use_cases.accounts.change_password.run(&actor, command).await })
        .await?;
    Ok(no_content())
}
