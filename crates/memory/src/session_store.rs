//! Sessions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use async_trait::async_trait;
use fm_domain::clock::Timestamp;
use fm_domain::error::{PortError, PortResult};
use fm_domain::ids::{SessionId, UserId};
use fm_domain::sessions::{Generation, NewSession, RefreshState, Session, SessionStore};

use crate::locked;

/// Sessions in memory.
#[derive(Debug, Default)]
pub struct MemorySessionStore {
    sessions: Mutex<Sessions>,
}

/// Sessions by id, by user and age, and by when they expire.
#[derive(Debug, Default)]
struct Sessions {
    by_id: BTreeMap<SessionId, Session>,
    by_user: BTreeMap<UserId, BTreeSet<(Timestamp, SessionId)>>,
    expiring: BTreeSet<(Timestamp, SessionId)>,
}

impl Sessions {
    fn put(&mut self, session: Session) {
        self.by_user.entry(session.user).or_default().insert((session.created_at, session.id));
        self.expiring.insert((session.refresh.expires_at, session.id));
        self.by_id.insert(session.id, session);
    }

    fn take(&mut self, id: SessionId) -> Option<Session> {
        let session = self.by_id.remove(&id)?;
        self.expiring.remove(&(session.refresh.expires_at, id));
        if let Some(owned) = self.by_user.get_mut(&session.user) {
            owned.remove(&(session.created_at, id));
            if owned.is_empty() {
                self.by_user.remove(&session.user);
            }
        }
        Some(session)
    }
}

impl MemorySessionStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Everything that is stored, expired or not, for tests.
    #[must_use]
    pub fn snapshot(&self) -> Vec<Session> {
        locked(&self.sessions).by_id.values().cloned().collect()
    }
}

#[async_trait]
impl SessionStore for MemorySessionStore {
    async fn create(&self, session: &NewSession) -> PortResult<()> {
        let mut sessions = locked(&self.sessions);
        if sessions.by_id.contains_key(&session.id) {
            return Err(PortError::Unexpected("a second session with one id".into()));
        }
        sessions.put(session.clone());
        Ok(())
    }

    async fn find(&self, id: SessionId, now: Timestamp) -> PortResult<Option<Session>> {
        let sessions = locked(&self.sessions);
        Ok(sessions.by_id.get(&id).filter(|session| session.refresh.expires_at > now).cloned())
    }

    async fn touch(&self, id: SessionId, now: Timestamp, ip: Option<String>) -> PortResult<()> {
        if let Some(session) = locked(&self.sessions).by_id.get_mut(&id) {
            session.last_seen_at = session.last_seen_at.max(now);
            session.ip = ip.or(session.ip.take());
        }
        Ok(())
    }

    async fn rotate(&self, id: SessionId, seen: Generation, next: &RefreshState) -> PortResult<bool> {
        let mut sessions = locked(&self.sessions);
        if sessions.by_id.get(&id).is_none_or(|session| session.refresh.generation != seen) {
            return Ok(false);
        }
        if let Some(session) = sessions.take(id) {
            sessions.put(Session { refresh: next.clone(), ..session });
        }
        Ok(true)
    }

    async fn revoke(&self, user: UserId, id: SessionId) -> PortResult<bool> {
        let mut sessions = locked(&self.sessions);
        let owned = sessions.by_id.get(&id).is_some_and(|session| session.user == user);
        if owned {
            sessions.take(id);
        }
        Ok(owned)
    }

    async fn revoke_all(
        &self,
        user: UserId,
        but: Option<SessionId>,
        created_before: Timestamp,
    ) -> PortResult<()> {
        let mut sessions = locked(&self.sessions);
        let Some(owned) = sessions.by_user.get(&user) else { return Ok(()) };
        let older = owned.iter().take_while(|(created_at, _)| *created_at < created_before);
        let ids: Vec<SessionId> = older.map(|(_, id)| *id).filter(|id| Some(*id) != but).collect();
        for id in ids {
            sessions.take(id);
        }
        Ok(())
    }

    async fn list(&self, user: UserId, now: Timestamp) -> PortResult<Vec<Session>> {
        let sessions = locked(&self.sessions);
        let Some(owned) = sessions.by_user.get(&user) else { return Ok(Vec::new()) };
        let newest_first = owned.iter().rev().filter_map(|(_, id)| sessions.by_id.get(id));
        Ok(newest_first.filter(|session| session.refresh.expires_at > now).cloned().collect())
    }

    async fn purge_expired(&self, now: Timestamp, limit: u32) -> PortResult<u32> {
        let mut sessions = locked(&self.sessions);
        let expired =
            sessions.expiring.iter().take_while(|(expires_at, _)| *expires_at < now).take(limit as usize);
        let ids: Vec<SessionId> = expired.map(|(_, id)| *id).collect();
        for id in &ids {
            sessions.take(*id);
        }
        Ok(u32::try_from(ids.len()).unwrap_or(u32::MAX))
    }

    async fn ping(&self) -> PortResult<()> {
        Ok(())
    }
}
