use crate::fixture::claimed;
use crate::jobs::{Done, Job as _, JobContext, RevokeSessions};
use crate::testing::TestPorts;
use fm_domain::clock::Clock as _;
use fm_domain::testing::{FixedClock, a_session, a_user};

#[tokio::test]
async fn sessions_are_revoked_as_the_job_says() {
    let (user, but, before) = (a_user().id, Some(a_session().id), FixedClock::NEW_YEAR.now());
    let mut doubles = TestPorts::default();
    doubles.sessions.expect_revoke_all().times(1).returning(move |a, b, c| {
        assert_eq!((a, b, c), (user, but, before));
        Ok(())
    });
    let job = RevokeSessions { user, but, created_before: before.unix_micros() };
    let done = job.run(&JobContext::new(&doubles.ports()), &claimed(&job, 1)).await;
    assert!(matches!(done, Ok(Done::Moot)));
}
