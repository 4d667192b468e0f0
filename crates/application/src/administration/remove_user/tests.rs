#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::RemoveUser;
use crate::administration::fixture::{ada, among_admins, bob, doubles, enqueuing};
use crate::administration::{Administrator, ChangeUserError};
use crate::fixture::{actor, by_ada, noted, once, reads_of_account, unavailable};
use fm_domain::audit::{AuditAction, AuditEntry};
use fm_domain::clock::Clock as _;
use fm_domain::testing::{Effects, FakeUnitOfWork, FixedClock};

fn marking(effects: &Effects, unit: &mut FakeUnitOfWork, is_there: bool) {
    once!(effects, unit.users.expect_mark_removed(), "mark removed", |id, at| {
        assert_eq!((id, at), (bob().user.id, FixedClock::NEW_YEAR.now()));
        Ok(is_there)
    });
    enqueuing(effects, unit);
}

#[tokio::test]
async fn a_user_is_marked_as_removed_before_the_sessions_end() {
    let effects = Effects::default();
    let mut unit = among_admins(&effects, vec![actor().user()]);
    marking(&effects, &mut unit, true);
    let trail = unit.audit.clone();
    RemoveUser::new(&doubles(&effects, unit).ports()).run(&ada(), bob().user.id).await.unwrap();
    let expected =
        ["lock admins", "mark removed", "revoke_sessions", "remove_contents", "commit", "revoke all"];
    assert_eq!(effects.seen(), expected);
    let account = Some(bob().user.id);
    assert_eq!(noted(&trail), [AuditEntry { account, ..by_ada(AuditAction::ACCOUNT_REMOVED, None) }]);
}

#[tokio::test]
async fn users_who_are_not_there_and_admins_themselves_are_not_removed() {
    let effects = Effects::default();
    let mut unit = among_admins(&effects, vec![actor().user()]);
    marking(&effects, &mut unit, false);
    let outcome = RemoveUser::new(&doubles(&effects, unit).ports()).run(&ada(), bob().user.id).await;
    assert!(matches!(outcome, Err(ChangeUserError::NotFound)));
    let unit = among_admins(&effects, vec![actor().user(), bob().user.id]);
    let outcome = RemoveUser::new(&doubles(&effects, unit).ports()).run(&ada(), actor().user()).await;
    assert!(matches!(outcome, Err(ChangeUserError::OwnAccount)));
    let unit = among_admins(&effects, vec![bob().user.id]);
    let outcome = RemoveUser::new(&doubles(&effects, unit).ports()).run(&ada(), bob().user.id).await;
    assert!(matches!(outcome, Err(ChangeUserError::NotAdmin)));
    assert!(!effects.seen().contains(&"commit".to_owned()));
}

#[tokio::test]
async fn an_operator_removes_any_user_and_a_lost_answer_is_read_back() {
    for found in [None, Some(bob())] {
        let effects = Effects::default();
        let mut unit = FakeUnitOfWork::noting(&effects).committing_with(unavailable());
        marking(&effects, &mut unit, true);
        let mut doubles = doubles(&effects, unit);
        let is_gone = found.is_none();
        doubles.db = doubles.db.reads(reads_of_account(&effects, found));
        let outcome = RemoveUser::new(&doubles.ports()).run(&Administrator::Operator, bob().user.id).await;
        assert_eq!(outcome.is_ok(), is_gone);
    }
}
