//! `GET /v1/auth/sessions`

use actix_web::HttpResponse;
use fm_domain::ids::SessionId;
use fm_domain::sessions::Session;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Authenticated;
use crate::output::{Time, json};
use crate::problem::{Answer, Code};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[];

/// A place where the caller is logged in.
#[derive(Serialize, ToSchema)]
#[schema(as = Session)]
struct SessionJson<'a> {
    #[schema(value_type = String, format = Uuid, example = "0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a02")]
    id: SessionId,
    #[schema(value_type = String, format = DateTime, example = "2026-01-31T12:00:00.000000Z")]
    created_at: Time,
    /// When it was last used, to about a minute.
    #[schema(value_type = String, format = DateTime, example = "2026-01-31T12:30:00.000000Z")]
    last_seen_at: Time,
    /// When it ends unless it is refreshed before.
    #[schema(value_type = String, format = DateTime, example = "2026-03-02T12:00:00.000000Z")]
    expires_at: Time,
    /// The address it was last used from.
    #[schema(example = "192.0.2.7")]
    ip: Option<&'a str>,
    #[schema(example = "Mozilla/5.0")]
    user_agent: Option<&'a str>,
    /// Whether it is the one that asks.
    current: bool,
}

/// The caller's sessions, newest first.
#[derive(Serialize, ToSchema)]
#[schema(as = SessionList)]
pub(crate) struct SessionListJson<'a> {
    items: Vec<SessionJson<'a>>,
}

/// Where the caller is logged in.
#[utoipa::path(
    get,
    path = "/v1/auth/sessions",
    tag = "auth",
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, description = "The living sessions, newest first.", body = SessionListJson)),
)]
pub(crate) async fn list_sessions(state: State, Authenticated(caller): Authenticated) -> Answer {
    let sessions = state.use_cases.sessions.list.run(&caller).await?;
    let items = sessions.iter().map(|session| of(session, caller.session)).collect();
    json(HttpResponse::Ok(), &SessionListJson { items })
}

fn of(session: &Session, current: SessionId) -> SessionJson<'_> {
    SessionJson {
        id: session.id,
        created_at: Time(session.created_at),
        last_seen_at: Time(session.last_seen_at),
        expires_at: Time(session.refresh.expires_at),
        ip: session.ip.as_deref(),
        user_agent: session.user_agent.as_deref(),
        current: session.id == current,
    }
}
