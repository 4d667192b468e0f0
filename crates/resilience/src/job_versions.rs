//! Nodes of two versions on one queue, as in a rolling upgrade: a job that the older version does not know, or whose
//! fields it does not know, waits for the newer one.
//!
//! ```text
//! mod job_versions {
//!     fm_resilience::job_versions!(super::MyDatabase, super::MyBlobs, super::MySessions);
//! }
//! ```

use std::time::Duration;

use async_trait::async_trait;
use fm_application::jobs::{Done, Job, JobContext, JobError, JobRegistry, Lane, ListedJob, Ran, Unreadable};
use fm_contract::{BlobStoreHarness, DatabaseHarness, SessionStoreHarness};
use fm_domain::clock::Clock as _;
use fm_domain::ids::JobId;
use fm_domain::jobs::{ClaimedJob, JobState, Priority};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::fault::Faults;
use crate::kill_points::{Environment, Process, Resuming};

/// How long a node leaves a job to others that it could not read.
const PUT_BACK_FOR: Duration = Duration::from_mins(1);

/// A job with nothing to do.
macro_rules! idle_job {
    ($job:ident, $name:literal) => {
        #[async_trait]
        impl Job for $job {
            const NAME: &'static str = $name;
            const PRIORITY: Priority = Priority::NORMAL;
            const LANE: Lane = Lane::Bulk;
            const TIME_LIMIT: Duration = Duration::from_mins(1);

            fn unique_name(&self) -> String {
                $name.to_owned()
            }

            async fn run(&self, _context: &JobContext, _claimed: &ClaimedJob) -> Result<Done, JobError> {
                Ok(Done::Moot)
            }
        }
    };
}

/// A job as the older version knows it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Resize {
    width: u32,
}

idle_job!(Resize, "resize");

/// The same job in the newer version. Where the new field is not used, older versions can read it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewerResize {
    width: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    format: Option<String>,
}

idle_job!(NewerResize, "resize");

/// A job that the newer version alone knows.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Index {
    words: u32,
}

idle_job!(Index, "index");

/// Enqueues a job; its id.
async fn enqueue(node: &Process, job: &impl Job) -> JobId {
    let job = job.enqueued(JobId::new(Uuid::now_v7()), node.ports.clock.now()).unwrap();
    let mut unit = node.ports.db.begin().await.unwrap();
    unit.jobs().enqueue(&fm_domain::jobs::NewJob { unique: None, ..job.clone() }).await.unwrap();
    unit.commit().await.unwrap();
    job.id
}

/// Runs jobs until none is due; their kinds.
async fn run_all(node: &Process) -> Vec<String> {
    let mut ran = Vec::new();
    while let Ran::Job(kind) = node.cases.jobs.run_next.run_any().await.unwrap() {
        ran.push(kind.as_str().to_owned());
    }
    ran
}

async fn listed(node: &Process) -> Vec<ListedJob> {
    node.cases.jobs.list.run(None, None).await.unwrap()
}

/// An older node leaves what it can't read in the queue, uncounted and listed with the reason; a newer node runs it. Each
/// runs what the other enqueued and it can read.
///
/// # Panics
/// When that is not so, or an adapter fails.
pub async fn an_older_node_leaves_newer_jobs_to_a_newer_node<
    D: DatabaseHarness,
    B: BlobStoreHarness,
    S: SessionStoreHarness,
>() {
    let harness = D::fresh().await;
    let mut environment = Environment::fresh::<D, B, S>(Resuming::ByItself).await;
    let of =
        |environment: &Environment, jobs: JobRegistry| Process::with_jobs(environment, &Faults::new(), &jobs);
    environment.database = harness.database();
    let older = of(&environment, JobRegistry::standard().with::<Resize>());
    environment.database = harness.another_node().await.unwrap_or_else(|_one_process| harness.database());
    let newer = of(&environment, JobRegistry::standard().with::<NewerResize>().with::<Index>());

    let resize = enqueue(&newer, &NewerResize { width: 1, format: Some("avif".to_owned()) }).await;
    let index = enqueue(&newer, &Index { words: 2 }).await;
    enqueue(&newer, &NewerResize { width: 3, format: None }).await;
    enqueue(&older, &Resize { width: 4 }).await;
    for _ in 0..2 {
        assert!(run_all(&older).await.iter().all(|kind| kind == "resize"), "it can't know what to do");
        let left = listed(&older).await;
        let [newer_fields, newer_kind] = &left[..] else { panic!("two jobs are left: {left:?}") };
        assert_eq!((newer_fields.record.id, newer_kind.record.id), (resize, index));
        for ListedJob { record, .. } in &left {
            assert_eq!((record.state, record.attempt), (JobState::Waiting, 0), "no attempt is counted");
        }
        assert_eq!(newer_kind.unreadable, Some(Unreadable::Kind));
        assert_eq!(newer_kind.record.last_error, None, "it is not even claimed");
        let Some(Unreadable::Payload(reason)) = &newer_fields.unreadable else { panic!("{newer_fields:?}") };
        assert!(reason.contains("unknown field `format`"), "{reason}");
        let said = newer_fields.record.last_error.as_ref().unwrap();
        assert!(said.contains("put back") && said.contains(reason), "{said}");
        let again = environment.clock.now().plus(PUT_BACK_FOR);
        let idle = older.cases.jobs.run_next.run_any().await.unwrap();
        assert_eq!(idle, Ran::Idle { next_due: Some(again) });
        environment.pass(PUT_BACK_FOR);
    }

    assert!(listed(&newer).await.iter().all(|job| job.unreadable.is_none()));
    enqueue(&older, &Resize { width: 5 }).await;
    assert_eq!(run_all(&newer).await, ["index", "resize", "resize"], "the longest due goes first");
    assert_eq!(listed(&newer).await, []);
}

/// One test of nodes of two versions, out of three harnesses.
#[macro_export]
macro_rules! job_versions {
    ($database:ty, $blobs:ty, $sessions:ty $(,)?) => {
        #[test]
        fn an_older_node_leaves_newer_jobs_to_a_newer_node() {
            $crate::runtime::on_multi_thread(
                $crate::job_versions::an_older_node_leaves_newer_jobs_to_a_newer_node::<
                    $database,
                    $blobs,
                    $sessions,
                >,
            );
        }
    };
}
