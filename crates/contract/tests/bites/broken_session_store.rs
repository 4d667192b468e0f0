//! Stores of sessions with one fault.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use fm_contract::{SessionStoreHarness, session_store};
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::ids::{SessionId, UserId};
use fm_domain::sessions::{Generation, NewSession, RefreshState, Session, SessionStore};
use fm_memory::MemorySessionStore;

use crate::bites;

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    ServesTheExpired,
    ServesOneSecondTooLong,
    RemembersWhatItServed,
    RotatesBlindly,
    LeavesOneWhenAllGo,
    RevokesForAnybody,
    ListsOldestFirst,
    PurgesTheLiving,
    ForgetsTheSalt,
}

struct Broken {
    inner: MemorySessionStore,
    served: Mutex<HashMap<SessionId, Session>>,
    fault: Fault,
}

impl Broken {
    fn is(&self, fault: Fault) -> bool {
        self.fault == fault
    }
}

#[async_trait]
impl SessionStore for Broken {
    async fn create(&self, session: &NewSession) -> PortResult<()> {
        self.inner.create(session).await
    }

    async fn find(&self, id: SessionId, now: Timestamp) -> PortResult<Option<Session>> {
        let now = match self.fault {
            Fault::ServesTheExpired => Timestamp::from_unix_micros(i64::MIN),
            Fault::ServesOneSecondTooLong => now.minus(std::time::Duration::from_secs(1)),
            _ => now,
        };
        let found = self.inner.find(id, now).await?;
        let mut served = self.served.lock().unwrap();
        if let Some(session) = &found {
            served.insert(id, session.clone());
        }
        let remembered = served.get(&id).filter(|_| self.is(Fault::RemembersWhatItServed));
        Ok(found.or_else(|| remembered.filter(|session| session.refresh.expires_at > now).cloned()))
    }

    async fn touch(&self, id: SessionId, now: Timestamp, ip: Option<String>) -> PortResult<()> {
        self.inner.touch(id, now, ip).await
    }

    async fn rotate(&self, id: SessionId, seen: Generation, next: &RefreshState) -> PortResult<bool> {
        if self.is(Fault::RotatesBlindly) {
            let stored = self.inner.find(id, Timestamp::from_unix_micros(i64::MIN)).await?;
            return match stored {
                Some(session) => self.inner.rotate(id, session.refresh.generation, next).await,
                None => Ok(false),
            };
        }
        let salt = if self.is(Fault::ForgetsTheSalt) { [0; 16] } else { next.salt };
        self.inner.rotate(id, seen, &RefreshState { salt, ..next.clone() }).await
    }

    async fn revoke(&self, user: UserId, id: SessionId) -> PortResult<bool> {
        let owner =
            self.inner.find(id, Timestamp::from_unix_micros(i64::MIN)).await?.map(|session| session.user);
        let user = if self.is(Fault::RevokesForAnybody) { owner.unwrap_or(user) } else { user };
        self.inner.revoke(user, id).await
    }

    async fn revoke_all(
        &self,
        user: UserId,
        but: Option<SessionId>,
        created_before: Timestamp,
    ) -> PortResult<()> {
        let oldest = self.inner.list(user, Timestamp::from_unix_micros(i64::MIN)).await?.pop();
        let spared = if self.is(Fault::LeavesOneWhenAllGo) { oldest } else { None };
        self.inner.revoke_all(user, but, created_before).await?;
        match spared {
            Some(session) => {
                self.inner.revoke(user, session.id).await?;
                self.inner.create(&session).await
            }
            None => Ok(()),
        }
    }

    async fn list(&self, user: UserId, now: Timestamp) -> PortResult<Vec<Session>> {
        let mut sessions = self.inner.list(user, now).await?;
        if self.is(Fault::ListsOldestFirst) {
            sessions.reverse();
        }
        Ok(sessions)
    }

    async fn purge_expired(&self, now: Timestamp, limit: u32) -> PortResult<u32> {
        let purges_all = self.is(Fault::PurgesTheLiving);
        let now = if purges_all { Timestamp::from_unix_micros(i64::MAX) } else { now };
        let purged = self.inner.purge_expired(now, limit).await?;
        Ok(if purges_all { 0 } else { purged })
    }

    async fn ping(&self) -> PortResult<()> {
        self.inner.ping().await
    }
}

macro_rules! broken {
    ($name:ident, $fault:expr) => {
        struct $name(Arc<Broken>);

        #[async_trait]
        impl SessionStoreHarness for $name {
            async fn fresh() -> Self {
                let (inner, served) = (MemorySessionStore::new(), Mutex::default());
                Self(Arc::new(Broken { inner, served, fault: $fault }))
            }

            fn sessions(&self) -> Arc<dyn SessionStore> {
                self.0.clone()
            }

            async fn dump(&self) -> String {
                format!("{:?}", self.0.inner.snapshot())
            }
        }
    };
}

bites! {
    a_store_without_a_fault_breaks_no_rule: broken(Fault::None) => session_store, [];
    a_store_that_serves_the_expired: broken(Fault::ServesTheExpired) => session_store, ["SES-02", "SES-13"];
    a_store_that_serves_a_second_too_long: broken(Fault::ServesOneSecondTooLong) => session_store,
        ["SES-02", "SES-13"];
    a_store_that_remembers_what_it_served: broken(Fault::RemembersWhatItServed) => session_store, ["SES-01"];
    a_store_that_rotates_blindly: broken(Fault::RotatesBlindly) => session_store, ["SES-04", "SES-05"];
    a_store_that_leaves_one_session_when_all_go: broken(Fault::LeavesOneWhenAllGo) => session_store,
        ["SES-06"];
    a_store_that_revokes_for_anybody: broken(Fault::RevokesForAnybody) => session_store, ["SES-09"];
    a_store_that_lists_the_oldest_first: broken(Fault::ListsOldestFirst) => session_store,
        ["SES-03", "SES-06", "SES-08"];
    a_store_that_purges_the_living: broken(Fault::PurgesTheLiving) => session_store, ["SES-10", "SES-13"];
    a_store_that_forgets_the_salt: broken(Fault::ForgetsTheSalt) => session_store, ["SES-04", "SES-13"];
}

/// A harness whose dump leaves the sessions out.
struct HidesItsSessions(Arc<MemorySessionStore>);

#[async_trait]
impl SessionStoreHarness for HidesItsSessions {
    async fn fresh() -> Self {
        Self(Arc::new(MemorySessionStore::new()))
    }

    fn sessions(&self) -> Arc<dyn SessionStore> {
        self.0.clone()
    }

    async fn dump(&self) -> String {
        format!("{} sessions", self.0.snapshot().len())
    }
}

/// A dump that does not show what is stored proves nothing, and is told so.
#[test]
fn a_dump_that_hides_what_is_stored() {
    assert_eq!(crate::broken_rules(&session_store::checks::<HidesItsSessions>()), ["SES-11"]);
}
