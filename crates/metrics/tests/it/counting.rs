//! What is counted, and with which labels.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may")]
#![expect(clippy::float_cmp, reason = "counts are whole numbers")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use fm_application::jobs::JobOutcome;
use fm_decorators::{Outcome, PortObserver as _};
use fm_domain::body::ByteSize;
use fm_domain::ids::BlobId;
use fm_domain::jobs::JobKind;
use fm_domain::testing::CountingIds;
use fm_metrics::{Metrics, RouteLabels, TrafficUse};
use fm_streaming::{BufferBudget, PictureHandover, PoolUse};

const MS: Duration = Duration::from_millis(1);

/// The value of a series; `None` where it is not told.
async fn find(metrics: &Metrics, series: &str) -> Option<f64> {
    let text = metrics.text().await.unwrap();
    let value = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))?;
    Some(value.parse().unwrap())
}

async fn value(metrics: &Metrics, series: &str) -> f64 {
    find(metrics, series).await.unwrap_or_else(|| panic!("{series} is not told"))
}

fn requests(method: &str, route: &str, status: &str) -> String {
    format!("file_manager_http_requests_total{{method=\"{method}\",route=\"{route}\",status=\"{status}\"}}")
}

#[tokio::test]
async fn requests_are_counted_by_route_method_and_class_of_status() {
    let metrics = Metrics::new("1.2.3").unwrap();
    let methods = vec!["GET".to_owned(), "HEAD".to_owned()];
    let counted = metrics.requests(&[RouteLabels { route: "/v1/files/{id}", methods }]).unwrap();
    assert_eq!(value(&metrics, &requests("GET", "/v1/files/{id}", "5xx")).await, 0.0, "there from the start");
    for status in [200, 206, 404, 500] {
        counted.ended(Some("/v1/files/{id}"), "GET", Some(status), 3 * MS);
    }
    counted.ended(Some("/v1/files/{id}"), "BREW", Some(405), MS);
    counted.ended(Some("/never/heard/of"), "GET", Some(404), MS);
    counted.ended(None, "POST", None, MS);
    for (method, route, status, count) in [
        ("GET", "/v1/files/{id}", "2xx", 2.0),
        ("GET", "/v1/files/{id}", "4xx", 1.0),
        ("GET", "/v1/files/{id}", "5xx", 1.0),
        ("HEAD", "/v1/files/{id}", "2xx", 0.0),
        ("other", "/v1/files/{id}", "4xx", 1.0),
        ("other", "unknown", "4xx", 1.0),
        ("other", "unknown", "abandoned", 1.0),
    ] {
        assert_eq!(
            value(&metrics, &requests(method, route, status)).await,
            count,
            "{method} {route} {status}"
        );
    }
    let durations = "file_manager_http_request_duration_seconds";
    let labels = "method=\"GET\",route=\"/v1/files/{id}\"";
    assert_eq!(value(&metrics, &format!("{durations}_bucket{{{labels},le=\"0.0025\"}}")).await, 0.0);
    assert_eq!(value(&metrics, &format!("{durations}_bucket{{{labels},le=\"0.005\"}}")).await, 4.0);
    assert!((value(&metrics, &format!("{durations}_sum{{{labels}}}")).await - 0.012).abs() < 1e-9);
    let text = metrics.text().await.unwrap();
    assert!(!text.contains("BREW") && !text.contains("/never"), "what clients make up is no label");
}

#[tokio::test]
async fn calls_of_ports_are_counted_by_operation_and_outcome_and_operations_are_bounded() {
    let metrics = Metrics::new("1.2.3").unwrap();
    metrics.called("blob_store.put", Outcome::Ok, 3 * MS);
    metrics.called("blob_store.put", Outcome::Unavailable, 3 * MS);
    for (outcome, count) in [("ok", 1.0), ("unavailable", 1.0), ("error", 0.0)] {
        let series =
            format!("file_manager_port_calls_total{{operation=\"blob_store.put\",outcome=\"{outcome}\"}}");
        assert_eq!(value(&metrics, &series).await, count, "{outcome}");
    }
    let count = "file_manager_port_call_duration_seconds_count{operation=\"blob_store.put\"}";
    assert_eq!(value(&metrics, count).await, 2.0);
    for number in 0..1_000 {
        metrics.called(format!("made.up_{number}").leak(), Outcome::Ok, MS);
    }
    let text = metrics.text().await.unwrap();
    let operations =
        text.lines().filter(|line| line.starts_with("file_manager_port_call_duration_seconds_count"));
    assert_eq!(operations.count(), 400);
    let others = "file_manager_port_calls_total{operation=\"other\",outcome=\"ok\"}";
    assert_eq!(value(&metrics, others).await, 602.0);
}

