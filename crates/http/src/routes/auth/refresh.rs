//! `POST /v1/auth/refresh`

use std::cmp::Reverse;

use actix_web::HttpRequest;
use fm_api_types::{Refresh, TokenPair};
use fm_application::sessions::{RefreshCommand, Refused};
use fm_domain::limits::LimitedAction;
use fm_domain::sessions::RefreshToken;

use super::tokens::hand_out;
use crate::auth::{REFRESH, client, find_all, same_site};
use crate::body::run_detached;
use crate::input::{JsonBody, json_body, owned};
use crate::limits::limit_address;
use crate::problem::{Answer, Code, Problem};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[
    Code::MalformedRequest,
    Code::Unauthenticated,
    Code::Forbidden,
    Code::PayloadTooLarge,
    Code::UnsupportedMediaType,
    Code::ValidationFailed,
    Code::RateLimited,
];

json_body! {
    /// What is read of it.
    pub(crate) struct RefreshBody for Refresh {
        refresh_token: Option<String> => optional(owned),
    }
}

impl RefreshBody {
    /// The token in the body, where clients without cookies send it.
    pub(super) fn into_token(self) -> Option<String> {
        self.refresh_token
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
    params(("Prefer" = Option<String>, Header, description = "`return=minimal`: the tokens come as cookies alone, so that no script of a page holds them (RFC 7240).")),
    request_body = Option<Refresh>,
    responses(
        (status = 200, description = "New tokens of the same session.", body = TokenPair,
            headers(("Set-Cookie" = String, description = "Both cookies: HttpOnly, SameSite=Lax, Secure."))),
        (status = 204, description = "The same without the body, where `Prefer` asks for it.",
            headers(
                ("Set-Cookie" = String, description = "Both cookies: HttpOnly, SameSite=Lax, Secure."),
                ("Preference-Applied" = String, description = "`return=minimal`"),
            )),
    ),
)]
pub(crate) async fn refresh(request: HttpRequest, state: State, body: JsonBody) -> Answer {
    limit_address(&request, &state, LimitedAction::Refreshes).await?;
    let body: RefreshBody = body.read_or_empty().await?;
    let tokens = match body.into_token() {
        Some(token) => vec![token],
        None => of_cookies(&request, &state)?,
    };
    for token in tokens {
        let command = RefreshCommand { token, client: client(&request) };
        let use_cases = state.use_cases.clone();
        let refreshed = run_detached(&state, async move {
            match use_cases.sessions.refresh.run(command).await {
                Ok(pair) => Ok(Some(pair)),
                Err(Refused::Unauthenticated) => Ok(None),
                Err(refused) => Err(refused),
            }
        });
        if let Some(pair) = refreshed.await? {
            return hand_out(&pair, request.headers(), &state.settings);
        }
    }
    Err(Problem::of(Code::Unauthenticated))
}

/// The tokens of the cookies, the newest first: an older one of the same session would end it.
fn of_cookies(request: &HttpRequest, state: &State) -> Result<Vec<String>, Problem> {
    let mut cookies = find_all(request.headers(), REFRESH, &state.settings);
    if !cookies.is_empty() {
        same_site(request, &state.settings)?;
    }
    cookies
        .sort_by_cached_key(|text| Reverse(RefreshToken::parse(text).map(|token| token.generation.number())));
    Ok(cookies.into_iter().map(str::to_owned).collect())
}
