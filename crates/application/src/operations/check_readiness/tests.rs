use std::sync::Arc;

use crate::fixture::unavailable;
use crate::operations::{CheckReadiness, Readiness};
use crate::ports::Ports;
use crate::testing::TestPorts;
use fm_domain::sessions::MockSessionStore;

#[tokio::test]
async fn each_store_that_does_not_answer_is_named() {
    for (blob_store, session_store) in [(true, true), (true, false), (false, true), (false, false)] {
        let mut doubles = TestPorts::default();
        doubles.blobs.expect_ping().returning(move || if blob_store { Ok(()) } else { Err(unavailable()) });
        doubles
            .sessions
            .expect_ping()
            .returning(move || if session_store { Ok(()) } else { Err(unavailable()) });
        let readiness = CheckReadiness::new(&doubles.ports()).run().await;
        assert_eq!(readiness, Readiness { database: true, blob_store, session_store });
        assert_eq!(readiness.is_ready(), blob_store && session_store);
    }
}

/// A session store that never answers.
struct Silent(MockSessionStore);

#[async_trait::async_trait]
impl fm_domain::sessions::SessionStore for Silent {
    async fn create(&self, session: &fm_domain::sessions::NewSession) -> fm_domain::error::PortResult<()> {
        self.0.create(session).await
    }
    async fn find(
        &self,
        id: fm_domain::ids::SessionId,
        now: fm_domain::clock::Timestamp,
    ) -> fm_domain::error::PortResult<Option<fm_domain::sessions::Session>> {
        self.0.find(id, now).await
    }
    async fn touch(
        &self,
        id: fm_domain::ids::SessionId,
        now: fm_domain::clock::Timestamp,
        ip: Option<String>,
    ) -> fm_domain::error::PortResult<()> {
        self.0.touch(id, now, ip).await
    }
    async fn rotate(
        &self,
        id: fm_domain::ids::SessionId,
        seen: fm_domain::sessions::Generation,
        next: &fm_domain::sessions::RefreshState,
    ) -> fm_domain::error::PortResult<bool> {
        self.0.rotate(id, seen, next).await
    }
    async fn revoke(
        &self,
        user: fm_domain::ids::UserId,
        id: fm_domain::ids::SessionId,
    ) -> fm_domain::error::PortResult<bool> {
        self.0.revoke(user, id).await
    }
    async fn revoke_all(
        &self,
        user: fm_domain::ids::UserId,
        but: Option<fm_domain::ids::SessionId>,
        created_before: fm_domain::clock::Timestamp,
    ) -> fm_domain::error::PortResult<()> {
        self.0.revoke_all(user, but, created_before).await
    }
    async fn list(
        &self,
        user: fm_domain::ids::UserId,
        now: fm_domain::clock::Timestamp,
    ) -> fm_domain::error::PortResult<Vec<fm_domain::sessions::Session>> {
        self.0.list(user, now).await
    }
    async fn purge_expired(
        &self,
        now: fm_domain::clock::Timestamp,
        limit: u32,
    ) -> fm_domain::error::PortResult<u32> {
        self.0.purge_expired(now, limit).await
    }
    async fn ping(&self) -> fm_domain::error::PortResult<()> {
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_never_answers_is_waited_for_three_seconds() {
    let mut doubles = TestPorts::default();
    doubles.blobs.expect_ping().returning(|| Ok(()));
    let ports = Ports { sessions: Arc::new(Silent(MockSessionStore::new())), ..doubles.ports() };
    let started = tokio::time::Instant::now();
    assert!(!CheckReadiness::new(&ports).run().await.session_store);
    assert_eq!(started.elapsed().as_secs(), 3);
}

#[tokio::test(start_paused = true)]
async fn stores_are_asked_once_a_second_however_many_ask() {
    let mut doubles = TestPorts::default();
    doubles.blobs.expect_ping().times(2).returning(|| Ok(()));
    doubles.sessions.expect_ping().times(2).returning(|| Ok(()));
    let check = CheckReadiness::new(&doubles.ports());
    let all = futures_util::future::join_all((0..50).map(|_| check.run())).await;
    assert!(all.into_iter().all(Readiness::is_ready));
    tokio::time::advance(std::time::Duration::from_millis(1_001)).await;
    assert!(check.run().await.is_ready());
}
