//! Memory for the bytes of uploads, used again and again.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use fm_domain::body::BufferPermit;

/// Parts are held in pieces of this size: over TLS the HTTP client copies every piece that it writes.
pub(crate) const PIECE: usize = 64 * 1024;

/// Pieces that are kept for the next part: 16 MiB. More go back to the allocator.
const KEPT: usize = 256;

/// Free pieces. Allocators keep what one thread freed from all others, so that without a pool the process would grow
/// beyond the budget.
#[derive(Clone, Default)]
pub(crate) struct Pool(Arc<Mutex<Vec<Vec<u8>>>>);

impl Pool {
    /// An empty buffer with room for so many bytes, at most [`PIECE`].
    pub(crate) fn take(&self, wanted: usize) -> Vec<u8> {
        let free =
            if wanted == PIECE { self.0.lock().unwrap_or_else(PoisonError::into_inner).pop() } else { None };
        free.unwrap_or_else(|| Vec::with_capacity(wanted))
    }

    /// The bytes of a buffer. When their last reference is gone, the buffer goes back to the pool, and then the permit
    /// to the budget.
    pub(crate) fn share(&self, bytes: Vec<u8>, permit: Arc<BufferPermit>) -> Bytes {
        Bytes::from_owner(Held { bytes, pool: self.clone(), _permit: permit })
    }

    fn give_back(&self, mut buffer: Vec<u8>) {
        if buffer.capacity() == PIECE {
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
    pool: Pool,
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
