//! `PATCH /v1/auth/me`

use actix_web::HttpResponse;
use fm_api_types::{AccountName, User};
use fm_domain::accounts::DisplayName;

use crate::auth::Authenticated;
use crate::input::{JsonBody, json_body, parsed};
use crate::output::{json, user};
use crate::problem::{Answer, Code};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] =
    &[Code::MalformedRequest, Code::PayloadTooLarge, Code::UnsupportedMediaType, Code::ValidationFailed];

json_body! {
    /// What is read of it.
    pub(crate) struct RenameBody for AccountName {
        name: Option<DisplayName> => nullable(parsed),
    }
}

/// Update your account
///
/// Renames the caller.
#[utoipa::path(
    patch,
    path = "/v1/auth/me",
    operation_id = "update_account",
    tag = "auth",
    security(("bearer" = []), ("cookie" = [])),
    request_body = AccountName,
    responses((status = 200, description = "The user.", body = User)),
)]
pub(crate) async fn rename_account(
    state: State,
    Authenticated(actor): Authenticated,
    body: JsonBody,
) -> Answer {
    let RenameBody { name } = body.read().await?;
    let renamed = state.use_cases.accounts.rename.run(&actor, name).await?;
    json(HttpResponse::Ok(), &user(&renamed))
}
