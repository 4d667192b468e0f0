//! Background jobs.

use super::{Reader, Variable};

pub(super) const VARIABLES: &[Variable] = &[Variable::plain("JOB_WORKERS")];

/// Background jobs.
#[derive(Debug, Clone)]
pub struct JobsConfig {
    /// `JOB_WORKERS`: how many jobs run at once, beside the one of housekeeping.
    pub workers: usize,
}

impl JobsConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        Self { workers: reader.number("JOB_WORKERS", 2, 1..=256) }
    }
}
