//! What every file is held to, by the tests beside this file and by the fuzz target.

use fm_jpeg_eighth::{DecodeError, Limits, decode};

/// What the coefficients of a file may take.
const MAX_ALLOC: u64 = 1024 * 1024;

/// What [`Limits::max_alloc`] says may come on top of it.
const OVERHEAD: u64 = 64 * 1024;

/// Decodes the file, reads all of its picture, and fails if that panics, takes more memory than it may, or gives a
/// picture of another size than its header declares.
pub(crate) fn check(file: &[u8]) -> Result<(), DecodeError> {
    let mut answer = Ok(());
    let allocated = allocation_counter::measure(|| answer = read(file));
    let peak = allocated.bytes_max;
    assert!(peak <= MAX_ALLOC + OVERHEAD, "{peak} bytes for a file of {}: {answer:?}", file.len());
    answer
}

fn read(file: &[u8]) -> Result<(), DecodeError> {
    let picture = decode(file, Limits { max_alloc: MAX_ALLOC, deadline: None })?;
    let (mut rows, mut count) = (picture.rows(), 0);
    while let Some(row) = rows.next_row() {
        let (pixels, rest) = row.as_chunks::<3>();
        assert_eq!((pixels.len(), rest), (picture.width() as usize, &[][..]));
        for &pixel in pixels {
            picture.to_rgb(&mut pixel.clone());
        }
        count += 1;
    }
    assert_eq!(count, picture.height());
    Ok(())
}
