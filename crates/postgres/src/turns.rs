//! Whose jobs are next.

use std::sync::{Arc, Mutex, PoisonError};

use uuid::Uuid;

/// Where the walk over the owners of a process goes on: behind this one, so that each of them is looked at in the end,
/// however many there are. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Turns(Arc<Mutex<Uuid>>);

impl Turns {
    pub(crate) fn last(&self) -> Uuid {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn go_on_after(&self, owner: Uuid) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = owner;
    }
}
