//! The numbers that names got last, so that the next ones are looked for behind them.

use std::sync::Arc;

use fm_domain::files::FileName;
use fm_domain::ids::NodeId;
use quick_cache::sync::Cache;

/// How many names are remembered at most: a power of two, so that the parts of the cache hold no more together.
const MOST_NAMES: usize = 1_024;

/// A name in a folder, in any case.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct PlacedName {
    folder: NodeId,
    key: String,
}

impl PlacedName {
    pub(super) fn new(folder: NodeId, name: &FileName) -> Self {
        Self { folder, key: name.search_key() }
    }
}

/// The numbers that names got last in their folders. They say where to look, and no more: other processes may have given others since,
/// and items go. Cheap to clone.
#[derive(Clone)]
pub(super) struct LastNumbers(Arc<Cache<PlacedName, u64>>);

impl LastNumbers {
    /// The number that this name got last, if that is remembered.
    pub(super) fn get(&self, name: &PlacedName) -> Option<u64> {
        self.0.get(name)
    }

    /// Remembers the number that this name got.
    pub(super) fn remember(&self, name: PlacedName, number: u64) {
        self.0.insert(name, number);
    }
}

impl Default for LastNumbers {
    fn default() -> Self {
        Self(Arc::new(Cache::new(MOST_NAMES)))
    }
}

#[cfg(test)]
mod tests;
