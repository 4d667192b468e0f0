//! What the file system is told beforehand. Nothing depends on whether it listens, and not all can.

use std::fs::File;

/// Blocks are reserved for so many bytes at a time, and for no fewer.
#[cfg(target_os = "linux")]
const RESERVED: std::ops::RangeInclusive<u64> = 256 * 1024..=16 * 1024 * 1024;

/// Reserves blocks for what comes next, after so many bytes that have come and so many that are about to be written. As
/// many blocks lie side by side then, however many uploads grow at once, and they cost less than one by one. Never is more
/// reserved than has come, twice as much each time. Cutting the file to its size gives the rest back.
pub(crate) fn reserve(file: &File, came: u64, length: u64) {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{FallocateFlags, fallocate};
        let Some(window) = came.checked_ilog2().map(|half| (1 << half).min(*RESERVED.end())) else { return };
        let next = came.checked_next_multiple_of(window);
        if window >= *RESERVED.start()
            && let Some(next) = next.filter(|next| *next < came.saturating_add(length))
            && let Err(error) = fallocate(file, FallocateFlags::KEEP_SIZE, next, window)
        {
            tracing::trace!(%error, "the file system reserves nothing");
        }
    }
    #[cfg(not(target_os = "linux"))]
    let (_file, _came, _length) = (file, came, length);
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
