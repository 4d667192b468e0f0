#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{Register, RegisterCommand, RegisterError};
use crate::engine::password_queue::Asker;
use crate::fixture::{a_client, by_ada, lost_race, noted, once, reads_of_account, unavailable};
use crate::ports::{PasswordQueue, Presence, Settings};
use crate::testing::{TestPorts, settings};
use fm_domain::accounts::{Account, InsertUser, PasswordHash, Role, User, WeakPassword};
use fm_domain::audit::{AuditAction, AuditEntry};
use fm_domain::error::PortError;
use fm_domain::testing::{Effects, FakeReads, FakeUnitOfWork, an_account};
use futures_util::FutureExt as _;

fn command() -> RegisterCommand {
    let email = "grace@example.com".parse().unwrap();
    RegisterCommand {
        email,
        password: "correct horse".parse().unwrap(),
        name: None,
        client: a_client(),
        presence: Presence::default(),
    }
}

fn looking(effects: &Effects, found: Option<Account>) -> TestPorts {
    let mut reads = FakeReads::default();
    once!(effects, reads.users.expect_find_by_email(), "look", |_| Ok(found.clone()));
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.reads(reads);
    let effects = effects.clone();
    doubles.passwords.expect_hash().returning(move |_| {
        effects.note("hash");
        Ok(PasswordHash::new("hash".to_owned()))
    });
    doubles
}

fn inserting(effects: &Effects) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    once!(effects, unit.users.expect_insert(), "insert", |_| Ok(()));
    unit
}

async fn register(doubles: TestPorts) -> Result<User, RegisterError> {
    Register::new(&doubles.ports(), &settings()).run(command()).await
}

#[tokio::test]
async fn a_new_user_has_a_hash_and_no_special_rights() {
    let effects = Effects::default();
    let mut doubles = looking(&effects, None);
    let unit = inserting(&effects);
    let trail = unit.audit.clone();
    doubles.db = doubles.db.unit(unit);
    let user = register(doubles).await.unwrap();
    let own = Some(user.id);
    let entry = AuditEntry { actor: own, account: own, ..by_ada(AuditAction::ACCOUNT_REGISTERED, None) };
    assert_eq!(noted(&trail), [entry]);
    assert_eq!((user.role, user.password_hash.expose()), (Role::User, "hash"));
    assert_eq!(effects.seen(), ["look", "hash", "insert", "commit"]);
}

#[tokio::test]
async fn registration_is_refused_where_it_is_closed() {
    let closed = Settings { registration_open: false, ..settings() };
    let outcome = Register::new(&TestPorts::default().ports(), &closed).run(command()).await;
    assert!(matches!(outcome, Err(RegisterError::Closed)));
}

#[tokio::test]
async fn a_taken_address_costs_no_hash() {
    let effects = Effects::default();
    assert!(matches!(register(looking(&effects, Some(an_account()))).await, Err(RegisterError::EmailTaken)));
    assert_eq!(effects.seen(), ["look"]);
}

#[tokio::test]
async fn a_weak_password_is_refused_before_anything_is_read() {
    for (weak, expected) in [
        ("Password1", WeakPassword::Common),
        ("        ", WeakPassword::Repeated),
        ("stuvwxyzab", WeakPassword::Sequence),
        ("grace@example.com", WeakPassword::OwnWords),
        ("Amazing Grace", WeakPassword::OwnWords),
    ] {
        let name = "Amazing Grace".parse().ok();
        let command = RegisterCommand { password: weak.parse().unwrap(), name, ..command() };
        let outcome = Register::new(&TestPorts::default().ports(), &settings()).run(command).await;
        assert!(matches!(outcome, Err(RegisterError::WeakPassword(why)) if why == expected), "{weak}");
    }
}

#[tokio::test]
async fn a_registration_waits_for_its_turn_and_is_refused_where_too_many_wait() {
    let effects = Effects::default();
    let settings = settings();
    let there = Presence::default();
    let permit = settings.password_queue.enter(Asker::Anonymous, &there).await.unwrap();
    let mut doubles = looking(&effects, None);
    doubles.db = doubles.db.unit(inserting(&effects));
    let register = Register::new(&doubles.ports(), &settings);
    let mut waits = Box::pin(register.run(command()));
    assert!((&mut waits).now_or_never().is_none());
    assert_eq!(effects.seen(), ["look"], "nothing is hashed while it waits");
    let mut others: Vec<_> = Vec::new();
    for _ in 1..PasswordQueue::WAITING_PER_PLACE {
        let mut other = Box::pin(settings.password_queue.enter(Asker::Anonymous, &there));
        assert!((&mut other).now_or_never().is_none());
        others.push(other);
    }
    // Its database has no answer to give: of one that is refused nothing is read.
    let refused = Register::new(&TestPorts::default().ports(), &settings).run(command()).await;
    assert!(matches!(refused, Err(RegisterError::Busy(_))));
    drop((permit, others));
    assert!(waits.await.is_ok());
    assert_eq!(effects.seen()[1..], ["hash", "insert", "commit"]);
}

#[tokio::test]
async fn an_address_taken_a_moment_ago_is_refused_too() {
    let effects = Effects::default();
    let mut unit = FakeUnitOfWork::noting(&effects);
    once!(effects, unit.users.expect_insert(), "insert", |_| Err(InsertUser::EmailTaken));
    let mut doubles = looking(&effects, None);
    doubles.db = doubles.db.unit(unit);
    assert!(matches!(register(doubles).await, Err(RegisterError::EmailTaken)));
    assert_eq!(effects.seen(), ["look", "hash", "insert", "rollback"]);
}

#[tokio::test]
async fn a_unit_that_lost_a_race_is_tried_again() {
    let effects = Effects::default();
    let mut doubles = looking(&effects, None);
    let lost = inserting(&effects).committing_with(lost_race());
    doubles.db = doubles.db.unit(lost).unit(inserting(&effects));
    assert!(register(doubles).await.is_ok());
}

#[tokio::test]
async fn a_lost_answer_to_the_commit_is_read_back() {
    for (found, registered) in [(Some(an_account()), true), (None, false)] {
        let effects = Effects::default();
        let mut doubles = looking(&effects, None);
        let lost = inserting(&effects).committing_with(unavailable());
        doubles.db = doubles.db.unit(lost).reads(reads_of_account(&effects, found));
        let outcome = register(doubles).await;
        assert_eq!(outcome.is_ok(), registered);
        assert!(registered || matches!(outcome, Err(RegisterError::Store(PortError::Unavailable(_)))));
        assert_eq!(effects.seen().last().unwrap(), "find user");
    }
}
