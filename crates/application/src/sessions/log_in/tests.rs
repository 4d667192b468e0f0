#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{LogIn, LogInCommand, LogInError};
use crate::fixture::{lost_race, once, reads_of_account};
use crate::sessions::{Client, TokenPair};
use crate::testing::{TestPorts, settings};
use fm_domain::accounts::{Account, Password, PasswordCheck, PasswordHash, User};
use fm_domain::sessions::AccessToken;
use fm_domain::testing::{Effects, FakeReads, FakeUnitOfWork, a_user, an_account};

fn hashed(hash: &str) -> Account {
    Account { user: User { password_hash: PasswordHash::new(hash.to_owned()), ..a_user() }, ..an_account() }
}

/// Doubles whose hasher notes what it compares with, and answers by the hash.
fn doubles(effects: &Effects) -> TestPorts {
    let mut doubles = TestPorts::default();
    let noted = effects.clone();
    doubles.passwords.expect_verify().returning(move |_, hash| {
        noted.note(format!("verify {}", hash.expose()));
        Ok(match hash.expose() {
            "right" | "renewed" => PasswordCheck::Right,
            "outdated" => PasswordCheck::RightButOutdated,
            _ => PasswordCheck::Wrong,
        })
    });
    doubles.passwords.expect_decoy().returning(|| PasswordHash::new("decoy".to_owned()));
    let noted = effects.clone();
    doubles.passwords.expect_hash().returning(move |_| {
        noted.note("hash");
        Ok(PasswordHash::new("renewed".to_owned()))
    });
    let noted = effects.clone();
    doubles.sessions.expect_create().returning(move |session| {
        assert_eq!(
            (session.user, session.user_agent.as_ref().map(|text| text.chars().count())),
            (a_user().id, Some(512))
        );
        noted.note("create");
        Ok(())
    });
    let noted = effects.clone();
    doubles.sessions.expect_revoke().returning(move |_, _| {
        noted.note("revoke");
        Ok(true)
    });
    doubles.tokens.expect_sign().returning(|_| Ok(AccessToken::new("a.b.c".to_owned())));
    doubles
}

fn by_email(effects: &Effects, found: Option<Account>) -> FakeReads {
    let mut reads = FakeReads::default();
    once!(effects, reads.users.expect_find_by_email(), "look", |_| Ok(found.clone()));
    reads
}

fn renewing(effects: &Effects, still_seen: bool) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    once!(effects, unit.users.expect_set_password(), "set password", |_, seen, new| {
        assert_eq!((seen.expose(), new.expose()), ("outdated", "renewed"));
        Ok(still_seen)
    });
    unit
}

async fn log_in(doubles: TestPorts, email: &str) -> Result<TokenPair, LogInError> {
    let client = Client { ip: None, user_agent: Some("ü".repeat(600)) };
    let command =
        LogInCommand { email: email.to_owned(), password: Password::candidate("x".to_owned()), client };
    LogIn::new(&doubles.ports(), &settings()).run(command).await
}

#[tokio::test]
async fn the_right_password_opens_a_session() {
    let effects = Effects::default();
    let mut doubles = doubles(&effects);
    let again = reads_of_account(&effects, Some(hashed("right")));
    doubles.db = doubles.db.reads(by_email(&effects, Some(hashed("right")))).reads(again);
    let pair = log_in(doubles, "ADA@example.com").await.unwrap();
    assert_eq!(pair.access_expires_in, settings().access_token_ttl);
    assert_eq!(pair.refresh_expires_in, settings().refresh_token_ttl);
    assert_eq!(effects.seen(), ["look", "verify right", "create", "find user"]);
    let shown = format!("{pair:?}");
    assert!(!shown.contains("a.b.c") && !shown.contains(&pair.refresh_token.expose()[38..]), "{shown}");
}

