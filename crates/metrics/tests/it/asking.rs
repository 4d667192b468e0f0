//! What is asked of the application at a scrape, and what decorated ports tell.

#![expect(clippy::unwrap_used, reason = "a test may")]
#![expect(clippy::float_cmp, reason = "a gauge is exactly 0 or 1")]

use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use fm_application::testing::{TestPorts, settings};
use fm_application::wiring::UseCases;
use fm_domain::clock::Clock as _;
use fm_domain::error::PortError;
use fm_domain::jobs::{JobKind, QueueDepth};
use fm_domain::limits::{LimitKey, LimitSubject, LimitedAction, RateDecision, RatePolicy};
use fm_domain::testing::{FakeReads, FixedClock};
use fm_domain::thumbnails::{RenderBudget, RenderSpec, RenderThumbnail};
use fm_metrics::Metrics;

async fn find(metrics: &Metrics, series: &str) -> Option<f64> {
    let text = metrics.text().await.unwrap();
    let value = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))?;
    Some(value.parse().unwrap())
}

/// A queue with so many jobs that wait, the longest due for ten seconds.
fn counted(waiting: u64) -> FakeReads {
    let mut reads = FakeReads::default();
    let oldest_due = Some(FixedClock::NEW_YEAR.now().minus(Duration::from_secs(10)));
    let kind = JobKind::new("sweep_blobs");
    let depth = QueueDepth { kind, waiting, running: 1, dead: 2, oldest_due };
    reads.jobs.expect_depths().times(1).returning(move |_| Ok(vec![depth.clone()]));
    reads
}

fn watched(mut doubles: TestPorts, session_store: bool) -> Arc<Metrics> {
    doubles.blobs.expect_ping().returning(|| Ok(()));
    doubles
        .sessions
        .expect_ping()
        .returning(move || if session_store { Ok(()) } else { Err(PortError::Unavailable("gone".into())) });
    let use_cases = Arc::new(UseCases::new(&doubles.ports(), &settings()));
    let metrics = Metrics::new("1.2.3").unwrap();
    metrics.watch_application(&use_cases).unwrap();
    metrics
}

#[tokio::test(start_paused = true)]
async fn the_queue_is_counted_every_five_seconds_at_most_and_old_numbers_are_not_told() {
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.reads(counted(3)).reads(counted(4));
    let metrics = watched(doubles, true);
    let waiting = "file_manager_jobs{kind=\"sweep_blobs\",state=\"waiting\"}";
    for (pause, expected) in [(0, Some(3.0)), (4_999, Some(3.0)), (2, Some(4.0)), (5_001, None)] {
        tokio::time::advance(Duration::from_millis(pause)).await;
        assert_eq!(find(&metrics, waiting).await, expected, "after {pause} ms more");
        let is_up = find(&metrics, "file_manager_queue_up").await.unwrap();
        assert_eq!(is_up == 1.0, expected.is_some());
        let late = find(&metrics, "file_manager_jobs_oldest_due_seconds{kind=\"sweep_blobs\"}").await;
        assert_eq!(late, expected.map(|_| 10.0));
        let none = find(&metrics, "file_manager_jobs{kind=\"make_thumbnail\",state=\"dead\"}").await;
        assert_eq!(none, expected.map(|_| 0.0), "kinds without a job are told too");
    }
    assert_eq!(
        find(&metrics, "file_manager_build_info{version=\"1.2.3\"}").await,
        Some(1.0),
        "the rest goes on"
    );
    let runs = "file_manager_job_runs_total{kind=\"make_thumbnail\",outcome=\"dead\"}";
    assert_eq!(find(&metrics, runs).await, Some(0.0), "there before its first job ends");
    assert_eq!(find(&metrics, "file_manager_sweep_findings_total{finding=\"failed\"}").await, Some(0.0));
}

#[tokio::test]
async fn a_store_that_does_not_answer_is_named() {
    let metrics = watched(TestPorts::default(), false);
    for (store, is_up) in [("database", 1.0), ("blob_store", 1.0), ("session_store", 0.0)] {
        let series = format!("file_manager_dependency_up{{dependency=\"{store}\"}}");
        assert_eq!(find(&metrics, &series).await, Some(is_up), "{store}");
    }
}

#[tokio::test]
async fn refused_pictures_are_counted_by_their_reason() {
    let refusals: [fn() -> RenderThumbnail; 4] = [
        || RenderThumbnail::Undecodable("no picture".to_owned()),
        || RenderThumbnail::TooLarge,
        || RenderThumbnail::TimedOut,
        || RenderThumbnail::Store(PortError::Poisoned),
    ];
    let metrics = Metrics::new("1.2.3").unwrap();
    for refusal in refusals {
        let mut doubles = TestPorts::default();
        doubles.thumbnailer.expect_render().returning(move |_, _, _| Err(refusal()));
        let thumbnailer = metrics.measured(doubles.ports()).thumbnailer;
        let rendered = thumbnailer.render(Bytes::new(), RenderSpec::THUMBNAIL, RenderBudget::STANDARD).await;
        assert_eq!(rendered.unwrap_err().to_string(), refusal().to_string(), "it is passed on");
    }
    for (outcome, count) in
        [("ok", 0.0), ("undecodable", 1.0), ("too_large", 1.0), ("timed_out", 1.0), ("failed", 1.0)]
    {
        let series = format!("file_manager_thumbnails_total{{outcome=\"{outcome}\"}}");
        assert_eq!(find(&metrics, &series).await, Some(count), "{outcome}");
    }
    assert_eq!(find(&metrics, "file_manager_thumbnail_duration_seconds_count").await, Some(4.0));
}

#[tokio::test]
async fn a_limit_that_refuses_is_counted_and_one_that_allows_is_not() {
    let metrics = Metrics::new("1.2.3").unwrap();
    let policy = RatePolicy { limit: NonZeroU64::MIN, window: Duration::from_secs(1) };
    let key = LimitKey::new(LimitedAction::Refreshes, LimitSubject::address("192.0.2.7".parse().unwrap()));
    for is_allowed in [true, false, false] {
        let decision = RateDecision {
            is_allowed,
            remaining: 0,
            reset_after: Duration::ZERO,
            retry_after: Duration::ZERO,
        };
        let mut doubles = TestPorts::default();
        doubles.limits.expect_take().returning(move |_, _, _| Ok(decision));
        doubles.limits.expect_spend().returning(move |_, _, _| Ok(decision));
        let limits = metrics.measured(doubles.ports()).limits;
        assert_eq!(limits.take(&key, &policy, NonZeroU64::MIN).await.unwrap(), decision);
        assert_eq!(limits.spend(&key, &policy, NonZeroU64::MIN).await.unwrap(), decision);
    }
    let refused = "file_manager_rate_limit_refusals_total{limit=\"refreshes\"}";
    assert_eq!(find(&metrics, refused).await, Some(2.0), "what was spent already is never refused");
    assert_eq!(find(&metrics, "file_manager_rate_limit_refusals_total{limit=\"uploads\"}").await, Some(0.0));
}
