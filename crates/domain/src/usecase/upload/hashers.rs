//! The threads that hash.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::available_parallelism;

use rayon_core::{ThreadPool, ThreadPoolBuilder};

/// How many there are: one processor stays with those who bring the bytes.
pub(super) static COUNT: LazyLock<usize> =
    LazyLock::new(|| available_parallelism().map_or(1, |processors| (processors.get() - 1).max(1)));

/// How many have work, or are about to.
static BUSY: AtomicUsize = AtomicUsize::new(0);

/// Few threads, and always the same. Those of the runtime take turns, and one that ran last where bytes come in just now
/// is woken there again, and waits beside an idle processor.
static THREADS: LazyLock<Option<ThreadPool>> = LazyLock::new(|| {
    ThreadPoolBuilder::new()
        .num_threads(*COUNT)
        .thread_name(|number| format!("hasher-{number}"))
        // Whoever waits for the hash learns that it does not come.
        .panic_handler(|_panic| tracing::error!("a hash panicked"))
        .build()
        .inspect_err(|error| tracing::error!(%error, "the threads that hash could not be started"))
        .ok()
});

/// One of them, taken.
struct Taken;

impl Taken {
    fn take() -> Self {
        BUSY.fetch_add(1, Ordering::Relaxed);
        Self
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        BUSY.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Whether all of them have work.
pub(super) fn are_busy() -> bool {
    BUSY.load(Ordering::Relaxed) >= *COUNT
}

/// Runs this on one of them.
pub(super) fn hash(work: impl FnOnce() + Send + 'static) {
    let taken = Taken::take();
    let work = move || {
        let _taken = taken;
        work();
    };
    match &*THREADS {
        Some(threads) => threads.spawn_fifo(work),
        None => work(),
    }
}
