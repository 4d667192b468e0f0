//! JOB: the queue.

use std::time::Duration;

use fm_domain::ids::JobId;
use fm_domain::jobs::{ClaimedJob, Enqueued, JobKind, JobPayload, NewJob, Priority};
use serde_json::json;

use crate::fixture::database::given;
use crate::fixture::{UNTIL_SIGNALLED, at, fill, soon, uuid};
use crate::harness::DatabaseHarness;

fn ids(jobs: &[ClaimedJob]) -> Vec<JobId> {
    jobs.iter().map(|job| job.id).collect()
}

/// The job as the worker of this attempt holds it.
fn held(job: &NewJob, attempt: u32) -> ClaimedJob {
    let NewJob { id, kind, payload, run_at, trace, .. } = job.clone();
    ClaimedJob { id, kind, payload, attempt, run_at, trace }
}

pub(crate) async fn job_01_a_job_is_there_only_once_its_unit_is_committed<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let job = fill::job();

    let mut unit = given.unit().await;
    unit.jobs().enqueue(&job).await.unwrap();
    drop(unit);
    assert_eq!(given.claim(at(1), at(60), 10).await, [], "the job of a dropped unit");

    given.jobs(std::slice::from_ref(&job)).await;
    assert_eq!(ids(&given.claim(at(1), at(60), 10).await), [job.id], "the job of a committed unit");
}

pub(crate) async fn job_02_no_job_is_claimed_twice_among_twenty_workers<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let jobs: Vec<NewJob> = (0..40).map(|_| fill::job()).collect();
    given.jobs(&jobs).await;
    let claimed = given.claim_by_workers(20, 3, &jobs).await;
    assert!(claimed.iter().all(|job| job.attempt == 1), "the first attempt is 1");
}

pub(crate) async fn job_03_a_job_whose_lease_ran_out_is_claimed_again_with_a_higher_attempt<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let job = fill::job();
    given.jobs(std::slice::from_ref(&job)).await;
    let first = given.claim(at(1), at(60), 10).await;
    assert_eq!(given.claim(at(59), at(120), 10).await, [], "a worker holds it");
    let second = given.claim(at(61), at(120), 10).await;
    assert_eq!(ids(&second), [job.id]);
    assert_eq!((first[0].attempt, second[0].attempt), (1, 2));
    assert_eq!(second[0].payload, job.payload);
}

pub(crate) async fn job_04_a_late_answer_is_refused<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let job = fill::job();
    given.jobs(std::slice::from_ref(&job)).await;
    given.claim(at(1), at(60), 10).await;
    given.claim(at(61), at(120), 10).await;

    let mut unit = given.unit().await;
    assert!(!unit.jobs().complete(job.id, 1).await.unwrap(), "a late completion");
    assert!(!unit.jobs().renew(job.id, 1, at(900)).await.unwrap(), "a late renewal");
    assert!(!unit.jobs().fail(job.id, 1, None, "late").await.unwrap(), "a late failure");
    assert!(!unit.jobs().complete(JobId::new(uuid()), 1).await.unwrap(), "an unknown job");
    assert_eq!(unit.jobs().next_due(&fill::KINDS).await.unwrap(), Some(at(120)), "the lease is as it was");
    assert!(unit.jobs().complete(job.id, 2).await.unwrap(), "the attempt that holds it");
    assert!(!unit.jobs().complete(job.id, 2).await.unwrap(), "it is gone");
    unit.commit().await.unwrap();
    assert_eq!(given.living_jobs().await, 0);
}

pub(crate) async fn job_05_the_most_urgent_goes_first_then_the_longest_due<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let of = |priority: i16, second: i64| NewJob {
        priority: Priority::new(priority),
        run_at: at(second),
        ..fill::job()
    };
    let jobs = [of(0, 1), of(20, 9), of(10, 2), of(20, 5), of(-3, 0), of(10, 1)];
    given.jobs(&jobs).await;
    let order = [3, 1, 5, 2, 0, 4].map(|place: usize| jobs[place].id);
    let mut claimed = Vec::new();
    for _ in 0..3 {
        claimed.extend(ids(&given.claim(at(10), at(60), 2).await));
    }
    assert_eq!(claimed, order);
}

