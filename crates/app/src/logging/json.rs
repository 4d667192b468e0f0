//! A line of the log as one object of JSON: `timestamp`, `level`, the fields, `trace_id` where it is written in a trace, `target`,
//! and the spans around it.

use std::cell::RefCell;
use std::fmt::{self, Write as _};
use std::time::{Duration, SystemTime};

use chrono::DateTime;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_log::NormalizeEvent as _;
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::{LookupSpan, Scope};

use super::lines::Lines;

thread_local! {
    static BUFFER: RefCell<Buffer> = const { RefCell::new(Buffer::new()) };
}

/// Writes a line for each event, its fields as they come. The library's own layer builds maps, formats most values twice and
/// copies each line twice: it took a tenth of the time of a small request.
pub(super) struct JsonLines(pub(super) Lines);

/// The fields of a span, as they follow its name: each with a comma before it.
struct SpanFields(Vec<u8>);

impl<S> Layer<S> for JsonLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Vec::new();
        attributes.record(&mut Fields { line: &mut fields, place: None });
        span.extensions_mut().insert(SpanFields(fields));
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(SpanFields(fields)) = span.extensions_mut().get_mut() {
            values.record(&mut Fields { line: fields, place: None });
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        BUFFER.with(|buffer| {
            // A value that is formatted may log, and then the buffer is in use.
            let (mut shared, mut own) = (buffer.try_borrow_mut().ok(), Buffer::new());
            let Buffer { line, second, place } = shared.as_deref_mut().unwrap_or(&mut own);
            line.clear();
            place.move_to(event.metadata());
            write(line, second, place, &context, event);
            self.0.add(line, *event.metadata().level() <= Level::WARN);
        });
    }
}

/// What one line after the other is made of. Text is kept as its bytes, which go to the output as they are.
struct Buffer {
    line: Vec<u8>,
    second: Second,
    place: Place,
}

impl Buffer {
    const fn new() -> Self {
        let second = Second { since_epoch: u64::MAX, text: String::new() };
        Self { line: Vec::new(), second, place: Place::new() }
    }
}

/// The place in the code that the last line came from, and what all its lines share: most come from that of the line before.
struct Place {
    /// `None` before the first line.
    metadata: Option<&'static Metadata<'static>>,
    /// What stands before the value of each field, one after the other: `,"http.status":`.
    names: Vec<u8>,
    /// Where that of each field ends.
    ends: Vec<usize>,
    /// `,"target":"fm_http::middleware"`.
    target: Vec<u8>,
    names_trace: bool,
}

impl Place {
    const fn new() -> Self {
        Self { metadata: None, names: Vec::new(), ends: Vec::new(), target: Vec::new(), names_trace: false }
    }

    fn move_to(&mut self, metadata: &'static Metadata<'static>) {
        if self.metadata.is_some_and(|last| std::ptr::eq(last, metadata)) {
            return;
        }
        self.names.clear();
        self.ends.clear();
        for field in metadata.fields() {
            put_name(&mut self.names, field.name());
            self.ends.push(self.names.len());
        }
        self.target.clear();
        put_target(&mut self.target, metadata.target());
        self.names_trace = metadata.fields().field("trace_id").is_some();
        self.metadata = Some(metadata);
    }

    /// What stands before the value of this field.
    fn name(&self, field: &Field) -> &[u8] {
        let end = |place: usize| self.ends.get(place).copied().unwrap_or_default();
        let begin = field.index().checked_sub(1).map_or(0, end);
        self.names.get(begin..end(field.index())).unwrap_or_default()
    }
}

/// The second of the last line, as text: most lines share theirs with the line before.
struct Second {
    since_epoch: u64,
    text: String,
}

impl Second {
    /// Writes a time by RFC 3339, in UTC and with six digits of the second.
    fn write(&mut self, line: &mut Vec<u8>, time: SystemTime) {
        // Before 1970 no clock runs.
        let since_epoch = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
        if self.since_epoch != since_epoch.as_secs() {
            self.since_epoch = since_epoch.as_secs();
            let second = SystemTime::UNIX_EPOCH + Duration::from_secs(self.since_epoch);
            self.text = DateTime::<chrono::Utc>::from(second).format("%Y-%m-%dT%H:%M:%S.").to_string();
        }
        line.extend_from_slice(self.text.as_bytes());
        // With a digit in front, none of the six gets lost.
        let micros = 1_000_000 + since_epoch.subsec_micros();
        line.extend_from_slice(&itoa::Buffer::new().format(micros).as_bytes()[1..]);
        line.push(b'Z');
    }
}

