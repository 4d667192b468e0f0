//! Hashes made on threads of their own, while the same bytes are written and the next ones come.

mod offloaded;
mod threads;

pub use offloaded::{CONCURRENT_PARTS, Digests, OffloadedHasher};
pub use threads::HashThreads;
