//! Writing bytes that are held in pieces.

use std::fs::File;
use std::io::{self, IoSlice};

use fm_domain::body::PartBytes;

/// As many pieces as every system takes in one call (IOV_MAX).
const MOST_SLICES: usize = 1024;

/// Writes all pieces with as few calls as there can be.
pub(crate) fn write_all_at(file: &File, mut place: u64, bytes: &PartBytes) -> io::Result<()> {
    for some in bytes.pieces().chunks(MOST_SLICES) {
        let mut slices: Vec<IoSlice<'_>> = some.iter().map(|piece| IoSlice::new(piece)).collect();
        let mut left = slices.as_mut_slice();
        while !left.is_empty() {
            let written = rustix::io::retry_on_intr(|| rustix::io::pwritev(file, left, place))?;
            if written == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            place += written as u64;
            IoSlice::advance_slices(&mut left, written);
        }
    }
    Ok(())
}
