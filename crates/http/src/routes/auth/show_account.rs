//! `GET /v1/auth/me`

use actix_web::HttpResponse;
use fm_api_types::Account;

use crate::auth::Authenticated;
use crate::output::{account, json};
use crate::problem::{Answer, Code};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[];

/// Get your account
///
/// The caller's account, with what it keeps.
#[utoipa::path(
    get,
    path = "/v1/auth/me",
    operation_id = "get_account",
    tag = "auth",
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, description = "The account.", body = Account)),
)]
pub(crate) async fn show_account(state: State, Authenticated(actor): Authenticated) -> Answer {
    let view = state.use_cases.accounts.show.run(&actor).await?;
    json(HttpResponse::Ok(), &account(&view))
}
