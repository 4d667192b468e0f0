//! What the blob store of a server holds, seen from outside.

use std::time::{Duration, Instant};

use super::Server;
use crate::e2e::folder::{bytes_below, files_below};
use crate::e2e::lane::Lane;
use crate::e2e::store::TestStore;

/// How long what is left over may take to go, on however busy a machine: less than the minute's lease of an upload, after which the sweep
/// would delete what nothing else has cleaned up.
const WITHOUT_THE_SWEEP: Duration = Duration::from_secs(50);

impl Server {
    /// How many objects, unfinished uploads and temporary files its blob store holds. `None` where that can't be seen
    /// from outside.
    pub async fn stored(&self) -> Option<usize> {
        match self.lane {
            Lane::Ephemeral => None,
            Lane::Embedded => Some(files_below(&self.data().join("blobs"))),
            Lane::PostgresS3 => Some(self.store.as_ref().unwrap().count().await),
        }
    }

    /// How many bytes its blob store holds, those of unfinished uploads included. `None` where that can't be seen from outside.
    #[must_use]
    pub fn stored_bytes(&self) -> Option<u64> {
        match self.lane {
            Lane::Ephemeral => None,
            Lane::Embedded => Some(bytes_below(&self.data().join("blobs"))),
            Lane::PostgresS3 => self.store.as_ref().and_then(TestStore::bytes),
        }
    }

    /// What its S3 holds and what its log warned of, to find out why there is too much.
    pub fn explain(&self) -> String {
        let names = self.store.as_ref().map(TestStore::names).unwrap_or_default();
        let output = self.output();
        let warnings = output.lines().filter(|line| !line.contains("\"INFO\"")).collect::<Vec<_>>();
        format!("the store holds {names:#?}; the log warned of {warnings:#?}")
    }

    /// Waits until its blob store holds `count` objects, and no longer than until the sweep might help.
    pub async fn stores_exactly(&self, count: usize) {
        self.stores_within(WITHOUT_THE_SWEEP, count).await;
    }

    /// The same, where it takes longer, as the sweep does.
    pub async fn stores_within(&self, limit: Duration, count: usize) {
        if self.lane == Lane::Ephemeral {
            return;
        }
        let started = Instant::now();
        loop {
            let stored = self.stored().await;
            if stored == Some(count) {
                return;
            }
            assert!(
                started.elapsed() < limit,
                "the store holds {stored:?} objects instead of {count}; {}",
                self.explain()
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}
