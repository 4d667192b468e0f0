//! The threads that hash.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon_core::{ThreadPool, ThreadPoolBuilder};

/// Threads that hash and do nothing else; cheap to clone.
///
/// They are few and always the same. The blocking threads of the runtime take turns, and one that ran last on the
/// processor that receives bytes is woken there again, and waits beside an idle processor.
#[derive(Clone, Default)]
pub struct HashThreads(Option<Arc<Inner>>);

struct Inner {
    pool: ThreadPool,
    count: usize,
    busy: AtomicUsize,
}

impl fmt::Debug for HashThreads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.as_ref().map_or(0, |inner| inner.count);
        f.debug_struct("HashThreads").field("count", &count).finish_non_exhaustive()
    }
}

impl HashThreads {
    /// Starts so many threads. With none, or where they can't be started, bytes are hashed where they are received.
    #[must_use]
    pub fn start(count: usize) -> Self {
        if count == 0 {
            return Self::default();
        }
        let pool = ThreadPoolBuilder::new()
            .num_threads(count)
            .thread_name(|number| format!("hasher-{number}"))
            // The upload that waits for this hash gets an error of its own.
            .panic_handler(|_panic| tracing::error!("a hash panicked"))
            .build()
            .inspect_err(|error| tracing::error!(%error, "the threads that hash could not be started"));
        Self(pool.ok().map(|pool| Arc::new(Inner { pool, count, busy: AtomicUsize::new(0) })))
    }

    /// One that has no work; `None` when all have, or there is none.
    pub(super) fn try_acquire(&self) -> Option<HashPermit> {
        let inner = self.0.as_ref()?;
        let one_more = |busy| (busy < inner.count).then_some(busy + 1);
        inner.busy.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more).ok()?;
        Some(HashPermit(Arc::clone(inner)))
    }
}

/// A thread that has no work. It is free again when this is dropped.
pub(super) struct HashPermit(Arc<Inner>);

impl HashPermit {
    /// Runs `work` on the thread, and frees it before `then` gets the outcome.
    pub(super) fn run<T: 'static>(
        self,
        work: impl FnOnce() -> T + Send + 'static,
        then: impl FnOnce(T) + Send + 'static,
    ) {
        let inner = Arc::clone(&self.0);
        inner.pool.spawn_fifo(move || {
            let outcome = work();
            drop(self);
            then(outcome);
        });
    }
}

impl Drop for HashPermit {
    fn drop(&mut self) {
        self.0.busy.fetch_sub(1, Ordering::Relaxed);
    }
}
