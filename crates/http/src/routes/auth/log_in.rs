//! `POST /v1/auth/login`

use actix_web::HttpRequest;
use fm_api_types::{Login, TokenPair};
use fm_application::sessions::LogInCommand;
use fm_domain::accounts::Password;
use fm_domain::error::{PortError, chain};
use fm_domain::limits::LimitedAction;

use super::tokens::hand_out;
use crate::auth::{REFRESH, client, find_all, is_from_browser, same_site};
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
/// Opens a session. The tokens come in the body, and as the cookies `__Host-access_token` and `__Secure-refresh_token`. Where a
/// browser logs in, the session of its cookies ends, whose place they take.
#[utoipa::path(
    post,
    path = "/v1/auth/login",
    tag = "auth",
    params(("Prefer" = Option<String>, Header, description = "`return=minimal`: the tokens come as cookies alone, so that no script of a page holds them (RFC 7240).")),
    request_body = Login,
    responses(
        (status = 200, description = "The tokens of a new session.", body = TokenPair,
            headers(("Set-Cookie" = String, description = "Both cookies: HttpOnly, SameSite=Lax, Secure."))),
        (status = 204, description = "The same without the body, where `Prefer` asks for it.",
            headers(
                ("Set-Cookie" = String, description = "Both cookies: HttpOnly, SameSite=Lax, Secure."),
                ("Preference-Applied" = String, description = "`return=minimal`"),
            )),
    ),
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
    if is_from_browser(&request) {
        end_the_session_before(&request, &state).await;
    }
    hand_out(&pair, request.headers(), &state.settings)
}

/// Ends the session whose cookies the new ones replace. The login stands, whatever becomes of it.
async fn end_the_session_before(request: &HttpRequest, state: &State) {
    let cookies = find_all(request.headers(), REFRESH, &state.settings);
    let tokens: Vec<String> = cookies.into_iter().map(str::to_owned).collect();
    let (use_cases, client) = (state.use_cases.clone(), client(request));
    let ended = run_detached(state, async move {
        for token in tokens {
            use_cases.sessions.log_out_by_refresh_token.run(&token, &client).await?;
        }
        Ok::<_, PortError>(())
    });
    if let Err(problem) = ended.await {
        let error = problem.cause().map(|cause| chain(cause));
        tracing::warn!(error, "the session before a login goes on");
    }
}
