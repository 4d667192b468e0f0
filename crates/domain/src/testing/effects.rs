//! The order of effects, as a test sees it.

use std::sync::{Arc, Mutex, PoisonError};

/// Notes what happens, in order. Cheap to clone into the expectations of mocks.
#[derive(Debug, Clone, Default)]
pub struct Effects(Arc<Mutex<Vec<String>>>);

impl Effects {
    /// Notes that this happened.
    pub fn note(&self, effect: impl Into<String>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(effect.into());
    }

    /// What happened so far, in order.
    #[must_use]
    pub fn seen(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
