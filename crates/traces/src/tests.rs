#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tracing::debug_span;
use tracing_subscriber::layer::SubscriberExt as _;
use uuid::Uuid;

use super::*;

fn fresh() -> TraceContext {
    TraceContext::fresh(Uuid::from_bytes([7; 16]))
}

fn caller() -> TraceContext {
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse().unwrap()
}

/// Spans get ids, and go nowhere.
fn exporting() -> tracing::subscriber::DefaultGuard {
    let sampler = Sampler::ParentBased(Box::new(Sampler::AlwaysOn));
    let tracer = SdkTracerProvider::builder().with_sampler(sampler).build().tracer("test");
    let layer = tracing_opentelemetry::layer().with_tracer(tracer);
    tracing::subscriber::set_default(tracing_subscriber::registry().with(layer))
}

#[tokio::test]
async fn without_an_exporter_the_trace_is_the_callers_or_a_fresh_one() {
    let span = debug_span!("request");
    assert_eq!(begin(&span, Some(caller()), fresh), caller());
    let trace = begin(&span, None, fresh);
    assert_eq!(trace, fresh());
    assert_eq!((is_within(), current(), of_task()), (false, None, None));
    let inside =
        async { assert_eq!((is_within(), current(), of_task()), (true, Some(fresh()), Some(fresh()))) };
    within(trace, span, inside).await;
}

#[tokio::test]
async fn an_exported_span_continues_the_trace_of_its_caller() {
    let _exporting = exporting();
    let span = debug_span!("request");
    let trace = begin(&span, Some(caller()), fresh);
    assert_eq!(trace.trace(), caller().trace());
    assert!(trace.is_sampled() && trace.span() != caller().span());
    within(trace, span, async {
        assert_eq!(current(), Some(trace));
        let inner = async { current().unwrap() }.instrument(debug_span!("call")).await;
        assert_eq!(inner.trace(), trace.trace());
        assert_ne!(inner.span(), trace.span(), "further work hangs from the innermost span");
    })
    .await;
}

#[tokio::test]
async fn an_exported_span_without_a_caller_begins_a_trace_that_is_recorded() {
    let _exporting = exporting();
    let trace = begin(&debug_span!("request"), None, fresh);
    assert_ne!(trace.trace(), fresh().trace());
    assert!(trace.is_sampled());
}

#[tokio::test]
async fn a_caller_that_records_nothing_has_nothing_recorded() {
    let _exporting = exporting();
    let silent = TraceContext::new([1; 16], [2; 8], false).unwrap();
    let trace = begin(&debug_span!("request"), Some(silent), fresh);
    assert_eq!((trace.trace(), trace.is_sampled()), (silent.trace(), false));
}

#[tokio::test]
async fn work_that_moves_to_another_task_takes_its_trace_along() {
    let _exporting = exporting();
    let span = debug_span!("request");
    let trace = begin(&span, None, fresh);
    let moved =
        within(trace, span, async { (in_current_trace(async { current() }), async { current() }) }).await;
    assert_eq!((moved.0.await, moved.1.await), (Some(trace), None));
}
