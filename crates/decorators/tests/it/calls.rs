//! What is reported of a call, the span that it has, and the job that takes its trace along.

#![expect(clippy::unwrap_used, reason = "a test may")]
#![expect(clippy::disallowed_methods, reason = "a test makes ids of its own")]

use std::fmt;
use std::future::pending;
use std::num::NonZeroU64;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use fm_decorators::{
    NoObserver, ObservedBlobStore, ObservedDatabase, ObservedPasswordHasher, ObservedRateLimiter,
    ObservedSignDownload, Outcome, PortObserver, TracedJobs,
};
use fm_domain::accounts::{Password, PasswordCheck, PasswordHash, PasswordHasher};
use fm_domain::blobs::{
    BlobKey, BlobStore, Disposition, DownloadLink, GetBlob, LinkTarget, MockBlobStore, SignDownload as _,
};
use fm_domain::clock::Timestamp;
use fm_domain::database::Database;
use fm_domain::error::{PortError, PortResult};
use fm_domain::ids::{BlobId, JobId};
use fm_domain::jobs::{JobKind, JobPayload, NewJob, Priority};
use fm_domain::limits::{
    LimitKey, LimitSubject, LimitedAction, MockRateLimiter, RateDecision, RateLimiter as _, RatePolicy,
};
use fm_domain::testing::PlainLinks;
use fm_domain::trace::TraceContext;
use fm_memory::MemoryDatabase;
use futures_util::FutureExt as _;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Span, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use uuid::Uuid;

const KIND: JobKind = JobKind::new("paint");

