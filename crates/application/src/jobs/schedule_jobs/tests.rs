#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use fm_domain::jobs::Enqueued;
use fm_domain::testing::{Effects, FakeUnitOfWork};

use super::ScheduleJobs;
use crate::fixture::{enqueued, once};
use crate::jobs::{Job as _, JobRegistry, PurgeBlob, SweepBlobs};
use crate::testing::TestPorts;

#[tokio::test]
async fn the_sweep_is_enqueued_every_minute_and_once() {
    let effects = Effects::default();
    let mut unit = FakeUnitOfWork::noting(&effects);
    once!(effects, unit.jobs.expect_enqueue(), "enqueue", |job| {
        assert_eq!((enqueued(job), job.unique.as_deref()), (SweepBlobs {}, Some("sweep_blobs")));
        Ok(Enqueued::AlreadyThere)
    });
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.unit(unit);
    let schedule = ScheduleJobs::new(&doubles.ports(), &JobRegistry::standard());

    let sweep = schedule.periodic().first().unwrap();
    assert_eq!(schedule.periodic().len(), 1);
    assert_eq!((&sweep.kind, sweep.every), (&SweepBlobs::kind(), Duration::from_mins(1)));
    schedule.run(sweep).await.unwrap();

    assert_eq!(effects.seen(), ["enqueue", "commit"]);
}

#[test]
fn jobs_that_follow_from_events_alone_are_not_scheduled() {
    let registry = JobRegistry::default().with::<PurgeBlob>();
    assert!(ScheduleJobs::new(&TestPorts::default().ports(), &registry).periodic().is_empty());
}
