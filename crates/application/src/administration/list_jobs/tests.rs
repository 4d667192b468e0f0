#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{JobPage, ListJobsCommand, ListJobsForAdmins};
use crate::administration::PageError;
use crate::administration::fixture::{ada, an_admin, asking, others};
use crate::jobs::{Job as _, JobRegistry, SweepBlobs, payload};
use crate::testing::TestPorts;
use fm_domain::clock::Clock as _;
use fm_domain::ids::JobId;
use fm_domain::jobs::{JobRecord, JobState};
use fm_domain::testing::{CountingIds, FakeReads, FixedClock};

fn job(number: u64) -> JobRecord {
    JobRecord {
        id: JobId::new(CountingIds::nth(number)),
        kind: SweepBlobs::kind(),
        payload: payload::write(&SweepBlobs {}).unwrap(),
        state: JobState::Dead,
        attempt: 5,
        run_at: FixedClock::NEW_YEAR.now(),
        last_error: None,
    }
}

fn command(state: Option<JobState>, cursor: Option<String>) -> ListJobsCommand {
    ListJobsCommand { state, limit: 1, cursor }
}

async fn list(
    found: Vec<JobRecord>,
    after: Option<JobId>,
    command: ListJobsCommand,
) -> Result<JobPage, PageError> {
    let mut queue = FakeReads::default();
    let state = command.state;
    queue.jobs.expect_list().returning(move |seen, from, _| {
        assert_eq!((seen, from), (state, after));
        Ok(found.clone())
    });
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.reads(asking(Some(an_admin()))).reads(queue);
    ListJobsForAdmins::new(&doubles.ports(), &JobRegistry::standard()).run(&ada(), command).await
}

#[tokio::test]
async fn pages_of_jobs_follow_each_other_and_their_cursors_belong_to_a_state() {
    let dead = Some(JobState::Dead);
    let page = list(vec![job(1), job(2)], None, command(dead, None)).await.unwrap();
    assert_eq!(page.items.len(), 1);
    let cursor = page.next_cursor;
    let next = list(vec![job(2)], Some(job(1).id), command(dead, cursor.clone())).await.unwrap();
    assert_eq!((next.items[0].record.id, next.next_cursor), (job(2).id, None));
    let other = list(vec![], None, command(None, cursor)).await;
    assert!(matches!(other, Err(PageError::InvalidCursor(_))));
}

#[tokio::test]
async fn others_see_no_jobs() {
    for other in others() {
        let mut doubles = TestPorts::default();
        doubles.db = doubles.db.reads(asking(other));
        let list = ListJobsForAdmins::new(&doubles.ports(), &JobRegistry::standard());
        assert!(matches!(list.run(&ada(), command(None, None)).await, Err(PageError::NotAdmin)));
    }
}
