#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use super::{ATTEMPTS, Refresh, RefreshCommand};
use crate::fixture::{a_client, a_unit_of_the_trail, by_ada, noted, reads_of_account};
use crate::ports::Settings;
use crate::sessions::{Client, Refused, TokenPair};
use crate::testing::{TestPorts, settings};
use fm_domain::accounts::Account;
use fm_domain::audit::{AuditAction, AuditEntry};
use fm_domain::clock::{Clock as _, Timestamp};
use fm_domain::error::PortError;
use fm_domain::sessions::{AccessToken, GRACE, Generation, RefreshState, RefreshToken, Session};
use fm_domain::testing::{Effects, FixedClock, PlainMacs, a_session, an_account};

fn now() -> Timestamp {
    FixedClock::NEW_YEAR.now()
}

/// A session at `generation` whose last generation was spent this long ago.
fn at(generation: u32, ago: Duration) -> Session {
    let refresh = RefreshState {
        generation: Generation::new(generation),
        spent_at: vec![now().minus(ago)],
        ..a_session().refresh
    };
    Session { refresh, ..a_session() }
}

fn token(generation: u32, salt: [u8; 16]) -> String {
    RefreshToken::issue(a_session().id, Generation::new(generation), &salt, &PlainMacs).expose().to_string()
}

/// A refresh with `token` where the store finds these sessions, one after the other, and these rotations win.
async fn refresh(
    effects: &Effects,
    token: String,
    found: Vec<Option<Session>>,
    won: Vec<bool>,
    account: Option<Account>,
) -> Result<TokenPair, Refused> {
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.reads(reads_of_account(&Effects::default(), account));
    let found = Mutex::new(VecDeque::from(found));
    let noted = effects.clone();
    doubles.sessions.expect_find().returning(move |_, _| {
        noted.note("find");
        Ok(found.lock().unwrap().pop_front().unwrap())
    });
    let won = Mutex::new(VecDeque::from(won));
    let noted = effects.clone();
    doubles.sessions.expect_rotate().returning(move |_, seen, next| {
        assert_eq!(next.generation.number(), seen.number() + 1);
        assert_eq!(next.expires_at, now().plus(settings().refresh_token_ttl));
        noted.note("rotate");
        Ok(won.lock().unwrap().pop_front().unwrap())
    });
    let noted = effects.clone();
    doubles.sessions.expect_touch().returning(move |_, _, ip| {
        assert_eq!(ip.as_deref(), Some("192.0.2.1"));
        noted.note("touch");
        Ok(())
    });
    let noted = effects.clone();
    doubles.sessions.expect_revoke().returning(move |_, _| {
        noted.note("revoke");
        Ok(true)
    });
    doubles.tokens.expect_sign().returning(|_| Ok(AccessToken::new("a.b.c".to_owned())));
    let client = Client { ip: Some("192.0.2.1".to_owned()), user_agent: None };
    let ports = doubles.ports();
    let outcome = Refresh::new(&ports, &settings()).run(RefreshCommand { token, client }).await;
    // A refused refresh needs no read: this uses up the call that the mock expects.
    if outcome.is_err()
        && let Ok(mut reads) = ports.db.read().await
    {
        reads.users().find(a_session().user).await.unwrap();
    }
    outcome
}

#[tokio::test]
async fn the_current_token_is_spent_and_the_next_one_given() {
    let effects = Effects::default();
    let salt = a_session().refresh.salt;
    let pair = refresh(&effects, token(0, salt), vec![Some(a_session())], vec![true], Some(an_account()))
        .await
        .unwrap();
    assert_eq!(*pair.refresh_token.expose(), token(1, salt));
    assert_eq!(pair.refresh_expires_in, settings().refresh_token_ttl);
    assert_eq!(effects.seen(), ["find", "rotate", "touch"]);
}

#[tokio::test]
async fn within_the_grace_a_spent_token_gets_the_current_one() {
    let effects = Effects::default();
    let salt = a_session().refresh.salt;
    let found = vec![Some(at(4, GRACE))];
    let pair = refresh(&effects, token(3, salt), found, vec![], Some(an_account())).await.unwrap();
    assert_eq!(*pair.refresh_token.expose(), token(4, salt));
    assert_eq!(effects.seen(), ["find", "touch"]);
}

#[tokio::test]
async fn after_the_grace_a_spent_token_ends_the_session() {
    let effects = Effects::default();
    let found = vec![Some(at(4, GRACE + Duration::from_micros(1)))];
    let outcome = refresh(&effects, token(3, a_session().refresh.salt), found, vec![], None).await;
    assert!(matches!(outcome, Err(Refused::Unauthenticated)));
    assert_eq!(effects.seen(), ["find", "revoke"]);
}

#[tokio::test]
async fn a_forged_token_ends_nothing() {
    for generation in [0, 3, 4, 9] {
        let effects = Effects::default();
        let found = vec![Some(at(4, Duration::from_hours(1)))];
        let outcome = refresh(&effects, token(generation, [0xee; 16]), found, vec![], None).await;
        assert!(matches!(outcome, Err(Refused::Unauthenticated)));
        assert_eq!(effects.seen(), ["find"]);
    }
    let effects = Effects::default();
    let outcome = refresh(&effects, "garbage".to_owned(), vec![], vec![], None).await;
    assert!(matches!(outcome, Err(Refused::Unauthenticated)));
    assert!(effects.seen().is_empty());
}

#[tokio::test]
async fn a_token_of_a_generation_to_come_ends_nothing() {
    let effects = Effects::default();
    let outcome =
        refresh(&effects, token(5, a_session().refresh.salt), vec![Some(at(4, GRACE))], vec![], None).await;
    assert!(matches!(outcome, Err(Refused::Unauthenticated)));
    assert_eq!(effects.seen(), ["find"]);
}

