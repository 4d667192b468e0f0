//! What goes through the server, for those who measure it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use actix_web::http::{Method, StatusCode};

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

/// What goes through the server now, and went through it since its start.
#[derive(Debug, Default)]
pub struct Traffic {
    received: AtomicU64,
    sent: AtomicU64,
    requests: AtomicU64,
    uploads: AtomicU64,
}

impl Traffic {
    /// Bytes read from the sockets of clients, heads of requests included.
    pub fn received_bytes(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    /// Bytes written to the sockets of clients, heads of answers included.
    pub fn sent_bytes(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Requests that wait for the head of their answer.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Requests whose bytes are being stored, those too whose client went away meanwhile.
    pub fn uploads(&self) -> u64 {
        self.uploads.load(Ordering::Relaxed)
    }

    pub(crate) fn received(&self, bytes: usize) {
        self.received.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(crate) fn sent(&self, bytes: usize) {
        self.sent.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(crate) fn begin_request(self: &Arc<Self>) -> InFlight {
        self.requests.fetch_add(1, Ordering::Relaxed);
        InFlight(Arc::clone(self), |traffic| &traffic.requests)
    }

    pub(crate) fn begin_upload(self: &Arc<Self>) -> InFlight {
        self.uploads.fetch_add(1, Ordering::Relaxed);
        InFlight(Arc::clone(self), |traffic| &traffic.uploads)
    }
}

/// A request or an upload that is counted until this is dropped.
pub(crate) struct InFlight(Arc<Traffic>, fn(&Traffic) -> &AtomicU64);

impl Drop for InFlight {
    fn drop(&mut self) {
        (self.1)(&self.0).fetch_sub(1, Ordering::Relaxed);
    }
}
