//! Memory for bytes on their way, used again and again.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use crate::BufferPermit;

/// Bytes are held in pieces of this size: over TLS the HTTP client copies every piece that it writes.
pub const PIECE_BYTES: usize = 64 * 1024;

/// Pieces that are kept for the next: 16 MiB. More go back to the allocator.
const KEPT: usize = 256;

/// Free pieces. Allocators keep what one thread freed from all others, so that without a pool the process would grow
/// beyond the budget.
#[derive(Debug, Clone, Default)]
pub struct BufferPool(Arc<Mutex<Vec<Vec<u8>>>>);

impl BufferPool {
    /// An empty buffer with room for so many bytes, at most [`PIECE_BYTES`].
    #[must_use]
    pub fn take(&self, wanted: usize) -> Vec<u8> {
        let free = if wanted == PIECE_BYTES {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).pop()
        } else {
            None
        };
        free.unwrap_or_else(|| Vec::with_capacity(wanted))
    }

    /// The bytes of a buffer. When their last reference is gone, the buffer goes back to the pool, and then the permit
    /// to the budget.
    #[must_use]
    pub fn share(&self, bytes: Vec<u8>, permit: Arc<BufferPermit>) -> Bytes {
        Bytes::from_owner(Held { bytes, pool: self.clone(), _permit: permit })
    }

    fn give_back(&self, mut buffer: Vec<u8>) {
        if buffer.capacity() == PIECE_BYTES {
            buffer.clear();
            let mut free = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if free.len() < KEPT {
                free.push(buffer);
            }
        }
    }
}

struct Held {
    bytes: Vec<u8>,
    pool: BufferPool,
    _permit: Arc<BufferPermit>,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.pool.give_back(std::mem::take(&mut self.bytes));
    }
}
