//! What tests of administration share: Ada, who is an admin in her session, and Bob.

use crate::fixture::{actor, once, reads_of_account};
use crate::testing::TestPorts;
use fm_domain::accounts::{Account, Role, User};
use fm_domain::clock::Clock as _;
use fm_domain::ids::UserId;
use fm_domain::jobs::Enqueued;
use fm_domain::testing::{CountingIds, Effects, FakeReads, FakeUnitOfWork, FixedClock, a_user, an_account};

use super::Administrator;

/// Ada, by a request.
pub(super) fn ada() -> Administrator {
    Administrator::Admin(actor())
}

/// Her account.
pub(super) fn an_admin() -> Account {
    Account::new(User { role: Role::Admin, ..a_user() })
}

/// The accounts of those who may not administer: of a user, of a suspended admin, and none.
pub(super) fn others() -> [Option<Account>; 3] {
    let suspended = Account { suspended_at: Some(FixedClock::NEW_YEAR.now()), ..an_admin() };
    [Some(an_account()), Some(suspended), None]
}

/// Bob's account.
pub(super) fn bob() -> Account {
    let id = UserId::new(CountingIds::nth(2001));
    Account::new(User { id, ..a_user() })
}

/// Reads that find the account of the one who asks.
pub(super) fn asking(account: Option<Account>) -> FakeReads {
    reads_of_account(&Effects::default(), account)
}

/// A unit in which these are the admins.
pub(super) fn among_admins(effects: &Effects, admins: Vec<UserId>) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    once!(effects, unit.users.expect_lock_admins(), "lock admins", || Ok(admins.clone()));
    unit
}

/// Expects that Bob is locked, or no user.
pub(super) fn locking(effects: &Effects, unit: &mut FakeUnitOfWork, found: Option<Account>) {
    once!(effects, unit.users.expect_find_for_update(), "lock", |id| {
        assert_eq!(id, bob().user.id);
        Ok(found.clone())
    });
}

/// Notes the kinds of the jobs that are enqueued.
pub(super) fn enqueuing(effects: &Effects, unit: &mut FakeUnitOfWork) {
    let noted = effects.clone();
    unit.jobs.expect_enqueue().returning(move |job| {
        noted.note(job.kind.as_str());
        Ok(Enqueued::Added)
    });
}

/// Doubles with this unit, whose session store notes that it ends Bob's sessions.
pub(super) fn doubles(effects: &Effects, unit: FakeUnitOfWork) -> TestPorts {
    let mut doubles = TestPorts::default();
    let noted = effects.clone();
    doubles.sessions.expect_revoke_all().returning(move |user, but, before| {
        assert_eq!((user, but), (bob().user.id, None));
        assert!(before > FixedClock::NEW_YEAR.now());
        noted.note("revoke all");
        Ok(())
    });
    doubles.db = doubles.db.unit(unit);
    doubles
}
