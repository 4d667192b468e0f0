//! JOB: what operators see of the queue, and what they may do.

use fm_domain::ids::{JobId, UserId};
use fm_domain::jobs::{ClaimedJob, Enqueued, JobRecord, JobState, NewJob, Priority, QueueDepth};

use crate::fixture::database::{Given, given};
use crate::fixture::{at, fill, uuid};
use crate::harness::DatabaseHarness;

async fn listed(given: &Given, state: Option<JobState>, after: Option<JobId>, limit: u32) -> Vec<JobRecord> {
    given.read().await.jobs().list(state, after, limit).await.unwrap()
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
        kind: jobs[place].kind.clone(),
        payload: jobs[place].payload.clone(),
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
    assert_eq!((taken.id, taken.state), (jobs[0].id, JobState::Dead));
    assert_eq!((&taken.kind, &taken.payload), (&jobs[0].kind, &jobs[0].payload));
    assert_eq!(unit.jobs().take_dead(jobs[0].id).await.unwrap(), None, "it is gone");
    unit.commit().await.unwrap();
    assert_eq!(listed(&given, None, None, 10).await.len(), 3);
}

pub(crate) async fn job_39_jobs_are_counted_by_kind_and_state_and_the_longest_due_is_told<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    assert_eq!(depths(&given, 0).await, [], "an empty queue has no kinds");
    one_of_each(&given).await;
    let later = NewJob { run_at: at(700), ..fill::job_of(fill::SWEEP) };
    given.jobs(&[later]).await;
    let paint = |oldest_due: Option<i64>| QueueDepth {
        kind: fill::PAINT,
        waiting: 2,
        running: 1,
        dead: 1,
        oldest_due: oldest_due.map(at),
    };
    let sweep = |oldest_due: Option<i64>| QueueDepth {
        kind: fill::SWEEP,
        waiting: 1,
        running: 0,
        dead: 0,
        oldest_due: oldest_due.map(at),
    };
    // The dead are never due; a lease is over at 60, the retry comes at 90.
    for (now, first, second) in [(59, None, None), (60, Some(60), None), (1_000, Some(60), Some(700))] {
        assert_eq!(depths(&given, now).await, [paint(first), sweep(second)], "at {now}");
    }
    assert_eq!(given.claim(at(60), at(120), 1).await.len(), 1);
    assert_eq!(depths(&given, 100).await, [paint(Some(90)), sweep(None)], "a retry is due at its own time");
}

async fn depths(given: &Given, now: i64) -> Vec<QueueDepth> {
    given.read().await.jobs().depths(at(now)).await.unwrap()
}

/// Claims the job at `now` and puts it back in the same unit, as a node does that can't run it.
async fn claim_and_put_back(given: &Given, now: i64, retry_at: i64, reason: &str) -> ClaimedJob {
    let mut unit = given.unit().await;
    let claimed = unit.jobs().claim(&fill::KINDS, at(now), at(now + 60), 1).await.unwrap();
    let [job] = &claimed[..] else { panic!("one job is due: {claimed:?}") };
    assert!(unit.jobs().put_back(job.id, job.attempt, at(retry_at), reason).await.unwrap());
    let again = unit.jobs().claim(&fill::KINDS, at(now), at(now + 60), 10).await.unwrap();
    assert_eq!(again, [], "in the same unit it is not due");
    unit.commit().await.unwrap();
    job.clone()
}

pub(crate) async fn job_28_a_job_that_is_put_back_waits_uncounted_with_its_reason<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let job =
        NewJob { priority: Priority::HIGH, run_at: at(5), unique: Some("only".to_owned()), ..fill::job() };
    given.jobs(std::slice::from_ref(&job)).await;
    for (round, reason) in [(1, "a newer version"), (2, "it's \"newer\" 🦀")] {
        assert_eq!(claim_and_put_back(&given, round * 100, (round + 1) * 100, reason).await.id, job.id);
        let waiting = listed(&given, Some(JobState::Waiting), None, 10).await;
        let record = waiting.iter().find(|record| record.id == job.id).unwrap();
        assert_eq!((record.attempt, record.last_error.as_deref()), (0, Some(reason)));
        assert_eq!((&record.kind, &record.payload, record.run_at), (&job.kind, &job.payload, job.run_at));
        let mut unit = given.unit().await;
        let twin = NewJob { id: JobId::new(uuid()), ..job.clone() };
        assert_eq!(unit.jobs().enqueue(&twin).await.unwrap(), Enqueued::AlreadyThere, "it keeps its name");
        assert!(!unit.jobs().complete(job.id, 1).await.unwrap(), "no attempt holds it");
        assert_eq!(unit.jobs().next_due(&[fill::PAINT]).await.unwrap(), Some(at((round + 1) * 100)));
        unit.rollback().await.unwrap();
    }
    let longer_due = NewJob { priority: Priority::NORMAL, run_at: at(1), ..fill::job() };
    given.jobs(std::slice::from_ref(&longer_due)).await;
    let claimed = given.claim(at(300), at(360), 10).await;
    let claimed: Vec<_> = claimed.iter().map(|job| (job.id, job.attempt, job.run_at)).collect();
    assert_eq!(claimed, [(job.id, 1, at(5)), (longer_due.id, 1, at(1))], "urgent still; its first attempt");
}

