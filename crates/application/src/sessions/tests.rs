//! Tests of the smaller use cases of sessions.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use fm_domain::access::Actor;
use fm_domain::audit::AuditAction;
use fm_domain::clock::Clock as _;
use fm_domain::ids::{SessionId, UserId};
use fm_domain::sessions::{AccessClaims, InvalidToken, Session};
use fm_domain::testing::{CountingIds, Effects, FixedClock, a_session, a_user};

use super::{
    Authenticate, Client, ListSessions, LogOut, Refused, RevokeOtherSessions, RevokeSession,
    RevokeSessionError,
};
use crate::fixture::{a_client, a_unit_of_the_trail, actor, by_ada, noted, revoking};
use crate::ports::Settings;
use crate::testing::{TestPorts, settings};

/// Ada asks, seen last this long ago; her token stands for `user`.
async fn authenticate(effects: &Effects, idle: Duration, user: UserId) -> Result<Actor, Refused> {
    let now = FixedClock::NEW_YEAR.now();
    let mut doubles = TestPorts::default();
    doubles.tokens.expect_verify().returning(move |_, _| {
        Ok(AccessClaims {
            user,
            session: a_session().id,
            token: CountingIds::nth(1),
            issued_at: now,
            expires_at: now,
        })
    });
    let session = Session { last_seen_at: now.minus(idle), ..a_session() };
    doubles.sessions.expect_find_recent().returning(move |_, _| Ok(Some(session.clone())));
    let noted = effects.clone();
    doubles.sessions.expect_touch().returning(move |_, _, _| {
        noted.note("touch");
        Ok(())
    });
    Authenticate::new(&doubles.ports()).run("token", a_client()).await
}

#[tokio::test]
async fn a_session_is_touched_at_most_once_a_minute() {
    for (seconds, touches) in [(0, 0), (59, 0), (60, 1), (3600, 1)] {
        let effects = Effects::default();
        let outcome = authenticate(&effects, Duration::from_secs(seconds), a_user().id).await;
        assert_eq!(outcome.unwrap(), actor());
        assert_eq!(effects.seen().len(), touches);
    }
}

#[tokio::test]
async fn a_token_of_another_user_than_its_session_is_refused() {
    let effects = Effects::default();
    let other = UserId::new(CountingIds::nth(7));
    assert!(matches!(
        authenticate(&effects, Duration::from_hours(1), other).await,
        Err(Refused::Unauthenticated)
    ));
    assert!(effects.seen().is_empty());
}

#[tokio::test]
async fn an_invalid_token_or_a_session_that_is_gone_is_refused() {
    let mut doubles = TestPorts::default();
    doubles.tokens.expect_verify().returning(|_, _| Err(InvalidToken));
    let outcome = Authenticate::new(&doubles.ports()).run("token", Client::default()).await;
    assert!(matches!(outcome, Err(Refused::Unauthenticated)));
    let mut doubles = TestPorts::default();
    let now = FixedClock::NEW_YEAR.now();
    doubles.tokens.expect_verify().returning(move |_, _| {
        Ok(AccessClaims {
            user: a_user().id,
            session: a_session().id,
            token: CountingIds::nth(1),
            issued_at: now,
            expires_at: now,
        })
    });
    doubles.sessions.expect_find_recent().times(1).returning(|_, _| Ok(None));
    let outcome = Authenticate::new(&doubles.ports()).run("token", Client::default()).await;
    assert!(matches!(outcome, Err(Refused::Unauthenticated)));
}

#[tokio::test]
async fn sessions_are_listed_and_ended() {
    let mut doubles = TestPorts::default();
    doubles.sessions.expect_list().times(1).returning(|_, _| Ok(vec![a_session()]));
    revoking(&Effects::default(), &mut doubles, Some(actor().session()), true);
    let effects = Effects::default();
    let units = [(); 2].map(|()| a_unit_of_the_trail(&effects));
    let trails = units.each_ref().map(|(_, trail)| trail.clone());
    for (unit, _) in units {
        doubles.db = doubles.db.unit(unit);
    }
    let mut there = vec![false, true, false];
    doubles.sessions.expect_revoke().times(3).returning(move |user, _| {
        assert_eq!(user, actor().user());
        Ok(there.pop().unwrap())
    });
    let ports = doubles.ports();
    assert_eq!(ListSessions::new(&ports, &settings()).run(&actor()).await.unwrap(), [a_session()]);
    RevokeOtherSessions::new(&ports).run(&actor()).await.unwrap();
    // Gone already is fine for a logout, and not found for a session that is named.
    LogOut::new(&ports).run(&actor()).await.unwrap();
    RevokeSession::new(&ports).run(&actor(), actor().session()).await.unwrap();
    let outcome = RevokeSession::new(&ports).run(&actor(), actor().session()).await;
    assert!(matches!(outcome, Err(RevokeSessionError::NotFound)));
    assert_eq!(noted(&trails[0]), [by_ada(AuditAction::SESSIONS_REVOKED, None)]);
    let own = Some(actor().session().uuid());
    assert_eq!(noted(&trails[1]), [by_ada(AuditAction::SESSION_REVOKED, own)]);
    assert_eq!(effects.seen(), ["commit", "commit"], "a session that was gone leaves no entry");
}

#[tokio::test]
async fn a_logout_is_recorded_and_works_without_the_trail() {
    for works in [true, false] {
        let effects = Effects::default();
        let mut doubles = TestPorts::default();
        doubles.sessions.expect_revoke().times(1).returning(|_, _| Ok(true));
        let (unit, trail) = a_unit_of_the_trail(&effects);
        if works {
            doubles.db = doubles.db.unit(unit);
        }
        LogOut::new(&doubles.ports()).run(&actor()).await.unwrap();
        let own = by_ada(AuditAction::SESSION_REVOKED, Some(actor().session().uuid()));
        assert_eq!(noted(&trail), if works { vec![own] } else { vec![] });
    }
}

#[tokio::test]
async fn no_more_sessions_are_listed_than_a_user_may_have_and_the_own_one_always_is() {
    // The first is the newest, and the fourth was seen last.
    let session = |number| {
        let created_at = a_session().created_at.minus(Duration::from_mins(number));
        let last_seen_at = if number == 4 { a_session().last_seen_at } else { created_at };
        Session { id: SessionId::new(CountingIds::nth(number)), created_at, last_seen_at, ..a_session() }
    };
    let stored: Vec<Session> = (1..=5).map(session).collect();
    for (most, own, expected) in [
        (9, 5, vec![1, 2, 3, 4, 5]),
        (5, 5, vec![1, 2, 3, 4, 5]),
        (3, 2, vec![1, 2, 4]),
        (3, 5, vec![1, 4, 5]),
        (1, 3, vec![3]),
        (1, 1, vec![1]),
    ] {
        let mut doubles = TestPorts::default();
        let found = stored.clone();
        doubles.sessions.expect_list().returning(move |_, _| Ok(found.clone()));
        let limited = Settings { max_sessions_per_user: most, ..settings() };
        let actor = Actor::in_session(a_user().id, session(own).id);
        let listed = ListSessions::new(&doubles.ports(), &limited).run(&actor).await.unwrap();
        let expected: Vec<Session> = expected.into_iter().map(session).collect();
        assert_eq!(listed, expected, "{most} at most, {own} is the own one");
    }
}
