//! Units of batches that were refused.

use super::error::TreeError;
use crate::engine::retry::Failure;
use fm_domain::error::PortError;

/// A unit was refused: nothing of it counts.
#[derive(Debug)]
pub(super) struct Refused {
    /// The place among all operations of the one that was refused, and how many were done in the unit before it; none where it was refused
    /// for no operation.
    pub(super) at: Option<(usize, usize)>,
    /// Whether that operation had begun in a unit before.
    pub(super) is_amidst: bool,
    pub(super) error: TreeError,
}

impl Refused {
    /// As a whole.
    pub(super) const fn whole(error: TreeError) -> Self {
        Self { at: None, is_amidst: false, error }
    }
}

impl From<PortError> for Refused {
    fn from(error: PortError) -> Self {
        Self::whole(error.into())
    }
}

impl Failure for Refused {
    fn store(&self) -> Option<&PortError> {
        self.error.store()
    }
}
