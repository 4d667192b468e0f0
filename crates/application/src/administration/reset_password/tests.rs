#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{ResetPassword, ResetPasswordError};
use crate::administration::fixture::{asking, bob, doubles, enqueuing, locking};
use crate::fixture::{by_ada, noted, once, unavailable};
use crate::sessions::NamedAccount;
use crate::testing::{TestPorts, settings};
use fm_domain::access::Client;
use fm_domain::accounts::{Account, PasswordHash};
use fm_domain::audit::{AuditAction, AuditEntry};
use fm_domain::ids::UserId;
use fm_domain::testing::{Effects, FakeUnitOfWork};

fn replacing(effects: &Effects) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    locking(effects, &mut unit, Some(bob()));
    once!(effects, unit.users.expect_set_password(), "set password", |_, seen, new| {
        assert_eq!((seen.expose(), new.expose()), (bob().user.password_hash.expose(), "new"));
        Ok(true)
    });
    enqueuing(effects, &mut unit);
    unit
}

async fn reset(
    mut doubles: TestPorts,
    found: Option<Account>,
    read_back: Option<Account>,
    password: &str,
) -> Result<UserId, ResetPasswordError> {
    doubles.passwords.expect_hash().returning(|_| Ok(PasswordHash::new("new".to_owned())));
    doubles.db = doubles.db.reads(asking(found));
    if let Some(account) = read_back {
        doubles.db = doubles.db.reads(asking(Some(account)));
    }
    let account = NamedAccount::Id(bob().user.id);
    ResetPassword::new(&doubles.ports(), &settings()).run(&account, &password.parse().unwrap()).await
}

#[tokio::test]
async fn the_password_is_replaced_and_then_all_sessions_end() {
    let effects = Effects::default();
    let unit = replacing(&effects);
    let trail = unit.audit.clone();
    let done = reset(doubles(&effects, unit), Some(bob()), None, "correct horse").await;
    assert_eq!(done.unwrap(), bob().user.id);
    assert_eq!(effects.seen(), ["lock", "set password", "revoke_sessions", "commit", "revoke all"]);
    let (account, client) = (Some(bob().user.id), Client::default());
    let entry = by_ada(AuditAction::PASSWORD_RESET, None);
    assert_eq!(noted(&trail), [AuditEntry { actor: None, account, client, ..entry }]);
}

#[tokio::test]
async fn no_account_and_a_weak_password_are_refused_before_anything_is_hashed() {
    let unknown = reset(TestPorts::default(), None, None, "correct horse").await;
    assert!(matches!(unknown, Err(ResetPasswordError::NotFound)));
    let weak = reset(TestPorts::default(), Some(bob()), None, "Password1").await;
    assert!(matches!(weak, Err(ResetPasswordError::WeakPassword(_))));
}

#[tokio::test]
async fn a_reset_whose_answer_was_lost_is_read_back() {
    for happened in [true, false] {
        let effects = Effects::default();
        let unit = replacing(&effects).committing_with(unavailable());
        let mut account = bob();
        if happened {
            account.user.password_hash = PasswordHash::new("new".to_owned());
        }
        let done = reset(doubles(&effects, unit), Some(bob()), Some(account), "correct horse").await;
        assert_eq!(done.is_ok(), happened);
    }
}
