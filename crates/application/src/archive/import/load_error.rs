//! Why lines are not written.

use fm_domain::error::PortError;

use super::{ImportError, LineProblem};
use crate::archive::lines::InvalidField;

/// Why a line was not written.
pub(super) enum LoadError {
    Line(LineProblem),
    Row(PortError),
}

impl LoadError {
    /// The same, of the line with this number.
    pub(super) fn at(self, line: u64) -> ImportError {
        match self {
            Self::Line(problem) => ImportError::Line { line, problem },
            Self::Row(source) => ImportError::Row { line, source },
        }
    }
}

impl From<PortError> for LoadError {
    fn from(error: PortError) -> Self {
        Self::Row(error)
    }
}

impl From<LineProblem> for LoadError {
    fn from(problem: LineProblem) -> Self {
        Self::Line(problem)
    }
}

impl From<InvalidField> for LoadError {
    fn from(field: InvalidField) -> Self {
        Self::Line(field.into())
    }
}
