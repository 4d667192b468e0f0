use std::time::Duration;

use crate::fixture::{claimed, reads_of_account, unavailable};
use crate::jobs::{Done, Job as _, JobContext, JobError, RevokeSessions};
use crate::testing::TestPorts;
use fm_domain::accounts::Account;
use fm_domain::clock::{Clock as _, Timestamp};
use fm_domain::testing::{Effects, FakeReads, FixedClock, a_session, a_user};

const HOUR: Duration = Duration::from_hours(1);

fn moment() -> Timestamp {
    FixedClock::NEW_YEAR.now()
}

fn suspended() -> Account {
    Account { suspended_at: Some(moment()), ..Account::new(a_user()) }
}

/// Runs the job where the account is this one now.
async fn run(account: Option<Account>, doubles: TestPorts) -> Result<Done, JobError> {
    let doubles =
        TestPorts { db: doubles.db.reads(reads_of_account(&Effects::default(), account)), ..doubles };
    let job = RevokeSessions {
        user: a_user().id,
        but: Some(a_session().id),
        created_before: moment().unix_micros(),
    };
    job.run(&JobContext::new(&doubles.ports(), &crate::testing::settings()), &claimed(&job, 1)).await
}

/// A session store that is asked once to end what was created before this.
fn revoking(created_before: Timestamp) -> TestPorts {
    let mut doubles = TestPorts::default();
    doubles.sessions.expect_revoke_all().times(1).returning(move |user, but, before| {
        assert_eq!((user, but, before), (a_user().id, Some(a_session().id), created_before));
        Ok(())
    });
    doubles
}

#[tokio::test]
async fn of_a_user_who_may_log_in_only_the_sessions_before_the_moment_end() {
    let done = run(Some(Account::new(a_user())), revoking(moment())).await;
    assert!(matches!(done, Ok(Done::Moot)));
}

#[tokio::test]
async fn of_a_user_who_is_suspended_or_gone_those_of_a_clock_that_is_ahead_end_too() {
    for account in [Some(suspended()), None] {
        let done = run(account, revoking(moment().plus(HOUR))).await;
        assert!(matches!(done, Ok(Done::Moot)));
    }
}

#[tokio::test]
async fn while_the_account_can_not_be_read_no_session_ends() {
    let mut reads = FakeReads::default();
    reads.users.expect_find().returning(|_| Err(unavailable()));
    let mut doubles = TestPorts::default();
    doubles.sessions.expect_revoke_all().never();
    doubles.db = doubles.db.reads(reads);
    let job = RevokeSessions { user: a_user().id, but: None, created_before: moment().unix_micros() };
    let failed =
        job.run(&JobContext::new(&doubles.ports(), &crate::testing::settings()), &claimed(&job, 1)).await;
    assert!(matches!(failed, Err(JobError::Store(_))));
}
