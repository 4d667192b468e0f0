//! SES: looks that may be a few seconds old.

use std::time::Duration;

use fm_domain::ids::SessionId;
use fm_domain::sessions::{Generation, SessionStore};

use super::session::{at, kept, session};
use crate::fixture::{ATTEMPTS, offered, soon};
use crate::harness::SessionStoreHarness;

/// In how much time every node knows of a revocation. A busy machine may be late, but not again and again.
const KNOWN: Duration = Duration::from_secs(1);

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

/// Waits until none of the sessions is found any more.
async fn until_gone(node: &dyn SessionStore, ids: &[SessionId]) {
    for id in ids {
        while node.find_recent(*id, at(9)).await.unwrap().is_some() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

/// Has another node revoke sessions that this one has copies of, one by its id and one with all of its user; notes which, and
/// tells whether this node knew of it in time.
async fn are_known_in_time<H: SessionStoreHarness>(
    harness: &H,
    there: &dyn SessionStore,
    revoked: &mut Vec<SessionId>,
) -> bool {
    let here = harness.sessions();
    let (one, all) = (kept(harness).await, kept(harness).await);
    for id in [one.id, all.id] {
        for _ in 0..2 {
            assert!(here.find_recent(id, at(1)).await.unwrap().is_some());
        }
    }
    revoked.push(one.id);
    assert!(there.revoke(one.user, one.id).await.unwrap());
    if tokio::time::timeout(KNOWN, until_gone(&*here, &[one.id])).await.is_err() {
        return false;
    }
    revoked.push(all.id);
    there.revoke_all(all.user, None, at(8)).await.unwrap();
    tokio::time::timeout(KNOWN, until_gone(&*here, &[all.id])).await.is_ok()
}

pub(crate) async fn ses_27_a_recent_look_sees_what_another_node_ended_within_a_second<
    H: SessionStoreHarness,
>(
    harness: &H,
) {
    let Some(there) = offered("a second node", harness.another_node().await) else { return };
    let mut revoked = Vec::new();
    for _ in 0..5 {
        let mut is_in_time = false;
        for _attempt in 0..ATTEMPTS {
            is_in_time = are_known_in_time(harness, &*there, &mut revoked).await;
            if is_in_time {
                break;
            }
        }
        assert!(
            is_in_time,
            "a node served sessions for {KNOWN:?} that another had revoked, {ATTEMPTS} times"
        );
    }
    let here = harness.sessions();
    soon("the end of sessions that another node revoked", until_gone(&*here, &revoked)).await;
}
