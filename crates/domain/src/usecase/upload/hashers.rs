//! The threads that hash.

use std::num::NonZero;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::available_parallelism;

use rayon_core::{ThreadPool, ThreadPoolBuilder};

/// Few threads, and always the same. Those of the runtime take turns, and one that ran last where bytes come in just now
/// is woken there again, and waits beside an idle processor.
static HASHERS: LazyLock<Option<Hashers>> = LazyLock::new(|| {
    // One processor stays with those who bring the bytes.
    let count = available_parallelism().map_or(1, NonZero::get) - 1;
    Hashers::start(count)
});

struct Hashers {
    threads: ThreadPool,
    count: usize,
    busy: AtomicUsize,
}

impl Hashers {
    fn start(count: usize) -> Option<Self> {
        if count == 0 {
            return None;
        }
        let threads = ThreadPoolBuilder::new()
            .num_threads(count)
            .thread_name(|number| format!("hasher-{number}"))
            // Whoever waits for the hash learns that it does not come.
            .panic_handler(|_panic| tracing::error!("a hash panicked"))
            .build()
            .inspect_err(|error| tracing::error!(%error, "the threads that hash could not be started"))
            .ok()?;
        Some(Self { threads, count, busy: AtomicUsize::new(0) })
    }
}

/// A thread that has no work. It is free again when this is dropped.
pub(super) struct Hasher(&'static Hashers);

impl Hasher {
    /// One of them; `None` when all have work, or there is none.
    pub(super) fn try_take() -> Option<Self> {
        let hashers = HASHERS.as_ref()?;
        let one_more = |busy| (busy < hashers.count).then_some(busy + 1);
        hashers.busy.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more).ok()?;
        Some(Self(hashers))
    }

    /// Runs this on it, and frees it before `then` is told of the outcome.
    pub(super) fn run<T: 'static>(
        self,
        work: impl FnOnce() -> T + Send + 'static,
        then: impl FnOnce(T) + Send + 'static,
    ) {
        let threads = &self.0.threads;
        threads.spawn_fifo(move || {
            let outcome = work();
            drop(self);
            then(outcome);
        });
    }
}

impl Drop for Hasher {
    fn drop(&mut self) {
        self.0.busy.fetch_sub(1, Ordering::Relaxed);
    }
}
