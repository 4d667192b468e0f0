#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{CreateUser, CreateUserCommand};
use crate::accounts::RegisterError;
use crate::administration::fixture::bob;
use crate::fixture::{by_ada, noted, once};
use crate::ports::Settings;
use crate::testing::{TestPorts, settings};
use fm_domain::access::Client;
use fm_domain::accounts::{Account, PasswordHash, Role};
use fm_domain::audit::{AuditAction, AuditEntry};
use fm_domain::body::ByteSize;
use fm_domain::testing::{Effects, FakeReads, FakeUnitOfWork};

fn command(quota: Option<ByteSize>) -> CreateUserCommand {
    CreateUserCommand {
        email: "grace@example.com".parse().unwrap(),
        password: "correct horse".parse().unwrap(),
        name: None,
        role: Role::Admin,
        quota,
    }
}

fn looking(found: Option<Account>) -> TestPorts {
    let mut reads = FakeReads::default();
    reads.users.expect_find_by_email().returning(move |_| Ok(found.clone()));
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.reads(reads);
    doubles.passwords.expect_hash().returning(|_| Ok(PasswordHash::new("hash".to_owned())));
    doubles
}

#[tokio::test]
async fn an_operator_creates_an_admin_where_registration_is_closed() {
    for quota in [None, Some(ByteSize::new(5))] {
        let effects = Effects::default();
        let mut unit = FakeUnitOfWork::noting(&effects);
        once!(effects, unit.users.expect_insert(), "insert", |user| {
            assert_eq!((user.role, user.password_hash.expose()), (Role::Admin, "hash"));
            Ok(())
        });
        if quota.is_some() {
            once!(effects, unit.users.expect_set_quota(), "quota", |_, set| {
                assert_eq!(set, Some(ByteSize::new(5)));
                Ok(true)
            });
        }
        let trail = unit.audit.clone();
        let mut doubles = looking(None);
        doubles.db = doubles.db.unit(unit);
        let closed = Settings { registration_open: false, quota: Some(ByteSize::new(9)), ..settings() };
        let view = CreateUser::new(&doubles.ports(), &closed).run(command(quota)).await.unwrap();
        assert_eq!((view.account.quota, view.quota), (quota, quota.or(Some(ByteSize::new(9)))));
        assert_eq!(effects.seen().len(), if quota.is_some() { 3 } else { 2 });
        let (account, client) = (Some(view.account.user.id), Client::default());
        let entry = by_ada(AuditAction::ACCOUNT_REGISTERED, None);
        assert_eq!(noted(&trail), [AuditEntry { actor: None, account, client, ..entry }]);
    }
}

#[tokio::test]
async fn a_taken_address_and_a_weak_password_are_refused() {
    let taken = CreateUser::new(&looking(Some(bob())).ports(), &settings()).run(command(None)).await;
    assert!(matches!(taken, Err(RegisterError::EmailTaken)));
    let weak = CreateUserCommand { password: "Password1".parse().unwrap(), ..command(None) };
    let refused = CreateUser::new(&TestPorts::default().ports(), &settings()).run(weak).await;
    assert!(matches!(refused, Err(RegisterError::WeakPassword(_))));
}