pub(crate) async fn job_29_only_the_attempt_that_holds_a_job_puts_it_back<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let jobs = one_of_each(&given).await;
    let before = listed(&given, None, None, 10).await;
    let mut unit = given.unit().await;
    for (place, attempt) in [(0, 1), (1, 1), (2, 0), (2, 2), (3, 0), (3, 1)] {
        let put_back = unit.jobs().put_back(jobs[place].id, attempt, at(900), "late").await.unwrap();
        assert!(!put_back, "attempt {attempt} of job {place} put it back");
    }
    assert!(!unit.jobs().put_back(JobId::new(uuid()), 1, at(900), "unknown").await.unwrap());
    unit.commit().await.unwrap();
    assert_eq!(listed(&given, None, None, 10).await, before, "all are as they were");
    let mut unit = given.unit().await;
    assert!(unit.jobs().put_back(jobs[2].id, 1, at(900), "by its holder").await.unwrap());
    unit.rollback().await.unwrap();
    assert_eq!(listed(&given, None, None, 10).await, before, "a unit that is undone puts nothing back");
}

pub(crate) async fn job_40_the_trace_of_a_job_comes_back_with_every_claim<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse().unwrap();
    let traced = NewJob { trace: Some(trace), run_at: at(0), ..fill::job() };
    let owned = NewJob { owner: Some(UserId::new(uuid())), run_at: at(1), ..traced.clone() };
    let owned = NewJob { id: JobId::new(uuid()), ..owned };
    given.jobs(&[traced, owned, NewJob { run_at: at(2), ..fill::job() }]).await;
    for (now, lease_until) in [(10, 20), (20, 30)] {
        let claimed = given.claim(at(now), at(lease_until), 3).await;
        let mut given_back: Vec<_> = claimed.iter().map(|job| (job.run_at, job.trace)).collect();
        given_back.sort_by_key(|(run_at, _)| *run_at);
        assert_eq!(given_back, [(at(0), Some(trace)), (at(1), Some(trace)), (at(2), None)]);
    }
}

async fn is_living(given: &Given, unique: &str) -> bool {
    given.read().await.jobs().has_living(unique).await.unwrap()
}

pub(crate) async fn job_42_a_unique_name_is_living_as_long_as_its_job_waits_or_runs<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let named = || NewJob { unique: Some("only".to_owned()), ..fill::job() };
    assert!(!is_living(&given, "only").await, "no job has it");
    let first = named();
    given.jobs(std::slice::from_ref(&first)).await;
    assert!(is_living(&given, "only").await, "it waits");
    for other in ["", "onl", "only ", "Only"] {
        assert!(!is_living(&given, other).await, "{other:?} is another name");
    }
    assert_eq!(given.claim(at(1), at(60), 1).await.len(), 1);
    assert!(is_living(&given, "only").await, "it runs");
    let mut unit = given.unit().await;
    assert!(unit.jobs().fail(first.id, 1, None, "hopeless").await.unwrap());
    unit.commit().await.unwrap();
    assert!(!is_living(&given, "only").await, "it is dead");
    let second = named();
    given.jobs(std::slice::from_ref(&second)).await;
    assert!(is_living(&given, "only").await, "another one waits beside the dead one");
    assert_eq!(given.claim(at(1), at(60), 1).await.len(), 1);
    let mut unit = given.unit().await;
    assert!(unit.jobs().complete(second.id, 1).await.unwrap());
    unit.commit().await.unwrap();
    assert!(!is_living(&given, "only").await, "it is done");
}
