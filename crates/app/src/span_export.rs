//! Spans on their way to a collector: OTLP over HTTP, in batches, behind the back of what they tell of.
//!
//! A collector that does not answer costs spans and one line of the log, never a request: batches are sent by a thread of
//! their own, and spans that end while its queue is full are dropped.

mod client;

use std::collections::HashMap;
use std::time::Duration;

use fm_domain::error::Cause;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry::{KeyValue, trace::Tracer};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tokio::runtime::Handle;
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, filter_fn};
use tracing_subscriber::registry::LookupSpan;

use crate::StartError;
use crate::config::{TraceSampler, TracesConfig};
use client::CollectorClient;

/// How long one batch may take.
const SEND_TIMEOUT: Duration = Duration::from_secs(5);

/// How long the last batch may take at the end of the process.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(5);

/// The export of spans, from the start of the process to its end.
pub struct SpanExport(SdkTracerProvider);

impl SpanExport {
    /// Starts it, where a collector is configured. Its requests are made on `runtime`.
    pub(crate) fn start(config: &TracesConfig, runtime: &Handle) -> Result<Option<Self>, StartError> {
        let Some(endpoint) = &config.endpoint else { return Ok(None) };
        let refused =
            |source: Cause| StartError::configuration("OTEL_EXPORTER_OTLP_ENDPOINT can't be used", source);
        let client = CollectorClient::new(runtime, SEND_TIMEOUT, endpoint.starts_with("https:"));
        let headers = config.headers.iter().map(|(name, value)| (name.clone(), value.expose().to_owned()));
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(client.map_err(|source| refused(source.into()))?)
            .with_endpoint(format!("{endpoint}/v1/traces"))
            .with_protocol(Protocol::HttpBinary)
            .with_timeout(SEND_TIMEOUT)
            .with_headers(headers.collect::<HashMap<_, _>>())
            .build()
            .map_err(|source| refused(source.into()))?;
        let resource = Resource::builder()
            .with_service_name(config.service_name.clone())
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_sampler(sampler(config.sampler))
            .with_resource(resource.build());
        Ok(Some(Self(provider.build())))
    }

    /// What takes spans: those of requests, of jobs and of calls of ports, and none of libraries.
    pub(crate) fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        exported(self.0.tracer("file-manager"))
    }

    /// Sends what is left, and waits for it, but not for long.
    pub(crate) fn finish(self) {
        if let Err(error) = self.0.shutdown_with_timeout(FLUSH_TIMEOUT) {
            tracing::warn!(%error, "the last spans were not exported");
        }
    }
}

fn exported<S, T>(tracer: T) -> impl Layer<S>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    T: Tracer<Span: Send + Sync> + Send + Sync + 'static,
{
    tracing_opentelemetry::layer()
        .with_tracer(tracer)
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_tracked_inactivity(false)
        .with_context_activation(false)
        .with_filter(filter_fn(is_exported).with_max_level_hint(LevelFilter::DEBUG))
}

fn is_exported(span: &Metadata<'_>) -> bool {
    span.is_span() && span.target().starts_with("fm::") && *span.level() <= Level::DEBUG
}

fn sampler(TraceSampler { heeds_caller, ratio }: TraceSampler) -> Sampler {
    let own = Sampler::TraceIdRatioBased(ratio);
    if heeds_caller { Sampler::ParentBased(Box::new(own)) } else { own }
}
