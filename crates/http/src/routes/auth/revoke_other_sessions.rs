//! `DELETE /v1/auth/sessions`

use crate::auth::Authenticated;
use crate::body::run_detached;
use crate::output::no_content;
use crate::problem::{Answer, Code};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[];

/// Revoke other sessions
///
/// Ends all of the caller's sessions but this one.
#[utoipa::path(
    delete,
    path = "/v1/auth/sessions",
    tag = "auth",
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 204, description = "Every other session has ended.")),
)]
pub(crate) async fn revoke_other_sessions(state: State, Authenticated(actor): Authenticated) -> Answer {
    let use_cases = state.use_cases.clone();
    run_detached(&state, async move { use_cases.sessions.revoke_others.run(&actor).await }).await?;
    Ok(no_content())
}
