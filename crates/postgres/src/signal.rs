//! LISTEN: wakes workers when a job was committed, on whatever node.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use fm_domain::error::chain;
use fm_domain::jobs::{JobSignal, MAX_UNNOTIFIED_WAIT};
use futures_util::future::poll_fn;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_postgres::AsyncMessage;

use crate::address::PgAddress;
use crate::timing::SETUP;

/// What tells every listener that a job was added.
pub(crate) const NOTIFY: &str = "NOTIFY file_manager_jobs";
const LISTEN: &str = "LISTEN file_manager_jobs";

/// How long to wait before a lost connection is made anew, at first and at most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// Listens for jobs on a connection of its own, made anew whenever it is lost. While there is none, waits are short, so
/// that their callers look for themselves.
#[derive(Debug)]
pub struct PgJobSignal {
    heard: Arc<Heard>,
    _listener: JoinSet<()>,
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

    /// Every commit is heard of from now on. Earlier ones may have been missed, so this counts as one.
    fn listens(&self) {
        self.listens.store(true, Ordering::SeqCst);
        self.tell();
    }

    /// No commit is heard of any more: waiting workers are woken, so that they wait anew, and for less long.
    fn is_deaf(&self) {
        self.listens.store(false, Ordering::SeqCst);
        self.waiting.notify_waiters();
    }

    /// Whether something was heard since the last call.
    fn take(&self) -> bool {
        let times = self.times.load(Ordering::SeqCst);
        self.answered.swap(times, Ordering::SeqCst) < times
    }
}

impl PgJobSignal {
    /// Listens at `address` until it is dropped. Must be called on a tokio runtime.
    #[must_use]
    pub fn new(address: PgAddress) -> Self {
        let heard = Arc::new(Heard::default());
        let mut listener = JoinSet::new();
        listener.spawn(listen(address, Arc::clone(&heard)));
        Self { heard, _listener: listener }
    }
}

#[async_trait]
impl JobSignal for PgJobSignal {
    async fn wait(&self, at_most: Duration) -> bool {
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

async fn listen(address: PgAddress, heard: Arc<Heard>) {
    let (first, longest) = PAUSES;
    let mut pause = first;
    loop {
        match listen_once(&address, &heard).await {
            Ok(()) => pause = first,
            Err(reason) => {
                tracing::warn!(reason, "can't listen for jobs");
                pause = pause.saturating_mul(2).min(longest);
            }
        }
        sleep(pause).await;
    }
}

/// Listens until the connection is lost; an error when it could not even be made.
async fn listen_once(address: &PgAddress, heard: &Arc<Heard>) -> Result<(), String> {
    let (client, mut connection) = address.open().await.map_err(|error| chain(&error))?;
    let mut driven = JoinSet::new();
    let teller = Arc::clone(heard);
    driven.spawn(async move {
        loop {
            match poll_fn(|context| connection.poll_message(context)).await {
                Some(Ok(AsyncMessage::Notification(_))) => teller.tell(),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return,
            }
        }
    });
    let listening = tokio::time::timeout(SETUP, client.batch_execute(LISTEN)).await;
    listening.map_err(|elapsed| elapsed.to_string())?.map_err(|error| error.to_string())?;
    heard.listens();
    driven.join_next().await;
    heard.is_deaf();
    tracing::warn!("the connection that listens for jobs was lost");
    Ok(())
}
