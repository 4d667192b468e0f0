//! `POST /v1/auth/password`

use fm_application::accounts::ChangePasswordCommand;
use fm_domain::accounts::Password;
use utoipa::ToSchema;

use crate::auth::Authenticated;
use crate::input::{Fields, FromFields, JsonBody, parsed, text};
use crate::output::no_content;
use crate::problem::{Answer, Code};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[
    Code::MalformedRequest,
    Code::WrongPassword,
    Code::PayloadTooLarge,
    Code::UnsupportedMediaType,
    Code::ValidationFailed,
];

/// The password that is, and the one that shall be.
#[derive(ToSchema)]
#[schema(as = PasswordChange, example = json!({"current_password": "correct horse", "new_password": "battery staple"}))]
pub(crate) struct ChangePasswordBody {
    #[schema(value_type = String, format = Password)]
    current_password: Password,
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 128)]
    new_password: Password,
}

impl FromFields for ChangePasswordBody {
    fn read(fields: &mut Fields) -> Option<Self> {
        let current = fields.required("current_password", |value| {
            text(value).map(|text| Password::candidate(text.to_owned()))
        });
        let new = fields.required("new_password", parsed);
        Some(Self { current_password: current?, new_password: new? })
    }
}

/// Changes the caller's password, and ends all their sessions but this one.
#[utoipa::path(
    post,
    path = "/v1/auth/password",
    tag = "auth",
    security(("bearer" = []), ("cookie" = [])),
    request_body = ChangePasswordBody,
    responses((status = 204, description = "The password is changed; every other session has ended.")),
)]
pub(crate) async fn change_password(
    state: State,
    Authenticated(caller): Authenticated,
    body: JsonBody,
) -> Answer {
    let ChangePasswordBody { current_password: current, new_password: new } = body.read().await?;
    state.use_cases.accounts.change_password.run(&caller, ChangePasswordCommand { current, new }).await?;
    Ok(no_content())
}
