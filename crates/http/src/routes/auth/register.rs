//! `POST /v1/auth/register`

use actix_web::{HttpRequest, HttpResponse};
use fm_api_types::{Registration, User};
use fm_application::accounts::RegisterCommand;
use fm_domain::accounts::{DisplayName, Email, Password};
use fm_domain::limits::LimitedAction;

use crate::auth::{client, same_site};
use crate::connection::presence;
use crate::input::{JsonBody, json_body, parsed};
use crate::limits::limit_address;
use crate::output::{json, user};
use crate::problem::{Answer, Code};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[
    Code::MalformedRequest,
    Code::Forbidden,
    Code::EmailTaken,
    Code::PayloadTooLarge,
    Code::UnsupportedMediaType,
    Code::ValidationFailed,
    Code::RateLimited,
];

json_body! {
    /// What is read of it.
    pub(crate) struct RegisterBody for Registration {
        email: Email => required(parsed),
        password: Password => required(parsed),
        name: Option<DisplayName> => optional(parsed),
    }
}

/// Register an account
///
/// Opens an account.
#[utoipa::path(
    post,
    path = "/v1/auth/register",
    operation_id = "register_account",
    tag = "auth",
    request_body = Registration,
    responses((status = 201, description = "The new user.", body = User)),
)]
pub(crate) async fn register(request: HttpRequest, state: State, body: JsonBody) -> Answer {
    same_site(&request, &state.settings)?;
    limit_address(&request, &state, LimitedAction::Registrations).await?;
    let RegisterBody { email, password, name } = body.read().await?;
    let (client, presence) = (client(&request), presence(&request));
    let command = RegisterCommand { email, password, name, client, presence };
    let registered = state.use_cases.accounts.register.run(command).await?;
    json(HttpResponse::Created(), &user(&registered))
}
