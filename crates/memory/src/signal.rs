//! Waking workers inside the process.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use fm_domain::jobs::JobSignal;
use tokio::sync::watch;

/// Wakes waiting workers as soon as a unit with jobs was committed.
#[derive(Debug)]
pub struct MemoryJobSignal {
    commits: watch::Receiver<u64>,
    seen: AtomicU64,
}

impl MemoryJobSignal {
    pub(crate) fn new(commits: watch::Receiver<u64>) -> Self {
        let seen = AtomicU64::new(*commits.borrow());
        Self { commits, seen }
    }
}

#[async_trait]
impl JobSignal for MemoryJobSignal {
    async fn wait(&self, at_most: Duration) -> bool {
        let mut commits = self.commits.clone();
        let seen = self.seen.load(Ordering::Acquire);
        let news = async {
            let news = commits.wait_for(|count| *count != seen).await.map(|count| *count);
            match news {
                Ok(count) => count,
                // The database is gone: no job can be added any more.
                Err(_closed) => std::future::pending().await,
            }
        };
        let Ok(count) = tokio::time::timeout(at_most, news).await else { return false };
        self.seen.store(count, Ordering::Release);
        true
    }
}
