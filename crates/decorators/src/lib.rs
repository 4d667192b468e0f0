//! Decorators of the ports: each call has a span and is reported to an observer, and no adapter knows of it.
//!
//! A call is named by its port and its operation: `blob_store.put`, `database.files.insert`. Its span (target `fm::ports`, level
//! `DEBUG`) belongs to the trace of its caller. Where no one listens a call costs some tens of nanoseconds more.
//!
//! What answers at once and can't fail for reasons of its own is not decorated: the clock, ids, MACs and tokens.
//!
//! [`FallbackStore`] and its like make one store of two, while blobs move between them.

mod database;
mod decorate;
mod fallback;
mod observe;
mod observer;
mod queue;
mod repos;
mod stores;
mod traced_jobs;
mod tree;
mod work;

pub use database::ObservedDatabase;
pub use fallback::{FallbackLinks, FallbackLister, FallbackResumable, FallbackStore};
pub use observer::{NoObserver, Outcome, PortObserver};
pub use stores::{
    ObservedBlobStore, ObservedDirectStore, ObservedListBlobs, ObservedPartReceiver, ObservedRateLimiter,
    ObservedResumableStore, ObservedSessionStore, ObservedSignDownload, ObservedSignParts,
};
pub use traced_jobs::TracedJobs;
pub use work::{ObservedPasswordHasher, ObservedThumbnailer};
