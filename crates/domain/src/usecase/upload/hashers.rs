//! The threads that hash, and how many have something for them.

use std::num::NonZero;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::available_parallelism;

use rayon_core::{ThreadPool, ThreadPoolBuilder};

/// How many digesters there are in the process.
static DIGESTERS: AtomicUsize = AtomicUsize::new(0);

static PROCESSORS: LazyLock<usize> = LazyLock::new(|| available_parallelism().map_or(1, NonZero::get));

/// Few threads, and always the same: those of the runtime take turns, and a thread that ran last where bytes come in just
/// now is woken there and waits, beside an idle processor. Never all processors: then bytes are hashed where they come in.
static THREADS: LazyLock<Option<ThreadPool>> = LazyLock::new(|| {
    ThreadPoolBuilder::new()
        .num_threads((*PROCESSORS - 1).max(1))
        .thread_name(|number| format!("hasher-{number}"))
        // Whoever waits for the hash is told by its absence.
        .panic_handler(|_panic| tracing::error!("a hash panicked"))
        .build()
        .inspect_err(|error| tracing::error!(%error, "no thread that hashes could be started"))
        .ok()
});

/// A digester.
pub(super) struct Member;

impl Member {
    pub(super) fn join() -> Self {
        DIGESTERS.fetch_add(1, Ordering::Relaxed);
        Self
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        DIGESTERS.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Whether there are as many digesters as processors.
pub(super) fn all_processors_are_taken() -> bool {
    DIGESTERS.load(Ordering::Relaxed) >= *PROCESSORS
}

/// Runs this on one of the threads.
pub(super) fn hash(work: impl FnOnce() + Send + 'static) {
    match &*THREADS {
        Some(threads) => threads.spawn_fifo(work),
        None => work(),
    }
}