pub(crate) async fn job_06_only_due_jobs_of_the_kinds_asked_for_are_claimed<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let due = fill::job();
    let later = NewJob { run_at: at(100), priority: Priority::HIGH, ..fill::job() };
    let sweep = fill::job_of(fill::SWEEP);
    given.jobs(&[due.clone(), later.clone(), sweep.clone()]).await;

    let mut unit = given.unit().await;
    let jobs = unit.jobs();
    let paints = jobs.claim(&[fill::PAINT], at(50), at(60), 10).await.unwrap();
    assert_eq!(ids(&paints), [due.id], "one is not due, one is of another kind");
    assert_eq!(jobs.claim(&[], at(50), at(60), 10).await.unwrap(), [], "no kind");
    assert_eq!(jobs.claim(&fill::KINDS, at(50), at(60), 0).await.unwrap(), [], "no job");
    let others = jobs.claim(&[fill::SWEEP, fill::RECEIPT], at(50), at(60), 10).await.unwrap();
    assert_eq!(ids(&others), [sweep.id]);
    assert!(jobs.complete(due.id, 1).await.unwrap() && jobs.complete(sweep.id, 1).await.unwrap());
    let at_its_moment = jobs.claim(&fill::KINDS, at(100), at(160), 10).await.unwrap();
    assert_eq!(ids(&at_its_moment), [later.id]);
    unit.commit().await.unwrap();
}

pub(crate) async fn job_07_a_failed_job_is_due_again_at_its_time<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let job = fill::job();
    given.jobs(std::slice::from_ref(&job)).await;
    given.claim(at(1), at(60), 10).await;
    let mut unit = given.unit().await;
    assert!(unit.jobs().fail(job.id, 1, Some(at(30)), "it's \"broken\" 🦀").await.unwrap());
    assert!(!unit.jobs().complete(job.id, 1).await.unwrap(), "the attempt is over");
    unit.commit().await.unwrap();

    assert_eq!(given.claim(at(29), at(90), 10).await, [], "it waits");
    let again = given.claim(at(30), at(90), 10).await;
    assert_eq!(again, [held(&job, 2)]);
}

pub(crate) async fn job_08_a_dead_job_is_neither_claimed_nor_counted<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let job = fill::job();
    given.jobs(std::slice::from_ref(&job)).await;
    given.claim(at(1), at(60), 10).await;
    let mut unit = given.unit().await;
    assert!(unit.jobs().fail(job.id, 1, None, "hopeless").await.unwrap());
    unit.commit().await.unwrap();

    assert_eq!(given.claim(at(10_000), at(20_000), 10).await, []);
    let mut unit = given.unit().await;
    assert_eq!(unit.jobs().count_living().await.unwrap(), 0);
    assert_eq!(unit.jobs().next_due(&fill::KINDS).await.unwrap(), None);
    assert!(!unit.jobs().renew(job.id, 1, at(900)).await.unwrap(), "no worker holds it");
    unit.rollback().await.unwrap();
}

pub(crate) async fn job_09_a_unique_name_has_one_living_job<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let named = |name: &str| NewJob { unique: Some(name.to_owned()), ..fill::job() };
    let (first, second) = (named("sweep"), named("sweep"));
    let mut unit = given.unit().await;
    assert_eq!(unit.jobs().enqueue(&first).await.unwrap(), Enqueued::Added);
    assert_eq!(unit.jobs().enqueue(&second).await.unwrap(), Enqueued::AlreadyThere, "in the same unit");
    assert_eq!(unit.jobs().enqueue(&named("Sweep")).await.unwrap(), Enqueued::Added, "another name");
    assert_eq!(unit.jobs().enqueue(&fill::job()).await.unwrap(), Enqueued::Added, "no name");
    assert_eq!(unit.jobs().enqueue(&fill::job()).await.unwrap(), Enqueued::Added, "no name again");
    unit.commit().await.unwrap();

    given.claim(at(1), at(60), 10).await;
    let mut unit = given.unit().await;
    assert_eq!(unit.jobs().enqueue(&second).await.unwrap(), Enqueued::AlreadyThere, "while it runs");
    assert!(unit.jobs().complete(first.id, 1).await.unwrap());
    assert_eq!(unit.jobs().enqueue(&second).await.unwrap(), Enqueued::Added, "after it is done");
    assert_eq!(ids(&unit.jobs().claim(&fill::KINDS, at(1), at(60), 10).await.unwrap()), [second.id]);
    assert!(unit.jobs().fail(second.id, 1, None, "hopeless").await.unwrap());
    assert_eq!(unit.jobs().enqueue(&named("sweep")).await.unwrap(), Enqueued::Added, "after it is dead");
    unit.commit().await.unwrap();
}