#[tokio::test]
async fn a_rotation_that_lost_a_race_looks_again_and_finds_the_winner() {
    let effects = Effects::default();
    let salt = a_session().refresh.salt;
    let found = vec![Some(a_session()), Some(at(1, Duration::ZERO))];
    let pair = refresh(&effects, token(0, salt), found, vec![false], Some(an_account())).await.unwrap();
    assert_eq!(*pair.refresh_token.expose(), token(1, salt));
    assert_eq!(effects.seen(), ["find", "rotate", "find", "touch"]);
}

#[tokio::test]
async fn a_rotation_that_loses_for_ever_gives_up() {
    let effects = Effects::default();
    let count = ATTEMPTS as usize;
    let found = vec![Some(a_session()); count];
    let outcome =
        refresh(&effects, token(0, a_session().refresh.salt), found, vec![false; count], None).await;
    assert!(matches!(outcome, Err(Refused::Store(PortError::Contended(_)))));
}

#[tokio::test]
async fn a_session_or_account_that_is_gone_renews_nothing() {
    let salt = a_session().refresh.salt;
    let outcome = refresh(&Effects::default(), token(0, salt), vec![None], vec![], None).await;
    assert!(matches!(outcome, Err(Refused::Unauthenticated)));
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.reads(reads_of_account(&Effects::default(), None));
    doubles.sessions.expect_find().returning(|_, _| Ok(Some(a_session())));
    doubles.sessions.expect_rotate().returning(|_, _, _| Ok(true));
    let command = RefreshCommand { token: token(0, salt), client: Client::default() };
    let outcome = Refresh::new(&doubles.ports(), &settings()).run(command).await;
    assert!(matches!(outcome, Err(Refused::Unauthenticated)));
}

/// A refresh of a session that began this long ago, where no session lives longer than an hour.
async fn refresh_within_an_hour(
    effects: &Effects,
    session: Session,
    generation: u32,
) -> Result<TokenPair, Refused> {
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.reads(reads_of_account(&Effects::default(), Some(an_account())));
    let noted = effects.clone();
    doubles.sessions.expect_rotate().returning(move |_, _, next| {
        noted.note(format!("rotate to {}", next.expires_at.since(now()).as_secs()));
        Ok(true)
    });
    let noted = effects.clone();
    doubles.sessions.expect_revoke().returning(move |_, _| {
        noted.note("revoke");
        Ok(true)
    });
    doubles.sessions.expect_touch().returning(|_, _, _| Ok(()));
    doubles.tokens.expect_sign().returning(|_| Ok(AccessToken::new("a.b.c".to_owned())));
    let token = token(generation, session.refresh.salt);
    doubles.sessions.expect_find().returning(move |_, _| Ok(Some(session.clone())));
    let limited = Settings { session_max_ttl: Some(Duration::from_hours(1)), ..settings() };
    let ports = doubles.ports();
    let command = RefreshCommand { token, client: Client::default() };
    let outcome = Refresh::new(&ports, &limited).run(command).await;
    if outcome.is_err()
        && let Ok(mut reads) = ports.db.read().await
    {
        reads.users().find(a_session().user).await.unwrap();
    }
    outcome
}

#[tokio::test]
async fn a_refresh_never_extends_a_session_beyond_its_absolute_life() {
    let began = |ago| Session { created_at: now().minus(ago), ..a_session() };
    for (minutes, left) in [(0, 3600), (50, 600), (59, 60)] {
        let effects = Effects::default();
        let pair = refresh_within_an_hour(&effects, began(Duration::from_mins(minutes)), 0).await.unwrap();
        assert_eq!(effects.seen(), [format!("rotate to {left}")]);
        assert_eq!(pair.refresh_expires_in.as_secs(), left);
        assert_eq!(pair.access_expires_in, settings().access_token_ttl.min(pair.refresh_expires_in));
    }
    for ago in [Duration::from_hours(1), Duration::from_hours(1000)] {
        let effects = Effects::default();
        let outcome = refresh_within_an_hour(&effects, began(ago), 0).await;
        assert!(matches!(outcome, Err(Refused::Unauthenticated)));
        assert_eq!(effects.seen(), ["revoke"]);
    }
    let effects = Effects::default();
    let spent = Session { created_at: now().minus(Duration::from_hours(2)), ..at(4, Duration::ZERO) };
    assert!(refresh_within_an_hour(&effects, spent, 3).await.is_err(), "the grace does not extend it either");
}

#[tokio::test]
async fn the_reuse_of_a_spent_token_is_recorded_once_and_a_forged_one_never() {
    let late = GRACE + Duration::from_micros(1);
    let salt = a_session().refresh.salt;
    for (token, ends, recorded) in [
        (token(3, salt), true, true),
        (token(3, salt), false, false),
        (token(9, salt), true, false),
        (token(3, salt.map(|byte| byte ^ 1)), true, false),
    ] {
        let mut doubles = TestPorts::default();
        doubles.sessions.expect_find().returning(move |_, _| Ok(Some(at(4, late))));
        doubles.sessions.expect_revoke().returning(move |_, _| Ok(ends));
        let (unit, trail) = a_unit_of_the_trail(&Effects::default());
        doubles.db = doubles.db.unit(unit);
        let command = RefreshCommand { token, client: a_client() };
        let outcome = Refresh::new(&doubles.ports(), &settings()).run(command).await;
        assert!(matches!(outcome, Err(Refused::Unauthenticated)));
        let session = Some(a_session().id.uuid());
        let reused = AuditEntry { actor: None, ..by_ada(AuditAction::SESSION_REFRESH_REUSED, session) };
        assert_eq!(noted(&trail), if recorded { vec![reused] } else { vec![] });
    }
}
