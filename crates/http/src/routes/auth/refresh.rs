//! `POST /v1/auth/refresh`

use actix_web::HttpRequest;
use fm_api_types::{Refresh, TokenPair};
use fm_application::sessions::RefreshCommand;

use super::tokens::hand_out;
use crate::auth::{REFRESH, client, find, same_site};
use crate::input::{JsonBody, json_body, owned};
use crate::problem::{Answer, Code, Problem};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[
    Code::MalformedRequest,
    Code::Unauthenticated,
    Code::Forbidden,
    Code::PayloadTooLarge,
    Code::UnsupportedMediaType,
    Code::ValidationFailed,
];

json_body! {
    /// What is read of it.
    pub(crate) struct RefreshBody for Refresh {
        refresh_token: Option<String> => optional(owned),
    }
}

/// Refresh tokens
///
/// Renews a session. The old refresh token is spent. Within 10 seconds of its rotation it still answers, with the
/// session's current one.
#[utoipa::path(
    post,
    path = "/v1/auth/refresh",
    operation_id = "refresh_tokens",
    tag = "auth",
    request_body = Option<Refresh>,
    responses((status = 200, description = "New tokens of the same session.", body = TokenPair,
        headers(("Set-Cookie" = String, description = "Both cookies: HttpOnly, SameSite=Lax, Secure.")))),
)]
pub(crate) async fn refresh(request: HttpRequest, state: State, body: JsonBody) -> Answer {
    let body: RefreshBody = body.read_or_empty().await?;
    let token = if let Some(token) = body.refresh_token {
        token
    } else {
        let cookie = find(request.headers(), REFRESH).ok_or_else(|| Problem::of(Code::Unauthenticated))?;
        same_site(&request, &state.settings)?;
        cookie.to_owned()
    };
    let pair =
        state.use_cases.sessions.refresh.run(RefreshCommand { token, client: client(&request) }).await?;
    hand_out(&pair, &state.settings)
}
