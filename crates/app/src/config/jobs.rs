//! Background jobs.

use super::{Reader, Variable};

pub(super) const VARIABLES: &[Variable] = &[Variable::plain("JOB_WORKERS"), Variable::plain("PREVIEW_EAGER")];

/// Background jobs.
#[derive(Debug, Clone)]
pub struct JobsConfig {
    /// `JOB_WORKERS`: how many jobs run at once, beside the one of housekeeping.
    pub workers: usize,
    /// `PREVIEW_EAGER`: whether the small preview of a picture is made as soon as its thumbnail is there, before anyone asks for it.
    pub eager_previews: bool,
}

impl JobsConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let workers = reader.number("JOB_WORKERS", 2, 1..=256);
        Self { workers, eager_previews: reader.flag("PREVIEW_EAGER", false) }
    }
}
