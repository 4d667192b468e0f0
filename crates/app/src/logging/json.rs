//! A line of the log as one object of JSON: `timestamp`, `level`, the fields, `trace_id` where it is written in a trace, `target`,
//! and the spans around it.

use std::cell::RefCell;
use std::fmt;

use serde::Serialize;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_log::NormalizeEvent as _;
use tracing_subscriber::fmt::format::{JsonFields, Writer};
use tracing_subscriber::fmt::time::{FormatTime as _, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

thread_local! {
    static LINE: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Writes a line's fields as they come. The library's own format builds maps, and formats most values twice: it took a tenth
/// of the time of a small request.
pub(super) struct JsonLines;

impl<S> FormatEvent<S, JsonFields> for JsonLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, JsonFields>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        LINE.with(|line| {
            // A value may log while it is formatted.
            let (mut shared, mut own) = (line.try_borrow_mut().ok(), Vec::new());
            let line = shared.as_deref_mut().unwrap_or(&mut own);
            line.clear();
            write(line, context, event)?;
            std::str::from_utf8(line).map_or(Err(fmt::Error), |line| writer.write_str(line))
        })
    }
}

fn write<S>(line: &mut Vec<u8>, context: &FmtContext<'_, S, JsonFields>, event: &Event<'_>) -> fmt::Result
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let normalized = event.normalized_metadata();
    let metadata = normalized.as_ref().unwrap_or_else(|| event.metadata());
    line.extend_from_slice(b"{\"timestamp\":\"");
    SystemTime.format_time(&mut Writer::new(&mut Text(line)))?;
    line.extend_from_slice(b"\",\"level\":\"");
    line.extend_from_slice(metadata.level().as_str().as_bytes());
    line.push(b'"');
    event.record(&mut Fields(line));
    if metadata.fields().field("trace_id").is_none()
        && let Some(trace) = fm_traces::of_task()
    {
        Fields(line).put("trace_id", trace.trace().to_string());
    }
    Fields(line).put("target", metadata.target());
    let mut is_first = true;
    for span in context.event_scope().into_iter().flat_map(tracing_subscriber::registry::Scope::from_root) {
        line.extend_from_slice(if is_first { b",\"spans\":[" } else { b"," });
        is_first = false;
        let extensions = span.extensions();
        let fields = extensions.get::<FormattedFields<JsonFields>>().map_or("", |fields| fields.as_str());
        line.extend_from_slice(b"{\"name\":");
        put(line, span.name());
        // What is recorded of a span is an object of its own.
        if let Some(fields) = fields.strip_prefix('{').filter(|fields| fields.len() > 1) {
            line.push(b',');
            line.extend_from_slice(fields.as_bytes());
        } else {
            line.push(b'}');
        }
    }
    if !is_first {
        line.push(b']');
    }
    line.extend_from_slice(b"}\n");
    Ok(())
}

fn put(line: &mut Vec<u8>, value: impl Serialize) {
    // A buffer takes all that is written to it.
    let _written = serde_json::to_writer(line, &value);
}

struct Fields<'a>(&'a mut Vec<u8>);

impl Fields<'_> {
    fn put(&mut self, name: &str, value: impl Serialize) {
        self.0.push(b',');
        put(self.0, name.strip_prefix("r#").unwrap_or(name));
        self.0.push(b':');
        put(self.0, value);
    }
}

impl Visit for Fields<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field.name(), value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field.name(), value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field.name(), value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field.name(), value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field.name(), value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Where a line of the `log` crate came from is in its target already.
        if !field.name().starts_with("log.") {
            self.put(field.name(), format!("{value:?}"));
        }
    }
}

/// Bytes that text is written to.
struct Text<'a>(&'a mut Vec<u8>);

impl fmt::Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use fm_domain::trace::TraceContext;
    use serde_json::{Value, json};
    use tracing_subscriber::fmt;
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// The lines that this logs, without their time.
    fn logged(log: impl FnOnce()) -> Vec<Value> {
        let written = Written::default();
        let to = written.clone();
        let layer = fmt::layer()
            .fmt_fields(JsonFields::new())
            .event_format(JsonLines)
            .with_writer(move || to.clone());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), log);
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        let read = |line: &str| {
            let mut line: Value = serde_json::from_str(line).unwrap();
            let time = line.as_object_mut().unwrap().remove("timestamp").unwrap();
            chrono::DateTime::parse_from_rfc3339(time.as_str().unwrap()).unwrap();
            line
        };
        text.lines().map(read).collect()
    }

    #[test]
    fn fields_keep_their_types_and_hostile_text_stays_in_its_field() {
        let lines = logged(|| {
            tracing::info!(
                a.count = 3_u64,
                below = -1,
                ratio = 0.5,
                undefined = f64::NAN,
                is_done = true,
                text = "\"}\n{\u{7}\u{e9}",
                absent = None::<&str>,
                shown = %"a\"b",
                r#type = "x",
                "what happened"
            );
        });
        let expected = json!({
            "level": "INFO", "target": "fm_app::logging::json::tests", "message": "what happened",
            "a.count": 3, "below": -1, "ratio": 0.5, "undefined": null, "is_done": true,
            "text": "\"}\n{\u{7}\u{e9}", "shown": "a\"b", "type": "x",
        });
        assert_eq!(lines, [expected]);
    }

    #[tokio::test]
    async fn a_line_in_a_trace_names_it_unless_it_does_so_itself() {
        let trace: TraceContext = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse().unwrap();
        let log = || {
            tracing::info!("plain");
            tracing::info!(trace_id = "another", "with its own");
        };
        let lines = fm_traces::within(trace, tracing::Span::none(), async { logged(log) }).await;
        assert_eq!(lines[0]["trace_id"], "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(lines[1]["trace_id"], "another");
        assert_eq!(logged(log)[0].get("trace_id"), None);
    }

    #[test]
    fn spans_around_a_line_are_told_from_the_outermost() {
        let lines = logged(|| {
            let _outer = tracing::info_span!("outer", id = 1).entered();
            let _inner = tracing::info_span!("inner").entered();
            tracing::warn!("inside");
        });
        assert_eq!(lines[0]["spans"], json!([{"name": "outer", "id": 1}, {"name": "inner"}]));
    }

    #[test]
    fn a_value_that_logs_while_it_is_formatted_leaves_a_line_of_its_own() {
        struct Talkative;

        impl std::fmt::Display for Talkative {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                tracing::info!("within");
                f.write_str("value")
            }
        }

        let lines = logged(|| tracing::info!(shown = %Talkative, "around"));
        let messages: Vec<&Value> = lines.iter().map(|line| &line["message"]).collect();
        assert!(messages.contains(&&json!("around")), "{lines:?}");
    }
}
