//! `DELETE /v1/auth/sessions/{id}`

use fm_domain::ids::SessionId;

use crate::auth::Authenticated;
use crate::body::run_detached;
use crate::input::PathId;
use crate::output::no_content;
use crate::problem::{Answer, Code};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[Code::NotFound];

/// Revoke a session
///
/// Ends one of the caller's sessions, and every token of it.
#[utoipa::path(
    delete,
    path = "/v1/auth/sessions/{id}",
    tag = "auth",
    security(("bearer" = []), ("cookie" = [])),
    params(("id" = String, Path, format = Uuid, description = "The session.")),
    responses((status = 204, description = "The session has ended.")),
)]
pub(crate) async fn revoke_session(
    state: State,
    Authenticated(actor): Authenticated,
    id: PathId<SessionId>,
) -> Answer {
    let (id, use_cases) = (id.known()?, state.use_cases.clone());
    run_detached(&state, async move { use_cases.sessions.revoke.run(&actor, id).await }).await?;
    Ok(no_content())
}
