//! Log lines on standard error: pretty for people on a terminal, JSON for machines.

use std::io::{IsTerminal as _, stderr};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::LogFormat;

/// The filter can't be read.
#[derive(Debug, thiserror::Error)]
#[error("RUST_LOG can't be read: {0}")]
pub struct InvalidFilter(#[from] tracing_subscriber::filter::ParseError);

/// Starts logging, once for the process. Without a format, a terminal decides.
pub fn start(format: Option<LogFormat>, filter: &str) -> Result<(), InvalidFilter> {
    let filter: EnvFilter = filter.parse()?;
    let terminal = stderr().is_terminal();
    let format = format.unwrap_or(if terminal { LogFormat::Pretty } else { LogFormat::Json });
    let registry = tracing_subscriber::registry().with(filter);
    let started = match format {
        LogFormat::Pretty => registry.with(fmt::layer().with_ansi(terminal).with_writer(stderr)).try_init(),
        LogFormat::Json => registry
            .with(fmt::layer().json().flatten_event(true).with_current_span(false).with_writer(stderr))
            .try_init(),
    };
    // A second start, as tests in one process make it, keeps the first.
    drop(started);
    Ok(())
}
