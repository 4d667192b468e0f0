//! Waking workers.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use fm_domain::jobs::{JobSignal, MAX_UNNOTIFIED_WAIT};
use tokio::sync::watch;

/// Wakes at once when this process committed a job. Jobs that another process put into the same file are found when a
/// worker queries the queue, since SQLite sends no notification of them.
#[derive(Debug)]
pub struct SqliteJobSignal {
    commits: watch::Receiver<u64>,
    seen: AtomicU64,
}

impl SqliteJobSignal {
    pub(crate) fn new(commits: watch::Receiver<u64>) -> Self {
        let seen = AtomicU64::new(*commits.borrow());
        Self { commits, seen }
    }
}

#[async_trait]
impl JobSignal for SqliteJobSignal {
    async fn wait(&self, at_most: Duration) -> bool {
        let mut commits = self.commits.clone();
        let seen = self.seen.load(Ordering::Acquire);
        let news = async {
            if commits.wait_for(|count| *count != seen).await.is_err() {
                // The database was closed: no job will come any more.
                std::future::pending::<()>().await;
            }
        };
        // Late or not, the next look at the queue sees all that was committed until now.
        let heard = tokio::time::timeout(at_most.min(MAX_UNNOTIFIED_WAIT), news).await.is_ok();
        self.seen.store(*self.commits.borrow(), Ordering::Release);
        heard
    }
}
