//! SES: sessions in numbers, in order and to the microsecond, and stores that other nodes use or that go away.

use std::time::Duration;

use fm_domain::ids::{SessionId, UserId};
use fm_domain::sessions::{Generation, Session, SessionStore};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use uuid::Uuid;

use super::session::{a_user, at, ids, kept, session};
use crate::fixture::poll::cut_after;
use crate::fixture::{DROPPED, MANY, assert_refused, assert_unavailable, at_last, offered, soon};
use crate::harness::SessionStoreHarness;

pub(crate) async fn ses_16_a_list_goes_by_creation_and_then_by_id_whatever_was_used_last<
    H: SessionStoreHarness,
>(
    harness: &H,
) {
    let sessions = harness.sessions();
    let user = a_user();
    // Ids at random: those of version 7 are in the order of their creation already.
    let id = |number: u128| {
        SessionId::new(Uuid::from_u128(number.wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835)))
    };
    let mut expected: Vec<Session> = (1..=24)
        .map(|number| Session { id: id(number), ..session(user, i64::try_from(number % 4).unwrap()) })
        .collect();
    let mut later = session(user, 2);
    later.created_at = at(2).plus(Duration::from_micros(1));
    expected.push(later);
    for session in &expected {
        sessions.create(session).await.unwrap();
    }
    for (number, session) in expected.iter_mut().enumerate().filter(|(number, _)| number % 3 == 0) {
        session.last_seen_at = at(100 + i64::try_from(number).unwrap());
        sessions.touch(session.id, session.last_seen_at, None).await.unwrap();
    }
    let rotated = &mut expected[5];
    rotated.refresh = rotated.refresh.rotated(at(150), at(9000));
    assert!(sessions.rotate(rotated.id, Generation::FIRST, &rotated.refresh).await.unwrap());

    expected.sort_by_key(|session| std::cmp::Reverse((session.created_at, session.id)));
    let listed = sessions.list(user, at(200)).await.unwrap();
    assert_eq!(ids(&listed), ids(&expected), "the last created first, of one moment the larger id first");
    assert_eq!(listed, expected);
}

/// Creates many sessions of one user, opened at one second each.
async fn many(sessions: &dyn SessionStore, user: UserId) -> Vec<Session> {
    let many: Vec<Session> = (0..MANY).map(|number| session(user, -i64::try_from(number).unwrap())).collect();
    stream::iter(&many)
        .map(|session| sessions.create(session))
        .buffer_unordered(16)
        .try_collect::<Vec<()>>()
        .await
        .unwrap();
    many
}

pub(crate) async fn ses_17_more_sessions_than_a_page_are_listed_revoked_and_purged<H: SessionStoreHarness>(
    harness: &H,
) {
    let sessions = harness.sessions();
    let (user, other) = (a_user(), a_user());
    let mine = many(&*sessions, user).await;
    let theirs = session(other, 0);
    sessions.create(&theirs).await.unwrap();
    assert_eq!(ids(&sessions.list(user, at(1)).await.unwrap()), ids(&mine), "all of them are listed");

    sessions.revoke_all(user, Some(mine[700].id), at(1)).await.unwrap();
    assert_eq!(ids(&sessions.list(user, at(1)).await.unwrap()), [mine[700].id], "all but one are revoked");
    for session in mine.iter().step_by(99) {
        let spared = session.id == mine[700].id;
        assert_eq!(
            sessions.find(session.id, at(1)).await.unwrap().is_some(),
            spared,
            "a revoked one is found"
        );
    }
    assert_eq!(ids(&sessions.list(other, at(1)).await.unwrap()), [theirs.id], "another user's stays");

    many(&*sessions, a_user()).await;
    let purged = sessions.purge_expired(at(9000), u32::MAX).await.unwrap();
    // A store that expires entries by itself answers 0.
    assert!(purged == 0 || purged as usize == MANY + 2, "{purged} were purged");
}

