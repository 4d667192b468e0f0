//! LISTEN: wakes workers when a job was committed, on whatever node.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use fm_domain::jobs::{JobSignal, MAX_UNNOTIFIED_WAIT};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::address::PgAddress;
use crate::listener::{Listener, listen};

/// What tells every listener that a job was added.
pub(crate) const NOTIFY: &str = "NOTIFY file_manager_jobs";
/// A commit, and then what tells them.
pub(crate) const COMMIT_AND_NOTIFY: &str = "COMMIT; NOTIFY file_manager_jobs";
const CHANNEL: &str = "file_manager_jobs";

/// Listens for jobs on a connection of its own, from the first wait on, made anew whenever it is lost. While there is none,
/// waits are short, so that their callers look for themselves.
#[derive(Debug)]
pub struct PgJobSignal {
    address: PgAddress,
    heard: Arc<Heard>,
    listening: Mutex<JoinSet<()>>,
}

#[derive(Debug, Default)]
struct Heard {
    /// How often a job may have been added.
    times: AtomicU64,
    /// How many of these a waiting worker was woken for.
    answered: AtomicU64,
    waiting: Notify,
    /// Whether every commit is heard of.
    listens: AtomicBool,
}

impl Heard {
    fn tell(&self) {
        self.times.fetch_add(1, Ordering::SeqCst);
        self.waiting.notify_waiters();
    }

    /// Whether something was heard since the last call.
    fn take(&self) -> bool {
        let times = self.times.load(Ordering::SeqCst);
        self.answered.swap(times, Ordering::SeqCst) < times
    }
}

impl Listener for Heard {
    fn connected(&self) {
        self.listens.store(true, Ordering::SeqCst);
        // Earlier commits may have been missed, so this counts as one.
        self.tell();
    }

    fn notified(&self, _payload: &str) {
        self.tell();
    }

    fn lost(&self) {
        self.listens.store(false, Ordering::SeqCst);
        // Waiting workers wait anew, and for less long.
        self.waiting.notify_waiters();
    }
}

impl PgJobSignal {
    /// A signal of the database at `address`, which is listened to until it is dropped.
    #[must_use]
    pub fn new(address: PgAddress) -> Self {
        Self { address, heard: Arc::default(), listening: Mutex::default() }
    }

    /// Not before: a process that runs no jobs takes no connection for it.
    fn listen(&self) {
        let mut listening = self.listening.lock().unwrap_or_else(PoisonError::into_inner);
        if listening.is_empty() {
            listening.spawn(listen(self.address.clone(), CHANNEL, Arc::clone(&self.heard)));
        }
    }
}

#[async_trait]
impl JobSignal for PgJobSignal {
    async fn wait(&self, at_most: Duration) -> bool {
        self.listen();
        let woken = self.heard.waiting.notified();
        tokio::pin!(woken);
        // From here on no notification is missed; earlier ones are in `times`.
        woken.as_mut().enable();
        if self.heard.take() {
            return true;
        }
        let listens = self.heard.listens.load(Ordering::SeqCst);
        let at_most = if listens { at_most } else { at_most.min(MAX_UNNOTIFIED_WAIT) };
        // Running out of time is an answer like any other: the caller looks for itself.
        let _in_time: Result<(), _> = tokio::time::timeout(at_most, woken).await;
        self.heard.take()
    }
}
