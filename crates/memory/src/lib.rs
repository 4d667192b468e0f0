//! The reference adapter of every port, in memory: what the others are compared with, what tests run on, and what
//! `serve --ephemeral` keeps everything in.
//!
//! It keeps every promise of the ports but one: nothing outlives the process.

mod blob_store;
mod cached_sessions;
mod clock;
mod database;
mod direct;
#[cfg(feature = "harness")]
pub mod harness;
mod ids;
mod local_fallback;
mod rate_limiter;
mod resumable;
mod session_signal;
mod session_store;
mod signal;
mod unfinished;

pub use blob_store::MemoryBlobStore;
pub use cached_sessions::{CacheUse, CachedSessions};
pub use clock::ManualClock;
pub use database::{MemoryDatabase, MemoryUnitOfWork};
pub use ids::SequentialIds;
pub use local_fallback::LocalFallback;
pub use rate_limiter::MemoryRateLimiter;
pub use session_signal::MemorySessionSignal;
pub use session_store::MemorySessionStore;
pub use signal::MemoryJobSignal;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks even after a panic of another holder: everything under these locks is changed in single steps.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
