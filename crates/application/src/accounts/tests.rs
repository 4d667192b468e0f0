//! Tests of the smaller use cases of accounts.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{
    ChangePassword, ChangePasswordCommand, ChangePasswordError, ReauthenticateError, RemoveAccount,
    RemoveAccountError, RenameAccount, ShowAccount,
};
use crate::engine::password_queue::Asker;
use crate::fixture::{
    a_unit_of_the_trail, actor, by_ada, noted, once, reads_of_account, revoking, unavailable,
};
use crate::ports::{PasswordQueue, Presence, Settings};
use crate::sessions::Refused;
use crate::testing::{TestPorts, settings};
use fm_domain::accounts::{Account, Password, PasswordCheck, PasswordHash, Role, User, WeakPassword};
use fm_domain::audit::AuditAction;
use fm_domain::body::ByteSize;
use fm_domain::clock::Clock as _;
use fm_domain::jobs::Enqueued;
use fm_domain::testing::{Effects, FakeUnitOfWork, FixedClock, an_account};
use futures_util::FutureExt as _;

fn confirming(effects: &Effects, check: PasswordCheck) -> TestPorts {
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.reads(reads_of_account(effects, Some(an_account())));
    once!(effects, doubles.passwords.expect_verify(), "verify", |_, _| Ok(check));
    let noted = effects.clone();
    doubles.passwords.expect_hash().returning(move |_| {
        noted.note("hash");
        Ok(PasswordHash::new("new".to_owned()))
    });
    doubles
}

fn enqueuing(effects: &Effects, unit: &mut FakeUnitOfWork) {
    let noted = effects.clone();
    unit.jobs.expect_enqueue().returning(move |job| {
        noted.note(job.kind.as_str());
        Ok(Enqueued::Added)
    });
}

fn changing(effects: &Effects, still_seen: bool) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    once!(effects, unit.users.expect_set_password(), "set password", |_, seen, new| {
        assert_eq!((seen.expose(), new.expose()), ("hash of ada", "new"));
        Ok(still_seen)
    });
    enqueuing(effects, &mut unit);
    unit
}

async fn remove(doubles: TestPorts, settings: &Settings) -> Result<(), RemoveAccountError> {
    let password = Password::candidate("x".to_owned());
    RemoveAccount::new(&doubles.ports(), settings).run(&actor(), password, &Presence::default()).await
}

async fn change(doubles: TestPorts) -> Result<(), ChangePasswordError> {
    change_to(doubles, "correct horse", &settings()).await
}

async fn change_to(doubles: TestPorts, new: &str, settings: &Settings) -> Result<(), ChangePasswordError> {
    let current = Password::candidate("old".to_owned());
    let command = ChangePasswordCommand { current, new: new.parse().unwrap(), presence: Presence::default() };
    ChangePassword::new(&doubles.ports(), settings).run(&actor(), command).await
}

#[tokio::test]
async fn a_new_password_is_committed_before_the_other_sessions_end() {
    for works in [true, false] {
        let effects = Effects::default();
        let mut doubles = confirming(&effects, PasswordCheck::RightButOutdated);
        let unit = changing(&effects, true);
        let trail = unit.audit.clone();
        doubles.db = doubles.db.unit(unit);
        revoking(&effects, &mut doubles, Some(actor().session()), works);
        // The job that was committed does what the session store could not.
        assert!(change(doubles).await.is_ok());
        assert_eq!(
            effects.seen(),
            ["find user", "verify", "hash", "set password", "revoke_sessions", "commit", "revoke all"]
        );
        assert_eq!(noted(&trail), [by_ada(AuditAction::PASSWORD_CHANGED, None)]);
    }
}

#[tokio::test]
async fn a_change_whose_answer_was_lost_is_read_back() {
    for happened in [true, false] {
        let effects = Effects::default();
        let mut doubles = confirming(&effects, PasswordCheck::Right);
        let mut account = an_account();
        if happened {
            account.user.password_hash = PasswordHash::new("new".to_owned());
            revoking(&effects, &mut doubles, Some(actor().session()), true);
        }
        let lost = changing(&effects, true).committing_with(unavailable());
        doubles.db = doubles.db.unit(lost).reads(reads_of_account(&effects, Some(account)));
        assert_eq!(change(doubles).await.is_ok(), happened);
    }
}

#[tokio::test]
async fn a_removal_whose_answer_was_lost_is_read_back() {
    for found in [None, Some(an_account())] {
        let effects = Effects::default();
        let mut doubles = confirming(&effects, PasswordCheck::Right);
        let happened = found.is_none();
        if happened {
            revoking(&effects, &mut doubles, None, true);
        }
        let lost = removing(&effects, true).committing_with(unavailable());
        doubles.db = doubles.db.unit(lost).reads(reads_of_account(&effects, found));
        let outcome = remove(doubles, &settings()).await;
        assert_eq!(outcome.is_ok(), happened);
    }
}

