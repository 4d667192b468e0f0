//! `POST /v1/auth/logout`

use actix_web::HttpResponse;

use crate::auth::{Authenticated, clear};
use crate::problem::{Answer, Code};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[];

/// Log out
///
/// Ends this session.
#[utoipa::path(
    post,
    path = "/v1/auth/logout",
    tag = "auth",
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 204, description = "The session has ended, and both cookies are cleared.")),
)]
pub(crate) async fn log_out(state: State, Authenticated(actor): Authenticated) -> Answer {
    state.use_cases.sessions.log_out.run(&actor).await?;
    let mut response = HttpResponse::NoContent();
    clear(&mut response, &state.settings);
    Ok(response.finish())
}