pub(crate) async fn ses_18_what_one_node_changes_every_node_sees_at_once<H: SessionStoreHarness>(
    harness: &H,
) {
    let Some(there) = offered("a second node", harness.another_node().await) else { return };
    let here = harness.sessions();
    let session = kept(harness).await;
    // Both nodes have seen it, and could remember it.
    for node in [&here, &there] {
        assert_eq!(node.find(session.id, at(1)).await.unwrap().as_ref(), Some(&session));
        assert_eq!(node.list(session.user, at(1)).await.unwrap(), std::slice::from_ref(&session));
    }

    there.touch(session.id, at(60), Some("2001:db8::1".to_owned())).await.unwrap();
    let touched = Session { last_seen_at: at(60), ip: Some("2001:db8::1".to_owned()), ..session.clone() };
    assert_eq!(here.find(session.id, at(61)).await.unwrap().as_ref(), Some(&touched), "a touch");
    assert_eq!(here.list(session.user, at(61)).await.unwrap(), std::slice::from_ref(&touched), "a touch");
    let next = session.refresh.rotated(at(70), at(7200));
    assert!(there.rotate(session.id, Generation::FIRST, &next).await.unwrap());
    let rotated = Session { refresh: next.clone(), ..touched };
    assert_eq!(here.find(session.id, at(71)).await.unwrap(), Some(rotated), "a rotation");
    assert!(!here.rotate(session.id, Generation::FIRST, &next).await.unwrap(), "the same rotation again");
    let second = self::session(session.user, 10);
    here.create(&second).await.unwrap();
    assert_eq!(ids(&there.list(session.user, at(71)).await.unwrap()), [second.id, session.id], "a new one");

    assert!(there.revoke(session.user, session.id).await.unwrap());
    assert_eq!(here.find(session.id, at(72)).await.unwrap(), None, "a revocation");
    assert_eq!(ids(&here.list(session.user, at(72)).await.unwrap()), [second.id], "a revocation");
    assert!(here.find(second.id, at(72)).await.unwrap().is_some());
    there.revoke_all(session.user, None, at(100)).await.unwrap();
    assert_eq!(here.find(second.id, at(72)).await.unwrap(), None, "a revocation of all");
    assert_eq!(here.list(session.user, at(72)).await.unwrap(), [], "a revocation of all");
}

pub(crate) async fn ses_19_a_second_session_with_one_id_is_an_error_and_changes_nothing<
    H: SessionStoreHarness,
>(
    harness: &H,
) {
    let sessions = harness.sessions();
    let first = kept(harness).await;
    let second = Session { id: first.id, ..session(a_user(), 5) };
    assert!(sessions.create(&second).await.is_err(), "two sessions have one id");
    assert!(sessions.create(&first).await.is_err(), "the same again");
    assert_eq!(sessions.find(first.id, at(6)).await.unwrap().as_ref(), Some(&first));
    assert_eq!(sessions.list(second.user, at(6)).await.unwrap(), []);
    assert_eq!(sessions.list(first.user, at(6)).await.unwrap(), [first]);
}

pub(crate) async fn ses_20_rotations_and_touches_keep_every_microsecond_and_generation<
    H: SessionStoreHarness,
>(
    harness: &H,
) {
    let sessions = harness.sessions();
    let micros = |second, micros| at(second).plus(Duration::from_micros(micros));
    let mut expected = kept(harness).await;
    for (step, generation) in [(1, 1), (2, 70_000), (3, u32::MAX - 1), (4, u32::MAX)] {
        let seen = expected.refresh.generation;
        let mut next = expected.refresh.rotated(micros(step, 999_999), micros(7200 + step, 1));
        next.generation = Generation::new(generation);
        assert!(sessions.rotate(expected.id, seen, &next).await.unwrap(), "to generation {generation}");
        expected.refresh = next;
        expected.last_seen_at = micros(step, 123_457);
        sessions.touch(expected.id, expected.last_seen_at, None).await.unwrap();
        assert_eq!(sessions.find(expected.id, at(10)).await.unwrap().as_ref(), Some(&expected));
    }
    // The end counts to the microsecond, and so does the creation of those that are revoked together.
    let end = expected.refresh.expires_at;
    let before = end.minus(Duration::from_micros(1));
    assert!(sessions.find(expected.id, before).await.unwrap().is_some(), "a microsecond before its end");
    assert_eq!(sessions.find(expected.id, end).await.unwrap(), None, "at its end");
    let later = Session { created_at: micros(0, 1), ..session(expected.user, 0) };
    sessions.create(&later).await.unwrap();
    sessions.revoke_all(expected.user, None, micros(0, 1)).await.unwrap();
    assert_eq!(ids(&sessions.list(expected.user, at(10)).await.unwrap()), [later.id]);
}

pub(crate) async fn ses_21_a_store_that_is_out_of_reach_is_unavailable<H: SessionStoreHarness>(harness: &H) {
    let sessions = harness.sessions();
    let session = kept(harness).await;
    sessions.find(session.id, at(1)).await.unwrap();
    if offered("a store that goes away", harness.break_it().await).is_none() {
        return;
    }
    let next = session.refresh.rotated(at(5), at(7200));
    let (id, user) = (session.id, session.user);
    at_last("a store of sessions", async {
        assert_unavailable("a ping", sessions.ping().await);
        assert_unavailable("find", sessions.find(id, at(1)).await);
        assert_unavailable(
            "find of an unknown session",
            sessions.find(SessionId::new(Uuid::nil()), at(1)).await,
        );
        assert_unavailable("list", sessions.list(user, at(1)).await);
        assert_unavailable("create", sessions.create(&self::session(user, 1)).await);
        assert_unavailable("touch", sessions.touch(id, at(1), None).await);
        assert_unavailable("rotate", sessions.rotate(id, Generation::FIRST, &next).await);
        assert_unavailable("revoke", sessions.revoke(user, id).await);
        assert_unavailable("revoke_all", sessions.revoke_all(user, None, at(1)).await);
        assert_unavailable("purge_expired", sessions.purge_expired(at(1), 1).await);
    })
    .await;
}

