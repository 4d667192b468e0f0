//! `POST /v1/auth/refresh`

use actix_web::HttpRequest;
use fm_application::sessions::RefreshCommand;
use utoipa::ToSchema;

use super::tokens::hand_out;
use crate::auth::{REFRESH, client, find, same_site};
use crate::input::{Fields, FromFields, JsonBody, text};
use crate::output::TokenPairJson;
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

/// What renews the session. Without it the cookie does.
#[derive(ToSchema)]
#[schema(as = Refresh, example = json!({"refresh_token": "0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a02.0.…"}))]
pub(crate) struct RefreshBody {
    refresh_token: Option<String>,
}

impl FromFields for RefreshBody {
    fn read(fields: &mut Fields) -> Option<Self> {
        let refresh_token = fields.optional("refresh_token", |value| text(value).map(str::to_owned));
        Some(Self { refresh_token: refresh_token? })
    }
}

/// Renews a session.
///
/// The old refresh token is spent. Within 10 seconds of its rotation it still answers, with the session's current one.
#[utoipa::path(
    post,
    path = "/v1/auth/refresh",
    tag = "auth",
    request_body = Option<RefreshBody>,
    responses((status = 200, description = "New tokens of the same session.", body = TokenPairJson,
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
