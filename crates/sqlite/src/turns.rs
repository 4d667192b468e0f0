//! Which user's jobs are looked at next.

use std::sync::{Arc, Mutex, PoisonError};

use uuid::Uuid;

use crate::rows::Id;

/// Where the walk over the owners goes on: behind this one, so that each of them is looked at in the end, however many there
/// are. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Turns(Arc<Mutex<Option<Id>>>);

impl Turns {
    /// The owner at which the walk before ended.
    pub(crate) fn last(&self) -> Id {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).unwrap_or(Id::of(Uuid::nil()))
    }

    /// The walk ended at this owner.
    pub(crate) fn go_on_after(&self, owner: Id) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(owner);
    }
}
