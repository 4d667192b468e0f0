//! How much of a file is read at one time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What is read at most at one time.
pub(crate) const LARGEST_CHUNK: u64 = 256 * 1024;

/// What is read at least at one time.
const SMALLEST_CHUNK: u64 = 16 * 1024;

/// Bytes that the next chunks of all readers have together, while there are no more readers than smallest chunks in it.
const ALL_CHUNKS: u64 = 32 * 1024 * 1024;

/// The readers of large blobs. Each chunk is held until its client has taken it, so that the more there are the smaller are
/// their chunks: clients that take nothing don't grow the process by what few of them need to be fast.
#[derive(Debug, Clone, Default)]
pub(crate) struct Readers(Arc<AtomicU64>);

/// A reader that is counted until this is dropped.
#[derive(Debug)]
pub(crate) struct Reader(Readers);

impl Readers {
    /// Counts one more.
    pub(crate) fn enter(&self) -> Reader {
        self.0.fetch_add(1, Ordering::Relaxed);
        Reader(self.clone())
    }
}

impl Reader {
    /// How many bytes to read next.
    pub(crate) fn next_chunk(&self) -> u64 {
        let readers = self.0.0.load(Ordering::Relaxed).max(1);
        // Whole pages: the file is then read at their borders.
        ((ALL_CHUNKS / readers) & !4095).clamp(SMALLEST_CHUNK, LARGEST_CHUNK)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_readers_there_are_the_less_each_reads() {
        let readers = Readers::default();
        let first = readers.enter();
        assert_eq!(first.next_chunk(), LARGEST_CHUNK);
        let mut others: Vec<Reader> = (1..128).map(|_| readers.enter()).collect();
        assert_eq!(first.next_chunk(), LARGEST_CHUNK, "few of them are as fast as one");
        others.extend((128..1024).map(|_| readers.enter()));
        assert_eq!(first.next_chunk(), 32 * 1024);
        others.extend((1024..100_000).map(|_| readers.enter()));
        assert_eq!(first.next_chunk(), SMALLEST_CHUNK);
        drop(others);
        assert_eq!(first.next_chunk(), LARGEST_CHUNK);
    }
}
