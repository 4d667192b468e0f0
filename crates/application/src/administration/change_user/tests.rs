#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{ChangeUser, ChangeUserError, QuotaChange, UserChanges};
use crate::accounts::AccountView;
use crate::administration::Administrator;
use crate::administration::fixture::{ada, among_admins, an_admin, bob, doubles, enqueuing, locking};
use crate::fixture::{actor, by_ada, lost_race, noted, once, reads_of_account, unavailable};
use crate::ports::Settings;
use crate::testing::{TestPorts, settings};
use fm_domain::access::Client;
use fm_domain::accounts::{Account, Role};
use fm_domain::audit::{AuditAction, AuditEntry};
use fm_domain::body::ByteSize;
use fm_domain::clock::{Clock as _, Timestamp};
use fm_domain::testing::{Effects, FakeUnitOfWork, FixedClock};

const ALL: UserChanges = UserChanges {
    suspended: Some(true),
    role: Some(Role::Admin),
    quota: Some(QuotaChange::Own(ByteSize::new(7))),
};

fn now() -> Timestamp {
    FixedClock::NEW_YEAR.now()
}

/// Bob as [`ALL`] makes him.
fn changed() -> Account {
    let mut account = Account { suspended_at: Some(now()), quota: Some(ByteSize::new(7)), ..bob() };
    account.user.role = Role::Admin;
    account
}

/// Expects all of [`ALL`].
fn setting(effects: &Effects, unit: &mut FakeUnitOfWork) {
    once!(effects, unit.users.expect_set_suspended(), "suspend", |_, since| {
        assert_eq!(since, Some(now()));
        Ok(true)
    });
    once!(effects, unit.users.expect_set_role(), "role", |_, role| {
        assert_eq!(role, Role::Admin);
        Ok(true)
    });
    once!(effects, unit.users.expect_set_quota(), "quota", |_, quota| {
        assert_eq!(quota, Some(ByteSize::new(7)));
        Ok(true)
    });
    enqueuing(effects, unit);
}

async fn change(
    doubles: TestPorts,
    by: &Administrator,
    changes: UserChanges,
) -> Result<AccountView, ChangeUserError> {
    let settings = Settings { quota: Some(ByteSize::new(100)), ..settings() };
    ChangeUser::new(&doubles.ports(), &settings).run(by, bob().user.id, changes).await
}

/// The entries of all changes, by an actor or an operator.
fn entries(by: Option<fm_domain::ids::UserId>, client: &Client) -> Vec<AuditEntry> {
    let actions =
        [AuditAction::ACCOUNT_SUSPENDED, AuditAction::ACCOUNT_PROMOTED, AuditAction::ACCOUNT_QUOTA_CHANGED];
    let account = Some(bob().user.id);
    let entry = |action| AuditEntry { actor: by, account, client: client.clone(), ..by_ada(action, None) };
    actions.map(entry).to_vec()
}

#[tokio::test]
async fn an_admin_changes_a_user_in_one_unit_and_then_the_sessions_end() {
    let effects = Effects::default();
    let mut unit = among_admins(&effects, vec![actor().user()]);
    locking(&effects, &mut unit, Some(bob()));
    setting(&effects, &mut unit);
    let trail = unit.audit.clone();
    let view = change(doubles(&effects, unit), &ada(), ALL).await.unwrap();
    assert_eq!((view.quota, view.account), (Some(ByteSize::new(7)), changed()));
    let expected =
        ["lock admins", "lock", "suspend", "role", "quota", "revoke_sessions", "commit", "revoke all"];
    assert_eq!(effects.seen(), expected);
    assert_eq!(noted(&trail), entries(Some(actor().user()), actor().client()));
}

#[tokio::test]
async fn an_operator_may_do_it_without_being_an_admin() {
    let effects = Effects::default();
    let mut unit = FakeUnitOfWork::noting(&effects);
    locking(&effects, &mut unit, Some(bob()));
    setting(&effects, &mut unit);
    let trail = unit.audit.clone();
    change(doubles(&effects, unit), &Administrator::Operator, ALL).await.unwrap();
    assert_eq!(noted(&trail), entries(None, &Client::default()));
}

