//! What logins cost, and how many sessions they leave.

use std::time::Duration;

use fm_domain::accounts::Password;
use fm_domain::clock::Clock as _;
use fm_domain::error::PortError;
use fm_domain::ids::SessionId;
use fm_domain::sessions::Session;
use fm_domain::testing::{CountingIds, Effects, FixedClock, a_session};
use futures_util::FutureExt as _;
use tokio::sync::watch;

use super::{by_email, doubles, hashed};
use crate::engine::password_queue::Asker;
use crate::fixture::reads_of_account;
use crate::ports::{PasswordQueue, Presence, Settings};
use crate::sessions::log_in::{ENDED_AT_ONCE, LogIn, LogInCommand, LogInError};
use crate::sessions::{Client, TokenPair};
use crate::testing::{TestPorts, settings};

fn command(presence: Presence) -> LogInCommand {
    LogInCommand {
        email: "ada@example.com".to_owned(),
        password: Password::candidate("x".to_owned()),
        client: Client { ip: None, user_agent: Some("ü".repeat(600)) },
        presence,
    }
}

async fn log_in(doubles: TestPorts, settings: &Settings) -> Result<TokenPair, LogInError> {
    LogIn::new(&doubles.ports(), settings).run(command(Presence::default())).await
}

/// Doubles of a login that succeeds, where the store lists these sessions.
fn listing(effects: &Effects, sessions: Vec<Session>) -> TestPorts {
    let mut doubles = doubles(effects);
    doubles.sessions.checkpoint();
    doubles.sessions.expect_create().returning(|_| Ok(()));
    doubles.sessions.expect_list().returning(move |_, _| Ok(sessions.clone()));
    let noted = effects.clone();
    doubles.sessions.expect_revoke().returning(move |_, id| {
        noted.note(format!("revoke {}", id.uuid().as_u128()));
        Ok(true)
    });
    let again = reads_of_account(effects, Some(hashed("right")));
    doubles.db = doubles.db.reads(by_email(effects, Some(hashed("right")))).reads(again);
    doubles
}

/// A session that was seen this many minutes ago.
fn seen(number: u64, minutes: u64) -> Session {
    let last_seen_at = FixedClock::NEW_YEAR.now().minus(Duration::from_mins(minutes));
    Session { id: SessionId::new(CountingIds::nth(number)), last_seen_at, ..a_session() }
}

fn number(session: &Session) -> String {
    format!("revoke {}", session.id.uuid().as_u128())
}

#[tokio::test]
async fn the_session_seen_longest_ago_goes_where_a_new_one_is_too_many() {
    let stored = [seen(900, 5), seen(901, 50), seen(902, 1), seen(903, 500)];
    for (most, ended) in [(100, vec![]), (5, vec![]), (4, vec![3]), (3, vec![3, 1]), (1, vec![3, 1, 0, 2])] {
        let effects = Effects::default();
        let limited = Settings { max_sessions_per_user: most, ..settings() };
        assert!(log_in(listing(&effects, stored.to_vec()), &limited).await.is_ok());
        let expected: Vec<String> = ended.into_iter().map(|index: usize| number(&stored[index])).collect();
        assert_eq!(effects.seen()[3..], expected, "{most}");
    }
}

#[tokio::test]
async fn of_parallel_logins_the_latest_is_left() {
    let effects = Effects::default();
    let limited = Settings { max_sessions_per_user: 1, ..settings() };
    let later = FixedClock::NEW_YEAR.now().plus(Duration::from_secs(1));
    let newer = Session { last_seen_at: later, created_at: later, ..seen(900, 0) };
    assert!(log_in(listing(&effects, vec![newer, seen(901, 5)]), &limited).await.is_ok());
    assert_eq!(effects.seen()[3..], [number(&seen(901, 5))], "the newer one is not ended");
}

#[tokio::test]
async fn a_login_ends_a_bounded_number_of_sessions() {
    let effects = Effects::default();
    let stored = (1000..7000).map(|number| seen(number, 3)).collect();
    assert!(log_in(listing(&effects, stored), &settings()).await.is_ok());
    assert_eq!((effects.seen()[3..].len(), ENDED_AT_ONCE), (20, 20));
}

#[tokio::test]
async fn a_session_ends_with_its_absolute_life_where_that_is_the_shorter_one() {
    for (minutes, left) in [(1, 60), (60, 3600), (60 * 24 * 365, settings().refresh_token_ttl.as_secs())] {
        let limited = Settings { session_max_ttl: Some(Duration::from_mins(minutes)), ..settings() };
        let pair = log_in(listing(&Effects::default(), Vec::new()), &limited).await.unwrap();
        assert_eq!(pair.refresh_expires_in.as_secs(), left);
        assert_eq!(pair.access_expires_in.as_secs(), left.min(900), "no token outlives its session");
    }
}

#[tokio::test]
async fn a_login_beyond_a_full_queue_is_refused_whether_the_address_is_known_or_not() {
    let settings = settings();
    let there = Presence::default();
    let permit = settings.password_queue.enter(Asker::Anonymous, &there).await.unwrap();
    let mut waiting = Vec::new();
    for _ in 0..PasswordQueue::WAITING_PER_PLACE {
        let mut next = Box::pin(settings.password_queue.enter(Asker::Anonymous, &there));
        assert!((&mut next).now_or_never().is_none());
        waiting.push(next);
    }
    let effects = Effects::default();
    // Its database has no answer to give: whether the address is known is not asked.
    assert!(matches!(log_in(doubles(&effects), &settings).await, Err(LogInError::Busy(_))));
    assert!(effects.seen().is_empty(), "nothing is hashed");
    drop((permit, waiting));
    assert!(log_in(listing(&Effects::default(), Vec::new()), &settings).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_login_is_unavailable_where_those_before_it_wait_for_the_database() {
    let settings = settings();
    let mut waiting = Vec::new();
    while let Ok(room) = settings.password_queue.reserve(Asker::Anonymous) {
        waiting.push(room);
    }
    let refused = log_in(doubles(&Effects::default()), &settings).await;
    assert!(matches!(refused, Err(LogInError::Busy(_))), "they may have come at once");
    tokio::time::advance(Duration::from_secs(5)).await;
    let refused = log_in(doubles(&Effects::default()), &settings).await;
    assert!(matches!(refused, Err(LogInError::Store(PortError::Unavailable(_)))));
}

#[tokio::test]
async fn a_login_whose_client_goes_away_while_it_waits_hashes_nothing() {
    let (effects, settings) = (Effects::default(), settings());
    let permit = settings.password_queue.enter(Asker::Anonymous, &Presence::default()).await.unwrap();
    let mut doubles = doubles(&effects);
    doubles.db = doubles.db.reads(by_email(&effects, Some(hashed("right"))));
    let log_in = LogIn::new(&doubles.ports(), &settings);
    let (gone, seen) = watch::channel(false);
    let mut waits = Box::pin(log_in.run(command(Presence::until(seen))));
    assert!((&mut waits).now_or_never().is_none());
    gone.send_replace(true);
    drop(permit);
    assert!(matches!(waits.await, Err(LogInError::Busy(_))));
    assert_eq!(effects.seen(), ["look"]);
}