#[tokio::test]
async fn a_wrong_or_outrun_password_changes_nothing() {
    let effects = Effects::default();
    let outcome = change(confirming(&effects, PasswordCheck::Wrong)).await;
    assert!(matches!(outcome, Err(ChangePasswordError::Reauthenticate(ReauthenticateError::WrongPassword))));
    let mut doubles = confirming(&effects, PasswordCheck::Right);
    doubles.db = doubles.db.unit(changing(&effects, false));
    let outcome = change(doubles).await;
    assert!(matches!(outcome, Err(ChangePasswordError::Reauthenticate(ReauthenticateError::WrongPassword))));
    assert_eq!(effects.seen()[2..], ["find user", "verify", "hash", "set password", "rollback"]);
    let mut gone = TestPorts::default();
    gone.db = gone.db.reads(reads_of_account(&effects, None));
    let outcome = change(gone).await;
    assert!(matches!(
        outcome,
        Err(ChangePasswordError::Reauthenticate(ReauthenticateError::Unauthenticated))
    ));
}

#[tokio::test]
async fn a_weak_password_is_refused_once_the_present_one_is_confirmed() {
    for (weak, expected) in [
        ("Password1", WeakPassword::Common),
        ("zzzzzzzz", WeakPassword::Repeated),
        ("stuvwxyzab", WeakPassword::Sequence),
        (an_account().user.email.as_str(), WeakPassword::OwnWords),
    ] {
        let effects = Effects::default();
        let outcome = change_to(confirming(&effects, PasswordCheck::Right), weak, &settings()).await;
        assert!(matches!(outcome, Err(ChangePasswordError::WeakPassword(why)) if why == expected), "{weak}");
        assert_eq!(effects.seen(), ["find user", "verify"]);
    }
}

#[tokio::test]
async fn where_too_many_users_ask_for_their_passwords_no_more_is_read() {
    let full = settings();
    let asker = Asker::SignedIn(actor().user());
    let (there, mut permits, mut held) = (Presence::default(), Vec::new(), Vec::new());
    for _ in 0..PasswordQueue::PER_USER {
        let mut entering = Box::pin(full.password_queue.enter(asker, &there));
        let polled = (&mut entering).now_or_never();
        if let Some(first) = polled {
            permits.push(first.unwrap());
        } else {
            held.push(entering);
        }
    }
    assert_eq!((permits.len(), held.len()), (1, PasswordQueue::PER_USER - 1));
    let changed = change_to(TestPorts::default(), "correct horse", &full).await;
    assert!(matches!(changed, Err(ChangePasswordError::Reauthenticate(ReauthenticateError::Busy(_)))));
    let removed = remove(TestPorts::default(), &full).await;
    assert!(matches!(removed, Err(RemoveAccountError::Reauthenticate(ReauthenticateError::Busy(_)))));
    drop((permits, held));
    let effects = Effects::default();
    let outcome = change_to(confirming(&effects, PasswordCheck::Wrong), "correct horse", &full).await;
    assert!(matches!(outcome, Err(ChangePasswordError::Reauthenticate(ReauthenticateError::WrongPassword))));
}

fn removing(effects: &Effects, there: bool) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    once!(effects, unit.users.expect_mark_removed(), "mark removed", |user, at| {
        assert_eq!((user, at), (actor().user(), FixedClock::NEW_YEAR.now()));
        Ok(there)
    });
    enqueuing(effects, &mut unit);
    unit
}

#[tokio::test]
async fn an_account_is_marked_before_its_sessions_end_and_its_contents_follow() {
    for works in [true, false] {
        let effects = Effects::default();
        let mut doubles = confirming(&effects, PasswordCheck::Right);
        let unit = removing(&effects, true);
        let trail = unit.audit.clone();
        doubles.db = doubles.db.unit(unit);
        revoking(&effects, &mut doubles, None, works);
        let outcome = remove(doubles, &settings()).await;
        assert!(outcome.is_ok());
        assert_eq!(noted(&trail), [by_ada(AuditAction::ACCOUNT_REMOVED, None)]);
        assert_eq!(
            effects.seen()[2..],
            ["mark removed", "revoke_sessions", "remove_contents", "commit", "revoke all"]
        );
    }
}

