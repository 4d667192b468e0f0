#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io;
use std::sync::{Arc, Mutex};

use fm_domain::trace::TraceContext;
use serde_json::{Value, json};
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
    let lines = Lines::to(written.clone()).unwrap();
    let layer = JsonLines(lines.clone());
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), log);
    lines.end_waits();
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

#[test]
fn a_character_is_escaped_wherever_it_stands_if_it_has_to_be() {
    let others = ['\u{80}', '\u{a2}', '\u{dc}', '\u{2028}', '\u{1f600}'];
    for character in (0..=0x7f_u8).map(char::from).chain(others) {
        for before in 0..20 {
            let text = format!("{}{character}{}", "x".repeat(before), "\u{ff}".repeat(20 - before));
            let mut line = Vec::new();
            put_text(&mut line, &text);
            assert_eq!(String::from_utf8(line).unwrap(), serde_json::to_string(&text).unwrap());
        }
    }
}

#[test]
fn the_time_of_a_line_has_six_digits_of_its_second() {
    let mut second = Second { since_epoch: u64::MAX, text: String::new() };
    let mut text = |micros| {
        let mut line = Vec::new();
        second.write(&mut line, SystemTime::UNIX_EPOCH + Duration::from_micros(micros));
        String::from_utf8(line).unwrap()
    };
    assert_eq!(text(1_764_460_800_000_007), "2025-11-30T00:00:00.000007Z");
    assert_eq!(text(1_764_460_800_999_999), "2025-11-30T00:00:00.999999Z");
    assert_eq!(text(1_764_460_801_000_000), "2025-11-30T00:00:01.000000Z");
    assert_eq!(text(1_764_460_800_100_000), "2025-11-30T00:00:00.100000Z");
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
        let inner = tracing::info_span!("inner", found = tracing::field::Empty).entered();
        inner.record("found", "\"later\"");
        tracing::warn!("inside");
    });
    assert_eq!(
        lines[0]["spans"],
        json!([{"name": "outer", "id": 1}, {"name": "inner", "found": "\"later\""}])
    );
}

#[test]
fn a_line_is_written_while_the_buffer_of_its_thread_is_in_use() {
    let lines = BUFFER.with(|buffer| {
        let _in_use = buffer.borrow_mut();
        logged(|| tracing::info!("within"))
    });
    assert_eq!(lines[0]["message"], "within");
}