#[tokio::test]
async fn all_of_it_is_taken_back_and_what_is_so_already_leaves_no_entry() {
    let effects = Effects::default();
    let back =
        UserChanges { suspended: Some(false), role: Some(Role::User), quota: Some(QuotaChange::Default) };
    let mut unit = among_admins(&effects, vec![actor().user()]);
    locking(&effects, &mut unit, Some(changed()));
    once!(effects, unit.users.expect_set_suspended(), "resume", |_, since| {
        assert_eq!(since, None);
        Ok(true)
    });
    once!(effects, unit.users.expect_set_role(), "demote", |_, _| Ok(true));
    once!(effects, unit.users.expect_set_quota(), "default", |_, _| Ok(true));
    let trail = unit.audit.clone();
    let view = change(doubles(&effects, unit), &ada(), back).await.unwrap();
    assert_eq!((view.quota, view.account), (Some(ByteSize::new(100)), bob()));
    let actions: Vec<AuditAction> = noted(&trail).into_iter().map(|entry| entry.action).collect();
    let expected =
        [AuditAction::ACCOUNT_RESUMED, AuditAction::ACCOUNT_DEMOTED, AuditAction::ACCOUNT_QUOTA_CHANGED];
    assert_eq!(actions, expected);

    let mut unit = among_admins(&effects, vec![actor().user()]);
    locking(&effects, &mut unit, Some(bob()));
    let trail = unit.audit.clone();
    assert_eq!(change(doubles(&effects, unit), &ada(), back).await.unwrap().account, bob());
    assert_eq!(noted(&trail), []);
}

#[tokio::test]
async fn who_is_no_admin_any_more_in_the_unit_changes_nothing() {
    let effects = Effects::default();
    let unit = among_admins(&effects, vec![bob().user.id]);
    let refused = change(doubles(&effects, unit), &ada(), ALL).await;
    assert!(matches!(refused, Err(ChangeUserError::NotAdmin)));
    assert_eq!(effects.seen(), ["lock admins", "rollback"]);
}

#[tokio::test]
async fn admins_neither_suspend_nor_demote_themselves_but_may_change_their_quota() {
    let own = actor().user();
    for changes in [
        UserChanges { suspended: Some(true), ..UserChanges::default() },
        UserChanges { role: Some(Role::User), ..UserChanges::default() },
    ] {
        let effects = Effects::default();
        let doubles = doubles(&effects, among_admins(&effects, vec![own, bob().user.id]));
        let refused = ChangeUser::new(&doubles.ports(), &settings()).run(&ada(), own, changes).await;
        assert!(matches!(refused, Err(ChangeUserError::OwnAccount)));
        assert_eq!(effects.seen(), ["lock admins", "rollback"]);
    }
    let effects = Effects::default();
    let mut unit = among_admins(&effects, vec![own]);
    once!(effects, unit.users.expect_find_for_update(), "lock", |_| Ok(Some(an_admin())));
    once!(effects, unit.users.expect_set_quota(), "quota", |_, _| Ok(true));
    let changes = UserChanges { suspended: Some(false), role: Some(Role::Admin), ..ALL };
    let doubles = doubles(&effects, unit);
    ChangeUser::new(&doubles.ports(), &settings()).run(&ada(), own, changes).await.unwrap();
    assert_eq!(effects.seen(), ["lock admins", "lock", "quota", "commit"]);
}

#[tokio::test]
async fn an_unknown_user_is_told_and_a_lost_race_is_run_again() {
    let effects = Effects::default();
    let mut lost = FakeUnitOfWork::noting(&effects);
    once!(effects, lost.users.expect_lock_admins(), "lock admins", || Err(lost_race()));
    let mut unit = among_admins(&effects, vec![actor().user()]);
    locking(&effects, &mut unit, None);
    let mut doubles = doubles(&effects, lost);
    doubles.db = doubles.db.unit(unit);
    let refused = change(doubles, &ada(), ALL).await;
    assert!(matches!(refused, Err(ChangeUserError::NotFound)));
    assert_eq!(effects.seen(), ["lock admins", "drop", "lock admins", "lock", "rollback"]);
}

#[tokio::test]
async fn a_change_whose_answer_was_lost_is_read_back() {
    for (found, happened) in [(Some(changed()), true), (Some(bob()), false), (None, false)] {
        let effects = Effects::default();
        let mut unit = among_admins(&effects, vec![actor().user()]).committing_with(unavailable());
        locking(&effects, &mut unit, Some(bob()));
        setting(&effects, &mut unit);
        let mut doubles = doubles(&effects, unit);
        doubles.db = doubles.db.reads(reads_of_account(&effects, found));
        assert_eq!(change(doubles, &ada(), ALL).await.is_ok(), happened);
        assert_eq!(effects.seen().contains(&"revoke all".to_owned()), happened);
    }
}