#[tokio::test]
async fn an_unknown_address_is_compared_with_a_decoy() {
    let effects = Effects::default();
    let mut unknown = doubles(&effects);
    unknown.db = unknown.db.reads(by_email(&effects, None));
    assert!(matches!(log_in(unknown, "unknown@example.com").await, Err(LogInError::InvalidCredentials)));
    assert!(matches!(log_in(doubles(&effects), "no address").await, Err(LogInError::InvalidCredentials)));
    assert_eq!(effects.seen(), ["look", "verify decoy", "verify decoy"]);
}

#[tokio::test]
async fn even_the_password_of_the_decoy_is_refused() {
    let effects = Effects::default();
    let mut doubles = doubles(&effects);
    doubles.passwords.checkpoint();
    doubles.passwords.expect_decoy().returning(|| PasswordHash::new("decoy".to_owned()));
    doubles.passwords.expect_verify().returning(|_, _| Ok(PasswordCheck::RightButOutdated));
    doubles.db = doubles.db.reads(by_email(&effects, None));
    assert!(matches!(log_in(doubles, "unknown@example.com").await, Err(LogInError::InvalidCredentials)));
}

#[tokio::test]
async fn a_wrong_password_opens_nothing() {
    let effects = Effects::default();
    let mut doubles = doubles(&effects);
    doubles.db = doubles.db.reads(by_email(&effects, Some(hashed("other"))));
    assert!(matches!(log_in(doubles, "ada@example.com").await, Err(LogInError::InvalidCredentials)));
    assert_eq!(effects.seen(), ["look", "verify other"]);
}

#[tokio::test]
async fn an_outdated_hash_is_renewed() {
    let effects = Effects::default();
    let mut doubles = doubles(&effects);
    let lost = renewing(&effects, true).committing_with(lost_race());
    let again = reads_of_account(&effects, Some(hashed("renewed")));
    doubles.db = doubles.db.reads(by_email(&effects, Some(hashed("outdated")))).reads(again);
    doubles.db = doubles.db.unit(lost).unit(renewing(&effects, true));
    assert!(log_in(doubles, "ada@example.com").await.is_ok());
    assert_eq!(
        effects.seen()[2..],
        ["hash", "set password", "commit", "set password", "commit", "create", "find user"]
    );
}

#[tokio::test]
async fn a_hash_that_another_login_renewed_first_is_as_good() {
    let effects = Effects::default();
    let mut doubles = doubles(&effects);
    doubles.db = doubles
        .db
        .reads(by_email(&effects, Some(hashed("outdated"))))
        .unit(renewing(&effects, false))
        .reads(reads_of_account(&effects, Some(hashed("right"))))
        .reads(reads_of_account(&effects, Some(hashed("right"))));
    assert!(log_in(doubles, "ada@example.com").await.is_ok());
    assert_eq!(
        effects.seen()[3..],
        ["set password", "rollback", "find user", "verify right", "create", "find user"]
    );
}

#[tokio::test]
async fn a_password_that_was_changed_while_its_hash_was_renewed_opens_nothing() {
    for now in [Some(hashed("other")), None] {
        let effects = Effects::default();
        let mut doubles = doubles(&effects);
        doubles.db = doubles
            .db
            .reads(by_email(&effects, Some(hashed("outdated"))))
            .unit(renewing(&effects, false))
            .reads(reads_of_account(&effects, now));
        assert!(matches!(log_in(doubles, "ada@example.com").await, Err(LogInError::InvalidCredentials)));
        assert!(!effects.seen().contains(&"create".to_owned()));
    }
}

#[tokio::test]
async fn a_password_that_was_changed_meanwhile_revokes_the_new_session() {
    for now in [Some(hashed("other")), None] {
        let effects = Effects::default();
        let mut doubles = doubles(&effects);
        let again = reads_of_account(&effects, now);
        doubles.db = doubles.db.reads(by_email(&effects, Some(hashed("right")))).reads(again);
        assert!(matches!(log_in(doubles, "ada@example.com").await, Err(LogInError::InvalidCredentials)));
        assert_eq!(effects.seen()[2..], ["create", "find user", "revoke"]);
    }
}
