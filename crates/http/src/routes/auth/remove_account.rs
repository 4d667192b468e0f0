//! `DELETE /v1/auth/me`

use actix_web::{HttpRequest, HttpResponse};
use fm_api_types::AccountRemoval;
use fm_domain::accounts::Password;

use crate::auth::{Authenticated, clear};
use crate::body::run_detached;
use crate::connection::presence;
use crate::input::{JsonBody, candidate, json_body};
use crate::problem::{Answer, Code};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[
    Code::MalformedRequest,
    Code::WrongPassword,
    Code::Conflict,
    Code::PayloadTooLarge,
    Code::UnsupportedMediaType,
    Code::ValidationFailed,
    Code::RateLimited,
];

json_body! {
    /// What is read of it.
    pub(crate) struct RemoveBody for AccountRemoval {
        password: Password => required(candidate),
    }
}

/// Delete your account
///
/// Removes the caller's account, its sessions, its files and their bytes. The last admin can't (409 `conflict`).
#[utoipa::path(
    delete,
    path = "/v1/auth/me",
    operation_id = "delete_account",
    tag = "auth",
    security(("bearer" = []), ("cookie" = [])),
    request_body = AccountRemoval,
    responses((status = 204, description = "The account is gone, and both cookies are cleared.")),
)]
pub(crate) async fn remove_account(
    request: HttpRequest,
    state: State,
    Authenticated(actor): Authenticated,
    body: JsonBody,
) -> Answer {
    let RemoveBody { password } = body.read().await?;
    let (presence, use_cases) = (presence(&request), state.use_cases.clone());
    run_detached(&state, async move { use_cases.accounts.remove.run(&actor, password, &presence).await })
        .await?;
    let mut response = HttpResponse::NoContent();
    clear(&mut response, &state.settings);
    Ok(response.finish())
}