/// Keeps what it is told.
#[derive(Default)]
struct Reports(Mutex<Vec<(&'static str, Outcome)>>);

impl PortObserver for Reports {
    fn called(&self, operation: &'static str, outcome: Outcome, _took: Duration) {
        self.0.lock().unwrap().push((operation, outcome));
    }
}

impl Reports {
    fn start() -> (Arc<Self>, Arc<dyn PortObserver>) {
        let reports = Arc::new(Self::default());
        (reports.clone(), reports)
    }

    fn take(&self) -> Vec<(&'static str, Outcome)> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

/// Keeps the names of spans, and each `field=value` that is recorded of them.
#[derive(Clone, Default)]
struct Spans(Arc<Mutex<Vec<String>>>);

impl<S: Subscriber> Layer<S> for Spans {
    fn on_new_span(&self, attributes: &Attributes<'_>, _id: &Id, _context: Context<'_, S>) {
        let span = attributes.metadata();
        if span.target() == "fm::ports" {
            self.0.lock().unwrap().push(format!("{} {}", span.level(), span.name()));
        }
    }

    fn on_record(&self, _id: &Id, values: &Record<'_>, _context: Context<'_, S>) {
        values.record(&mut self.clone());
    }
}

impl Visit for Spans {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.lock().unwrap().push(format!("{field}={value:?}"));
    }
}

impl Spans {
    fn listen() -> (Self, tracing::subscriber::DefaultGuard) {
        let spans = Self::default();
        let guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(spans.clone()));
        (spans, guard)
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

/// Never answers.
struct Silent;

#[async_trait]
impl PasswordHasher for Silent {
    async fn hash(&self, _password: &Password) -> PortResult<PasswordHash> {
        pending().await
    }

    async fn verify(&self, _password: &Password, _hash: &PasswordHash) -> PortResult<PasswordCheck> {
        pending().await
    }

    fn decoy(&self) -> PasswordHash {
        PasswordHash::new(String::new())
    }
}

fn key() -> BlobKey {
    BlobKey::file(BlobId::new(Uuid::nil()))
}

fn trace() -> TraceContext {
    TraceContext::fresh(Uuid::from_bytes([7; 16]))
}

/// Runs work as a request does whose span no one takes.
async fn in_a_trace<F: Future>(work: F) -> F::Output {
    fm_traces::within(trace(), Span::none(), work).await
}

fn store(observer: &Arc<dyn PortObserver>, answer: fn() -> GetBlob) -> impl BlobStore {
    let mut store = MockBlobStore::new();
    store.expect_get().returning(move |_, _| Err(answer()));
    store.expect_head().returning(|_| Ok(None));
    ObservedBlobStore::new(Arc::new(store), observer)
}

#[tokio::test]
async fn each_outcome_is_reported_with_the_name_of_the_operation() {
    let (reports, observer) = Reports::start();
    let failures: [(fn() -> GetBlob, Outcome); 6] = [
        (|| GetBlob::NotFound, Outcome::Refused),
        (|| PortError::Unavailable("gone".into()).into(), Outcome::Unavailable),
        (|| PortError::Contended("deadlock".into()).into(), Outcome::Contended),
        (|| PortError::Poisoned.into(), Outcome::Error),
        (|| PortError::Corrupt { what: "it", source: "bad".into() }.into(), Outcome::Error),
        (|| PortError::Unexpected("defect".into()).into(), Outcome::Error),
    ];
    for (answer, outcome) in failures {
        store(&observer, answer).get(&key(), None).await.unwrap_err();
        assert_eq!(reports.take(), [("blob_store.get", outcome)]);
    }
    assert!(store(&observer, || GetBlob::NotFound).head(&key()).await.unwrap().is_none());
    assert_eq!(reports.take(), [("blob_store.head", Outcome::Ok)], "absence is an answer");
}

#[tokio::test]
async fn a_call_that_its_caller_drops_is_reported_as_cancelled() {
    let (reports, observer) = Reports::start();
    let mut unit = ObservedDatabase::new(Arc::new(MemoryDatabase::new()), &observer).begin().await.unwrap();
    assert_eq!(reports.take(), [("database.begin", Outcome::Ok)]);
    drop(unit.jobs().count_living());
    assert_eq!(reports.take(), [], "it was not begun");
    let silent = ObservedPasswordHasher::new(Arc::new(Silent), &observer);
    let password = "correct horse".parse().unwrap();
    assert!(silent.hash(&password).now_or_never().is_none());
    assert_eq!(reports.take(), [("password_hasher.hash", Outcome::Cancelled)]);
}

#[tokio::test]
async fn a_limit_that_was_reached_is_a_refusal() {
    let (reports, observer) = Reports::start();
    for (is_allowed, outcome) in [(true, Outcome::Ok), (false, Outcome::Refused)] {
        let zero = Duration::ZERO;
        let decision = RateDecision { is_allowed, remaining: 0, reset_after: zero, retry_after: zero };
        let mut limiter = MockRateLimiter::new();
        limiter.expect_take().return_once(move |_, _, _| Ok(decision));
        let limiter = ObservedRateLimiter::new(Arc::new(limiter), &observer);
        let one = NonZeroU64::MIN;
        let key = LimitKey::new(LimitedAction::Registrations, LimitSubject::address([127, 0, 0, 1].into()));
        limiter.take(&key, &RatePolicy { limit: one, window: zero }, one).await.unwrap();
        assert_eq!(reports.take(), [("rate_limiter.take", outcome)]);
    }
}

#[tokio::test]
async fn a_unit_of_work_is_reported_call_by_call() {
    let (reports, observer) = Reports::start();
    let database = ObservedDatabase::new(Arc::new(MemoryDatabase::new()), &observer);
    let mut unit = database.begin().await.unwrap();
    unit.jobs().count_living().await.unwrap();
    unit.commit().await.unwrap();
    database.read().await.unwrap().files().walk(None, 1).await.unwrap();
    drop(database.begin().await.unwrap());
    let names: Vec<&str> = reports.take().into_iter().map(|(operation, _)| operation).collect();
    assert_eq!(
        names,
        [
            "database.begin",
            "database.jobs.count_living",
            "database.commit",
            "database.files.walk",
            "database.begin",
        ]
    );
}

#[tokio::test]
async fn a_call_in_a_trace_has_a_span_with_its_outcome() {
    let (_, observer) = Reports::start();
    let (spans, _guard) = Spans::listen();
    let store = store(&observer, || PortError::Unavailable("gone".into()).into());
    in_a_trace(store.get(&key(), None)).await.unwrap_err();
    let failed = ["DEBUG blob_store.get", "outcome=\"unavailable\"", "otel.status_code=\"ERROR\""];
    assert_eq!(spans.take(), failed);
    in_a_trace(store.head(&key())).await.unwrap();
    assert_eq!(spans.take(), ["DEBUG blob_store.head", "outcome=\"ok\""]);
    store.head(&key()).await.unwrap();
    assert_eq!(spans.take(), [""; 0], "work that belongs to no trace has no spans");
}

#[tokio::test]
async fn a_signature_has_a_span_that_is_too_fine_to_be_exported() {
    let (spans, _guard) = Spans::listen();
    let signer = ObservedSignDownload::new(Arc::new(PlainLinks), &(Arc::new(NoObserver) as _));
    let target = LinkTarget {
        key: key(),
        content_type: "text/plain".parse().unwrap(),
        disposition: Disposition::Inline,
        filename: "a.txt".parse().unwrap(),
        sha256: None,
    };
    let now = Timestamp::from_unix_seconds(0);
    let link = DownloadLink { target, issued_at: now, expires_at: now };
    in_a_trace(signer.sign(&link)).await.unwrap();
    assert_eq!(spans.take(), ["TRACE blob_store.presign", "outcome=\"ok\""]);
}

/// Enqueues a job with this trace; the one that it is claimed with.
async fn claimed_with(database: &dyn Database, trace: Option<TraceContext>) -> Option<TraceContext> {
    let job = NewJob {
        id: JobId::new(Uuid::now_v7()),
        kind: KIND,
        payload: JobPayload::new(serde_json::Value::Null),
        priority: Priority::NORMAL,
        run_at: Timestamp::from_unix_seconds(0),
        owner: None,
        unique: None,
        trace,
    };
    let mut unit = database.begin().await.unwrap();
    unit.jobs().enqueue(&job).await.unwrap();
    let now = Timestamp::from_unix_seconds(1);
    let claimed = unit.jobs().claim(&[KIND], now, now.plus(Duration::from_secs(9)), 1).await.unwrap();
    unit.commit().await.unwrap();
    claimed[0].trace
}

#[tokio::test]
async fn a_job_takes_along_the_trace_that_it_is_enqueued_in_whether_calls_are_reported_or_not() {
    let (_, observer) = Reports::start();
    let given = TraceContext::fresh(Uuid::from_bytes([9; 16]));
    let memory = || Arc::new(MemoryDatabase::new());
    let databases: [Box<dyn Database>; 2] =
        [Box::new(ObservedDatabase::new(memory(), &observer)), Box::new(TracedJobs::new(memory()))];
    for database in &databases {
        assert_eq!(claimed_with(&**database, None).await, None);
        assert_eq!(in_a_trace(claimed_with(&**database, None)).await, Some(trace()));
        let kept = in_a_trace(claimed_with(&**database, Some(given))).await;
        assert_eq!(kept, Some(given), "a job that has one keeps it");
    }
}