pub(crate) async fn job_10_a_kind_and_its_payload_are_read_back_as_written<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let payloads = [
        json!({}),
        json!({"work": "paint", "blob": uuid().to_string(), "thumbnail": true, "promised": null}),
        json!({"least": i64::MIN, "most": i64::MAX, "more": u64::MAX, "none": 0, "negative": -1, "part": 0.5}),
        json!({"text": "it's \"quoted\" \\ \n\t 🦀 \u{202E} 100%_ \u{1}", "": "", "\u{e9}": "key"}),
        json!({"a": {"b": [1, [], {}, [null, {"c": "d"}]]}, "z": 1, "Z": 2}),
        json!({"long": "x".repeat(20_000)}),
        json!(["no", "object"]),
    ];
    for (payload, kind) in payloads.into_iter().zip(fill::KINDS.into_iter().cycle()) {
        let run_at = at(0).plus(Duration::from_micros(1));
        let job = NewJob { run_at, payload: JobPayload::new(payload), ..fill::job_of(kind) };
        given.jobs(std::slice::from_ref(&job)).await;
        assert_eq!(given.claim(at(1), at(60), 10).await, [held(&job, 1)]);
    }
}

pub(crate) async fn job_11_the_next_due_is_the_earliest_start_or_end_of_a_lease<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let job = NewJob { run_at: at(5), ..fill::job() };
    let sweep = NewJob { run_at: at(300), ..fill::job_of(fill::SWEEP) };
    given.jobs(&[sweep, job]).await;
    let next = async |kinds: &[JobKind]| {
        let mut unit = given.unit().await;
        let next = unit.jobs().next_due(kinds).await.unwrap();
        unit.rollback().await.unwrap();
        next
    };
    assert_eq!(next(&fill::KINDS).await, Some(at(5)));
    assert_eq!(next(&[fill::SWEEP]).await, Some(at(300)));
    assert_eq!(next(&[fill::RECEIPT]).await, None);
    given.claim(at(10), at(60), 10).await;
    assert_eq!(next(&fill::KINDS).await, Some(at(60)), "when the lease runs out");
}

pub(crate) async fn job_12_waiting_and_running_jobs_are_counted<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    assert_eq!(given.living_jobs().await, 0);
    let jobs = [fill::job(), fill::job(), NewJob { run_at: at(100), ..fill::job() }];
    given.jobs(&jobs).await;
    assert_eq!(given.living_jobs().await, 3);
    let running = given.claim(at(1), at(60), 10).await;
    assert_eq!(given.living_jobs().await, 3, "those that run count too");
    let mut unit = given.unit().await;
    assert!(unit.jobs().complete(running[0].id, 1).await.unwrap());
    unit.commit().await.unwrap();
    assert_eq!(given.living_jobs().await, 2);
}

pub(crate) async fn job_13_a_commit_wakes_waiting_workers<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let signal = harness.signal();
    signal.wait(Duration::ZERO).await;
    given.jobs(&[fill::job()]).await;
    soon("the signal of a job committed before the wait", async {
        while !signal.wait(UNTIL_SIGNALLED).await {}
    })
    .await;

    let waiting = harness.signal();
    let (woken, ()) = tokio::join!(
        soon("the signal of a job committed during the wait", async {
            // It may wake for nothing: what counts is that the job is there in time.
            loop {
                waiting.wait(UNTIL_SIGNALLED).await;
                if given.living_jobs().await == 2 {
                    return true;
                }
            }
        }),
        async {
            tokio::task::yield_now().await;
            given.jobs(&[fill::job()]).await;
        },
    );
    assert!(woken);
}

pub(crate) async fn job_14_a_wait_ends_at_its_time<H: DatabaseHarness>(harness: &H) {
    let signal = harness.signal();
    for _ in 0..3 {
        soon("a wait of 10 ms", signal.wait(Duration::from_millis(10))).await;
    }
}

pub(crate) async fn job_15_a_renewed_lease_keeps_the_job<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let job = fill::job();
    given.jobs(std::slice::from_ref(&job)).await;
    given.claim(at(1), at(60), 10).await;
    let mut unit = given.unit().await;
    assert!(unit.jobs().renew(job.id, 1, at(120)).await.unwrap());
    unit.commit().await.unwrap();
    assert_eq!(given.claim(at(100), at(200), 10).await, [], "the renewed lease holds");
    assert_eq!(ids(&given.claim(at(121), at(200), 10).await), [job.id]);
}

pub(crate) async fn job_16_of_units_that_enqueue_one_name_one_adds_it<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let mut units = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let (given, job) = (given.clone(), NewJob { unique: Some("only".to_owned()), ..fill::job() });
        units.spawn(async move {
            given
                .retry_conflicts(|unit| {
                    let job = job.clone();
                    Box::pin(async move { unit.jobs().enqueue(&job).await })
                })
                .await
        });
    }
    let enqueued = soon("six units with one name", units.join_all()).await;
    let added = enqueued.iter().filter(|answer| **answer == Enqueued::Added).count();
    assert_eq!((added, given.living_jobs().await), (1, 1), "{enqueued:?}");
}