pub(crate) async fn ses_22_refused_credentials_are_not_taken_for_a_store_out_of_reach<
    H: SessionStoreHarness,
>(
    harness: &H,
) {
    let Some(stranger) = offered("wrong credentials", harness.with_wrong_credentials()) else { return };
    let session = kept(harness).await;
    at_last("a store of sessions", async {
        assert_refused("a ping", stranger.ping().await);
        assert_refused("find", stranger.find(session.id, at(1)).await);
        assert_refused("list", stranger.list(session.user, at(1)).await);
        assert_refused("create", stranger.create(&self::session(session.user, 1)).await);
        assert_refused("revoke", stranger.revoke(session.user, session.id).await);
    })
    .await;
    assert_eq!(harness.sessions().list(session.user, at(1)).await.unwrap(), [session]);
}

pub(crate) async fn ses_23_a_touch_beside_a_rotation_or_a_revocation_undoes_neither<
    H: SessionStoreHarness,
>(
    harness: &H,
) {
    for _ in 0..10 {
        let session = kept(harness).await;
        let (id, user) = (session.id, session.user);
        let next = session.refresh.rotated(at(5), at(7200));
        let (touching, rotating, rotated) = (harness.sessions(), harness.sessions(), next.clone());
        let touch = tokio::spawn(async move { touching.touch(id, at(60), None).await.unwrap() });
        let rotation =
            tokio::spawn(async move { rotating.rotate(id, Generation::FIRST, &rotated).await.unwrap() });
        soon("a touch beside a rotation", touch).await.unwrap();
        assert!(soon("a rotation beside a touch", rotation).await.unwrap());
        let expected = Session { last_seen_at: at(60), refresh: next, ..session };
        assert_eq!(harness.sessions().find(id, at(61)).await.unwrap(), Some(expected), "after both");

        let (touching, revoking) = (harness.sessions(), harness.sessions());
        let touch = tokio::spawn(async move { touching.touch(id, at(70), None).await.unwrap() });
        let revocation = tokio::spawn(async move { revoking.revoke(user, id).await.unwrap() });
        soon("a touch beside a revocation", touch).await.unwrap();
        assert!(soon("a revocation beside a touch", revocation).await.unwrap(), "there was one to end");
        assert_eq!(harness.sessions().find(id, at(71)).await.unwrap(), None, "it was revoked");
        assert_eq!(harness.sessions().list(user, at(71)).await.unwrap(), [], "it was revoked");
    }
}

pub(crate) async fn ses_24_addresses_of_every_length_are_kept_whole<H: SessionStoreHarness>(harness: &H) {
    let sessions = harness.sessions();
    let addresses =
        ["255.255.255.255", "::1", "2001:db8:1234:5678:9abc:def0:1234:5678", "::ffff:255.255.255.255"];
    let touched = kept(harness).await;
    for address in addresses {
        let opened = Session { ip: Some(address.to_owned()), ..session(a_user(), 0) };
        sessions.create(&opened).await.unwrap();
        assert_eq!(sessions.find(opened.id, at(1)).await.unwrap(), Some(opened), "{address}");
        sessions.touch(touched.id, at(1), Some(address.to_owned())).await.unwrap();
        let found = sessions.find(touched.id, at(1)).await.unwrap().unwrap();
        assert_eq!(found.ip.as_deref(), Some(address), "by a touch");
    }
}

pub(crate) async fn ses_25_calls_that_are_dropped_leave_room_for_others<H: SessionStoreHarness>(harness: &H) {
    let sessions = harness.sessions();
    let session = kept(harness).await;
    for number in 0..DROPPED {
        let polls = number % 3 + 1;
        cut_after(polls, sessions.find(session.id, at(1))).await;
        cut_after(polls, sessions.list(session.user, at(1))).await;
        cut_after(polls, sessions.touch(session.id, at(1), None)).await;
    }
    let found = soon("a call after others were dropped", sessions.find(session.id, at(2))).await.unwrap();
    assert_eq!(found.map(|found| found.id), Some(session.id));
    assert!(
        soon("a call after others were dropped", sessions.revoke(session.user, session.id)).await.unwrap()
    );
}
