//! SES: looks that may be a few seconds old.

use std::time::{Duration, Instant};

use fm_domain::sessions::{Generation, SessionStore};

use super::session::{at, kept, session};
use crate::fixture::offered;
use crate::harness::SessionStoreHarness;

pub(crate) async fn ses_26_a_recent_look_sees_what_its_own_node_ended<H: SessionStoreHarness>(harness: &H) {
    let sessions = harness.sessions();
    let first = kept(harness).await;
    assert_eq!(sessions.find_recent(first.id, at(1)).await.unwrap(), Some(first.clone()));
    assert_eq!(sessions.find_recent(first.id, at(2)).await.unwrap(), Some(first.clone()), "again");

    // Its end is that of its latest rotation, by the given clock.
    let next = first.refresh.rotated(at(3), at(7200));
    assert!(sessions.rotate(first.id, Generation::FIRST, &next).await.unwrap());
    let found = sessions.find_recent(first.id, at(7199)).await.unwrap();
    assert_eq!(found.map(|session| session.refresh), Some(next));
    assert_eq!(sessions.find_recent(first.id, at(7200)).await.unwrap(), None, "it is over");

    assert!(sessions.revoke(first.user, first.id).await.unwrap());
    assert_eq!(sessions.find_recent(first.id, at(4)).await.unwrap(), None, "it was revoked");
    let (old, spared) = (session(first.user, 5), session(first.user, 6));
    for session in [&old, &spared] {
        sessions.create(session).await.unwrap();
        assert!(sessions.find_recent(session.id, at(7)).await.unwrap().is_some());
    }
    sessions.revoke_all(first.user, Some(spared.id), at(8)).await.unwrap();
    assert_eq!(sessions.find_recent(old.id, at(9)).await.unwrap(), None, "all but one were revoked");
    assert_eq!(sessions.find_recent(spared.id, at(9)).await.unwrap(), Some(spared));
}

/// Waits until the session is not found any more.
async fn ends(node: &dyn SessionStore, id: fm_domain::ids::SessionId) {
    let begun = Instant::now();
    while node.find_recent(id, at(9)).await.unwrap().is_some() {
        let passed = begun.elapsed();
        assert!(passed < Duration::from_secs(1), "another node serves a revoked session after {passed:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

pub(crate) async fn ses_27_a_recent_look_sees_what_another_node_ended_within_a_second<
    H: SessionStoreHarness,
>(
    harness: &H,
) {
    let Some(there) = offered("a second node", harness.another_node().await) else { return };
    let here = harness.sessions();
    for _ in 0..5 {
        let (one, all) = (kept(harness).await, kept(harness).await);
        for id in [one.id, all.id] {
            for _ in 0..2 {
                assert!(here.find_recent(id, at(1)).await.unwrap().is_some());
            }
        }
        assert!(there.revoke(one.user, one.id).await.unwrap());
        ends(&*here, one.id).await;
        there.revoke_all(all.user, None, at(8)).await.unwrap();
        ends(&*here, all.id).await;
    }
}
