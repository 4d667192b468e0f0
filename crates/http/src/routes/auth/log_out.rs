//! `POST /v1/auth/logout`

use actix_web::{HttpRequest, HttpResponse};
use fm_api_types::Refresh;
use fm_domain::error::PortError;

use super::refresh::RefreshBody;
use crate::auth::{REFRESH, authenticate, bearer, clear, client, find_all, same_site};
use crate::body::run_detached;
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
        Ok(actor) => {
            let use_cases = state.use_cases.clone();
            run_detached(&state, async move { use_cases.sessions.log_out.run(&actor).await }).await?;
        }
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
    let tokens = match body.into_token() {
        Some(token) => vec![token],
        None => of_cookies(request, state)?,
    };
    let (use_cases, client) = (state.use_cases.clone(), client(request));
    run_detached(state, async move {
        for token in tokens {
            use_cases.sessions.log_out_by_refresh_token.run(&token, &client).await?;
        }
        Ok::<_, PortError>(())
    })
    .await
}

fn of_cookies(request: &HttpRequest, state: &State) -> Result<Vec<String>, Problem> {
    let cookies = find_all(request.headers(), REFRESH, &state.settings);
    // Without a credential too: a form of another site, for which the browser withholds the cookies, could clear them.
    if !cookies.is_empty() || bearer(request.headers()).is_none() {
        same_site(request, &state.settings)?;
    }
    Ok(cookies.into_iter().map(str::to_owned).collect())
}
