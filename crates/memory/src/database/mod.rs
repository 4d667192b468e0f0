//! The database.

mod access;
mod archive;
mod audit;
mod blobs;
mod drives;
mod files;
mod items;
mod jobs;
mod keys;
mod nodes;
mod operations;
mod previews;
mod tables;
mod trash;
mod tree;
mod unit;
mod uploads;
mod users;
mod versions;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use fm_domain::archive::Sealed;
use fm_domain::database::{Database, ReadRepos, UnitOfWork};
use fm_domain::error::{PortError, PortResult};
use tokio::sync::{Mutex as AsyncMutex, watch};

use crate::{MemoryJobSignal, locked};
use tables::Tables;
pub use unit::MemoryUnitOfWork;

/// Users, drives and what is in them, blobs, previews, keys, uploads, jobs and the audit trail in memory.
///
/// Units of work follow one another: a second one waits until the first has ended. Each works on a snapshot that
/// shares with the committed tables whatever it does not change, and takes their place on commit; so opening, reading
/// and dropping cost the same however much is stored. Reads take the committed tables as they are, and never wait.
#[derive(Debug, Clone)]
pub struct MemoryDatabase {
    shared: Arc<Shared>,
    turn: Arc<AsyncMutex<()>>,
}

/// What units of work leave behind when they are committed.
#[derive(Debug)]
pub(crate) struct Shared {
    committed: Mutex<Tables>,
    /// Whether no unit of work begins.
    is_sealed: AtomicBool,
    /// How many commits brought jobs.
    job_commits: watch::Sender<u64>,
}

impl Shared {
    fn tables(&self) -> Tables {
        locked(&self.committed).clone()
    }

    pub(crate) fn commit(&self, tables: Tables, with_jobs: bool) {
        let before = std::mem::replace(&mut *locked(&self.committed), tables);
        drop(before);
        if with_jobs {
            self.job_commits.send_modify(|count| *count += 1);
        }
    }
}

impl MemoryDatabase {
    /// An empty database.
    #[must_use]
    pub fn new() -> Self {
        let shared = Shared {
            committed: Mutex::default(),
            is_sealed: AtomicBool::new(false),
            job_commits: watch::Sender::new(0),
        };
        Self { shared: Arc::new(shared), turn: Arc::default() }
    }

    /// Puts the seal on or off, between two units of work; whether it was on.
    async fn set_seal(&self, is_sealed: bool) -> bool {
        let _turn = self.turn.lock().await;
        self.shared.is_sealed.swap(is_sealed, Ordering::SeqCst)
    }

    /// The number of the last write of each item's row.
    #[cfg(feature = "harness")]
    #[must_use]
    pub fn row_versions(&self) -> std::collections::HashMap<fm_domain::ids::NodeId, u64> {
        self.shared.tables().nodes.writes().collect()
    }

    /// What is woken when a job is committed from now on.
    #[must_use]
    pub fn signal(&self) -> MemoryJobSignal {
        MemoryJobSignal::new(self.shared.job_commits.subscribe())
    }
}

impl Default for MemoryDatabase {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Database for MemoryDatabase {
    async fn begin(&self) -> PortResult<Box<dyn UnitOfWork>> {
        let turn = Arc::clone(&self.turn).lock_owned().await;
        if self.shared.is_sealed.load(Ordering::SeqCst) {
            return Err(PortError::Unavailable(Box::new(Sealed)));
        }
        Ok(Box::new(MemoryUnitOfWork::new(turn, self.shared.tables(), Arc::clone(&self.shared))))
    }

    async fn read(&self) -> PortResult<Box<dyn ReadRepos>> {
        Ok(Box::new(self.shared.tables()))
    }

    async fn ping(&self) -> PortResult<()> {
        Ok(())
    }
}
