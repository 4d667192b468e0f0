//! JOB: what operators see of the queue, and what they may do.

use fm_domain::ids::JobId;
use fm_domain::jobs::{JobRecord, JobState, NewJob};

use crate::fixture::database::{Given, given};
use crate::fixture::{at, fill, uuid};
use crate::harness::DatabaseHarness;

async fn listed(given: &Given, state: Option<JobState>, after: Option<JobId>, limit: u32) -> Vec<JobRecord> {
    let mut unit = given.unit().await;
    let jobs = unit.jobs().list(state, after, limit).await.unwrap();
    unit.rollback().await.unwrap();
    jobs
}

fn ids(records: &[JobRecord]) -> Vec<JobId> {
    records.iter().map(|record| record.id).collect()
}

/// A job that failed for good, one that failed once and waits, one that runs, and one that was never claimed.
async fn one_of_each(given: &Given) -> [NewJob; 4] {
    let jobs = [fill::job(), fill::job(), fill::job(), NewJob { run_at: at(500), ..fill::job() }];
    given.jobs(&jobs).await;
    assert_eq!(given.claim(at(1), at(60), 10).await.len(), 3);
    let mut unit = given.unit().await;
    assert!(unit.jobs().fail(jobs[0].id, 1, None, "hopeless").await.unwrap());
    assert!(unit.jobs().fail(jobs[1].id, 1, Some(at(90)), "a hiccup").await.unwrap());
    unit.commit().await.unwrap();
    jobs
}

pub(crate) async fn job_17_a_claim_gives_no_more_than_its_limit<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let jobs: Vec<NewJob> = (0..7).map(|_| fill::job()).collect();
    given.jobs(&jobs).await;
    for expected in [3, 3, 1, 0] {
        assert_eq!(given.claim(at(1), at(60), 3).await.len(), expected);
    }
}

pub(crate) async fn job_18_jobs_are_listed_with_their_state_attempts_and_last_error<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let jobs = one_of_each(&given).await;
    let record = |place: usize, state, attempt, last_error: Option<&str>| JobRecord {
        id: jobs[place].id,
        kind: jobs[place].work.kind().as_str().to_owned(),
        work: Some(jobs[place].work.clone()),
        state,
        attempt,
        run_at: jobs[place].run_at,
        last_error: last_error.map(str::to_owned),
    };
    let mut expected = [
        record(0, JobState::Dead, 1, Some("hopeless")),
        record(1, JobState::Waiting, 1, Some("a hiccup")),
        record(2, JobState::Running, 1, None),
        record(3, JobState::Waiting, 0, None),
    ];
    expected.sort_by_key(|record| record.id);
    assert_eq!(listed(&given, None, None, 10).await, expected);
    for state in JobState::ALL {
        let of_state: Vec<_> = expected.iter().filter(|record| record.state == state).cloned().collect();
        assert_eq!(listed(&given, Some(state), None, 10).await, of_state);
    }
}

pub(crate) async fn job_19_pages_of_jobs_follow_each_other_by_their_ids<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let mut jobs: Vec<JobId> = one_of_each(&given).await.iter().map(|job| job.id).collect();
    jobs.sort();
    assert_eq!(ids(&listed(&given, None, None, 3).await), jobs[..3]);
    assert_eq!(ids(&listed(&given, None, Some(jobs[2]), 3).await), jobs[3..]);
    assert_eq!(listed(&given, None, Some(jobs[3]), 3).await, []);
}

pub(crate) async fn job_20_a_dead_job_is_taken_once_and_a_living_one_never<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let jobs = one_of_each(&given).await;
    let mut unit = given.unit().await;
    for living in &jobs[1..] {
        assert_eq!(unit.jobs().take_dead(living.id).await.unwrap(), None);
    }
    assert_eq!(unit.jobs().take_dead(JobId::new(uuid())).await.unwrap(), None);
    let taken = unit.jobs().take_dead(jobs[0].id).await.unwrap().unwrap();
    assert_eq!((taken.id, taken.work, taken.state), (jobs[0].id, Some(jobs[0].work.clone()), JobState::Dead));
    assert_eq!(unit.jobs().take_dead(jobs[0].id).await.unwrap(), None, "it is gone");
    unit.commit().await.unwrap();
    assert_eq!(listed(&given, None, None, 10).await.len(), 3);
}
