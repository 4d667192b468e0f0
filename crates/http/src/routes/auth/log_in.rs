//! `POST /v1/auth/login`

use actix_web::HttpRequest;
use fm_api_types::{Login, TokenPair};
use fm_application::sessions::LogInCommand;
use fm_domain::accounts::Password;
use fm_domain::limits::LimitedAction;

use super::tokens::hand_out;
use crate::auth::{client, same_site};
use crate::body::run_detached;
use crate::connection::presence;
use crate::input::{JsonBody, candidate, json_body, owned};
use crate::limits::{limit_address, limit_login};
use crate::problem::{Answer, Code};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[
    Code::MalformedRequest,
    Code::InvalidCredentials,
    Code::Forbidden,
    Code::AccountSuspended,
    Code::PayloadTooLarge,
    Code::UnsupportedMediaType,
    Code::ValidationFailed,
    Code::RateLimited,
];

json_body! {
    /// What is read of it.
    pub(crate) struct LogInBody for Login {
        email: String => required(owned),
        password: Password => required(candidate),
    }
}

/// Log in
///
/// Opens a session. The tokens come in the body, and as the cookies `__Host-access_token` and `__Secure-refresh_token`.
#[utoipa::path(
    post,
    path = "/v1/auth/login",
    tag = "auth",
    request_body = Login,
    responses((status = 200, description = "The tokens of a new session.", body = TokenPair,
        headers(("Set-Cookie" = String, description = "Both cookies: HttpOnly, SameSite=Lax, Secure.")))),
)]
pub(crate) async fn log_in(request: HttpRequest, state: State, body: JsonBody) -> Answer {
    // Else a form of another site could log a browser in to an account of its own.
    same_site(&request, &state.settings)?;
    limit_address(&request, &state, LimitedAction::LoginsFromAddress).await?;
    let LogInBody { email, password } = body.read().await?;
    limit_login(&request, &state, &email).await?;
    let command = LogInCommand { email, password, client: client(&request), presence: presence(&request) };
    let use_cases = state.use_cases.clone();
    let pair = run_detached(&state, async move { use_cases.sessions.log_in.run(command).await }).await?;
    hand_out(&pair, &state.settings)
}
