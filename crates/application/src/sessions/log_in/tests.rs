#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod limits;
mod trail;

use super::{LogIn, LogInCommand, LogInError};
use crate::fixture::{a_unit_of_the_trail, lost_race, once, reads_of_account};
use crate::ports::Presence;
use crate::sessions::{Client, TokenPair};
use crate::testing::{TestPorts, settings};
use fm_domain::accounts::{Account, Password, PasswordCheck, PasswordHash, User};
use fm_domain::audit::AuditAction;
use fm_domain::clock::Clock as _;
use fm_domain::sessions::AccessToken;
use fm_domain::testing::{Effects, FakeReads, FakeUnitOfWork, FixedClock, a_user, an_account};

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
    doubles.sessions.expect_list().returning(|_, _| Ok(Vec::new()));
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
    let command = LogInCommand {
        email: email.to_owned(),
        password: Password::candidate("x".to_owned()),
        client,
        presence: Presence::default(),
    };
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

fn suspended(hash: &str) -> Account {
    Account { suspended_at: Some(FixedClock::NEW_YEAR.now()), ..hashed(hash) }
}

#[tokio::test]
async fn a_suspended_account_is_told_so_with_the_right_password_alone() {
    for (hash, is_told) in [("right", true), ("outdated", true), ("wrong", false)] {
        let effects = Effects::default();
        let mut doubles = doubles(&effects);
        let (unit, trail) = a_unit_of_the_trail(&effects);
        doubles.db = doubles.db.reads(by_email(&effects, Some(suspended(hash)))).unit(unit);
        let refused = log_in(doubles, "ada@example.com").await;
        assert_eq!(matches!(refused, Err(LogInError::Suspended)), is_told, "{hash}");
        assert_eq!(matches!(refused, Err(LogInError::InvalidCredentials)), !is_told, "{hash}");
        assert_eq!(effects.seen()[..2], ["look", &format!("verify {hash}")]);
        assert!(!effects.seen().contains(&"create".to_owned()));
        assert_eq!(trail.entries()[0].action, AuditAction::LOGIN_FAILED);
    }
}

#[tokio::test]
async fn an_account_that_is_suspended_while_its_password_is_checked_has_no_session() {
    let effects = Effects::default();
    let mut doubles = doubles(&effects);
    let (unit, _trail) = a_unit_of_the_trail(&effects);
    let again = reads_of_account(&effects, Some(suspended("right")));
    doubles.db = doubles.db.reads(by_email(&effects, Some(hashed("right")))).reads(again).unit(unit);
    let refused = log_in(doubles, "ada@example.com").await;
    assert!(matches!(refused, Err(LogInError::Suspended)));
    assert_eq!(effects.seen()[2..5], ["create", "find user", "revoke"]);
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

/// Doubles whose hasher knows this password alone, under the hash `right`.
fn knowing(effects: &Effects, known: &'static str) -> TestPorts {
    let mut doubles = doubles(effects);
    doubles.passwords.checkpoint();
    let noted = effects.clone();
    doubles.passwords.expect_verify().returning(move |password, hash| {
        noted.note(format!("verify {}", hash.expose()));
        let is_right = password.expose() == known && hash.expose() == "outdated";
        Ok(if is_right { PasswordCheck::Right } else { PasswordCheck::Wrong })
    });
    doubles.passwords.expect_decoy().returning(|| PasswordHash::new("decoy".to_owned()));
    let noted = effects.clone();
    doubles.passwords.expect_hash().returning(move |password| {
        noted.note(format!("hash {}", password.expose()));
        Ok(PasswordHash::new("renewed".to_owned()))
    });
    doubles
}

async fn log_in_typing(doubles: TestPorts, email: &str, password: &str) -> Result<TokenPair, LogInError> {
    let client = Client { ip: None, user_agent: Some("ü".repeat(600)) };
    let password = Password::candidate(password.to_owned());
    let command = LogInCommand { email: email.to_owned(), password, client, presence: Presence::default() };
    LogIn::new(&doubles.ports(), &settings()).run(command).await
}

#[tokio::test]
async fn a_hash_of_a_password_that_was_not_normalised_is_right_and_renewed() {
    let effects = Effects::default();
    let mut doubles = knowing(&effects, "o\u{308}ffne dich");
    let again = reads_of_account(&effects, Some(hashed("renewed")));
    doubles.db = doubles.db.reads(by_email(&effects, Some(hashed("outdated")))).reads(again);
    doubles.db = doubles.db.unit(renewing(&effects, true));
    assert!(log_in_typing(doubles, "ada@example.com", "o\u{308}ffne dich").await.is_ok());
    assert_eq!(
        effects.seen(),
        [
            "look",
            "verify outdated",
            "verify outdated",
            "hash \u{f6}ffne dich",
            "set password",
            "commit",
            "create",
            "find user"
        ]
    );
}

#[tokio::test]
async fn a_password_is_right_however_it_is_typed() {
    for typed in ["\u{f6}ffne dich", "o\u{308}ffne\u{a0}dich"] {
        let effects = Effects::default();
        let mut doubles = knowing(&effects, "\u{f6}ffne dich");
        let again = reads_of_account(&effects, Some(hashed("outdated")));
        doubles.db = doubles.db.reads(by_email(&effects, Some(hashed("outdated")))).reads(again);
        assert!(log_in_typing(doubles, "ada@example.com", typed).await.is_ok());
        assert_eq!(effects.seen(), ["look", "verify outdated", "create", "find user"]);
    }
}

#[tokio::test]
async fn an_unknown_address_costs_as_many_comparisons_as_a_wrong_password() {
    for (found, hash) in [(Some(hashed("outdated")), "outdated"), (None, "decoy")] {
        let effects = Effects::default();
        let mut doubles = knowing(&effects, "another");
        doubles.db = doubles.db.reads(by_email(&effects, found));
        let refused = log_in_typing(doubles, "ada@example.com", "o\u{308}ffne dich").await;
        assert!(matches!(refused, Err(LogInError::InvalidCredentials)));
        assert_eq!(effects.seen(), ["look".to_owned(), format!("verify {hash}"), format!("verify {hash}")]);
    }
}

#[tokio::test]
async fn an_account_of_an_address_that_was_not_normalised_is_found() {
    let effects = Effects::default();
    let mut doubles = knowing(&effects, "x");
    let mut reads = FakeReads::default();
    reads.users.expect_find_by_email().times(2).returning(|email| {
        Ok((email.key() == "\u{1112}\u{1161}\u{11ab}@example.com").then(|| hashed("outdated")))
    });
    doubles.db = doubles.db.reads(reads).reads(reads_of_account(&effects, Some(hashed("outdated"))));
    assert!(log_in_typing(doubles, " \u{1112}\u{1161}\u{11ab}@example.com", "x").await.is_ok());
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
