//! Log lines on standard error: pretty for people on a terminal, JSON for machines.

mod json;
mod lines;

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::{IsTerminal as _, stderr};
use std::panic::PanicHookInfo;

use tracing::{Level, Metadata};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::{FilterExt as _, LevelFilter, filter_fn};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::Layer as _;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use self::json::JsonLines;
use self::lines::Lines;
use crate::config::LogFormat;
use crate::span_export::SpanExport;

/// Why logging can't be started.
#[derive(Debug, thiserror::Error)]
pub enum StartLogging {
    /// The filter can't be read.
    #[error("RUST_LOG can't be read: {0}")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// The system has no thread to give.
    #[error("the thread that writes the log can't be started: {0}")]
    Thread(#[from] std::io::Error),
}

/// A log that was started. When this is dropped, what waits is written, and each later line at once: threads and tasks may end after it, and
/// with the process nothing that waits would be written.
#[must_use]
pub struct Log {
    lines: Option<Lines>,
}

impl Drop for Log {
    fn drop(&mut self) {
        if let Some(lines) = &self.lines {
            lines.end_waits();
        }
    }
}

/// Libraries whose finer lines show what must not be shown: requests with their signatures, statements with their
/// values. They are held to `info`, whatever `RUST_LOG` says.
const TALKATIVE: [&str; 4] = ["aws_", "tokio_postgres", "hyper", "rustls"];

fn is_discreet(line: &Metadata<'_>) -> bool {
    *line.level() <= Level::INFO || !TALKATIVE.iter().any(|library| line.target().starts_with(library))
}

/// Starts logging, once for the process: panics are lines of the log from then on. Without a format, a terminal decides.
/// Spans go to `export` too, whatever the filter says of lines.
pub fn start(
    format: Option<LogFormat>,
    filter: &str,
    export: Option<&SpanExport>,
) -> Result<Log, StartLogging> {
    // With a hint of its own the second filter leaves that of the first in force: lines that are finer than all that is wanted
    // then cost nothing.
    let discreet = filter_fn(is_discreet).with_max_level_hint(LevelFilter::TRACE);
    let filter = filter.parse::<EnvFilter>()?.and(discreet);
    let terminal = stderr().is_terminal();
    let format = format.unwrap_or(if terminal { LogFormat::Pretty } else { LogFormat::Json });
    let mut log = Log { lines: None };
    let layer = match format {
        LogFormat::Pretty => fmt::layer().with_writer(stderr).with_ansi(terminal).with_filter(filter).boxed(),
        LogFormat::Json => {
            let lines = log.lines.insert(Lines::to(stderr())?).clone();
            JsonLines(lines).with_filter(filter).boxed()
        }
    };
    let mut layers = vec![layer];
    layers.extend(export.map(|export| export.layer().boxed()));
    let started = tracing_subscriber::registry().with(layers).try_init();
    // A second start, as tests in one process make it, keeps the first.
    if started.is_ok() {
        std::panic::set_hook(Box::new(log_panic));
    }
    Ok(log)
}

/// Logs a panic as one line in the format of the others; a backtrace goes with it where `RUST_BACKTRACE` asks for one.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let thread = std::thread::current();
    let backtrace = Backtrace::capture();
    let has_backtrace = backtrace.status() == BacktraceStatus::Captured;
    tracing::error!(
        thread = thread.name().unwrap_or("unnamed"),
        location = panic.location().map(tracing::field::display),
        panic = panic.payload_as_str().unwrap_or("a payload that is no text"),
        backtrace = has_backtrace.then(|| tracing::field::display(&backtrace)),
        "a thread panicked"
    );
}

#[cfg(test)]
mod tests {
    use tracing::metadata::Kind;
    use tracing::{Level, Metadata, callsite, field};

    use super::is_discreet;

    struct Here;

    impl callsite::Callsite for Here {
        fn set_interest(&self, _: tracing::subscriber::Interest) {}
        fn metadata(&self) -> &Metadata<'_> {
            &LINE
        }
    }

    static HERE: Here = Here;
    static LINE: Metadata<'static> = line("here", Level::INFO);

    const fn line(target: &'static str, level: Level) -> Metadata<'static> {
        let fields = field::FieldSet::new(&[], callsite::Identifier(&HERE));
        Metadata::new("line", target, level, None, None, None, fields, Kind::EVENT)
    }

    #[test]
    fn fine_lines_of_libraries_that_show_secrets_are_left_out() {
        assert!(is_discreet(&line("aws_sigv4::http_request", Level::INFO)));
        assert!(!is_discreet(&line("aws_sigv4::http_request", Level::TRACE)));
        assert!(!is_discreet(&line("tokio_postgres::query", Level::DEBUG)));
        assert!(is_discreet(&line("fm_http::middleware", Level::TRACE)));
    }
}
