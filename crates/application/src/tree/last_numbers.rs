//! The numbers that names got last, so that the next ones are looked for behind them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use fm_domain::files::FileName;
use fm_domain::ids::NodeId;

/// How many names are remembered at most. Then all are forgotten.
const MOST_NAMES: usize = 1_000;

/// The numbers that names got last in their folders. They say where to look, and no more: other processes may have given others since,
/// and items go. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct LastNumbers(Arc<Mutex<HashMap<(NodeId, String), u64>>>);

impl LastNumbers {
    /// The number that this name got last in the folder, if that is remembered.
    pub(super) fn get(&self, folder: NodeId, name: &FileName) -> Option<u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&(folder, name.search_key())).copied()
    }

    /// Remembers the number that this name got in the folder.
    pub(super) fn keep(&self, folder: NodeId, name: &FileName, number: u64) {
        let mut numbers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if numbers.len() >= MOST_NAMES {
            numbers.clear();
        }
        numbers.insert((folder, name.search_key()), number);
    }
}

#[cfg(test)]
mod tests;
