//! What goes through the server, for those who measure it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use actix_web::http::{Method, StatusCode};
use thread_local::ThreadLocal;

/// A request that was answered, or whose client went away before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedRequest {
    /// The template of its route: `/v1/files/{id}`. `None` for a path that is no route, and where the client went away.
    pub route: Option<&'static str>,
    /// Its method, as the client sent it.
    pub method: Method,
    /// The status of its answer; `None` where the client went away.
    pub status: Option<StatusCode>,
    /// From its head to the head of its answer.
    pub took: Duration,
}

/// Told of every request, on the thread that serves it: it must not block.
pub trait ObserveRequests: Send + Sync {
    /// A request has ended.
    fn ended(&self, request: &ObservedRequest);
}

/// Does nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoObserver;

impl ObserveRequests for NoObserver {
    fn ended(&self, _request: &ObservedRequest) {}
}

/// What goes through the server now, and went through it since its start. Each thread counts for itself, because a number that
/// several change at once costs each of them a wait for the others.
#[derive(Debug, Default)]
pub struct Traffic {
    counts: ThreadLocal<Counts>,
}

/// What one thread counted. What began on it may have ended on another: only sums mean something.
#[derive(Debug, Default)]
// Neighbours lie side by side: without room between them their threads would wait for one another all the same.
#[repr(align(128))]
struct Counts {
    received: AtomicU64,
    sent: AtomicU64,
    requests: AtomicU64,
    uploads: AtomicU64,
}

impl Traffic {
    /// Bytes read from the sockets of clients, heads of requests included.
    pub fn received_bytes(&self) -> u64 {
        self.sum(|counts| &counts.received)
    }

    /// Bytes written to the sockets of clients, heads of answers included.
    pub fn sent_bytes(&self) -> u64 {
        self.sum(|counts| &counts.sent)
    }

    /// Requests that wait for the head of their answer.
    pub fn requests(&self) -> u64 {
        self.sum(|counts| &counts.requests)
    }

    /// Requests whose bytes are being stored, those too whose client went away meanwhile.
    pub fn uploads(&self) -> u64 {
        self.sum(|counts| &counts.uploads)
    }

    pub(crate) fn received(&self, bytes: usize) {
        add(&self.mine().received, bytes as u64);
    }

    pub(crate) fn sent(&self, bytes: usize) {
        add(&self.mine().sent, bytes as u64);
    }

    pub(crate) fn request_begins(&self) {
        add(&self.mine().requests, 1);
    }

    pub(crate) fn request_ends(&self) {
        subtract(&self.mine().requests, 1);
    }

    pub(crate) fn begin_upload(self: &Arc<Self>) -> UploadInFlight {
        add(&self.mine().uploads, 1);
        UploadInFlight(Arc::clone(self))
    }

    fn mine(&self) -> &Counts {
        self.counts.get_or_default()
    }

    fn sum(&self, count: impl Fn(&Counts) -> &AtomicU64) -> u64 {
        let counts = self.counts.iter().map(|counts| count(counts).load(Ordering::Relaxed));
        let sum = counts.fold(0, u64::wrapping_add);
        // Threads are read one after the other: of what moves meanwhile an end may be seen without its begin.
        if i64::try_from(sum).is_ok() { sum } else { 0 }
    }
}

/// Adds to a count of the calling thread. No other thread changes it, and so it needs no atomic addition, which costs several times
/// as much as a load and a store.
fn add(count: &AtomicU64, number: u64) {
    count.store(count.load(Ordering::Relaxed).wrapping_add(number), Ordering::Relaxed);
}

/// Takes from a count of the calling thread, which may have been added to that of another.
fn subtract(count: &AtomicU64, number: u64) {
    count.store(count.load(Ordering::Relaxed).wrapping_sub(number), Ordering::Relaxed);
}

/// An upload that is counted until this is dropped.
pub(crate) struct UploadInFlight(Arc<Traffic>);

impl Drop for UploadInFlight {
    fn drop(&mut self) {
        subtract(&self.0.mine().uploads, 1);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;

    use super::Traffic;

    #[test]
    fn what_threads_count_is_added_up_wherever_it_ends() {
        let traffic = Arc::new(Traffic::default());
        traffic.request_begins();
        let upload = traffic.begin_upload();
        let elsewhere = Arc::clone(&traffic);
        thread::scope(|scope| {
            scope.spawn(move || {
                elsewhere.received(3);
                elsewhere.sent(5);
                elsewhere.request_begins();
                elsewhere.request_ends();
                elsewhere.request_ends();
                drop(upload);
            });
        });
        traffic.received(4);
        let counts = (traffic.received_bytes(), traffic.sent_bytes(), traffic.requests(), traffic.uploads());
        assert_eq!(counts, (7, 5, 0, 0));
    }
}
