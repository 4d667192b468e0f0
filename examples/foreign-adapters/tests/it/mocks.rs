//! A unit test of a use case: the ports are mocks, and no adapter is near.
#![expect(clippy::unwrap_used, reason = "in a test a panic is a failure")]

use fm_application::accounts::{RegisterCommand, RegisterError};
use fm_application::ports::Presence;
use fm_application::testing::{TestPorts, settings};
use fm_application::wiring::UseCases;
use fm_domain::access::Client;
use fm_domain::accounts::{Account, PasswordHash};
use fm_domain::testing::{Effects, FakeReads, FakeUnitOfWork, an_account};

fn grace() -> RegisterCommand {
    let email = "grace@example.com".parse().unwrap();
    RegisterCommand {
        email,
        password: "correct horse".parse().unwrap(),
        name: None,
        client: Client::default(),
        presence: Presence::default(),
    }
}

/// Ports whose database finds `found` when the address is looked up. Each mock notes that it was called.
fn ports(effects: &Effects, found: Option<Account>) -> TestPorts {
    let mut ports = TestPorts::default();
    let mut reads = FakeReads::default();
    reads.users.expect_find_by_email().once().returning({
        let effects = effects.clone();
        move |_| {
            effects.note("look up");
            Ok(found.clone())
        }
    });
    ports.db = ports.db.reads(reads);
    ports.passwords.expect_hash().returning({
        let effects = effects.clone();
        move |_| {
            effects.note("hash");
            Ok(PasswordHash::new("hash".to_owned()))
        }
    });
    ports
}

#[tokio::test]
async fn a_new_account_is_committed_with_its_hash() {
    let effects = Effects::default();
    let mut ports = ports(&effects, None);
    let mut unit = FakeUnitOfWork::noting(&effects);
    unit.users.expect_insert().once().withf(|user| user.password_hash.expose() == "hash").returning({
        let effects = effects.clone();
        move |_| {
            effects.note("insert");
            Ok(())
        }
    });
    ports.db = ports.db.unit(unit);

    let user = UseCases::new(&ports.ports(), &settings()).accounts.register.run(grace()).await.unwrap();

    assert_eq!(user.email.as_str(), "grace@example.com");
    assert_eq!(effects.seen(), ["look up", "hash", "insert", "commit"]);
}

#[tokio::test]
async fn a_taken_address_is_refused_before_a_password_is_hashed() {
    let effects = Effects::default();
    // No unit of work is prepared: a use case that asked for one would fail.
    let ports = ports(&effects, Some(an_account()));

    let outcome = UseCases::new(&ports.ports(), &settings()).accounts.register.run(grace()).await;

    assert!(matches!(outcome, Err(RegisterError::EmailTaken)));
    assert_eq!(effects.seen(), ["look up"]);
}
