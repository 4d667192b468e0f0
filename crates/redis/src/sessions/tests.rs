#![expect(clippy::unwrap_used, reason = "in a test a panic is a failure")]

use fm_testkit::AT_LAST;
use fm_testkit::redis::RedisServer;
use futures_util::future::join;
use uuid::Uuid;

use super::*;
use crate::client::RedisUrl;

/// A store of a test's own, with its server.
fn store() -> (RedisSessionStore, RedisServer) {
    let server = RedisServer::start();
    let redis = RedisClient::new(&RedisUrl::parse(&server.url()).unwrap()).unwrap();
    (RedisSessionStore::new(redis), server)
}

/// A session that begins in the year 2100 and lives for an hour: Redis has forgotten none of it.
fn session(number: u128) -> Session {
    let created_at = Timestamp::from_unix_seconds(4_102_444_800);
    Session {
        id: SessionId::new(Uuid::from_u128(number)),
        user: UserId::new(Uuid::from_u128(7)),
        created_at,
        last_seen_at: created_at,
        ip: None,
        user_agent: None,
        refresh: RefreshState::first([1; 16], created_at.plus(Duration::from_hours(1))),
    }
}

fn later(session: &Session) -> Timestamp {
    session.created_at.plus(Duration::from_secs(1))
}

#[tokio::test]
async fn a_session_that_was_listed_when_all_were_revoked_is_not_stored() {
    let (store, _server) = store();
    let session = session(1);
    store.enlist(session.user, Listed::of(&session), &session.refresh).await.unwrap();
    store.revoke_all(session.user, None, later(&session)).await.unwrap();
    // The login that goes on learns nothing: its session was stored and revoked.
    store.create(&session).await.unwrap();
    assert_eq!(store.find(session.id, session.created_at).await.unwrap(), None);
    assert_eq!(store.list(session.user, session.created_at).await.unwrap(), []);
}

#[tokio::test]
async fn a_session_that_a_revocation_of_all_spares_is_stored_though_it_was_only_listed() {
    let (store, _server) = store();
    let (spared, younger) = (session(1), session(2));
    for session in [&spared, &younger] {
        store.enlist(session.user, Listed::of(session), &session.refresh).await.unwrap();
    }
    store.revoke_all(spared.user, Some(spared.id), spared.created_at).await.unwrap();
    for session in [&spared, &younger] {
        store.create(session).await.unwrap();
        assert_eq!(store.find(session.id, session.created_at).await.unwrap().as_ref(), Some(session));
    }
}

#[tokio::test]
async fn a_session_that_is_stored_long_after_it_was_listed_is_refused() {
    let (store, _server) = store();
    let session = session(1);
    let listed_at = store.enlist(session.user, Listed::of(&session), &session.refresh).await.unwrap();
    let store_it = async |listed_at: i64| {
        let mut script = CREATE.key(session_key(session.id));
        script.key(tombstone_key(session.id)).arg(listed_at).arg(1_800_000);
        script.arg(forgotten_at(&session.refresh)).arg(fields::of_session(&session));
        store.redis.run::<String>(&script).await.unwrap()
    };
    assert_eq!(store_it(listed_at - 1_802_000).await, "late");
    assert_eq!(store_it(listed_at - 1_790_000).await, "created");
}

#[tokio::test]
async fn what_a_rotation_beside_a_revocation_lists_is_no_session() {
    let (store, _server) = store();
    let session = session(1);
    store.create(&session).await.unwrap();
    store.revoke_all(session.user, None, later(&session)).await.unwrap();
    // As a rotation does that had read the session before.
    store.enlist(session.user, Listed::of(&session), &session.refresh).await.unwrap();
    assert_eq!(store.list(session.user, session.created_at).await.unwrap(), []);
    assert!(!store.rotate(session.id, Generation::FIRST, &session.refresh).await.unwrap());
}

#[tokio::test]
async fn a_session_that_meets_a_revocation_of_all_is_either_revoked_or_listed() {
    let (store, _server) = store();
    for number in 1..200 {
        let session = session(number);
        let (created, revoked) =
            join(store.create(&session), store.revoke_all(session.user, None, later(&session))).await;
        created.unwrap();
        revoked.unwrap();
        let found = store.find(session.id, session.created_at).await.unwrap();
        let listed = store.list(session.user, session.created_at).await.unwrap();
        assert_eq!(listed, found.into_iter().collect::<Vec<_>>());
        // The next one ends what this one did not meet.
        store.revoke_all(session.user, None, later(&session)).await.unwrap();
        assert_eq!(store.find(session.id, session.created_at).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_server_that_hangs_is_unavailable_and_serves_again_afterwards() {
    let (store, server) = store();
    store.ping().await.unwrap();
    server.stand_still();
    let answer = store.find(session(1).id, session(1).created_at).await;
    server.go_on();
    assert!(matches!(answer, Err(PortError::Unavailable(_))), "{answer:?}");
    let recovery = async {
        while store.ping().await.is_err() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(AT_LAST, recovery).await.unwrap();
}

#[tokio::test]
async fn a_list_ends_with_its_last_session_and_a_rotation_prolongs_it() {
    let (store, _server) = store();
    let session = session(1);
    store.create(&session).await.unwrap();
    let ends =
        async |key: String| -> i64 { store.redis.query(redis::cmd("PEXPIRETIME").arg(key)).await.unwrap() };
    assert_eq!(ends(list_key(session.user)).await, forgotten_at(&session.refresh));
    let next = session.refresh.rotated(session.created_at, session.created_at.plus(Duration::from_hours(9)));
    assert!(store.rotate(session.id, Generation::FIRST, &next).await.unwrap());
    assert_eq!(ends(list_key(session.user)).await, forgotten_at(&next));
    assert_eq!(ends(session_key(session.id)).await, forgotten_at(&next));
    assert!(store.revoke(session.user, session.id).await.unwrap());
    assert_eq!(ends(list_key(session.user)).await, -2, "there is no list without sessions");
}
