#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt;
use std::sync::Mutex;

use fm_domain::clock::Timestamp;
use fm_domain::ids::JobId;
use fm_domain::jobs::JobPayload;
use fm_domain::testing::CountingIds;
use tracing::Subscriber;
use tracing::field::{Field, Visit};
use tracing::span::{Id, Record};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

use super::*;

/// Keeps each `field=value` that is recorded of spans.
#[derive(Clone, Default)]
struct Recorded(Arc<Mutex<Vec<String>>>);

impl<S: Subscriber> Layer<S> for Recorded {
    fn on_record(&self, _id: &Id, values: &Record<'_>, _context: Context<'_, S>) {
        values.record(&mut self.clone());
    }
}

impl Visit for Recorded {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.lock().unwrap().push(format!("{field}={value:?}"));
    }
}

#[tokio::test]
async fn the_span_of_a_job_that_failed_says_so() {
    let recorded = Recorded::default();
    let _listening = tracing::subscriber::set_default(tracing_subscriber::registry().with(recorded.clone()));
    let job = ClaimedJob {
        id: JobId::new(CountingIds::nth(1)),
        kind: JobKind::new("paint"),
        payload: JobPayload::new(serde_json::Value::Null),
        attempt: 1,
        run_at: Timestamp::from_unix_seconds(0),
        trace: None,
    };
    for (outcome, has_failed) in [
        (Ok(JobOutcome::Done), false),
        (Ok(JobOutcome::Lost), false),
        (Ok(JobOutcome::Retried), true),
        (Ok(JobOutcome::Dead), true),
        (Err(PortError::Unavailable("gone".into())), true),
    ] {
        let is_ok = outcome.is_ok();
        assert_eq!(in_its_trace(&job, async { outcome }).await.is_ok(), is_ok);
        let expected: &[&str] = if has_failed { &["otel.status_code=\"ERROR\""] } else { &[] };
        assert_eq!(std::mem::take(&mut *recorded.0.lock().unwrap()), expected);
    }
}
