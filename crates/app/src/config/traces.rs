//! Traces, by the variables that the OpenTelemetry specification names.

use percent_encoding::percent_decode_str;

use super::http::base_url;
use super::{Reader, Secret, Variable};

pub(super) const VARIABLES: &[Variable] = &[
    Variable::plain("OTEL_EXPORTER_OTLP_ENDPOINT"),
    Variable::secret("OTEL_EXPORTER_OTLP_HEADERS"),
    Variable::plain("OTEL_SERVICE_NAME"),
    Variable::plain("OTEL_TRACES_SAMPLER"),
    Variable::plain("OTEL_TRACES_SAMPLER_ARG"),
];

/// Which traces are recorded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TraceSampler {
    /// Whether the caller decides about the traces that it began.
    pub heeds_caller: bool,
    /// The share of all others, from 0 to 1.
    pub ratio: f64,
}

/// Traces.
#[derive(Debug, Clone)]
pub struct TracesConfig {
    /// `OTEL_EXPORTER_OTLP_ENDPOINT`, without `/v1/traces`; `None`: spans are not exported.
    pub endpoint: Option<String>,
    /// `OTEL_EXPORTER_OTLP_HEADERS`: names and values of header fields, such as the key of a collector.
    pub headers: Vec<(String, Secret)>,
    /// `OTEL_SERVICE_NAME`: what spans are said to be of.
    pub service_name: String,
    /// `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG`.
    pub sampler: TraceSampler,
}

impl TracesConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            endpoint: endpoint(reader),
            headers: headers(reader),
            service_name: reader.text_or("OTEL_SERVICE_NAME", "file-manager"),
            sampler: sampler(reader),
        }
    }
}

fn endpoint(reader: &mut Reader<'_>) -> Option<String> {
    const NAME: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
    base_url(reader.text(NAME)?).map_err(|problem| reader.fault(NAME, problem)).ok()
}

/// `name=value` between commas, values percent-encoded.
fn headers(reader: &mut Reader<'_>) -> Vec<(String, Secret)> {
    const NAME: &str = "OTEL_EXPORTER_OTLP_HEADERS";
    let Some(given) = reader.secret(NAME) else { return Vec::new() };
    let fields = given.expose().split(',').map(str::trim).filter(|field| !field.is_empty());
    let read: Option<Vec<_>> = fields.map(header).collect();
    if read.is_none() {
        reader.fault(NAME, "must be name=value pairs between commas, their values percent-encoded");
    }
    read.unwrap_or_default()
}

fn header(field: &str) -> Option<(String, Secret)> {
    let (name, value) = field.split_once('=')?;
    let name: http::HeaderName = name.trim().parse().ok()?;
    let value = percent_decode_str(value.trim()).decode_utf8().ok()?;
    http::HeaderValue::from_str(&value).ok()?;
    Some((name.as_str().to_owned(), Secret::new(value.into_owned())))
}

fn sampler(reader: &mut Reader<'_>) -> TraceSampler {
    let share = share(reader);
    let of = |heeds_caller, ratio| TraceSampler { heeds_caller, ratio };
    let choices = [
        ("parentbased_always_on", of(true, 1.0)),
        ("parentbased_always_off", of(true, 0.0)),
        ("parentbased_traceidratio", of(true, share)),
        ("always_on", of(false, 1.0)),
        ("always_off", of(false, 0.0)),
        ("traceidratio", of(false, share)),
    ];
    reader.choice("OTEL_TRACES_SAMPLER", of(true, 1.0), &choices)
}

fn share(reader: &mut Reader<'_>) -> f64 {
    const NAME: &str = "OTEL_TRACES_SAMPLER_ARG";
    let Some(text) = reader.text(NAME) else { return 1.0 };
    match text.parse() {
        Ok(share) if (0.0..=1.0).contains(&share) => share,
        _ => {
            reader.fault(NAME, "must be a number from 0 to 1");
            1.0
        }
    }
}