fn write<S>(
    line: &mut Vec<u8>,
    second: &mut Second,
    place: &Place,
    context: &Context<'_, S>,
    event: &Event<'_>,
) where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    line.extend_from_slice(b"{\"timestamp\":\"");
    #[expect(clippy::disallowed_methods, reason = "a line tells when the machine wrote it")]
    second.write(line, SystemTime::now());
    line.extend_from_slice(b"\",\"level\":\"");
    line.extend_from_slice(event.metadata().level().as_str().as_bytes());
    line.push(b'"');
    event.record(&mut Fields { line, place: Some(place) });
    if !place.names_trace
        && let Some(trace) = fm_traces::of_task()
    {
        line.extend_from_slice(b",\"trace_id\":");
        put_text(line, trace.trace().encode(&mut [0; 32]));
    }
    // All lines of the `log` crate come from one place, each with a target of its own.
    match event.normalized_metadata() {
        Some(metadata) => put_target(line, metadata.target()),
        None => line.extend_from_slice(&place.target),
    }
    let mut is_first = true;
    for span in context.event_scope(event).into_iter().flat_map(Scope::from_root) {
        let separator = if is_first { ",\"spans\":[" } else { "," };
        line.extend_from_slice(separator.as_bytes());
        is_first = false;
        line.extend_from_slice(b"{\"name\":");
        put_text(line, span.name());
        if let Some(SpanFields(fields)) = span.extensions().get() {
            line.extend_from_slice(fields);
        }
        line.push(b'}');
    }
    if !is_first {
        line.push(b']');
    }
    line.extend_from_slice(b"}\n");
}

/// Adds what stands before the value of a field.
fn put_name(line: &mut Vec<u8>, name: &str) {
    line.push(b',');
    put_text(line, name.strip_prefix("r#").unwrap_or(name));
    line.push(b':');
}

fn put_target(line: &mut Vec<u8>, target: &str) {
    line.extend_from_slice(b",\"target\":");
    put_text(line, target);
}

/// Adds a text in quotes.
fn put_text(line: &mut Vec<u8>, text: &str) {
    line.push(b'"');
    Escaped(line).put(text);
    line.push(b'"');
}

/// Adds a whole number.
fn put_integer(line: &mut Vec<u8>, number: impl itoa::Integer) {
    line.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// A line to which text is added as the inside of a JSON string.
struct Escaped<'a>(&'a mut Vec<u8>);

impl Escaped<'_> {
    fn put(&mut self, text: &str) {
        if is_plain(text) {
            return self.0.extend_from_slice(text.as_bytes());
        }
        // A text has always a form in JSON.
        let quoted = serde_json::to_string(text).unwrap_or_default();
        let inside = quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or_default();
        self.0.extend_from_slice(inside.as_bytes());
    }
}

impl fmt::Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.put(text);
        Ok(())
    }
}

/// Whether nothing of it has to be escaped (RFC 8259, section 7). Most texts are short: they are looked at by eight bytes at a time,
/// because larger steps leave more to be looked at one by one.
fn is_plain(text: &str) -> bool {
    let (words, rest) = text.as_bytes().as_chunks::<8>();
    words.iter().all(|word| are_plain(*word))
        && rest.iter().all(|byte| !matches!(*byte, 0..=0x1f | b'"' | b'\\'))
}

/// Whether none of these bytes has to be escaped, all of them at once.
const fn are_plain(bytes: [u8; 8]) -> bool {
    let bytes = u64::from_ne_bytes(bytes);
    // A byte that is less than what is subtracted gets its highest bit, which it did not have. Only such a byte borrows from the
    // next: that may seem less too, where one is found already.
    let controls = bytes.wrapping_sub(each(b' ')) & !bytes;
    let (quotes, backslashes) = (bytes ^ each(b'"'), bytes ^ each(b'\\'));
    let quotes = quotes.wrapping_sub(each(1)) & !quotes;
    let backslashes = backslashes.wrapping_sub(each(1)) & !backslashes;
    (controls | quotes | backslashes) & each(0x80) == 0
}

/// Eight times this byte.
const fn each(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

struct Fields<'a> {
    line: &'a mut Vec<u8>,
    /// Where the line comes from; `None` for the fields of a span.
    place: Option<&'a Place>,
}

impl Fields<'_> {
    /// Adds the name of a field; the line, for its value.
    fn name(&mut self, field: &Field) -> &mut Vec<u8> {
        match self.place {
            Some(place) => self.line.extend_from_slice(place.name(field)),
            None => put_name(self.line, field.name()),
        }
        self.line
    }
}

impl Visit for Fields<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        // A number that JSON does not have is null; a line in memory takes all that is written.
        let _written = serde_json::to_writer(self.name(field), &value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        put_integer(self.name(field), value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        put_integer(self.name(field), value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        let text = if value { "true" } else { "false" };
        self.name(field).extend_from_slice(text.as_bytes());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        put_text(self.name(field), value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Where a line of the `log` crate came from is in its target already.
        if !field.name().starts_with("log.") {
            let line = self.name(field);
            line.push(b'"');
            // What fails midway leaves what it wrote.
            let _written = write!(Escaped(line), "{value:?}");
            line.push(b'"');
        }
    }
}

#[cfg(test)]
mod tests;
