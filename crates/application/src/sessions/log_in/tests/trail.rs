//! What logins leave in the audit trail.

use std::time::Duration;

use fm_domain::accounts::{Account, Password};
use fm_domain::audit::{AuditAction, AuditEntry};
use fm_domain::error::PortError;
use fm_domain::ids::SessionId;
use fm_domain::sessions::Session;
use fm_domain::testing::{CountingIds, Effects, FakeUnitOfWork, NotedTrail, a_session};

use super::{by_email, doubles, hashed};
use crate::fixture::{a_client, a_unit_of_the_trail, by_ada, noted, reads_of_account, unavailable};
use crate::ports::{Presence, Settings};
use crate::sessions::TokenPair;
use crate::sessions::log_in::{LogIn, LogInCommand, LogInError};
use crate::testing::{TestPorts, settings};

fn command() -> LogInCommand {
    LogInCommand {
        email: "ada@example.com".to_owned(),
        password: Password::candidate("x".to_owned()),
        client: a_client(),
        presence: Presence::default(),
    }
}

/// Doubles whose store creates any session, and ends those that it lists.
fn accepting(effects: &Effects, found: Option<Account>, listed: Vec<Session>) -> TestPorts {
    let mut doubles = doubles(effects);
    doubles.sessions.checkpoint();
    doubles.sessions.expect_create().returning(|_| Ok(()));
    doubles.sessions.expect_list().returning(move |_, _| Ok(listed.clone()));
    // One of them was ended by another login meanwhile.
    doubles.sessions.expect_revoke().returning(|_, id| Ok(id != SessionId::new(CountingIds::nth(901))));
    doubles.db = doubles.db.reads(by_email(effects, found));
    doubles
}

async fn log_in(doubles: TestPorts, settings: &Settings) -> Result<TokenPair, LogInError> {
    LogIn::new(&doubles.ports(), settings).run(command()).await
}

/// A login by someone who proved nothing.
fn failed(account: Option<Account>) -> AuditEntry {
    let account = account.map(|account| account.user.id);
    AuditEntry { actor: None, account, ..by_ada(AuditAction::LOGIN_FAILED, None) }
}

#[tokio::test]
async fn a_login_is_recorded_with_the_sessions_that_it_ended() {
    let effects = Effects::default();
    let last_seen_at = a_session().last_seen_at.minus(Duration::from_mins(1));
    let stored =
        |number| Session { id: SessionId::new(CountingIds::nth(number)), last_seen_at, ..a_session() };
    let mut doubles = accepting(&effects, Some(hashed("right")), vec![stored(900), stored(901)]);
    let (unit, trail) = a_unit_of_the_trail(&effects);
    doubles.db = doubles.db.reads(reads_of_account(&effects, Some(hashed("right")))).unit(unit);
    let limited = Settings { max_sessions_per_user: 1, ..settings() };
    assert!(log_in(doubles, &limited).await.is_ok());
    let entries = noted(&trail);
    let session = entries[0].target;
    assert!(session.is_some());
    let ended = Some(CountingIds::nth(900));
    assert_eq!(
        entries,
        [by_ada(AuditAction::SESSION_CREATED, session), by_ada(AuditAction::SESSION_REVOKED, ended)]
    );
    assert_eq!(effects.seen().last().map(String::as_str), Some("commit"), "in one unit");
}

#[tokio::test]
async fn a_failed_login_is_recorded_whether_or_not_there_is_an_account() {
    for found in [Some(hashed("other")), None] {
        let effects = Effects::default();
        let mut doubles = accepting(&effects, found.clone(), Vec::new());
        let (unit, trail) = a_unit_of_the_trail(&effects);
        doubles.db = doubles.db.unit(unit);
        assert!(matches!(log_in(doubles, &settings()).await, Err(LogInError::InvalidCredentials)));
        assert_eq!(noted(&trail), [failed(found)]);
        let seen = effects.seen();
        assert_eq!((seen.len(), seen[2].as_str()), (3, "commit"), "the same work: {seen:?}");
    }
}

#[tokio::test]
async fn a_login_that_the_account_outran_has_failed() {
    let effects = Effects::default();
    let mut doubles = accepting(&effects, Some(hashed("right")), Vec::new());
    let (unit, trail) = a_unit_of_the_trail(&effects);
    doubles.db = doubles.db.reads(reads_of_account(&effects, Some(hashed("another")))).unit(unit);
    assert!(matches!(log_in(doubles, &settings()).await, Err(LogInError::InvalidCredentials)));
    assert_eq!(noted(&trail), [failed(Some(hashed("another")))]);
}

#[tokio::test]
async fn a_trail_that_takes_nothing_stops_no_login_and_hides_no_refusal() {
    let mut broken = FakeUnitOfWork::default();
    broken.audit = NotedTrail::failing_with(PortError::Unexpected("full".into()));
    let effects = Effects::default();
    let mut doubles = accepting(&effects, Some(hashed("right")), Vec::new());
    doubles.db = doubles.db.reads(reads_of_account(&effects, Some(hashed("right")))).unit(broken);
    assert!(log_in(doubles, &settings()).await.is_ok());
    let mut doubles = accepting(&effects, Some(hashed("other")), Vec::new());
    doubles.db = doubles.db.unit(FakeUnitOfWork::default().committing_with(unavailable()));
    assert!(matches!(log_in(doubles, &settings()).await, Err(LogInError::InvalidCredentials)));
}
