//! What the file system is told beforehand. Nothing depends on whether it listens, and not all can.

use std::fs::File;

/// Blocks are reserved for so many bytes at most.
#[cfg(target_os = "linux")]
const MOST_RESERVED: u64 = 16 * 1024 * 1024;

/// Reserves blocks for these bytes and for those that come next, never for more than have come: they lie side by side
/// then, however many uploads grow at once, and cost less than one by one. Cutting the file to its size gives the rest
/// back.
pub(crate) fn reserve(file: &File, offset: u64, length: u64) {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{FallocateFlags, fallocate};
        let window = offset.max(length).clamp(1, MOST_RESERVED);
        let next = offset.next_multiple_of(window);
        if next < offset + length
            && let Err(error) = fallocate(file, FallocateFlags::KEEP_SIZE, next, window)
        {
            tracing::trace!(%error, "the file system reserves nothing");
        }
    }
    #[cfg(not(target_os = "linux"))]
    let (_file, _offset, _length) = (file, offset, length);
}

/// Lets the disk begin, so that the next synchronisation has less to wait for: told that the bytes are not needed, Linux
/// starts to write those that are dirty, and keeps them.
pub(crate) fn begin_writeback(file: &File, offset: u64, length: u64) {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{Advice, fadvise};
        if let Err(error) = fadvise(file, offset, std::num::NonZeroU64::new(length), Advice::DontNeed) {
            tracing::trace!(%error, "the disk takes no hint");
        }
    }
    #[cfg(not(target_os = "linux"))]
    let (_file, _offset, _length) = (file, offset, length);
}
