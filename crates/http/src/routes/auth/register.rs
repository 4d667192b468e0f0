//! `POST /v1/auth/register`

use actix_web::HttpResponse;
use fm_application::accounts::RegisterCommand;
use fm_domain::accounts::{DisplayName, Email, Password};
use utoipa::ToSchema;

use crate::input::{Fields, FromFields, JsonBody, parsed};
use crate::output::{UserJson, json};
use crate::problem::{Answer, Code};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[
    Code::MalformedRequest,
    Code::Forbidden,
    Code::EmailTaken,
    Code::PayloadTooLarge,
    Code::UnsupportedMediaType,
    Code::ValidationFailed,
];

/// Who wants an account.
#[derive(ToSchema)]
#[schema(as = Registration, example = json!({"email": "ada@example.org", "password": "correct horse", "name": "Ada"}))]
pub(crate) struct RegisterBody {
    /// At most 254 characters; compared without regard to case.
    #[schema(value_type = String, format = Email)]
    email: Email,
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 128)]
    password: Password,
    /// What to be called.
    #[schema(value_type = Option<String>, max_length = 255)]
    name: Option<DisplayName>,
}

impl FromFields for RegisterBody {
    fn read(fields: &mut Fields) -> Option<Self> {
        let email = fields.required("email", parsed);
        let password = fields.required("password", parsed);
        let name = fields.optional("name", parsed);
        Some(Self { email: email?, password: password?, name: name? })
    }
}

/// Opens an account.
#[utoipa::path(
    post,
    path = "/v1/auth/register",
    tag = "auth",
    request_body = RegisterBody,
    responses((status = 201, description = "The new user.", body = UserJson)),
)]
pub(crate) async fn register(state: State, body: JsonBody) -> Answer {
    let RegisterBody { email, password, name } = body.read().await?;
    let user = state.use_cases.accounts.register.run(RegisterCommand { email, password, name }).await?;
    json(HttpResponse::Created(), &UserJson::of(&user))
}