#[tokio::test]
async fn attempts_of_jobs_are_counted_by_kind_and_outcome() {
    let metrics = Metrics::new("1.2.3").unwrap();
    let kind = JobKind::new("sweep_blobs");
    for outcome in JobOutcome::ALL {
        metrics.job_ended(&kind, outcome, 20 * MS);
    }
    metrics.job_ended(&kind, JobOutcome::Dead, 20 * MS);
    for (outcome, count) in [("done", 1.0), ("retried", 1.0), ("dead", 2.0), ("lost", 1.0)] {
        let series = format!("file_manager_job_runs_total{{kind=\"sweep_blobs\",outcome=\"{outcome}\"}}");
        assert_eq!(value(&metrics, &series).await, count, "{outcome}");
    }
    assert_eq!(value(&metrics, "file_manager_job_duration_seconds_count{kind=\"sweep_blobs\"}").await, 5.0);
}

#[tokio::test]
async fn what_others_count_is_read_at_each_scrape() {
    let metrics = Metrics::new("1.2.3").unwrap();
    let total = Arc::new(AtomicU64::new(7));
    let read = {
        let total = Arc::clone(&total);
        move || total.load(Ordering::SeqCst)
    };
    let number = read.clone();
    metrics.watch_traffic(move || TrafficUse { received: number(), sent: 2, requests: 3, uploads: 1 });
    metrics.watch_rate_limit_fallbacks(read.clone());
    let number = read.clone();
    metrics.watch_session_cache(move || (number(), 5));
    metrics.watch_pool(move || PoolUse {
        limit: 16,
        open: 9,
        in_use: 4,
        waiting: 2,
        checkouts: read(),
        waited: Duration::from_millis(1_500),
    });
    let budget = BufferBudget::new(ByteSize::new(1 << 20));
    let held = budget.try_acquire(None, ByteSize::new(4096)).unwrap();
    metrics.watch_upload_memory(budget.clone());
    let handover = PictureHandover::new(&budget, ByteSize::new(1 << 10));
    metrics.watch_picture_handover(handover.clone());
    let nothing = BlobId::new(CountingIds::nth(1));
    assert_eq!(handover.take(nothing, ByteSize::ZERO, None), None);
    for now in [7, 7, 9] {
        total.store(now, Ordering::SeqCst);
        #[expect(clippy::cast_precision_loss, reason = "the numbers are small")]
        let now = now as f64;
        for (series, expected) in [
            ("file_manager_http_received_bytes_total", now),
            ("file_manager_http_sent_bytes_total", 2.0),
            ("file_manager_http_requests_in_flight", 3.0),
            ("file_manager_uploads_in_flight", 1.0),
            ("file_manager_rate_limit_fallbacks_total", now),
            ("file_manager_session_cache_hits_total", now),
            ("file_manager_session_cache_misses_total", 5.0),
            ("file_manager_database_pool_connections{state=\"in_use\"}", 4.0),
            ("file_manager_database_pool_connections{state=\"idle\"}", 5.0),
            ("file_manager_database_pool_limit", 16.0),
            ("file_manager_database_pool_waiting", 2.0),
            ("file_manager_database_pool_checkouts_total", now),
            ("file_manager_database_pool_wait_seconds_total", 1.5),
            ("file_manager_upload_memory_bytes", 4096.0),
            ("file_manager_upload_memory_limit_bytes", 1_048_576.0),
            ("file_manager_upload_memory_waiting", 0.0),
            ("file_manager_picture_handover_hits_total", 0.0),
            ("file_manager_picture_handover_misses_total", 1.0),
        ] {
            assert_eq!(value(&metrics, series).await, expected, "{series}");
        }
    }
    drop(held);
    assert_eq!(value(&metrics, "file_manager_upload_memory_bytes").await, 0.0);
}

#[tokio::test]
async fn the_version_and_the_process_are_told() {
    let metrics = Metrics::new("1.2.3").unwrap();
    assert_eq!(value(&metrics, "file_manager_build_info{version=\"1.2.3\"}").await, 1.0);
    assert!(value(&metrics, "process_resident_memory_bytes").await > 1e6);
    assert!(value(&metrics, "process_threads").await >= 1.0);
    assert!(value(&metrics, "process_start_time_seconds").await > 1.7e9);
    let open = value(&metrics, "process_open_fds").await;
    assert!(open >= 3.0 && open <= value(&metrics, "process_max_fds").await);
}
