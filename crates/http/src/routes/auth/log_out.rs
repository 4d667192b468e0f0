//! `POST /v1/auth/logout`

use actix_web::{HttpRequest, HttpResponse};
use fm_api_types::Refresh;

use super::refresh::RefreshBody;
use crate::auth::{REFRESH, authenticate, bearer, clear, client, find_all, same_site};
use crate::input::JsonBody;
use crate::problem::{Answer, Code, Problem};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[
    Code::MalformedRequest,
    Code::Forbidden,
    Code::PayloadTooLarge,
    Code::UnsupportedMediaType,
    Code::ValidationFailed,
    Code::RateLimited,
];

/// Log out
///
/// Ends this session.
///
/// The session of the access token, or, where that is missing or not valid any more, of the refresh token in the body or
/// in the cookie. The cookies are cleared whether or not there is still a session.
#[utoipa::path(
    post,
    path = "/v1/auth/logout",
    tag = "auth",
    request_body = Option<Refresh>,
    responses((status = 204, description = "The session has ended, and both cookies are cleared.",
        headers(("Set-Cookie" = String, description = "Both cookies, expired.")))),
)]
pub(crate) async fn log_out(request: HttpRequest, state: State, body: JsonBody) -> Answer {
    match authenticate(&request).await {
        Ok(actor) => state.use_cases.sessions.log_out.run(&actor).await?,
        Err(problem) if problem.code() == Code::Unauthenticated => {
            by_refresh_token(&request, &state, body).await?;
        }
        Err(problem) => return Err(problem),
    }
    let mut response = HttpResponse::NoContent();
    clear(&mut response, &state.settings);
    Ok(response.finish())
}

async fn by_refresh_token(request: &HttpRequest, state: &State, body: JsonBody) -> Result<(), Problem> {
    let body: RefreshBody = body.read_or_empty().await?;
    let (log_out, client) = (&state.use_cases.sessions.log_out_by_refresh_token, client(request));
    if let Some(token) = body.into_token() {
        return Ok(log_out.run(&token, &client).await?);
    }
    let cookies = find_all(request.headers(), REFRESH, &state.settings);
    // Without a credential too: a form of another site, for which the browser withholds the cookies, could clear them.
    if !cookies.is_empty() || bearer(request.headers()).is_none() {
        same_site(request, &state.settings)?;
    }
    for token in cookies {
        log_out.run(token, &client).await?;
    }
    Ok(())
}
