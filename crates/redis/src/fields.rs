//! A session as the fields of a hash: times are microseconds since 1970, and what is `None` has no field.

use std::collections::HashMap;

use fm_domain::clock::Timestamp;
use fm_domain::error::{PortError, PortResult};
use fm_domain::ids::{SessionId, UserId};
use fm_domain::sessions::{Generation, RefreshState, Session};

type Field = (&'static str, String);

pub(crate) fn of_session(session: &Session) -> Vec<Field> {
    let mut fields = of_refresh(&session.refresh);
    fields.extend([
        ("id", session.id.to_string()),
        ("user", session.user.to_string()),
        ("created_at", session.created_at.unix_micros().to_string()),
        ("last_seen_at", session.last_seen_at.unix_micros().to_string()),
    ]);
    fields.extend(session.ip.clone().map(|ip| ("ip", ip)));
    fields.extend(session.user_agent.clone().map(|agent| ("user_agent", agent)));
    fields
}

/// What a rotation replaces.
pub(crate) fn of_refresh(refresh: &RefreshState) -> Vec<Field> {
    let spent: Vec<String> = refresh.spent_at.iter().map(|at| at.unix_micros().to_string()).collect();
    vec![
        ("generation", refresh.generation.number().to_string()),
        ("salt", hex::encode(refresh.salt)),
        ("expires_at", refresh.expires_at.unix_micros().to_string()),
        ("spent_at", spent.join(" ")),
    ]
}

/// The session of a hash; no fields are no session. The error does not show what is stored.
pub(crate) fn read(fields: &HashMap<String, String>) -> PortResult<Option<Session>> {
    if fields.is_empty() {
        return Ok(None);
    }
    let corrupt = || PortError::Corrupt { what: "a session", source: "a field can't be read".into() };
    parse(fields).map(Some).ok_or_else(corrupt)
}

fn parse(fields: &HashMap<String, String>) -> Option<Session> {
    let text = |name: &str| fields.get(name).map(String::as_str);
    let time = |text: &str| Some(Timestamp::from_unix_micros(text.parse().ok()?));
    let mut salt = [0; 16];
    hex::decode_to_slice(text("salt")?, &mut salt).ok()?;
    Some(Session {
        id: SessionId::parse(text("id")?)?,
        user: UserId::parse(text("user")?)?,
        created_at: time(text("created_at")?)?,
        last_seen_at: time(text("last_seen_at")?)?,
        ip: text("ip").map(str::to_owned),
        user_agent: text("user_agent").map(str::to_owned),
        refresh: RefreshState {
            generation: Generation::new(text("generation")?.parse().ok()?),
            salt,
            expires_at: time(text("expires_at")?)?,
            spent_at: text("spent_at")?.split_whitespace().map(time).collect::<Option<_>>()?,
        },
    })
}