#[tokio::test]
async fn the_last_admin_stays_and_one_of_two_may_go() {
    for (admins, may_go) in [(1, false), (2, true)] {
        let effects = Effects::default();
        let mut doubles = confirming_admin(&effects);
        let mut unit = if may_go { removing(&effects, true) } else { FakeUnitOfWork::noting(&effects) };
        once!(effects, unit.users.expect_lock_admins(), "lock admins", || {
            let other = fm_domain::ids::UserId::new(fm_domain::testing::CountingIds::nth(9));
            Ok([actor().user(), other][..admins].to_vec())
        });
        doubles.db = doubles.db.unit(unit);
        if may_go {
            revoking(&effects, &mut doubles, None, true);
        }
        let outcome = remove(doubles, &settings()).await;
        assert_eq!(outcome.is_ok(), may_go);
        assert_eq!(matches!(outcome, Err(RemoveAccountError::LastAdmin)), !may_go);
        assert_eq!(effects.seen()[3], if may_go { "mark removed" } else { "rollback" });
    }
}

fn confirming_admin(effects: &Effects) -> TestPorts {
    let mut doubles = TestPorts::default();
    let user = User { role: Role::Admin, ..an_account().user };
    doubles.db = doubles.db.reads(reads_of_account(effects, Some(Account::new(user))));
    once!(effects, doubles.passwords.expect_verify(), "verify", |_, _| Ok(PasswordCheck::Right));
    doubles
}

#[tokio::test]
async fn an_account_stays_without_its_password() {
    let effects = Effects::default();
    let doubles = confirming(&effects, PasswordCheck::Wrong);
    let outcome = remove(doubles, &settings()).await;
    assert!(matches!(outcome, Err(RemoveAccountError::Reauthenticate(ReauthenticateError::WrongPassword))));
    let mut doubles = confirming(&effects, PasswordCheck::Right);
    doubles.db = doubles.db.unit(removing(&effects, false));
    let outcome = remove(doubles, &settings()).await;
    assert!(matches!(outcome, Err(RemoveAccountError::Reauthenticate(ReauthenticateError::Unauthenticated))));
    assert_eq!(effects.seen().last().unwrap(), "rollback");
}

#[tokio::test]
async fn a_wrong_password_of_a_user_who_is_signed_in_is_recorded() {
    let effects = Effects::default();
    for removes in [true, false] {
        let mut doubles = confirming(&effects, PasswordCheck::Wrong);
        let (unit, trail) = a_unit_of_the_trail(&effects);
        doubles.db = doubles.db.unit(unit);
        let refused = if removes {
            remove(doubles, &settings()).await.is_err()
        } else {
            change(doubles).await.is_err()
        };
        assert!(refused);
        assert_eq!(noted(&trail), [by_ada(AuditAction::PASSWORD_REFUSED, None)]);
    }
}

#[tokio::test]
async fn an_account_is_shown_with_its_quota_while_it_is_there() {
    let limited = Settings { quota: Some(ByteSize::new(9)), ..settings() };
    let mut doubles = TestPorts::default();
    let reads = |account| reads_of_account(&Effects::default(), account);
    doubles.db = doubles.db.reads(reads(Some(an_account()))).reads(reads(None));
    let show = ShowAccount::new(&doubles.ports(), &limited);
    let view = show.run(&actor()).await.unwrap();
    assert_eq!((view.account, view.quota), (an_account(), Some(ByteSize::new(9))));
    assert!(matches!(show.run(&actor()).await, Err(Refused::Unauthenticated)));
}

#[tokio::test]
async fn an_account_is_renamed_while_it_is_there() {
    let effects = Effects::default();
    let mut there = FakeUnitOfWork::noting(&effects);
    once!(effects, there.users.expect_find_for_update(), "lock", |_| Ok(Some(an_account())));
    once!(effects, there.users.expect_set_name(), "set name", |_, _| Ok(true));
    let mut gone = FakeUnitOfWork::noting(&effects);
    once!(effects, gone.users.expect_find_for_update(), "lock", |_| Ok(None));
    let mut doubles = TestPorts::default();
    let trail = there.audit.clone();
    doubles.db = doubles.db.unit(there).unit(gone);
    let rename = RenameAccount::new(&doubles.ports());
    let name = Some("Ada".parse().unwrap());
    assert_eq!(rename.run(&actor(), name.clone()).await.unwrap().name, name);
    assert!(matches!(rename.run(&actor(), None).await, Err(Refused::Unauthenticated)));
    assert_eq!(effects.seen(), ["lock", "set name", "commit", "lock", "rollback"]);
    assert_eq!(noted(&trail), [by_ada(AuditAction::ACCOUNT_RENAMED, None)]);
}
