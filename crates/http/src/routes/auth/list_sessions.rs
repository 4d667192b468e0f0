//! `GET /v1/auth/sessions`

use actix_web::HttpResponse;
use fm_api_types::{Session, SessionList};
use fm_domain::ids::SessionId;
use fm_domain::sessions;

use crate::auth::Authenticated;
use crate::output::json;
use crate::problem::{Answer, Code};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[];

/// List sessions
///
/// Where the caller is logged in.
#[utoipa::path(
    get,
    path = "/v1/auth/sessions",
    tag = "auth",
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, description = "The living sessions, newest first.", body = SessionList)),
)]
pub(crate) async fn list_sessions(state: State, Authenticated(actor): Authenticated) -> Answer {
    let sessions = state.use_cases.sessions.list.run(&actor).await?;
    let items = sessions.into_iter().map(|session| of(session, actor.session())).collect();
    json(HttpResponse::Ok(), &SessionList { items })
}

fn of(session: sessions::Session, current: SessionId) -> Session {
    Session {
        id: session.id.uuid(),
        created_at: session.created_at.into(),
        last_seen_at: session.last_seen_at.into(),
        expires_at: session.refresh.expires_at.into(),
        ip: session.ip,
        user_agent: session.user_agent,
        current: session.id == current,
    }
}
