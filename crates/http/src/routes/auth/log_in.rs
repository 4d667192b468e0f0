//! `POST /v1/auth/login`

use actix_web::HttpRequest;
use fm_application::sessions::LogInCommand;
use fm_domain::accounts::Password;
use utoipa::ToSchema;

use super::tokens::hand_out;
use crate::auth::client;
use crate::input::{Fields, FromFields, JsonBody, text};
use crate::output::TokenPairJson;
use crate::problem::{Answer, Code};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[
    Code::MalformedRequest,
    Code::InvalidCredentials,
    Code::PayloadTooLarge,
    Code::UnsupportedMediaType,
    Code::ValidationFailed,
];

/// Who wants to log in.
#[derive(ToSchema)]
#[schema(as = Login, example = json!({"email": "ada@example.org", "password": "correct horse"}))]
pub(crate) struct LogInBody {
    #[schema(format = Email)]
    email: String,
    #[schema(value_type = String, format = Password)]
    password: Password,
}

/// Any two strings will do: what could never be right is simply wrong.
impl FromFields for LogInBody {
    fn read(fields: &mut Fields) -> Option<Self> {
        let email = fields.required("email", |value| text(value).map(str::to_owned));
        let password =
            fields.required("password", |value| text(value).map(|text| Password::candidate(text.to_owned())));
        Some(Self { email: email?, password: password? })
    }
}

/// Opens a session.
///
/// The tokens come in the body, and as the cookies `access_token` and `refresh_token`.
#[utoipa::path(
    post,
    path = "/v1/auth/login",
    tag = "auth",
    request_body = LogInBody,
    responses((status = 200, description = "The tokens of a new session.", body = TokenPairJson,
        headers(("Set-Cookie" = String, description = "Both cookies: HttpOnly, SameSite=Lax, Secure.")))),
)]
pub(crate) async fn log_in(request: HttpRequest, state: State, body: JsonBody) -> Answer {
    let LogInBody { email, password } = body.read().await?;
    let command = LogInCommand { email, password, client: client(&request) };
    let pair = state.use_cases.sessions.log_in.run(command).await?;
    hand_out(&pair, &state.settings)
}
