//! JOB: how users share workers.

use std::collections::HashSet;

use fm_domain::ids::{JobId, UserId};
use fm_domain::jobs::{ClaimedJob, NewJob, Priority};

use crate::fixture::database::given;
use crate::fixture::{at, fill, uuid};
use crate::harness::DatabaseHarness;

/// A job of this user that is due from this second on.
fn of(owner: UserId, second: i64) -> NewJob {
    NewJob { owner: Some(owner), run_at: at(second), ..fill::job() }
}

fn ids<'a>(jobs: impl IntoIterator<Item = &'a NewJob>) -> Vec<JobId> {
    jobs.into_iter().map(|job| job.id).collect()
}

fn claimed(jobs: &[ClaimedJob]) -> Vec<JobId> {
    jobs.iter().map(|job| job.id).collect()
}

pub(crate) async fn job_36_the_user_with_the_fewest_running_jobs_has_the_next_turn<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let [many, few, one] = [(); 3].map(|()| UserId::new(uuid()));
    let many: Vec<NewJob> = (0..5).map(|second| of(many, second)).collect();
    let few = [of(few, 10), of(few, 11)];
    let one = of(one, 12);
    given.jobs(&[&many[..], &few, std::slice::from_ref(&one)].concat()).await;
    let mut order = Vec::new();
    for _ in 0..5 {
        order.extend(given.claim(at(20), at(60), 1).await);
    }
    let turns = [&many[0], &few[0], &one, &many[1], &few[1]];
    assert_eq!(claimed(&order), ids(turns), "one at a time");

    // Work that is done no longer counts, and neither does work whose lease is over.
    let mut unit = given.unit().await;
    for job in &order[..1] {
        assert!(unit.jobs().complete(job.id, job.attempt).await.unwrap());
    }
    unit.commit().await.unwrap();
    assert_eq!(claimed(&given.claim(at(21), at(100), 1).await), [many[2].id]);
    // At 60 all leases are over but that of the last claim: its user waits for the others.
    let rest = given.claim(at(60), at(200), 10).await;
    assert_eq!(rest.len(), 6, "all that is due is claimed");
    let [one_id, few_ids] = [vec![one.id], ids(&few)];
    let first_two: HashSet<bool> = rest[..2].iter().map(|job| few_ids.contains(&job.id)).collect();
    let are_of_others = rest[..2].iter().all(|job| few_ids.contains(&job.id) || one_id.contains(&job.id));
    assert!(are_of_others && first_two.len() == 2, "each user without a running job has a turn first");
}

pub(crate) async fn job_37_turns_are_among_jobs_of_users_and_of_one_urgency<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let (busy, other) = (UserId::new(uuid()), UserId::new(uuid()));
    let urgent = NewJob { priority: Priority::HIGH, ..of(busy, 9) };
    let first = of(busy, 0);
    let housekeeping = NewJob { run_at: at(1), ..fill::job() };
    let lazy = NewJob { priority: Priority::LOW, ..of(other, 0) };
    let later = of(other, 5);
    let second = of(busy, 6);
    let of_another_kind = NewJob { owner: Some(UserId::new(uuid())), ..fill::job_of(fill::SWEEP) };
    let jobs = [&lazy, &second, &later, &housekeeping, &first, &urgent, &of_another_kind];
    given.jobs(&jobs.map(Clone::clone)).await;
    let mut unit = given.unit().await;
    let kinds = [fill::PAINT];
    let order = unit.jobs().claim(&kinds, at(20), at(60), 10).await.unwrap();
    unit.commit().await.unwrap();
    // The first is in front of what has no owner: the other user has its turn. Then that goes by its age.
    let turns = [&urgent, &later, &first, &housekeeping, &second, &lazy];
    assert_eq!(claimed(&order), ids(turns));
    assert_eq!(claimed(&given.claim(at(20), at(60), 10).await), [of_another_kind.id]);
}

pub(crate) async fn job_38_no_job_of_a_user_is_claimed_twice_or_left_by_all_workers<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let owners = [(); 3].map(|()| UserId::new(uuid()));
    let jobs: Vec<NewJob> =
        (0..60).map(|number| NewJob { owner: owners.get(number % 4).copied(), ..fill::job() }).collect();
    given.jobs(&jobs).await;
    given.claim_by_workers(12, 1, &jobs).await;
}

pub(crate) async fn job_41_behind_the_backlog_of_a_busy_user_all_others_have_their_turns<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let (busy, others) = (UserId::new(uuid()), 300);
    let backlog: Vec<NewJob> = (0..100).map(|second| of(busy, second)).collect();
    let behind: Vec<NewJob> = (0..others).map(|second| of(UserId::new(uuid()), 100 + second)).collect();
    given.jobs(&[&backlog[..], &behind].concat()).await;
    let running = given.claim(at(500), at(1_000), 1).await;
    assert_eq!(claimed(&running), [backlog[0].id], "the longest due");
    let mut turns = HashSet::new();
    for _ in 0..others / 10 {
        let mut unit = given.unit().await;
        let jobs = unit.jobs().claim(&fill::KINDS, at(500), at(1_000), 10).await.unwrap();
        for job in &jobs {
            assert!(unit.jobs().complete(job.id, job.attempt).await.unwrap());
        }
        unit.commit().await.unwrap();
        turns.extend(claimed(&jobs));
    }
    assert_eq!(turns, ids(&behind).into_iter().collect(), "one turn each, and none of the busy user's");
    assert_eq!(claimed(&given.claim(at(500), at(1_000), 1).await), [backlog[1].id]);
}
