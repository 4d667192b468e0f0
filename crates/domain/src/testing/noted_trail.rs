//! A trail that remembers what it is given.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use crate::audit::{AuditEntry, AuditRepo};
use crate::clock::Timestamp;
use crate::error::{PortError, PortResult};

/// A trail that remembers the entries and purges that it was asked for. Clones are the same trail.
#[derive(Debug, Clone, Default)]
pub struct NotedTrail(Arc<Mutex<Noted>>);

#[derive(Debug, Default)]
struct Noted {
    entries: Vec<AuditEntry>,
    purges: Vec<(Timestamp, u32)>,
    /// How many entries each purge finds, the next one last.
    purged: Vec<u32>,
    failure: Option<PortError>,
}

impl NotedTrail {
    /// A trail whose first entry fails.
    #[must_use]
    pub fn failing_with(error: PortError) -> Self {
        Self(Arc::new(Mutex::new(Noted { failure: Some(error), ..Noted::default() })))
    }

    /// A trail whose purges find so many entries, in this order, and then none.
    #[must_use]
    pub fn purging(found: &[u32]) -> Self {
        let purged = found.iter().rev().copied().collect();
        Self(Arc::new(Mutex::new(Noted { purged, ..Noted::default() })))
    }

    /// The entries, in their order.
    #[must_use]
    pub fn entries(&self) -> Vec<AuditEntry> {
        self.noted(|noted| noted.entries.clone())
    }

    /// The purges, in their order: before when, and how many at most.
    #[must_use]
    pub fn purges(&self) -> Vec<(Timestamp, u32)> {
        self.noted(|noted| noted.purges.clone())
    }

    fn noted<T>(&self, use_it: impl FnOnce(&mut Noted) -> T) -> T {
        use_it(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl AuditRepo for NotedTrail {
    async fn append(&mut self, entry: &AuditEntry) -> PortResult<()> {
        self.noted(|noted| {
            if let Some(error) = noted.failure.take() {
                return Err(error);
            }
            noted.entries.push(entry.clone());
            Ok(())
        })
    }

    async fn purge_before(&mut self, before: Timestamp, limit: u32) -> PortResult<u32> {
        self.noted(|noted| {
            noted.purges.push((before, limit));
            Ok(noted.purged.pop().unwrap_or_default())
        })
    }
}
