//! `DELETE /v1/auth/me`

use actix_web::HttpResponse;
use fm_domain::accounts::Password;
use utoipa::ToSchema;

use crate::auth::{Authenticated, clear};
use crate::input::{Fields, FromFields, JsonBody, text};
use crate::problem::{Answer, Code};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[
    Code::MalformedRequest,
    Code::WrongPassword,
    Code::PayloadTooLarge,
    Code::UnsupportedMediaType,
    Code::ValidationFailed,
];

/// The password, asked for again.
#[derive(ToSchema)]
#[schema(as = AccountRemoval, example = json!({"password": "correct horse"}))]
pub(crate) struct RemoveBody {
    #[schema(value_type = String, format = Password)]
    password: Password,
}

impl FromFields for RemoveBody {
    fn read(fields: &mut Fields) -> Option<Self> {
        let password =
            fields.required("password", |value| text(value).map(|text| Password::candidate(text.to_owned())));
        Some(Self { password: password? })
    }
}

/// Removes the caller's account, its sessions, its files and their bytes.
#[utoipa::path(
    delete,
    path = "/v1/auth/me",
    tag = "auth",
    security(("bearer" = []), ("cookie" = [])),
    request_body = RemoveBody,
    responses((status = 204, description = "The account is gone, and both cookies are cleared.")),
)]
pub(crate) async fn remove_account(
    state: State,
    Authenticated(caller): Authenticated,
    body: JsonBody,
) -> Answer {
    let RemoveBody { password } = body.read().await?;
    state.use_cases.accounts.remove.run(&caller, password).await?;
    let mut response = HttpResponse::NoContent();
    clear(&mut response, &state.settings);
    Ok(response.finish())
}
