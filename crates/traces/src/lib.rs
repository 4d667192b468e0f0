//! The trace that work belongs to: it follows work from the request through spawned tasks into jobs.
//!
//! Spans are those of `tracing`. Where they are exported, the exporter makes the ids of a trace and of its spans; where they
//! are not, a trace has an id all the same, so that lines of the log and jobs can be told to belong together.

use std::future::Future;

use fm_domain::trace::TraceContext;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState};
use tracing::{Instrument as _, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

tokio::task_local! {
    /// The trace of the task, with the span that it began in.
    static CURRENT: Option<TraceContext>;
}

/// Begins a span that continues `parent`, or a new trace; answers what hangs from the span. Where spans are not exported that is
/// `parent` itself, or `fresh`. Call it before the span is entered.
pub fn begin(
    span: &Span,
    parent: Option<TraceContext>,
    fresh: impl FnOnce() -> TraceContext,
) -> TraceContext {
    if let Some(parent) = parent
        && !span.is_disabled()
    {
        let remote = opentelemetry::Context::new().with_remote_span_context(remote(parent));
        // Without an exporter nothing is there to take it.
        let _not_exported = span.set_parent(remote);
    }
    exported(span).or(parent).unwrap_or_else(fresh)
}

/// Runs work in a span of a trace.
pub async fn within<F: Future>(trace: TraceContext, span: Span, work: F) -> F::Output {
    CURRENT.scope(Some(trace), work.instrument(span)).await
}

/// Keeps work in the trace and the span of its caller, on whatever task it is polled.
pub fn in_current_trace<F: Future>(work: F) -> impl Future<Output = F::Output> {
    CURRENT.scope(of_task(), work.in_current_span())
}

/// Whether the running work belongs to a trace, or is in a span at least.
#[must_use]
pub fn is_within() -> bool {
    CURRENT.try_with(Option::is_some).unwrap_or(false) || !Span::current().is_disabled()
}

/// What further work hangs from: the innermost span that is exported, or else the trace alone. `None` outside of any.
#[must_use]
pub fn current() -> Option<TraceContext> {
    exported(&Span::current()).or_else(of_task)
}

/// The trace of the task, with the span that it began in; `None` outside of any. No span is asked, so that a line of the log may
/// call it while it is written.
#[must_use]
pub fn of_task() -> Option<TraceContext> {
    CURRENT.try_with(|trace| *trace).ok().flatten()
}

/// Names a span that has begun, for the exporter alone: `tracing` names spans once and for all.
pub fn rename(span: &Span, name: String) {
    span.context().span().update_name(name);
}

fn remote(parent: TraceContext) -> SpanContext {
    let flags = if parent.is_sampled() { TraceFlags::SAMPLED } else { TraceFlags::default() };
    let trace = TraceId::from_bytes(parent.trace().bytes());
    SpanContext::new(trace, SpanId::from_bytes(parent.span()), flags, true, TraceState::default())
}

/// The span as the exporter knows it.
fn exported(span: &Span) -> Option<TraceContext> {
    if span.is_disabled() {
        return None;
    }
    let context = span.context();
    let span = context.span();
    let known = span.span_context();
    TraceContext::new(known.trace_id().to_bytes(), known.span_id().to_bytes(), known.is_sampled())
}

#[cfg(test)]
mod tests;
