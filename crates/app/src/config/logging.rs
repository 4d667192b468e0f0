//! The log.

use super::{Reader, Variable};

pub(super) const VARIABLES: &[Variable] = &[Variable::plain("LOG_FORMAT"), Variable::plain("RUST_LOG")];

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// For machines.
    Json,
}

/// The log.
#[derive(Debug, Clone)]
pub struct LoggingConfig {
    /// `LOG_FORMAT`; `None`: pretty on a terminal, JSON elsewhere.
    pub format: Option<LogFormat>,
    /// `RUST_LOG`.
    pub filter: String,
}

impl LoggingConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let formats = [("pretty", Some(LogFormat::Pretty)), ("json", Some(LogFormat::Json))];
        Self {
            format: reader.choice("LOG_FORMAT", None, &formats),
            filter: reader.text_or("RUST_LOG", "info,actix_server=warn"),
        }
    }
}
